//! Surveys the kernel in the memory of a running guest.

use std::io;
use std::path::Path;

use analyzer::{Survey, SymbolPath};

use super::{CaptureError, elf_file, failed, remove};
use crate::guest::Qmp;

/// Looks at a guest with `memory` bytes of RAM by a copy of its memory, which lies in `folder` for
/// as long as it is read. The guest stands still while it is copied, and runs on.
///
/// The copy is QEMU's ELF file, in which the analyzer finds the kernel by its image: it needs no
/// driver in the guest, and works where the guest keeps its debugger data block encoded.
///
/// # Errors
/// There is no space, QEMU cannot take the copy, or it is not that of an NT kernel.
pub async fn survey(
    qmp: &Qmp,
    memory: u64,
    symbols: &SymbolPath,
    folder: &Path,
) -> Result<Survey, CaptureError> {
    let file = folder.join("survey.elf");
    elf_file(qmp, memory, &file).await?;
    let (copy, symbols) = (file.clone(), symbols.clone());
    let read = tokio::task::spawn_blocking(move || analyzer::survey(&copy, &symbols)).await;
    remove(&file)?;
    Ok(read.map_err(|panic| failed(&file, io::Error::other(panic)))??)
}
