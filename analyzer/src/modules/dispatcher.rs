//! Drivers of Windows that call other people's code: they are on the stack of its bugs, and a
//! pointer that is wrong in them came from it.

/// File name, and whose code it calls.
const DISPATCHERS: &[(&str, &str)] = &[
    ("netio.sys", "callouts of network filters"),
    ("fwpkclnt.sys", "callouts of network filters"),
    ("ndis.sys", "network miniports, protocols and filters"),
    ("wdiwifi.sys", "wireless miniports"),
    ("nwifi.sys", "wireless miniports"),
    ("fltmgr.sys", "file system minifilters"),
    ("mup.sys", "network redirectors"),
    ("rdbss.sys", "network mini-redirectors"),
    ("storport.sys", "storage miniports"),
    ("scsiport.sys", "storage miniports"),
    ("ataport.sys", "storage miniports"),
    ("classpnp.sys", "storage class drivers"),
    ("usbport.sys", "USB host controller miniports"),
    ("portcls.sys", "audio miniports"),
    ("ks.sys", "streaming minidrivers"),
    ("ksthunk.sys", "streaming minidrivers"),
    ("dxgkrnl.sys", "display miniports"),
    ("videoprt.sys", "display miniports"),
    ("watchdog.sys", "display miniports"),
    ("wdf01000.sys", "event callbacks of framework drivers"),
    ("wdfldr.sys", "framework drivers"),
    ("hidclass.sys", "HID minidrivers"),
    ("verifierext.sys", "drivers that it checks"),
    ("pci.sys", "function drivers, whose requests it passes on"),
    ("acpi.sys", "function drivers, whose requests it passes on"),
];

/// Whether a driver of Windows mainly calls others' code.
pub(crate) fn is_dispatcher(name: &str) -> bool {
    let mut known = DISPATCHERS.iter();
    known.any(|(dispatcher, _)| dispatcher.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::is_inbox;

    #[test]
    fn dispatchers_are_part_of_windows() {
        for (name, whose) in DISPATCHERS {
            assert!(is_inbox(name) && !whose.is_empty(), "{name}");
        }
        assert!(is_dispatcher("NETIO.SYS") && !is_dispatcher("win32k.sys"));
    }
}
