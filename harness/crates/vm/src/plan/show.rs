//! A plan as people read it: the command line, the steps, the limits.

use std::fmt::Write as _;
use std::path::Path;

use scenario::Expectation;

use super::{AgentChannel, AgentLink, Beginning, Channels, Plan, RunFiles, Start, qemu_args};
use crate::image::{CaptureKind, OwnDump};

/// The plan as text. Files of the run are shown in the folder `RUN`, what QEMU inherits as the
/// file descriptors 3 to 6.
pub fn show(plan: &Plan) -> String {
    let mut text = format!("{}\n", plan.test);
    for line in lines(plan) {
        let _ = writeln!(text, "  {line}");
    }
    text
}

fn lines(plan: &Plan) -> Vec<String> {
    let mut lines = vec!["qemu-system-x86_64".to_owned()];
    lines.extend(
        options(plan)
            .into_iter()
            .map(|option| format!("  {option}")),
    );
    lines.extend(before(plan));
    let machine = &plan.machine;
    lines.push(format!(
        "agent within {:?}; each step within {:?} of guest time, which {}",
        plan.agent.ready_within,
        plan.within,
        match machine.warp_shift {
            Some(shift) => format!("is 2^{shift} ns for each instruction"),
            None => "is the host's".to_owned(),
        }
    ));
    if let Some(watchdog) = plan.watchdog {
        let name = watchdog.name();
        lines.push(match plan.debug_output_on_com1 {
            true => format!("the {name} must be armed, as the guest says on COM1"),
            false => format!(
                "the {name} must be armed, as a copy of the guest's memory shows before the \
                 drivers come"
            ),
        });
    }
    if let Some(jitter) = plan.jitter {
        let (kind, seed) = (jitter.kind.as_str(), jitter.seed);
        lines.push(format!(
            "disturb the threads that execute the guest's processors: {kind}, seed {seed:016x}"
        ));
    }
    for driver in &plan.drivers {
        let file = driver.file.display();
        let signed = if plan.signing.is_some() {
            ", signed"
        } else {
            ""
        };
        lines.push(format!("copy {file}{signed} to {}", driver.guest_path));
        let (service, path) = (&driver.service, &driver.guest_path);
        lines.push(format!(
            "run sc.exe create {service} type= kernel binPath= {path}"
        ));
    }
    for action in &plan.actions {
        let (program, args) = action.command();
        let back = match action {
            super::Action::Reboot(_) => ", and wait until the guest is back",
            _ => "",
        };
        lines.push(format!("run {program} {}{back}", args.join(" ")));
    }
    lines.push(match &plan.expect {
        Expectation::NoCrash => "expect no crash".into(),
        Expectation::Crash(crash) => match &crash.bugcheck {
            Some(bugcheck) => format!("expect stop 0x{:X}", bugcheck.code),
            None => "expect a stop".into(),
        },
    });
    let captures: Vec<&str> = plan.captures.iter().map(|kind| kind.as_str()).collect();
    lines.push(format!("dump by {}", captures.join(", else ")));
    if plan.captures.contains(&CaptureKind::GuestDisk) && plan.own_dump == Some(OwnDump::None) {
        lines.push("note: the guest writes no dump of its own".into());
    }
    lines.extend(plan.caveats.iter().map(|caveat| format!("note: {caveat}")));
    lines
}

/// The options, each with its value.
fn options(plan: &Plan) -> Vec<String> {
    let agent = match &plan.machine.agent {
        AgentLink::Serial(port) => AgentChannel::Serial { port, socket: 4 },
        AgentLink::Lockstep(port) => AgentChannel::Lockstep {
            port: *port,
            mailbox: 4,
            gate: 5,
        },
    };
    let channels = Channels {
        qmp: 3,
        agent,
        serial: 6,
    };
    let args = qemu_args(&plan.machine, channels, &RunFiles::new(Path::new("RUN")));
    let mut options: Vec<String> = Vec::new();
    for arg in args {
        let arg = arg.to_string_lossy();
        match options.last_mut() {
            Some(option) if !arg.starts_with('-') => {
                option.push(' ');
                option.push_str(&arg);
            }
            _ => options.push(arg.into_owned()),
        }
    }
    options
}

/// What is done before QEMU starts.
fn before(plan: &Plan) -> Vec<String> {
    let Start::Disk {
        disk,
        dump_disk,
        from,
        ..
    } = &plan.machine.start
    else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    match from {
        Beginning::Saved(state) => {
            lines.push(format!("restore {}", state.file.display()));
        }
        Beginning::ColdBoot(why) => {
            let overlay = |name: &str, golden: &Path| {
                format!("RUN/{name} is an overlay on {}", golden.display())
            };
            lines.push(overlay("disk.qcow2", &disk.file));
            lines.extend((dump_disk.iter()).map(|disk| overlay("dump.qcow2", &disk.file)));
            lines.push(match why {
                Some(why) => format!("cold boot: {why}"),
                None => "cold boot".into(),
            });
        }
    }
    lines
}
