//! File names of drivers that come with Windows. A rule that looks for the driver to blame skips
//! them where something more likely is on the stack: they show on most stacks, as file systems,
//! buses and frameworks, and are rarely the cause.

/// Names in lower case; a trailing `*` stands for any rest.
const INBOX: &[&str] = &[
    // Kernel, loader-time libraries and debugger transports.
    "ntoskrnl.exe",
    "ntkrnlmp.exe",
    "ntkrnlpa.exe",
    "ntkrpamp.exe",
    "hal.dll",
    "halmacpi.dll",
    "halacpi.dll",
    "ci.dll",
    "clfs.sys",
    "tm.sys",
    "pshed.dll",
    "bootvid.dll",
    "kd*.dll",
    "mcupdate*",
    "win32k*",
    "cng.sys",
    "ksecdd.sys",
    "ksecpkg.sys",
    "verifierext.sys",
    "werkernel.sys",
    "watchdog.sys",
    // Frameworks and class libraries.
    "wdf01000.sys",
    "wdfldr.sys",
    "wudfrd.sys",
    "wudfpf.sys",
    "wpprecorder.sys",
    "ks.sys",
    "ksthunk.sys",
    "mskssrv.sys",
    "mspclock.sys",
    "mspqm.sys",
    "portcls.sys",
    "drmk.sys",
    "videoprt.sys",
    "dxgkrnl.sys",
    "dxgmms*",
    "hidclass.sys",
    "hidparse.sys",
    "scsiport.sys",
    "storport.sys",
    "ataport.sys",
    "classpnp.sys",
    "stream.sys",
    "tdi.sys",
    "fltmgr.sys",
    "ndis.sys",
    "netio.sys",
    // Buses and enumerators.
    "acpi.sys",
    "acpiex.sys",
    "pci.sys",
    "pciidex.sys",
    "isapnp.sys",
    "msisadrv.sys",
    "swenum.sys",
    "umbus.sys",
    "compositebus.sys",
    "vdrvroot.sys",
    "hdaudbus.sys",
    "hdaudio.sys",
    "sdbus.sys",
    "spaceport.sys",
    "mountmgr.sys",
    "pdc.sys",
    "intelppm.sys",
    "processr.sys",
    "amdppm.sys",
    "usb*",
    "ucx01000.sys",
    "winhvr.sys",
    "vmbus*",
    // Storage and file systems.
    "disk.sys",
    "cdrom.sys",
    "partmgr.sys",
    "volmgr*",
    "volsnap.sys",
    "volume.sys",
    "rdyboost.sys",
    "fvevol.sys",
    "atapi.sys",
    "intelide.sys",
    "storahci.sys",
    "stornvme.sys",
    "ramdisk.sys",
    "iorate.sys",
    "ntfs.sys",
    "refs*.sys",
    "fastfat.sys",
    "exfat.sys",
    "cdfs.sys",
    "udfs.sys",
    "npfs.sys",
    "msfs.sys",
    "mup.sys",
    "dfsc.sys",
    "rdbss.sys",
    "mrxsmb*",
    "srv*.sys",
    "fileinfo.sys",
    "wcifs.sys",
    "cldflt.sys",
    "wof.sys",
    "luafv.sys",
    // Network.
    "tcpip.sys",
    "afd.sys",
    "netbt.sys",
    "http.sys",
    "fwpkclnt.sys",
    "wfplwfs.sys",
    "pacer.sys",
    "nsiproxy.sys",
    "mpsdrv.sys",
    "bthport.sys",
    // Input, display and the rest.
    "kbdclass.sys",
    "kbdhid.sys",
    "i8042prt.sys",
    "mouclass.sys",
    "mouhid.sys",
    "hidusb.sys",
    "hidi2c.sys",
    "monitor.sys",
    "basicdisplay.sys",
    "basicrender.sys",
    "cdd.dll",
    "null.sys",
    "beep.sys",
    "serial.sys",
    "serenum.sys",
    "parport.sys",
    "battc.sys",
    "cmbatt.sys",
    "peauth.sys",
    "condrv.sys",
];

/// Whether the file name is one of a driver that comes with Windows.
pub(crate) fn is_inbox(name: &str) -> bool {
    let name = name.to_lowercase();
    INBOX.iter().any(|known| match known.split_once('*') {
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
        None => name == *known,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_patterns() {
        for name in ["NTFS.sys", "usbhub3.sys", "win32kfull.sys", "kdcom.dll"] {
            assert!(is_inbox(name), "{name}");
        }
        for name in ["my-ntfs.sys", "kd.sys", "busfilter.sys", "diskette.sys"] {
            assert!(!is_inbox(name), "{name}");
        }
    }
}
