//! `!errrec`: a hardware error record.

use std::fmt;

use serde::Serialize;

use super::expression::address;
use super::session::Session;
use super::text::plain;
use super::{InspectError, ViewInfo, ViewRequest};
use crate::nt::whea::Record;
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "errrec",
    names: &["errrec"],
    usage: "errrec [ADDR]",
    meaning: "a hardware error record (WHEA): that of stop 0x124, or at an address",
    example: "errrec ffffa8007cf4030",
    needs_structures: false,
    make: |session, request| Ok(record(session, request)?.into()),
};

const WHEA_UNCORRECTABLE_ERROR: u32 = 0x124;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ErrorRecord {
    address: Hex64,
    /// `None` if it cannot be read.
    record: Option<RecordView>,
}

#[derive(Clone, Debug, Serialize)]
struct RecordView {
    id: Hex64,
    severity: String,
    length: u32,
    creator: String,
    notify_type: String,
    time: Option<String>,
    flags: u32,
    sections: Vec<SectionView>,
}

#[derive(Clone, Debug, Serialize)]
struct SectionView {
    /// The name of its type, else the GUID.
    kind: String,
    descriptor: Hex64,
    address: Hex64,
    length: usize,
    severity: String,
    flags: u32,
    part: Option<String>,
    fields: Vec<(&'static str, String)>,
}

fn record(session: &Session<'_, '_>, request: &ViewRequest) -> Result<ErrorRecord, InspectError> {
    let stop = &session.header.bugcheck;
    let at = match request.args.first() {
        Some(text) => address(session, text)?,
        None if stop.code == WHEA_UNCORRECTABLE_ERROR => stop.parameters[1],
        None => {
            let why = format!(
                "stop {:#X} names no error record; give an address",
                stop.code
            );
            return Err(request.usage(why));
        }
    };
    let read = Record::read(session.target.memory, at);
    let record = session.known(&format!("the error record at {at:#x}"), read);
    if let Some(record) = &record
        && record.sections.len() < record.counted
    {
        let why = format!("{} of {} are there", record.sections.len(), record.counted);
        session.note("some sections of the record", why);
    }
    let place = |offset: usize| Hex64(at.wrapping_add(offset as u64));
    let view = |record: Record| RecordView {
        id: record.id.into(),
        severity: record.severity.text(),
        length: record.length,
        creator: record.creator.to_string(),
        notify_type: record.notifier(),
        time: record.time,
        flags: record.flags,
        sections: record
            .sections
            .into_iter()
            .map(|section| SectionView {
                kind: match section.name() {
                    Some(name) => name.to_owned(),
                    None => format!("{{{}}}", section.kind),
                },
                descriptor: place(section.descriptor),
                address: place(section.offset),
                length: section.length,
                severity: section.severity.text(),
                flags: section.flags,
                part: section.part,
                fields: section.fields,
            })
            .collect(),
    };
    Ok(ErrorRecord {
        address: at.into(),
        record: record.map(view),
    })
}

impl fmt::Display for ErrorRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(record) = &self.record else {
            return Ok(());
        };
        let (double, single) = ("=".repeat(79), "-".repeat(79));
        writeln!(f, "{double}")?;
        writeln!(
            f,
            "Common Platform Error Record @ {}",
            plain(self.address.0)
        )?;
        writeln!(f, "{single}")?;
        let time = record.time.as_deref().unwrap_or("(not filled in)");
        for (name, value) in [
            ("Record Id", format!("{:016x}", record.id.0)),
            ("Severity", record.severity.clone()),
            ("Length", record.length.to_string()),
            ("Creator", format!("{{{}}}", record.creator)),
            ("Notify Type", record.notify_type.clone()),
            ("Timestamp", time.to_owned()),
            ("Flags", format!("{:#010x}", record.flags)),
        ] {
            writeln!(f, "{name:<13} : {value}")?;
        }
        for (index, section) in record.sections.iter().enumerate() {
            writeln!(f, "\n{double}")?;
            writeln!(f, "Section {index:<5} : {}", section.kind)?;
            writeln!(f, "{single}")?;
            for (name, value) in [
                ("Descriptor", format!("@ {}", plain(section.descriptor.0))),
                ("Section", format!("@ {}", plain(section.address.0))),
                ("Length", section.length.to_string()),
                ("Flags", format!("{:#010x}", section.flags)),
                ("Severity", section.severity.clone()),
            ] {
                writeln!(f, "{name:<13} : {value}")?;
            }
            if let Some(part) = &section.part {
                writeln!(f, "{:<13} : {part}", "FRU Text")?;
            }
            writeln!(f)?;
            for (name, value) in &section.fields {
                writeln!(f, "{name:<13} : {value}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{error, views_with};
    use crate::nt::whea::synthetic;
    use crate::testing::{VirtualMemory, fixtures};

    const SPARE: u64 = 0xffff_a000_0000_7800;

    #[test]
    fn a_record_has_windbgs_layout_and_can_be_read_back() {
        let fill = |memory: &mut VirtualMemory| memory.write(SPARE, &synthetic::errors());
        let command = format!("!errrec {SPARE:x}");
        let mut views = views_with(fill, &[fixtures()], &[&command]);
        let view = views.remove(0).unwrap();
        let text = view.to_string();
        assert!(text.contains("Record @ ffffa00000007800\n-----"), "{text}");
        for line in [
            "Severity      : Fatal (1)",
            "Notify Type   : Machine Check Exception",
            "Section 0     : x86/x64 MCA",
            "Error         : DCACHEL1_EVICT_ERR (Proc 2 Bank 1)",
            "FRU Text      : DIMM_A1",
            "Bit Position  : 37",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        let json = serde_json::to_value(&view).unwrap();
        assert_eq!(json["data"]["record"]["sections"][1]["kind"], "Memory");
    }

    #[test]
    fn what_is_no_record_says_so() {
        let fill = |memory: &mut VirtualMemory| memory.write(SPARE, &[1; 0x100]);
        let command = format!("errrec {SPARE:x}");
        let mut views = views_with(fill, &[fixtures()], &[&command]);
        let view = views.remove(0).unwrap();
        assert!(view.unknown()[0].why.contains("no error record"), "{view}");
        assert!(error("errrec").contains("stop 0xD1 names no error record"));
    }
}
