//! The views, one line each: where a view is described, and the data that it makes.

use std::fmt;

use serde::Serialize;

use super::error::InspectError;
use super::request::ViewRequest;
use super::session::Session;

/// A view as help describes it.
#[derive(Clone, Copy, Debug)]
pub struct ViewInfo {
    /// The `view` of its JSON.
    pub(crate) id: &'static str,
    /// Its names: the first is the usual one, the others are WinDbg's spellings of the same.
    pub names: &'static [&'static str],
    /// What it takes.
    pub usage: &'static str,
    /// What it shows, in one line.
    pub meaning: &'static str,
    /// An example of its arguments.
    pub example: &'static str,
    /// Whether it is of no use without the layout of the kernel's structures.
    pub(crate) needs_structures: bool,
    pub(crate) make: Make,
}

/// Makes a view's data.
pub(crate) type Make = fn(&Session<'_, '_>, &ViewRequest) -> Result<ViewData, InspectError>;

/// Expands `module::DESCRIPTION: Data` of each view to the list of all and to the type of their data.
///
/// The modules themselves are declared in `mod.rs`: rustfmt does not find those that a macro
/// declares.
macro_rules! views {
    ($($module:ident::$info:ident: $data:ident,)+) => {
        /// All views, in the order of help.
        pub const VIEWS: &[ViewInfo] = &[$(super::$module::$info),+];

        /// The data of each kind of view.
        #[derive(Clone, Debug, Serialize)]
        #[serde(untagged)]
        pub(crate) enum ViewData {
            $($data(Box<super::$module::$data>),)+
        }

        impl fmt::Display for ViewData {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$data(data) => data.fmt(f),)+
                }
            }
        }

        $(impl From<super::$module::$data> for ViewData {
            fn from(data: super::$module::$data) -> Self {
                Self::$data(Box::new(data))
            }
        })+
    };
}

views! {
    bugcheck::VIEW: BugCheckView,
    system::VIEW: TargetView,
    sysinfo::VIEW: SysInfo,
    stack::VIEW: Stacks,
    stack::UNIQUE: UniqueStacks,
    threads::RUNNING: Running,
    threads::TABLE: ThreadTable,
    thread::VIEW: ThreadView,
    process::VIEW: Processes,
    process::TABLE: ProcessTable,
    irp::VIEW: IrpView,
    irpfind::VIEW: FoundIrps,
    device::DEVSTACK: DevStack,
    device::DEVOBJ: DevObj,
    driver::VIEW: DrvObj,
    devnode::VIEW: DevNodes,
    locks::VIEW: Locks,
    dpcs::VIEW: Dpcs,
    dpcs::WATCHDOG: Watchdogs,
    pcr::VIEW: Pcr,
    timers::VIEW: Timers,
    timers::RESOLUTION: Resolutions,
    modules::LIST: ModuleList,
    modules::DETAIL: ModuleDetails,
    dt::VIEW: Dt,
    file::VIEW: FileObj,
    trap::VIEW: TrapFrame,
    code::VIEW: Code,
    memory::VIEW: MemoryView,
    memory::PTE: Pte,
    near::NEAR: Near,
    near::SYMBOLS: Matches,
    verifier::VIEW: VerifierView,
}
