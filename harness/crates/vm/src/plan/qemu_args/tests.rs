//! Whole command lines.

use scenario::Variant;

use super::*;
use crate::plan::{HostChoices, PlanOptions, Start, make};
use crate::testing::image::tiny;
use crate::testing::plan::{HOST, scenario};

const CHANNELS: Channels<'_> = Channels {
    qmp: 3,
    agent: AgentChannel::Serial {
        port: "org.qemu.guest_agent.0",
        socket: 4,
    },
    serial: 5,
};

fn arguments(machine: &Machine) -> String {
    qemu_args(machine, CHANNELS, &RunFiles::new(Path::new("/run/a,b")))
        .iter()
        .map(|arg| arg.to_str().unwrap())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn the_whole_command_line() {
    let machine = make(
        &scenario(),
        Variant::Buggy,
        &tiny(),
        HOST,
        &PlanOptions::default(),
    )
    .unwrap()
    .machine;
    assert_eq!(
        arguments(&machine),
        "-nodefaults -no-user-config -S -display none \
         -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny \
         -machine q35 -accel tcg,thread=multi -cpu max,-hypervisor -smp 1 -m 128M \
         -bios qboot.rom -kernel /p/out/loader.elf \
         -fw_cfg name=opt/tiny/kernel,file=/p/out/kernel.exe \
         -fw_cfg name=opt/tiny/boot/00-b.sys,file=/p/out/inbox/b.sys \
         -fw_cfg name=opt/tiny/boot/01-a.sys,file=/p/out/inbox/a.sys \
         -fw_cfg name=opt/tiny/seed,string=0000000000001234 -rtc base=utc,clock=vm \
         -chardev socket,id=qmp,fd=3 -mon chardev=qmp,mode=control \
         -chardev file,id=serial,path=/proc/self/fd/5 \
         -serial chardev:serial \
         -device VGA -nic none -chardev socket,id=agent,fd=4 -device virtio-serial-pci \
         -device virtserialport,chardev=agent,name=org.qemu.guest_agent.0 \
         -device vmcoreinfo -device pvpanic \
         -action panic=pause,reboot=shutdown,shutdown=pause"
    );
}

#[test]
fn a_warped_clock_counts_instructions() {
    let mut machine = make(
        &scenario(),
        Variant::Buggy,
        &tiny(),
        HOST,
        &PlanOptions::default(),
    )
    .unwrap()
    .machine;
    machine.warp_shift = Some(7);
    let arguments = arguments(&machine);
    for wanted in [
        "-accel tcg,thread=single -icount shift=7,sleep=off -cpu",
        // Nothing of the host's is left: not its clock, not its random numbers.
        "-seed 4660 -rtc base=2025-01-01T00:00:00,clock=vm",
    ] {
        assert!(arguments.contains(wanted), "{arguments}");
    }
}

#[test]
fn an_agent_in_lockstep_has_no_socket() {
    let machine = make(
        &scenario(),
        Variant::Buggy,
        &tiny(),
        HOST,
        &PlanOptions::default(),
    )
    .unwrap()
    .machine;
    let channels = Channels {
        agent: AgentChannel::Lockstep {
            port: 0x5F0,
            mailbox: 6,
            gate: 7,
        },
        ..CHANNELS
    };
    let args = qemu_args(&machine, channels, &RunFiles::new(Path::new("")));
    let words: Vec<&str> = args.iter().map(|arg| arg.to_str().unwrap()).collect();
    let text = words.join(" ");
    assert!(
        text.contains(
            "-nic none -chardev socket,id=gate,fd=7 \
             -device isa-debugcon,iobase=0x5f0,chardev=gate \
             -object memory-backend-file,id=mailbox,size=262144,\
             mem-path=/proc/self/fd/6,share=on \
             -device ivshmem-plain,memdev=mailbox -device vmcoreinfo"
        ),
        "{text}"
    );
    assert!(!text.contains("virtio"), "{text}");
}

#[test]
fn choices_show() {
    let host = HostChoices {
        accelerator: Accelerator::Kvm,
        sandbox: false,
        ..HOST
    };
    let mut machine = make(
        &scenario(),
        Variant::Buggy,
        &tiny(),
        host,
        &PlanOptions::default(),
    )
    .unwrap()
    .machine;
    machine.cpu = "max".into();
    if let Start::Nt { seed, .. } = &mut machine.start {
        *seed = None;
    }
    let arguments = arguments(&machine);
    assert!(
        arguments.contains("-accel kvm -cpu max -smp"),
        "{arguments}"
    );
    assert!(
        !arguments.contains("sandbox") && !arguments.contains("seed"),
        "{arguments}"
    );
}
