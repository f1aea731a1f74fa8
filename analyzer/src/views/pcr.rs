//! `!pcr`: a processor's control region.

use std::fmt;

use serde::Serialize;

use super::session::Session;
use super::text::{plain, raw, tick};
use super::{InspectError, ViewInfo, ViewRequest};
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "pcr",
    names: &["pcr", "prcb"],
    usage: "pcr [N]",
    meaning: "a processor's control region and the threads that it runs",
    example: "pcr 1",
    needs_structures: true,
    make: |session, request| Ok(pcr(session, request)?.into()),
};

const PRCB: &str = "_KPRCB";
const PCR: &str = "_KPCR";

/// A processor's control region.
///
/// The IRQL, IDT and GDT that WinDbg prints for a stopped x64 system are not the processor's, so
/// they are left out; `DebuggerSavedIRQL` is the IRQL at the stop.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Pcr {
    number: u32,
    pcr: Option<Hex64>,
    prcb: Option<Hex64>,
    self_pcr: Option<Hex64>,
    tss: Option<Hex64>,
    current_thread: Option<Hex64>,
    next_thread: Option<Hex64>,
    idle_thread: Option<Hex64>,
    saved_irql: Option<u64>,
    dpc_active: Option<bool>,
    nesting_level: Option<u64>,
    dpc_stack: Option<Hex64>,
    interrupt_time_ticks: Option<u64>,
    dpc_time_ticks: Option<u64>,
}

pub(super) fn pcr(session: &Session<'_, '_>, request: &ViewRequest) -> Result<Pcr, InspectError> {
    let number = match request.args.first() {
        Some(text) => text
            .parse()
            .map_err(|_| request.usage(format!("`{text}` is no processor's number")))?,
        None => session.current_processor().map_or(0, |one| one.number),
    };
    let processors = session.processors();
    let processor = processors.iter().find(|one| one.number == number);
    if processor.is_none() && session.no_symbols().is_none() {
        let why = format!("the dump shows {} processors", processors.len());
        session.note(format!("processor {number}"), why);
    }
    let nt = &session.nt;
    let prcb = processor.map(|one| one.prcb);
    let field = |path| nt.read(PRCB, path, prcb?).ok();
    let contained = nt.offset(PCR, "Prcb").ok();
    let pcr = prcb.zip(contained).map(|(prcb, at)| prcb.wrapping_sub(at));
    let outer = |path| nt.read(PCR, path, pcr?).ok();
    Ok(Pcr {
        number,
        self_pcr: outer("Self").map(Hex64),
        tss: outer("TssBase").map(Hex64),
        pcr: pcr.map(Hex64),
        prcb: prcb.map(Hex64),
        current_thread: field("CurrentThread").map(Hex64),
        next_thread: field("NextThread").map(Hex64),
        idle_thread: field("IdleThread").map(Hex64),
        saved_irql: field("DebuggerSavedIRQL"),
        dpc_active: field("DpcRoutineActive").map(|active| active != 0),
        nesting_level: field("NestingLevel"),
        dpc_stack: field("DpcStack").map(Hex64),
        interrupt_time_ticks: field("InterruptTime"),
        dpc_time_ticks: field("DpcTime"),
    })
}

impl fmt::Display for Pcr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "KPCR for Processor {} at {}:",
            self.number,
            plain(raw(self.pcr))
        )?;
        writeln!(f, "    Major 1 Minor 1")?;
        let wide = [
            ("SelfPcr", self.self_pcr),
            ("Prcb", self.prcb),
            ("TSS", self.tss),
        ];
        for (name, value) in wide {
            writeln!(f, "{name:>25}: {}", plain(raw(value)))?;
        }
        writeln!(f)?;
        let threads = [
            ("CurrentThread", self.current_thread),
            ("NextThread", self.next_thread),
            ("IdleThread", self.idle_thread),
        ];
        for (name, value) in threads {
            writeln!(f, "{name:>25}: {}", plain(raw(value)))?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "{:>25}: {}",
            "DebuggerSavedIRQL",
            super::text::hex(self.saved_irql, 1)
        )?;
        let active = match self.dpc_active {
            Some(true) => "1",
            Some(false) => "0",
            None => "?",
        };
        writeln!(f, "{:>25}: {active}", "DpcRoutineActive")?;
        writeln!(
            f,
            "{:>25}: {}",
            "NestingLevel",
            super::text::dec(self.nesting_level)
        )?;
        writeln!(f, "{:>25}: {}", "DpcStack", tick(raw(self.dpc_stack)))?;
        writeln!(
            f,
            "{:>25}: {}",
            "InterruptTime",
            super::text::dec(self.interrupt_time_ticks)
        )?;
        writeln!(
            f,
            "{:>25}: {}",
            "DpcTime",
            super::text::dec(self.dpc_time_ticks)
        )
    }
}
