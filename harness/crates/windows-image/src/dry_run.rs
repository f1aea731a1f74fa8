//! A plan as text: everything that a build would do and write.

use std::ffi::OsString;
use std::fmt::Write;

use scenario::shell::shell_word;

use super::check_plan::{FOUND_BY_THE_HOST, QUESTIONS};
use super::description::Description;
use super::host;
use super::plan::{BuildPlan, Phase};
use super::registry::{self, Value};
use super::script::{self, Need};

/// The plan.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn text(plan: &BuildPlan) -> Result<String, std::io::Error> {
    let mut text = String::new();
    head(&mut text, plan);
    phases(&mut text, plan);
    commands(&mut text, plan);
    table_of_settings(&mut text, plan);
    table_of_steps(&mut text, plan);
    part(&mut text, "answers/autounattend.xml");
    text.push_str(&plan.answer().document()?);
    part(&mut text, "answers/stopcode/setup.cmd");
    text.push_str(&script::setup_cmd(plan.found.version, &plan.options).replace("\r\n", "\n"));
    part(&mut text, "image.yaml");
    let description = Description::of(plan).text();
    text.push_str(&description.map_err(std::io::Error::other)?);
    check(&mut text);
    Ok(text)
}

fn part(text: &mut String, title: &str) {
    line(text, format_args!("\n== {title}"));
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{words}");
}

fn head(text: &mut String, plan: &BuildPlan) {
    let (options, found) = (&plan.options, &plan.found);
    let limits = plan.limits();
    let duration = humantime::format_duration;
    line(
        text,
        format_args!(
            "Image {}: {}, not verified on Windows",
            options.name, found.version
        ),
    );
    for (what, value) in [
        ("medium", options.iso.display().to_string()),
        ("virtio-win", options.virtio_win.display().to_string()),
        (
            "edition",
            format!(
                "{} ({}, build {})",
                found.image.name, found.image.edition, found.image.build
            ),
        ),
        (
            "machine",
            format!(
                "{}, {} processors, {} MiB, UEFI without Secure Boot, {}",
                plan.host.machine,
                options.cpus,
                options.memory_mib,
                plan.host.accelerator.as_str()
            ),
        ),
        (
            "dump",
            match options.dump_disk {
                true => format!("{}, on a disk of its own", options.dump.as_str()),
                false => format!("{}, on the system disk", options.dump.as_str()),
            },
        ),
        ("image", plan.place.image().display().to_string()),
        (
            "room",
            format!(
                "about {} GiB at most",
                host::image_gib(found.version, options)
            ),
        ),
        ("time", host::expected(plan.host.accelerator).to_owned()),
        (
            "limits",
            format!(
                "installation {}, boot {}",
                duration(limits.install),
                duration(limits.ready)
            ),
        ),
    ] {
        line(text, format_args!("{what:<12} {value}"));
    }
}

fn phases(text: &mut String, plan: &BuildPlan) {
    part(text, "phases");
    for phase in Phase::ALL {
        line(text, format_args!("{:<9} {}", phase.name(), phase.about()));
    }
    line(
        text,
        format_args!(
            "\nAt last the booted guest is saved, so that runs need not boot it (`stopcode image \
             save {}` does that alone).",
            plan.options.name
        ),
    );
    let keys = plan.limits().keys.as_secs();
    line(
        text,
        format_args!(
            "The medium asks for a key before it boots: Enter is pressed for the first {keys} s."
        ),
    );
}

fn commands(text: &mut String, plan: &BuildPlan) {
    part(text, "commands");
    for words in plan.disk_commands() {
        command(text, &words);
    }
    command(text, &plan.disc_command());
    let channels = BuildPlan::shown_channels();
    let log = |name: &str| plan.file(name);
    let qemu = |args: Vec<OsString>| -> Vec<OsString> {
        std::iter::once("qemu-system-x86_64".into())
            .chain(args)
            .collect()
    };
    line(text, format_args!("\n# install"));
    command(
        text,
        &qemu(plan.install_args(channels, &log("install.serial.log"))),
    );
    line(text, format_args!("\n# settle"));
    command(
        text,
        &qemu(plan.boot_args(channels, &log("settle.serial.log"))),
    );
}

/// A command, an option with its value a line.
fn command(text: &mut String, words: &[OsString]) {
    let mut shown = String::new();
    for (at, word) in words.iter().enumerate() {
        let word = shell_word(&word.to_string_lossy());
        let separator = match at {
            0 => "",
            _ if word.starts_with('-') && words.len() > 12 => " \\\n    ",
            _ => " ",
        };
        shown.push_str(separator);
        shown.push_str(&word);
    }
    line(text, format_args!("{shown}"));
}

fn table_of_settings(text: &mut String, plan: &BuildPlan) {
    part(text, "registry (below HKLM)");
    for setting in registry::settings(&plan.options) {
        let value = match &setting.value {
            Value::Dword(number) => number.to_string(),
            Value::Text(text) | Value::Expand(text) => text.clone(),
            Value::List(items) => items.join("; "),
        };
        line(
            text,
            format_args!("{}\n    {} = {value}", setting.key, setting.name),
        );
        line(text, format_args!("    {}", setting.why));
        line(text, format_args!("    [{}]", setting.standing));
    }
}

fn table_of_steps(text: &mut String, plan: &BuildPlan) {
    part(text, "set-up script");
    for step in script::steps(plan.found.version, &plan.options) {
        let need = match step.need {
            Need::Essential => "must succeed",
            Need::Desirable => "may fail",
        };
        line(
            text,
            format_args!("{:<12} {} ({need})", step.name, step.why),
        );
    }
}

fn check(text: &mut String) {
    part(text, "stopcode image check");
    for question in &QUESTIONS {
        line(
            text,
            format_args!(
                "{}: {} {}; without it: {}",
                question.what,
                question.program,
                question.args.join(" "),
                question.without
            ),
        );
    }
    for (what, how) in FOUND_BY_THE_HOST {
        line(text, format_args!("{what}: {how}"));
    }
}
