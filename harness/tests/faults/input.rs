//! Wrong input: each is refused before anything boots.

use std::fs;

use vm::testing::driver_file::{MACHINE_AT, smallest_driver};

use crate::project::{Ended, Firmware, Sandbox, stopcode};
use crate::{Case, case};

pub fn cases() -> Vec<Case> {
    vec![
        case("input::unknown_key", unknown_key),
        case("input::wrong_type", wrong_type),
        case("input::unknown_driver", unknown_driver),
        case("input::driver_file_that_is_none", driver_file_that_is_none),
        case("input::nothing_matches", nothing_matches),
        case("input::unknown_image", unknown_image),
        case("input::wrong_arguments", wrong_arguments),
        case("input::no_project", no_project),
        case("input::dump_that_is_none", dump_that_is_none),
        case("input::build_that_fails", build_that_fails),
        case(
            "input::list_names_stop_and_cause",
            list_names_stop_and_cause,
        ),
    ]
}

fn unknown_key() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox.change_scenario("cpus: 1", "cpuz: 1");
    let place = "scenarios/crash.yaml:4:9";
    sandbox
        .run(&[])
        .is(2, &[place, "unknown key `cpuz`", "did you mean `cpus`?"]);
    assert!(sandbox.kept().is_empty());
}

fn wrong_type() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox.change_scenario("cpus: 1", "cpus: one");
    sandbox
        .run(&[])
        .is(2, &["scenarios/crash.yaml:4:15", "guest.cpus"]);
}

fn unknown_driver() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox.change_scenario("[d]", "[dd]");
    let place = "scenarios/crash.yaml:3:11";
    sandbox
        .run(&[])
        .is(2, &[place, "unknown driver `dd`", "did you mean `d`?"]);
}

fn driver_file_that_is_none() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox.change_scenario("[d]", "[{path: own.sys}]");
    let scenario = fs::read_to_string(sandbox.path("scenarios/crash.yaml")).unwrap();
    let scenario = scenario.replace("start: d", "start: own");
    sandbox.write("scenarios/crash.yaml", scenario);
    sandbox
        .run(&[])
        .is(2, &["cannot read driver", "own.sys", "No such file"]);
    let mut x86 = smallest_driver();
    x86[MACHINE_AT..MACHINE_AT + 2].copy_from_slice(&0x14c_u16.to_le_bytes());
    for (bytes, words) in [
        (b"just text".to_vec(), "not a PE file"),
        (Vec::new(), "the file is empty"),
        (x86, "a 32-bit (x86) driver"),
    ] {
        sandbox.write("scenarios/own.sys", bytes);
        sandbox.run(&[]).is(2, &["own.sys is not a driver", words]);
    }
}

fn nothing_matches() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox
        .run(&["no-such"])
        .is(4, &["no test matches no-such"]);
}

fn unknown_image() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    let ended = Ended::of(sandbox.command(&["run", "--image", "win"]));
    ended.is(2, &["no image `win`; there is: fake"]);
}

fn wrong_arguments() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox
        .run(&["--partition", "count:3/2"])
        .is(2, &["count:M/N"]);
    sandbox.run(&["--repeat", "0"]).is(2, &["--repeat"]);
    sandbox.run(&["--no-such-flag"]).is(2, &["--no-such-flag"]);
}

fn no_project() {
    let folder = tempfile::tempdir().unwrap();
    let ended = Ended::of(stopcode(folder.path(), &["run"]));
    ended.is(2, &["no Stopcode project at"]);
}

fn dump_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let analyze = |words: &[&str]| {
        let ended = Ended::of(stopcode(folder.path(), &["analyze", "x.dmp"]));
        let ended = ended.is(2, words);
        assert!(
            ended.stdout.is_empty() && ended.stderr.lines().count() == 1,
            "{ended:#?}"
        );
    };
    let write = |bytes: &[u8]| fs::write(folder.path().join("x.dmp"), bytes).unwrap();
    analyze(&["x.dmp", "No such file"]);
    write(b"");
    analyze(&["x.dmp"]);
    write(b"just some text\n");
    analyze(&["x.dmp: it is neither a crash dump nor a debugger's log"]);
    write(b"Stop 0x9F again. What does !analyze say?\n");
    analyze(&["x.dmp: it has no crash data", "stop 0x9F", "Collect"]);
    write(b"PAGEDU64");
    analyze(&["x.dmp"]);
    let ended = Ended::of(stopcode(
        folder.path(),
        &["analyze", "x.dmp", "--symbols", "nowhere"],
    ));
    ended.is(2, &["--symbols nowhere is no folder"]);
}

fn build_that_fails() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox.image("1s", "[[sh, -c, 'echo compiler says no; exit 1']]");
    sandbox
        .run(&[])
        .is(101, &["compiler says no", "exit status: 1"]);
    // What a build that succeeds says is nobody's business.
    sandbox.image("1s", "[[sh, -c, 'echo chatter']]");
    let ended = Ended::of(sandbox.command(&["image", "build", "fake"]));
    let ended = ended.is(0, &["fake: built"]);
    assert!(
        !ended.stdout.contains("chatter") && ended.stderr.is_empty(),
        "{ended:#?}"
    );
}

fn list_names_stop_and_cause() {
    let sandbox = Sandbox::new(Firmware::Hangs);
    sandbox.change_scenario(
        "{bugcheck: {code: 0xD1}}",
        "{bugcheck: {code: 0xC9}, cause: irql-leaked}",
    );
    let ended = Ended::of(sandbox.command(&["list", "--image", "fake"]));
    let ended = ended.is(0, &[]);
    assert_eq!(
        ended.stdout,
        "fake::crash         0xC9  irql-leaked\nfake::crash::fixed  no crash\n"
    );
}
