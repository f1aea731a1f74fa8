//! Reading the memory of a running guest.

use std::path::Path;

use analyzer::Survey;
use vm::capture;
use vm::guest::Qmp;
use vm::plan::Plan;

use super::symbols_of;

/// Reads what a guest's kernel is set up to do from its memory.
pub(super) struct MemoryProbe<'p> {
    pub plan: &'p Plan,
    pub qmp: &'p Qmp,
    /// For temporary files.
    pub folder: &'p Path,
}

impl MemoryProbe<'_> {
    /// The kernel's state, else why it is not known.
    pub(super) async fn survey(&self) -> Result<Survey, String> {
        let memory = u64::from(self.plan.machine.memory_mib) << 20;
        let symbols = symbols_of(self.plan);
        let survey = capture::survey(self.qmp, memory, &symbols, self.folder);
        survey.await.map_err(|error| error.to_string())
    }
}
