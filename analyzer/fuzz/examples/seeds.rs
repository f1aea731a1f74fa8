//! Writes the first pages of the synthetic dumps as seeds of the target `dump`:
//! `RUSTFLAGS="--cfg fuzzing" cargo run --example seeds` in this crate.

use std::path::Path;

/// Header, second header, and some memory.
const LENGTH: usize = 0x4000;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/dump");
    std::fs::create_dir_all(&folder)?;
    for (dump, name) in analyzer::fuzz::synthetic_dumps()
        .iter()
        .zip(["full", "bitmap", "elf"])
    {
        std::fs::write(folder.join(name), &dump[..LENGTH.min(dump.len())])?;
    }
    Ok(())
}
