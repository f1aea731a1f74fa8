//! `!blackboxbsd`, `!blackboxntfs`, `!blackboxpnp`, `!blackboxwinlogon`: what the kernel kept for
//! the case of a stop.

use std::fmt;

use serde::Serialize;

use super::enumtag::{NONE, print_bytes};
use super::session::Session;
use super::text::plain;
use super::{ViewInfo, ViewRequest};
use crate::dump::rfc3339;
use crate::dump::secondary::{Guid, tag};
use crate::nt::blackbox::{BootStatus, NtfsRecord, PnpEvent, Winlogon, ntfs_records};
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "blackbox",
    names: &[
        "blackboxbsd",
        "blackboxntfs",
        "blackboxpnp",
        "blackboxwinlogon",
    ],
    usage: "blackboxbsd | blackboxntfs | blackboxpnp | blackboxwinlogon",
    meaning: "what the kernel kept of boots, NTFS' time-outs, the Plug and Play event, Winlogon",
    example: "blackboxpnp",
    needs_structures: false,
    make: |session, request| Ok(black_box(session, request).into()),
};

/// Bytes that are shown of data that cannot be decoded.
const SHOWN: usize = 256;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct BlackBox {
    content: Option<Content>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Content {
    Rows(Vec<(&'static str, String)>),
    Ntfs(Vec<Timeout>),
    /// Bytes of a version that is not known.
    Unknown(Vec<u8>),
}

/// A time-out that NTFS recorded.
#[derive(Clone, Debug, Serialize)]
struct Timeout {
    kind: &'static str,
    irp: Hex64,
    scb: Hex64,
    thread: Option<Hex64>,
    owner: Option<String>,
    breaker: Option<String>,
}

fn black_box(session: &Session<'_, '_>, request: &ViewRequest) -> BlackBox {
    type Decode = fn(&[u8]) -> Option<Content>;
    let (tag, decode): (Guid, Decode) = match request.name.as_str() {
        "blackboxbsd" => (tag::BSD, |raw| {
            BootStatus::parse(raw).map(|status| Content::Rows(boot_status(&status)))
        }),
        "blackboxntfs" => (tag::NTFS, |raw| {
            let records = ntfs_records(raw)?;
            Some(Content::Ntfs(records.into_iter().map(timeout).collect()))
        }),
        "blackboxpnp" => (tag::PNP, |raw| {
            PnpEvent::parse(raw).map(|event| Content::Rows(pnp(&event)))
        }),
        _ => (tag::WINLOGON, |raw| {
            Winlogon::parse(raw).map(|state| Content::Rows(winlogon(&state)))
        }),
    };
    let what = format!("the data of {}", request.name);
    let Some(secondary) = &session.target.secondary else {
        session.note(what, NONE);
        return BlackBox { content: None };
    };
    let Some(raw) = secondary.data_of(tag) else {
        session.note(what, format!("the dump has no data with the tag {tag}"));
        return BlackBox { content: None };
    };
    let content = decode(&raw).unwrap_or_else(|| {
        session.note(what, "it is cut off, or of a version that is not known");
        Content::Unknown(raw.into_iter().take(SHOWN).collect())
    });
    BlackBox {
        content: Some(content),
    }
}

fn truth(value: bool) -> String {
    if value { "TRUE" } else { "FALSE" }.to_owned()
}

/// A FILETIME, also in words.
fn time(value: u64) -> String {
    match rfc3339(value) {
        Some(text) => format!("{value:#x} ({text})"),
        None => format!("{value:#x}"),
    }
}

fn boot_status(status: &BootStatus) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("Version", format!("{:#x}", status.version)),
        ("Product type", status.product_type.to_string()),
        ("Auto advanced boot", truth(status.auto_advanced_boot)),
        (
            "Advanced boot menu timeout",
            status.menu_timeout.to_string(),
        ),
        ("Last boot succeeded", truth(status.last_boot_succeeded)),
        ("Last boot shutdown", truth(status.last_boot_shutdown)),
        ("Sleep in progress", truth(status.sleep_in_progress)),
        ("Power button timestamp", time(status.power_button_time)),
        ("System running", truth(status.system_running)),
        (
            "Connected standby in progress",
            truth(status.connected_standby),
        ),
        ("User shutdown in progress", truth(status.user_shutdown)),
        ("System shutdown in progress", truth(status.system_shutdown)),
        (
            "System sleep transitions to on",
            status.sleep_transitions.to_string(),
        ),
        ("Last reference time", time(status.last_reference)),
        ("Boot attempt count", status.boot_attempts.to_string()),
        ("Last boot checkpoint", truth(status.last_boot_checkpoint)),
        ("Last boot id", status.last_boot_id.to_string()),
        (
            "Last successful shutdown boot id",
            status.last_good_shutdown_id.to_string(),
        ),
        (
            "Last reported abnormal shutdown boot id",
            status.last_abnormal_shutdown_id.to_string(),
        ),
    ];
    if let Some([boot, repeats, others, code, ntstatus]) = status.error {
        rows.extend([
            ("Error info boot id", boot.to_string()),
            ("Error info repeat count", repeats.to_string()),
            ("Error info other error count", others.to_string()),
            ("Error info code", code.to_string()),
            ("Error info status", format!("{ntstatus:#x}")),
        ]);
    }
    if let Some((pressed, presses, released, releases)) = status.button {
        rows.extend([
            ("Power button last press time", time(pressed)),
            ("Power button cumulative press count", presses.to_string()),
            ("Power button last release time", time(released)),
            (
                "Power button cumulative release count",
                releases.to_string(),
            ),
        ]);
    }
    rows
}

fn pnp(event: &PnpEvent) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("PnpActivityId", format!("{{{}}}", event.activity)),
        ("PnpActivityTime", time(event.time)),
        ("PnpEventInformation", event.information.to_string()),
        (
            "PnpEventInProgress",
            u8::from(event.in_progress).to_string(),
        ),
        ("PnpProblemCode", event.problem.to_string()),
        ("PnpVetoType", event.veto.to_string()),
        ("DeviceId", event.device.clone()),
    ];
    rows.extend(event.veto_text.clone().map(|text| ("VetoString", text)));
    rows
}

fn winlogon(state: &Winlogon) -> Vec<(&'static str, String)> {
    vec![
        ("ThreadName", state.thread.clone()),
        ("IsOperationPending", u8::from(state.pending).to_string()),
    ]
}

fn timeout(record: NtfsRecord) -> Timeout {
    match record {
        NtfsRecord::SlowIo { irp, scb, thread } => Timeout {
            kind: "Slow I/O Timeout",
            irp: irp.into(),
            scb: scb.into(),
            thread: Some(thread.into()),
            owner: None,
            breaker: None,
        },
        NtfsRecord::OplockBreak {
            irp,
            scb,
            owner,
            breaker,
        } => Timeout {
            kind: "Oplock Break Timeout",
            irp: irp.into(),
            scb: scb.into(),
            thread: None,
            owner: Some(owner),
            breaker: Some(breaker),
        },
    }
}

impl fmt::Display for BlackBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            None => Ok(()),
            Some(Content::Rows(rows)) => {
                let widest = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
                for (name, value) in rows {
                    writeln!(f, "    {name:<widest$}: {value}")?;
                }
                Ok(())
            }
            Some(Content::Ntfs(records)) => {
                writeln!(f, "NTFS Blackbox Data")?;
                writeln!(f)?;
                for kind in ["Slow I/O Timeout", "Oplock Break Timeout"] {
                    let count = records.iter().filter(|record| record.kind == kind).count();
                    writeln!(f, "{count} {kind} Records Found")?;
                }
                records.iter().try_for_each(|record| record.fmt(f))
            }
            Some(Content::Unknown(bytes)) => print_bytes(f, bytes),
        }
    }
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", self.kind)?;
        writeln!(f, "    Irp    : {}", plain(self.irp.0))?;
        writeln!(f, "    Scb    : {}", plain(self.scb.0))?;
        if let Some(thread) = self.thread {
            writeln!(f, "    Thread : {}", plain(thread.0))?;
        }
        for (name, process) in [("Owner  ", &self.owner), ("Breaker", &self.breaker)] {
            if let Some(process) = process {
                writeln!(f, "    {name}: {process}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{minidump_views, text};
    use super::*;

    #[test]
    fn boxes_are_decoded_or_shown_as_bytes() {
        let mut status = vec![0; 0x58];
        status[0] = 0x58;
        status[0x34] = 77;
        let mut event = vec![0; 0x2C];
        event.extend(b"U\0S\0B\0\0\0");
        let blocks = [
            (tag::BSD, status),
            (tag::PNP, event),
            (tag::WINLOGON, vec![9; 20]),
        ];
        let commands = [
            "!blackboxbsd",
            "!blackboxpnp",
            "!blackboxwinlogon",
            "!blackboxntfs",
        ];
        let views = minidump_views(&blocks, &commands);
        let [status, event, winlogon, ntfs] = &views[..] else {
            panic!("four views");
        };
        assert!(
            status
                .to_string()
                .contains("Last boot id                           : 77\n"),
            "{status}"
        );
        assert!(
            event.to_string().contains("DeviceId           : USB\n"),
            "{event}"
        );
        assert!(winlogon.to_string().starts_with("  09 09"), "{winlogon}");
        assert!(winlogon.unknown()[0].why.contains("version"));
        assert!(ntfs.unknown()[0].why.contains("00afe9c4"), "{ntfs}");
        assert!(text("!blackboxpnp").contains("nothing was added"));
    }
}
