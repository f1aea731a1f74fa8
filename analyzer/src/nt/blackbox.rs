//! The kernel's black boxes in the secondary data of a dump: what WinDbg's `!blackbox…` commands
//! decode. The layouts are those of the debugger's extension, as others published them, and agree
//! with real dumps of two Windows versions.

use crate::dump::Bytes;
use crate::dump::secondary::Guid;

/// Sizes of `RTL_BSD_DATA` from which a part is there.
const BSD_ERRORS: usize = 0x58;
const BSD_BUTTON: usize = 0x88;
const BSD_MINIMUM: usize = 0x40;
/// Records of NTFS that are kept.
const MAX_RECORDS: usize = 256;
const SLOT: usize = 32;
const MAX_TEXT: usize = 1024;

/// Boot status data: how the last boots and shutdowns went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BootStatus {
    /// Size of the structure, which is its version.
    pub version: u32,
    pub product_type: u32,
    pub auto_advanced_boot: bool,
    pub menu_timeout: u8,
    pub last_boot_succeeded: bool,
    pub last_boot_shutdown: bool,
    pub sleep_in_progress: bool,
    pub power_button_time: u64,
    pub system_running: bool,
    pub connected_standby: bool,
    pub user_shutdown: bool,
    pub system_shutdown: bool,
    pub sleep_transitions: u16,
    /// FILETIME.
    pub last_reference: u64,
    pub boot_attempts: u8,
    pub last_boot_checkpoint: bool,
    pub last_boot_id: u32,
    pub last_good_shutdown_id: u32,
    pub last_abnormal_shutdown_id: u32,
    /// Boot id, repeats, other errors, code and NTSTATUS of the last error.
    pub error: Option<[u32; 5]>,
    /// FILETIME and count of presses, time and count of releases.
    pub button: Option<(u64, u32, u64, u32)>,
}

impl BootStatus {
    pub(crate) fn parse(raw: &[u8]) -> Option<Self> {
        let bytes = Bytes(raw);
        let version = bytes.u32(0)?;
        let size = (version as usize).min(raw.len());
        if size < BSD_MINIMUM {
            return None;
        }
        let byte = |at: usize| raw.get(at).copied().unwrap_or_default();
        let word = |at| bytes.u32(at).unwrap_or_default();
        let long = |at| bytes.u64(at).unwrap_or_default();
        let flag = |bit: u8| byte(0x18) & bit != 0;
        Some(Self {
            version,
            product_type: word(0x4),
            auto_advanced_boot: byte(0x8) != 0,
            menu_timeout: byte(0x9),
            last_boot_succeeded: byte(0xA) != 0,
            last_boot_shutdown: byte(0xB) != 0,
            sleep_in_progress: byte(0xC) != 0,
            power_button_time: long(0x10),
            system_running: flag(1),
            connected_standby: flag(2),
            user_shutdown: flag(4),
            system_shutdown: flag(8),
            sleep_transitions: bytes.u16(0x1C).unwrap_or_default(),
            last_reference: long(0x20),
            boot_attempts: byte(0x30),
            last_boot_checkpoint: byte(0x31) != 0,
            last_boot_id: word(0x34),
            last_good_shutdown_id: word(0x38),
            last_abnormal_shutdown_id: word(0x3C),
            error: (size >= BSD_ERRORS)
                .then(|| std::array::from_fn(|index| word(0x40 + 4 * index))),
            button: (size >= BSD_BUTTON).then(|| (long(0x58), word(0x60), long(0x78), word(0x80))),
        })
    }
}

/// The Plug and Play event in progress, or the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PnpEvent {
    pub activity: Guid,
    /// FILETIME.
    pub time: u64,
    pub information: u32,
    pub in_progress: bool,
    /// `CM_PROB_…`.
    pub problem: u32,
    pub veto: u32,
    pub device: String,
    pub veto_text: Option<String>,
}

impl PnpEvent {
    pub(crate) fn parse(raw: &[u8]) -> Option<Self> {
        let bytes = Bytes(raw);
        let veto_at = bytes.u32(0x28)? as usize;
        let veto_text = raw.get(veto_at..).filter(|_| veto_at >= 0x2C).map(utf16);
        Some(Self {
            activity: Guid(bytes.slice(0, 16)?.try_into().ok()?),
            time: bytes.u64(0x10)?,
            information: bytes.u32(0x18)?,
            in_progress: *raw.get(0x1C)? != 0,
            problem: bytes.u32(0x20)?,
            veto: bytes.u32(0x24)?,
            device: utf16(raw.get(0x2C..)?),
            veto_text: veto_text.filter(|text| !text.is_empty()),
        })
    }
}

/// What Winlogon was doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Winlogon {
    pub thread: String,
    pub pending: bool,
}

impl Winlogon {
    pub(crate) fn parse(raw: &[u8]) -> Option<Self> {
        let bytes = Bytes(raw);
        let valid = bytes.u32(0)? == 1 && bytes.u32(4)? as usize == raw.len();
        valid.then_some(())?;
        Some(Self {
            thread: utf16(raw.get(0xC..)?),
            pending: bytes.u32(8)? != 0,
        })
    }
}

/// A time-out that NTFS recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NtfsRecord {
    /// A request that took too long: IRP, SCB and the thread that waits.
    SlowIo { irp: u64, scb: u64, thread: u64 },
    /// An oplock that was not broken in time: IRP, SCB and the processes.
    OplockBreak {
        irp: u64,
        scb: u64,
        owner: String,
        breaker: String,
    },
}

/// The records of NTFS; `None` if the data is of another version or damaged.
///
/// A header (version 0, total size, offset of the first chained record, time, number and offset of
/// the slots for slow requests), the slots, and records that are chained by offsets.
pub(crate) fn ntfs_records(raw: &[u8]) -> Option<Vec<NtfsRecord>> {
    let bytes = Bytes(raw);
    let short = |at| bytes.u16(at).map(usize::from);
    let (version, total, first) = (short(0)?, short(2)?, short(4)?);
    let (count, slots) = (short(0x10)?, short(0x12)?);
    let fits = slots + SLOT * count <= raw.len() && total <= raw.len();
    if version != 0 || slots < 0x18 || total < 0x18 || !fits {
        return None;
    }
    let mut records = Vec::new();
    for slot in 0..count.min(MAX_RECORDS) {
        let at = slots + SLOT * slot;
        let (irp, scb) = (bytes.u64(at)?, bytes.u64(at + 8)?);
        if irp != 0 || scb != 0 {
            let thread = bytes.u64(at + 16)?;
            records.push(NtfsRecord::SlowIo { irp, scb, thread });
        }
    }
    let mut at = first;
    for _ in 0..MAX_RECORDS {
        let (Some(kind), Some(length), Some(next)) = (short(at), short(at + 2), short(at + 4))
        else {
            break;
        };
        if at == 0 {
            break;
        }
        let Some(record) = bytes.slice(at, length) else {
            break;
        };
        let long = |at| Bytes(record).u64(at);
        match kind {
            1 => records.extend(
                long(0)
                    .zip(long(8))
                    .zip(long(16))
                    .map(|((irp, scb), thread)| NtfsRecord::SlowIo { irp, scb, thread }),
            ),
            2 => records.extend(
                long(8)
                    .zip(long(16))
                    .map(|(irp, scb)| NtfsRecord::OplockBreak {
                        irp,
                        scb,
                        owner: ascii(record, 28),
                        breaker: ascii(record, 43),
                    }),
            ),
            _ => {}
        }
        at = next;
    }
    records.truncate(MAX_RECORDS);
    Some(records)
}

/// 15 characters of an image's name.
fn ascii(bytes: &[u8], at: usize) -> String {
    let field = bytes.iter().skip(at).take(15);
    field
        .take_while(|&&byte| byte != 0)
        .map(|&byte| match byte {
            0x20..0x7F => char::from(byte),
            _ => '?',
        })
        .collect()
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).take(MAX_TEXT);
    let units = units.map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    let units: Vec<_> = units.take_while(|&unit| unit != 0).collect();
    let printable = |c: char| if c.is_control() { '?' } else { c };
    String::from_utf16_lossy(&units)
        .chars()
        .map(printable)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn put(bytes: &mut [u8], at: usize, part: &[u8]) {
        bytes[at..at + part.len()].copy_from_slice(part);
    }

    fn text(value: &str) -> Vec<u8> {
        let units = value.encode_utf16().chain([0]);
        units.flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn boot_status_grows_with_its_version() {
        let mut raw = vec![0; 0xB0];
        put(&mut raw, 0, &0xB0u32.to_le_bytes());
        raw[0xA] = 1;
        raw[0x18] = 0x05;
        put(&mut raw, 0x34, &585u32.to_le_bytes());
        put(&mut raw, 0x60, &3u32.to_le_bytes());
        let status = BootStatus::parse(&raw).unwrap();
        assert!(status.last_boot_succeeded && status.system_running && status.user_shutdown);
        assert_eq!(status.last_boot_id, 585);
        assert_eq!(status.button, Some((0, 3, 0, 0)));
        put(&mut raw, 0, &0x58u32.to_le_bytes());
        let older = BootStatus::parse(&raw).unwrap();
        assert_eq!((older.error, older.button), (Some([0; 5]), None));
        assert_eq!(BootStatus::parse(&raw[..0x30]), None);
    }

    #[test]
    fn a_device_and_its_veto_are_read() {
        let mut raw = vec![0; 0x2C];
        raw[0x1C] = 1;
        raw[0x20] = 24;
        let device = text("USB\\GIZMO\\7");
        put(&mut raw, 0x28, &(0x2C + device.len() as u32).to_le_bytes());
        raw.extend(device);
        raw.extend(text("gizmo"));
        let event = PnpEvent::parse(&raw).unwrap();
        assert_eq!(event.device, "USB\\GIZMO\\7");
        assert_eq!(event.veto_text.as_deref(), Some("gizmo"));
        assert!(event.in_progress && event.problem == 24);
    }

    #[test]
    fn winlogon_states_its_own_size() {
        let mut raw = vec![1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
        raw.extend(text("ShellStart"));
        let size = raw.len() as u32;
        put(&mut raw, 4, &size.to_le_bytes());
        let state = Winlogon::parse(&raw).unwrap();
        assert_eq!((state.thread.as_str(), state.pending), ("ShellStart", true));
        raw.push(0);
        assert_eq!(Winlogon::parse(&raw), None);
    }

    #[test]
    fn ntfs_has_slots_and_a_chain() {
        let mut raw = vec![0; 0x100];
        put(&mut raw, 2, &0x100u16.to_le_bytes());
        put(&mut raw, 4, &0x80u16.to_le_bytes());
        put(&mut raw, 0x10, &2u16.to_le_bytes());
        put(&mut raw, 0x12, &0x18u16.to_le_bytes());
        put(&mut raw, 0x38, &0x1111u64.to_le_bytes());
        put(&mut raw, 0x48, &0x2222u64.to_le_bytes());
        put(&mut raw, 0x80, &2u16.to_le_bytes());
        put(&mut raw, 0x82, &0x40u16.to_le_bytes());
        // The chain loops.
        put(&mut raw, 0x84, &0x80u16.to_le_bytes());
        put(&mut raw, 0x88, &0x3333u64.to_le_bytes());
        put(&mut raw, 0x9C, b"owner.exe");
        let records = ntfs_records(&raw).unwrap();
        let (irp, scb, thread) = (0x1111, 0, 0x2222);
        assert_eq!(records[0], NtfsRecord::SlowIo { irp, scb, thread });
        let NtfsRecord::OplockBreak { irp, owner, .. } = &records[1] else {
            panic!("{records:?}");
        };
        assert_eq!((*irp, owner.as_str()), (0x3333, "owner.exe"));
        assert!(records.len() <= MAX_RECORDS);
        assert_eq!(ntfs_records(&raw[..0x50]), None);
    }

    proptest! {
        #[test]
        fn noise_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = (BootStatus::parse(&bytes), PnpEvent::parse(&bytes));
            let _ = (Winlogon::parse(&bytes), ntfs_records(&bytes));
        }
    }
}
