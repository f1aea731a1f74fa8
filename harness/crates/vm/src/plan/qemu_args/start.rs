//! The arguments that say what is started.

use super::{Args, RunFiles};
use crate::image::{Bus, Firmware};
use crate::plan::{Beginning, Machine, Start};

pub(super) fn start(args: &mut Args, machine: &Machine, files: &RunFiles) {
    match &machine.start {
        Start::Nt {
            firmware,
            kernel,
            fw_cfg,
            seed,
            scheduling,
        } => {
            args.option("-bios", firmware);
            args.file_option("-kernel", "", kernel);
            for (name, file) in fw_cfg {
                args.file_option("-fw_cfg", &format!("name={name},file="), file);
            }
            if let Some((name, seed)) = seed {
                args.option("-fw_cfg", &format!("name={name},string={seed:016x}"));
                if machine.warp_shift.is_some() {
                    // RDRAND and all else that QEMU draws at random.
                    args.option("-seed", &seed.to_string());
                }
            }
            if let Some((name, Some(seed))) = scheduling {
                args.option("-fw_cfg", &format!("name={name},string={seed:016x}"));
            }
        }
        Start::Linux {
            kernel,
            initrd,
            command_line,
        } => {
            args.file_option("-kernel", "", kernel);
            args.file_option("-initrd", "", initrd);
            args.option("-append", command_line);
        }
        Start::Disk {
            firmware,
            disk,
            dump_disk,
            from,
        } => {
            match firmware {
                Firmware::Default => {}
                Firmware::File(file) => args.file_option("-bios", "", file),
                Firmware::Uefi { code, .. } => {
                    let code_is = "if=pflash,unit=0,format=raw,readonly=on,file=";
                    args.file_option("-drive", code_is, code);
                    let variables = files.variables();
                    args.file_option("-drive", "if=pflash,unit=1,format=raw,file=", &variables);
                }
            }
            let disks = [
                Some(("disk", 0, disk.bus, files.disk())),
                (dump_disk.as_ref()).map(|disk| ("dumps", 1, disk.bus, files.dump_disk())),
            ];
            for (id, number, bus, file) in disks.into_iter().flatten() {
                // What the guest wrote must be there when QEMU is gone, not when the host is.
                let drive = format!("if=none,id={id},format=qcow2,cache=writeback,file=");
                args.file_option("-drive", &drive, &file);
                let boot_index = if number == 0 { ",bootindex=0" } else { "" };
                let device = match bus {
                    Bus::Ahci => format!("ide-hd,drive={id},bus=ide.{number}{boot_index}"),
                    Bus::Virtio => format!("virtio-blk-pci,drive={id}{boot_index}"),
                };
                args.option("-device", &device);
            }
            if let Beginning::Saved(_) = from {
                // Which state is said later, over the monitor.
                args.option("-incoming", "defer");
            }
        }
    }
}

/// Desktop editions of Windows use one or two sockets however many there are: one socket with as
/// many cores as wanted suits every guest on a disk.
pub(super) fn smp(machine: &Machine) -> String {
    let cpus = machine.cpus;
    match machine.start {
        Start::Disk { .. } => format!("{cpus},sockets=1,cores={cpus},threads=1"),
        Start::Nt { .. } | Start::Linux { .. } => cpus.to_string(),
    }
}
