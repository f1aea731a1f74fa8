//! The views, one line each: a view's description and its data.

use std::fmt;

use serde::Serialize;

use super::error::InspectError;
use super::request::ViewRequest;
use super::session::Session;

/// The description of a view.
#[derive(Clone, Copy, Debug)]
pub struct ViewInfo {
    /// The value of `view` in its JSON.
    pub(crate) id: &'static str,
    /// Its names: the usual one first, then WinDbg's.
    pub names: &'static [&'static str],
    pub usage: &'static str,
    /// What it shows, in one line.
    pub meaning: &'static str,
    /// An example of its arguments.
    pub example: &'static str,
    /// Whether it needs the layout of the kernel's structures.
    pub(crate) needs_structures: bool,
    pub(crate) make: Make,
}

/// Makes a view's data.
pub(crate) type Make = fn(&Session<'_, '_>, &ViewRequest) -> Result<ViewData, InspectError>;

/// Expands `module::DESCRIPTION: Data` of each view to the list of views and the enum of their
/// data.
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
    analyze::VIEW: Analysis,
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
    registers::CONTEXT: ContextView,
    registers::EXCEPTION: ExceptionView,
    code::VIEW: Code,
    memory::VIEW: MemoryView,
    memory::PTE: Pte,
    near::NEAR: Near,
    near::SYMBOLS: Matches,
    verifier::VIEW: VerifierView,
    errrec::VIEW: ErrorRecord,
    enumtag::VIEW: Tags,
    blackbox::VIEW: BlackBox,
}
