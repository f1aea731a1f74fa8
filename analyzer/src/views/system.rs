//! `vertarget`, `!mex.di`: the system and the dump.

use std::fmt;

use serde::Serialize;

use super::session::Session;
use super::text::tick;
use super::{ViewInfo, ViewRequest};
use crate::dump::{MemoryExt, ctime};
use crate::facts::Reported;
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "target",
    names: &["vertarget", "version", "di"],
    usage: "vertarget",
    meaning: "which Windows, how many processors, when, how long up",
    example: "vertarget",
    needs_structures: false,
    make: |session, request| Ok(target(session, request).into()),
};

/// `KUSER_SHARED_DATA` (ntddk.h): type of product.
const PRODUCT_TYPE: u64 = 0xffff_f780_0000_0264;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct TargetView {
    build: u32,
    free_build: bool,
    processors: u32,
    machine: String,
    /// `WinNt`, `LanManNt` or `ServerNt`.
    product: Option<&'static str>,
    build_lab: Option<String>,
    kernel_base: Option<Hex64>,
    loaded_module_list: Option<Hex64>,
    /// UTC.
    time: Option<String>,
    uptime_seconds: Option<f64>,
    dump_kind: String,
    /// `code (P1, P2, P3, P4)`, for `!mex.di`.
    bugcheck: String,
    #[serde(skip)]
    session_time: Option<String>,
    #[serde(skip)]
    with_bugcheck: bool,
}

pub(super) fn target(session: &Session<'_, '_>, request: &ViewRequest) -> TargetView {
    let header = session.header;
    let memory = session.target.memory;
    let reported = Reported::read(session.target, session.debugger);
    let product = match memory.read_uint(PRODUCT_TYPE, 4) {
        Ok(1) => Some("WinNt"),
        Ok(2) => Some("LanManNt"),
        Ok(3) => Some("ServerNt"),
        _ => None,
    };
    let kernel = session.target.modules.kernel();
    let [p1, p2, p3, p4] = header.bugcheck.parameters;
    let time = header.system_time.and_then(|time| {
        // 100 ns since 1601; the epoch is 11644473600 s later.
        (time / 10_000).checked_sub(11_644_473_600_000)
    });
    TargetView {
        build: header.build,
        free_build: header.major_version == 15,
        processors: header.processors,
        machine: header.machine.to_string(),
        product,
        build_lab: reported.lab().map(str::to_owned),
        kernel_base: kernel.map(|kernel| kernel.base.into()),
        loaded_module_list: session.header_modules().map(Hex64),
        time: header.crash_time(),
        uptime_seconds: header.uptime_seconds(),
        dump_kind: header.kind.to_string(),
        bugcheck: format!(
            "{:X} ({p1:X}, {p2:X}, {p3:X}, {p4:X})",
            header.bugcheck.code
        ),
        session_time: time.and_then(|time| ctime(time, true)),
        with_bugcheck: request.name == "di",
    }
}

impl fmt::Display for TargetView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let windows = match self.build {
            22_000.. => "Windows 11",
            10_240.. => "Windows 10",
            9_600.. => "Windows 8.1",
            9_200.. => "Windows 8",
            7_600.. => "Windows 7",
            _ => "Windows",
        };
        let several = if self.processors > 1 { "MP" } else { "UP" };
        writeln!(
            f,
            "{windows} Kernel Version {} {several} ({} procs) {} {}",
            self.build,
            self.processors,
            if self.free_build { "Free" } else { "Checked" },
            self.machine
        )?;
        if let Some(product) = self.product {
            writeln!(f, "Product: {product}")?;
        }
        if let Some(lab) = &self.build_lab {
            writeln!(f, "Built by: {lab}")?;
        }
        let at = |value: Option<Hex64>| format!("0x{}", tick(value.map(u64::from)));
        writeln!(
            f,
            "Kernel base = {} PsLoadedModuleList = {}",
            at(self.kernel_base),
            at(self.loaded_module_list)
        )?;
        let time = self.session_time.as_deref().unwrap_or("????");
        writeln!(f, "Debug session time: {time} (UTC)")?;
        match self.uptime_seconds {
            Some(uptime) => {
                let whole = uptime as u64;
                writeln!(
                    f,
                    "System Uptime: {} days {}:{:02}:{:02}.{:03}",
                    whole / 86_400,
                    whole / 3600 % 24,
                    whole / 60 % 60,
                    whole % 60,
                    (uptime.fract() * 1e3) as u64
                )?;
            }
            None => writeln!(f, "System Uptime: ????")?,
        }
        match self.with_bugcheck {
            true => writeln!(f, "Bugcheck: {}", self.bugcheck),
            false => Ok(()),
        }
    }
}
