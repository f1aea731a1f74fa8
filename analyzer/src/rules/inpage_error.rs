//! A page of kernel data could not be read back (0x7A).
//!
//! Needs: the status of the read, in the stop's parameters.
//!
//! Decides: some statuses are errors of the disk or its controller; then no driver is to blame, and
//! those on the stack only waited for the page. Any other status tells that the read failed for
//! another reason. Without the status, the disk is only the usual reason.
//!
//! Confidence: `likely` with a status of the disk, else `possible`.
//!
//! Source: Microsoft's bug check reference, 0x7A.

use super::evidence::parameter;
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::stop::Role;
use crate::verdict::{CauseId, Confidence, Unknown};

const KERNEL_DATA_INPAGE_ERROR: u32 = 0x7A;

pub(super) struct InpageError;

/// What a status says about the disk, for statuses that the disk or its controller causes.
fn of_disk(status: u32) -> Option<&'static str> {
    Some(match status {
        0xC000_000E => "STATUS_NO_SUCH_DEVICE: the disk does not answer any more",
        0xC000_009C => "STATUS_DEVICE_DATA_ERROR: bad blocks on the disk",
        0xC000_009D => "STATUS_DEVICE_NOT_CONNECTED: the disk, its cable or its power is lost",
        0xC000_016A => "STATUS_DISK_OPERATION_FAILED: the disk failed to read its blocks",
        0xC000_0185 => "STATUS_IO_DEVICE_ERROR: the disk, its cable or its controller failed",
        _ => return None,
    })
}

/// What other frequent statuses mean.
fn of_others(status: u32) -> Option<&'static str> {
    Some(match status {
        0xC000_0005 => "STATUS_ACCESS_VIOLATION",
        0xC000_0017 => "STATUS_NO_MEMORY",
        0xC000_009A => "STATUS_INSUFFICIENT_RESOURCES: memory for the read was lacking",
        _ => return None,
    })
}

impl Rule for InpageError {
    fn name(&self) -> &'static str {
        "inpage-error"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let stop = &facts.bugcheck;
        if stop.family() != KERNEL_DATA_INPAGE_ERROR {
            return None;
        }
        let status = stop.by_role(Role::Status).map(|status| status as u32);
        let disk = status.and_then(of_disk);
        let (cause, confidence) = match (status, disk) {
            (_, Some(_)) => (CauseId::HardwareError, Confidence::Likely),
            (None, None) => (CauseId::HardwareError, Confidence::Possible),
            (Some(_), None) => (CauseId::Inconclusive, Confidence::Possible),
        };
        let shows = match status {
            Some(status) => {
                let name = disk.or_else(|| of_others(status));
                let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
                format!("the read of the page failed with status {status:#010x}{name}")
            }
            None => "the status of the failed read is not shown".to_owned(),
        };
        let explanation = match (status, disk) {
            (_, Some(_)) => "A page could not be read back because the disk or its controller \
                             failed"
                .to_owned(),
            (None, None) => {
                "A page could not be read back, most often because the disk failed".to_owned()
            }
            (Some(_), None) => "A page could not be read back, but its status is not one of a \
                                failing disk or controller"
                .to_owned(),
        };
        let (what, why) = match (status, disk) {
            (_, Some(_)) => (
                "which part of the hardware fails",
                "the status does not tell disk, cable and controller apart; the system event log \
                 and the disk's own health report do",
            ),
            (None, None) => (
                "why the read failed",
                "the stop's second parameter tells it; run .bugcheck",
            ),
            (Some(_), None) => (
                "why the read failed",
                "the status is that of a driver or of the memory manager; run !error on it and \
                 !pte on the page's address",
            ),
        };
        Some(Finding {
            cause,
            explanation: format!("{explanation}: {shows}."),
            culprit: None,
            victims: Vec::new(),
            confidence,
            evidence: vec![parameter(shows, &[])],
            unknown: vec![Unknown {
                what: what.to_owned(),
                why: why.to_owned(),
            }],
            alternatives: Vec::new(),
        })
    }
}
