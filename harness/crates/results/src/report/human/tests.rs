use runner::artefacts::Artefacts;
use runner::events::Timings;
use runner::expect::Mismatch;
use scenario::{TestName, Variant};
use vm::guest::accel::AccelChoice;
use vm::plan::Accelerator;

use super::*;

fn report(scenario: &str, attempt: u32, outcome: Outcome) -> Event {
    Event::TestFinished(Box::new(TestReport {
        test: TestName::new("tiny", scenario, Variant::Buggy),
        attempt,
        outcome,
        seconds: 0.8123,
        expected: Vec::new(),
        analyses: Vec::new(),
        timings: Timings::default(),
        phases: Vec::new(),
        seed: None,
        bugcheck: None,
        witnesses: None,
        reproduced: (scenario == "none").then_some(false),
        live_verdict: None,
        verdict: Some(runner::testing::verdict()),
        dump_bytes: None,
        artefacts: (attempt == 2).then(|| Artefacts {
            folder: "/runs/x".into(),
            ..Artefacts::default()
        }),
        notes: Vec::new(),
        rerun: format!("stopcode run tiny::{scenario}"),
    }))
}

/// Every sort of line there is. Change it here and look at it.
#[test]
fn all_status_lines() {
    let mut out = Vec::new();
    let mut human = Human::new(&mut out, None::<Vec<u8>>, false);
    human.event(&Event::RunStarted {
        image: "tiny".into(),
        tests: 10,
        jobs: 1,
        accelerator: AccelChoice {
            accelerator: Accelerator::Tcg,
            reason: "asked for".into(),
        },
        warped: 0,
    });
    human.event(&report("good", 1, Outcome::Passed));
    let mismatches = vec![Mismatch::new("cause", "dpc-overrun", "irql-leaked")];
    human.event(&report("bad", 2, Outcome::Failed { mismatches }));
    human.event(&report(
        "odd",
        1,
        Outcome::infra("the guest did not boot:\nno agent"),
    ));
    human.event(&report(
        "none",
        1,
        Outcome::Skipped {
            reason: "did not reproduce".into(),
        },
    ));
    human.event(&Event::RunFinished(Summary {
        run: 3,
        passed: 1,
        failed: 1,
        infra: 1,
        skipped: 1,
        not_reproduced: 1,
        seconds: 2.5,
        peak_memory_kib: 1,
        interrupted: true,
    }));
    let expected = "\
Starting 10 tests on tiny
   Accel tcg (asked for)
    PASS [   0.812s] ( 1/10) tiny::good  0xD1 irql-leaked, culprit Hog.sys!Write
    FAIL [   0.812s] ( 2/10) tiny::bad #2
   INFRA [   0.812s] ( 3/10) tiny::odd
    SKIP [   0.812s] ( 4/10) tiny::none  did not reproduce

    FAIL [   0.812s] tiny::bad #2
    cause
      expected  dpc-overrun
      actual    irql-leaked
    verdict     0xD1 irql-leaked, culprit Hog.sys!Write
    artefacts   /runs/x
    again       stopcode run tiny::bad
   INFRA [   0.812s] tiny::odd
    the guest did not boot:
    no agent
    verdict     0xD1 irql-leaked, culprit Hog.sys!Write
    again       stopcode run tiny::odd
------------
 Summary [   2.500s] 3 tests run: 1 passed, 1 failed, 1 infrastructure, 1 skipped, interrupted
         tiny::none  0 of 1 reproduced
";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn colour_and_progress_only_when_asked_for() {
    let (mut out, mut progress) = (Vec::new(), Vec::new());
    let mut human = Human::new(&mut out, Some(&mut progress), true);
    let test = TestName::new("tiny", "good", Variant::Fixed);
    human.event(&Event::TestStarted { test, attempt: 1 });
    human.event(&report("good", 1, Outcome::Passed));
    drop(human);
    assert!(
        String::from_utf8(out)
            .unwrap()
            .contains("\x1b[32;1m    PASS\x1b[0m")
    );
    assert!(
        String::from_utf8(progress)
            .unwrap()
            .contains("tiny::good::fixed  starting QEMU")
    );
}
