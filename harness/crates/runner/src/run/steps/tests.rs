//! The steps against a scripted guest: what `sc.exe` answers, and what the driver writes to COM1.

use std::cell::RefCell;
use std::path::Path;

use scenario::{Variant, parse};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use vm::plan::{PlanOptions, make};
use vm::testing::image::{tiny, windows};
use vm::testing::plan::{HOST, scenario};

use super::*;
use crate::events::Event;

/// What the scripted guest does.
#[derive(Clone, Copy, Default)]
struct Script {
    /// `sc.exe` verb and exit code of the one that fails.
    fails: Option<(&'static str, i64)>,
    /// `sc.exe` verb that is never answered: the guest hangs.
    hangs_at: Option<&'static str>,
    /// What it writes to COM1 once a driver is started.
    writes: &'static str,
}

const DONE: &str = "hog: done\nmy: done\n";

/// Plays the guest: the agent on one socket, COM1 on the other. Returns the commands it ran.
async fn play(script: Script, agent: UnixStream, mut serial: pipe::Sender) -> Vec<String> {
    let (read, mut write) = agent.into_split();
    let mut requests = BufReader::new(read);
    let mut commands = Vec::new();
    let mut code = 0;
    let mut line = Vec::new();
    while requests
        .read_until(b'\n', &mut line)
        .await
        .is_ok_and(|length| length > 0)
    {
        let start = line
            .iter()
            .rposition(|&byte| byte == 0xff)
            .map_or(0, |at| at + 1);
        let request: Value = serde_json::from_slice(&line[start..]).unwrap();
        line.clear();
        let arguments = &request["arguments"];
        let answer = match request["execute"].as_str().unwrap() {
            "guest-sync-delimited" => {
                write.write_all(&[0xff]).await.unwrap();
                arguments["id"].clone()
            }
            "guest-file-open" => json!(1),
            "guest-file-write" => json!({"count": 1024, "eof": false}),
            "guest-exec" => {
                let words: Vec<&str> = (arguments["arg"].as_array().unwrap().iter())
                    .map(|word| word.as_str().unwrap())
                    .collect();
                commands.push(words.join(" "));
                if script.hangs_at == Some(words[0]) {
                    continue;
                }
                code = script
                    .fails
                    .map_or(0, |(verb, code)| if verb == words[0] { code } else { 0 });
                if words == ["start", "hog"] || words == ["start", "hog-fixed"] {
                    serial.write_all(script.writes.as_bytes()).await.unwrap();
                }
                json!({"pid": 1})
            }
            "guest-exec-status" => json!({"exited": true, "exitcode": code, "out-data": "d2h5"}),
            _ => json!({}),
        };
        let answer = format!("{}\n", json!({ "return": answer }));
        if write.write_all(answer.as_bytes()).await.is_err() {
            break;
        }
    }
    commands
}

/// Runs the steps of the twin (or the buggy variant) in a guest that follows the script.
async fn run(variant: Variant, script: Script) -> (Ending, Vec<String>, Vec<Phase>) {
    let plan = make(&scenario(), variant, &tiny(), HOST, &PlanOptions::default()).unwrap();
    run_plan(plan, script, &ExpectedResets::default()).await
}

async fn run_plan(
    mut plan: Plan,
    script: Script,
    resets: &ExpectedResets,
) -> (Ending, Vec<String>, Vec<Phase>) {
    plan.within = Duration::from_millis(400);
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (com1_theirs, com1) = pipe::pipe().unwrap();
    let guest = tokio::spawn(play(script, theirs, com1_theirs));
    let uploads: Vec<DriverUpload> = (plan.drivers.iter())
        .map(|driver| DriverUpload {
            driver,
            bytes: vec![0; 1024],
        })
        .collect();
    let phases = RefCell::new(Vec::new());
    let sink = |event| match event {
        Event::Progress { phase, .. } => phases.borrow_mut().push(phase),
        other => panic!("{other:?}"),
    };
    let recorder = Recorder::start(&plan.test, 1, &sink, Vec::new());
    let steps = StepRunner {
        plan: &plan,
        uploads: &uploads,
        recorder: &recorder,
        monitor: None,
        resets,
        probe: None,
    };
    let mut agent = Agent::new(ours);
    let mut serial = SerialLog::follow(com1, None).unwrap();
    let StepsEnd { ending, .. } = steps.run(&mut agent, &mut serial).await;
    drop(agent);
    (ending, guest.await.unwrap(), phases.take())
}

#[tokio::test]
async fn a_twin_must_start_say_that_it_is_done_and_stop() {
    let script = Script {
        writes: DONE,
        ..Script::default()
    };
    let (ending, commands, phases) = run(Variant::Fixed, script).await;
    assert_eq!(ending, Ending::Survived);
    assert_eq!(
        commands,
        [
            r"create hog-fixed type= kernel binPath= C:\Stopcode\hog-fixed.sys",
            r"create my type= kernel binPath= C:\Stopcode\my.sys",
            "start my",
            "start hog-fixed",
            "stop hog-fixed",
            "stop my",
        ]
    );
    let starting = ["my", "hog-fixed"].map(|service| Phase::Starting(service.into()));
    let [first, second] = starting;
    assert_eq!(phases, [Phase::Ready, first, second, Phase::Waiting]);
}

#[tokio::test]
async fn a_twin_that_does_nothing_does_not_pass() {
    let silent = run(Variant::Fixed, Script::default()).await;
    let Ending::TimedOut {
        waiting_for,
        responsive,
    } = silent.0
    else {
        panic!("{:?}", silent.0);
    };
    assert_eq!(waiting_for, "line `hog: done` on COM1");
    assert!(responsive);

    let script = Script {
        writes: "hog: failed: create, file 3\n",
        ..Script::default()
    };
    let (ending, ..) = run(Variant::Fixed, script).await;
    assert_eq!(
        ending,
        Ending::WorkFailed("hog: failed: create, file 3".into())
    );
}

#[tokio::test]
async fn a_driver_that_does_not_load_or_stop_is_quoted() {
    for (verb, words) in [
        ("start", "driver my did not load: why (exit code 127)"),
        ("stop", "driver hog-fixed did not stop: why (exit code 127)"),
        (
            "create",
            "driver hog-fixed could not be installed: why (exit code 127)",
        ),
    ] {
        let script = Script {
            fails: Some((verb, 127)),
            writes: DONE,
            ..Script::default()
        };
        let (ending, ..) = run(Variant::Fixed, script).await;
        assert_eq!(ending, Ending::StepFailed(words.into()));
    }
}

#[tokio::test]
async fn a_guest_that_hangs_in_a_step_is_no_longer_responsive() {
    let script = Script {
        hangs_at: Some("start"),
        ..Script::default()
    };
    let (ending, ..) = run(Variant::Buggy, script).await;
    let Ending::TimedOut {
        waiting_for,
        responsive: false,
    } = ending
    else {
        panic!("{ending:?}");
    };
    assert!(
        waiting_for.starts_with("answer to `sc.exe start my`"),
        "{waiting_for}"
    );
}

#[tokio::test]
async fn a_crash_that_does_not_come_is_waited_for_until_the_deadline() {
    let started = std::time::Instant::now();
    let (ending, ..) = run(Variant::Buggy, Script::default()).await;
    assert!(started.elapsed() >= Duration::from_millis(400));
    let expected = Ending::TimedOut {
        waiting_for: "stop".into(),
        responsive: true,
    };
    assert_eq!(ending, expected);
}

/// Driver Verifier's settings hold from the next boot on: `verifier.exe` says so by its exit code.
#[tokio::test]
async fn windows_is_restarted_before_the_verified_driver_starts() {
    let text = "name: v\nsummary: s\ndrivers: [hog]\nverifier: {rules: standard, drivers: [hog]}\n\
                steps: [{start: hog}]\nwithin: 7s\nexpect: {cause: irql-leaked}\n";
    let scenario = parse(Path::new("/s/v.yaml"), text, &["hog".to_owned()]).unwrap();
    let plan = make(
        &scenario,
        Variant::Buggy,
        &windows(),
        HOST,
        &PlanOptions::default(),
    )
    .unwrap();
    let script = Script {
        fails: Some(("/standard", 2)),
        ..Script::default()
    };
    let resets = ExpectedResets::default();
    assert!(!resets.saw_reset(), "nothing is expected yet");
    let (ran, ()) = tokio::join!(run_plan(plan.clone(), script, &resets), async {
        while !resets.saw_reset() {
            sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(!resets.saw_reset());
    assert!(matches!(ran.0, Ending::TimedOut { .. }), "{:?}", ran.0);
    let expected = [
        r"create hog type= kernel binPath= C:\Stopcode\hog.sys",
        "/standard /driver hog.sys",
        "/bootmode oneboot",
        "/r /t 0",
        "start hog",
    ];
    // The restart may be seen before its program is.
    let without: Vec<&str> = expected
        .into_iter()
        .filter(|words| *words != "/r /t 0")
        .collect();
    assert!(ran.1 == expected || ran.1 == without, "{:?}", ran.1);

    let mut plan = plan;
    plan.agent.ready_within = Duration::from_millis(300);
    let (ending, ..) = run_plan(plan, script, &ExpectedResets::default()).await;
    let Ending::TimedOut { waiting_for, .. } = ending else {
        panic!("{ending:?}");
    };
    assert!(waiting_for.starts_with("restart within"), "{waiting_for}");
}
