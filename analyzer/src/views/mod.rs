//! Views: what a debugger's commands show, as data and in WinDbg's layout.
//!
//! Each file builds one kind of view from a target and prints it; the printing reads only the data.
//! Nothing that cannot be read fails a view: it prints as question marks, and the view's `unknown`
//! says why.

mod bugcheck;
mod catalogue;
mod code;
mod device;
mod devnode;
mod dpcs;
mod driver;
mod dt;
mod dtvalue;
mod error;
mod expression;
mod file;
mod irp;
mod irpfind;
mod locks;
mod memory;
mod modules;
mod near;
mod pcr;
mod process;
mod request;
mod session;
mod stack;
mod system;
#[cfg(test)]
mod tests;
mod text;
mod thread;
mod threads;
mod timers;
mod verifier;

use std::fmt;

use serde::Serialize;

pub use catalogue::{VIEWS, ViewInfo};
pub use error::InspectError;
pub use request::ViewRequest;
pub(crate) use session::Session;

use crate::verdict::Unknown;
use catalogue::Kind;

/// A view of a dump: `Display` writes it in WinDbg's layout, `Serialize` as data.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    command: String,
    #[serde(flatten)]
    data: ViewData,
    unknown: Vec<Unknown>,
}

/// The data of each kind of view.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "view", content = "data", rename_all = "lowercase")]
enum ViewData {
    Stack(stack::Stacks),
    UniqueStacks(stack::UniqueStacks),
    Running(threads::Running),
    Threads(threads::ThreadTable),
    Thread(Box<thread::ThreadView>),
    Process(process::Processes),
    ProcessTable(process::ProcessTable),
    Irp(irp::IrpView),
    IrpFind(irpfind::FoundIrps),
    DevStack(device::DevStack),
    DevObj(Box<device::DevObj>),
    DrvObj(driver::DrvObj),
    DevNode(devnode::DevNodes),
    Locks(locks::Locks),
    Dpcs(dpcs::Dpcs),
    DpcWatchdog(dpcs::Watchdogs),
    Pcr(pcr::Pcr),
    Timers(timers::Timers),
    TimerResolution(timers::Resolutions),
    Modules(modules::ModuleList),
    ModuleDetail(modules::ModuleDetails),
    Dt(dt::Dt),
    FileObj(file::FileObj),
    Code(code::Code),
    Memory(memory::MemoryView),
    Pte(memory::Pte),
    Near(near::Near),
    Symbols(near::Matches),
    BugCheck(bugcheck::BugCheckView),
    Target(system::TargetView),
    Verifier(verifier::VerifierView),
}

impl View {
    /// The command that it answers.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// What it could not show, and why.
    pub fn unknown(&self) -> &[Unknown] {
        &self.unknown
    }
}

impl Session<'_, '_> {
    /// Makes a view.
    pub(crate) fn view(&self, request: &ViewRequest) -> Result<View, InspectError> {
        self.take_unknown();
        let data = self.data(request)?;
        if needs_structures(request.kind())
            && let Some(why) = self.no_symbols()
        {
            self.note("the kernel's structures", why);
        }
        Ok(View {
            command: request.command().to_owned(),
            data,
            unknown: self.take_unknown(),
        })
    }

    fn data(&self, request: &ViewRequest) -> Result<ViewData, InspectError> {
        Ok(match request.kind() {
            Kind::Stack => ViewData::Stack(stack::stacks(self, request)?),
            Kind::UniqueStacks => ViewData::UniqueStacks(stack::unique(self, request)),
            Kind::Running => ViewData::Running(threads::running(self, request)),
            Kind::Threads => ViewData::Threads(threads::table(self, request)?),
            Kind::Thread => ViewData::Thread(Box::new(thread::thread(self, request)?)),
            Kind::Process => ViewData::Process(process::processes(self, request)?),
            Kind::ProcessTable => ViewData::ProcessTable(process::table(self)),
            Kind::Irp => ViewData::Irp(irp::irp(self, request)?),
            Kind::IrpFind => ViewData::IrpFind(irpfind::find(self)),
            Kind::DevStack => ViewData::DevStack(device::devstack(self, request)?),
            Kind::DevObj => ViewData::DevObj(Box::new(device::devobj(self, request)?)),
            Kind::DrvObj => ViewData::DrvObj(driver::drvobj(self, request)?),
            Kind::DevNode => ViewData::DevNode(devnode::devnodes(self, request)?),
            Kind::Locks => ViewData::Locks(locks::locks(self, request)?),
            Kind::Dpcs => ViewData::Dpcs(dpcs::dpcs(self, request)?),
            Kind::DpcWatchdog => ViewData::DpcWatchdog(dpcs::watchdogs(self)),
            Kind::Pcr => ViewData::Pcr(pcr::pcr(self, request)?),
            Kind::Timers => ViewData::Timers(timers::timers(self)),
            Kind::TimerResolution => ViewData::TimerResolution(timers::resolutions(self)),
            Kind::Modules => ViewData::Modules(modules::list(self, request)?),
            Kind::ModuleDetail => ViewData::ModuleDetail(modules::details(self, request)?),
            Kind::Dt => ViewData::Dt(dt::dt(self, request)?),
            Kind::FileObj => ViewData::FileObj(file::fileobj(self, request)?),
            Kind::Code => ViewData::Code(code::code(self, request)?),
            Kind::Memory => ViewData::Memory(memory::memory(self, request)?),
            Kind::Pte => ViewData::Pte(memory::pte(self, request)?),
            Kind::Near => ViewData::Near(near::near(self, request)?),
            Kind::Symbols => ViewData::Symbols(near::matches(self, request)?),
            Kind::BugCheck => ViewData::BugCheck(bugcheck::bugcheck(self)),
            Kind::Target => ViewData::Target(system::target(self, request)),
            Kind::Verifier => ViewData::Verifier(verifier::verifier(self, request)?),
        })
    }
}

/// Whether a view is of no use without the layout of the kernel's structures.
fn needs_structures(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Stack
            | Kind::Modules
            | Kind::ModuleDetail
            | Kind::Dt
            | Kind::Code
            | Kind::Memory
            | Kind::Pte
            | Kind::Near
            | Kind::Symbols
            | Kind::BugCheck
            | Kind::Target
    )
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.data {
            ViewData::Stack(data) => data.fmt(f),
            ViewData::UniqueStacks(data) => data.fmt(f),
            ViewData::Running(data) => data.fmt(f),
            ViewData::Threads(data) => data.fmt(f),
            ViewData::Thread(data) => data.fmt(f),
            ViewData::Process(data) => data.fmt(f),
            ViewData::ProcessTable(data) => data.fmt(f),
            ViewData::Irp(data) => data.fmt(f),
            ViewData::IrpFind(data) => data.fmt(f),
            ViewData::DevStack(data) => data.fmt(f),
            ViewData::DevObj(data) => data.fmt(f),
            ViewData::DrvObj(data) => data.fmt(f),
            ViewData::DevNode(data) => data.fmt(f),
            ViewData::Locks(data) => data.fmt(f),
            ViewData::Dpcs(data) => data.fmt(f),
            ViewData::DpcWatchdog(data) => data.fmt(f),
            ViewData::Pcr(data) => data.fmt(f),
            ViewData::Timers(data) => data.fmt(f),
            ViewData::TimerResolution(data) => data.fmt(f),
            ViewData::Modules(data) => data.fmt(f),
            ViewData::ModuleDetail(data) => data.fmt(f),
            ViewData::Dt(data) => data.fmt(f),
            ViewData::FileObj(data) => data.fmt(f),
            ViewData::Code(data) => data.fmt(f),
            ViewData::Memory(data) => data.fmt(f),
            ViewData::Pte(data) => data.fmt(f),
            ViewData::Near(data) => data.fmt(f),
            ViewData::Symbols(data) => data.fmt(f),
            ViewData::BugCheck(data) => data.fmt(f),
            ViewData::Target(data) => data.fmt(f),
            ViewData::Verifier(data) => data.fmt(f),
        }?;
        for unknown in &self.unknown {
            writeln!(f, "{}: unknown because {}", unknown.what, unknown.why)?;
        }
        Ok(())
    }
}
