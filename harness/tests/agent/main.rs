//! The client of the guest agent against the real one, QEMU's `qemu-ga`, on a Unix socket: what it
//! does right, and what an agent does that is slow, dies, or says too much.
//!
//! Ignored where `qemu-ga` is not installed; `STOPCODE_REQUIRE_AGENT=1` turns that into a failure.

mod peer;

use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Trial};
use nix::sys::signal::Signal;
use vm::guest::{Agent, AgentError};

use peer::{Lasting, Proxy, RealAgent, find_agent};

type Case = fn() -> Pin<Box<dyn Future<Output = ()>>>;

/// What an agent may take that is not broken.
const PATIENCE: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(300);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = find_agent().is_none();
    if missing {
        let required = std::env::var("STOPCODE_REQUIRE_AGENT").is_ok_and(|value| value == "1");
        assert!(!required, "qemu-ga is not installed");
        eprintln!("tests of the guest agent are ignored: qemu-ga is not installed: run ci/setup");
    }
    let cases: [(&str, Case); 9] = [
        ("says_what_it_runs_on", || Box::pin(says_what_it_runs_on())),
        ("files_arrive_whole", || Box::pin(files_arrive_whole())),
        (
            "programs_and_refusals",
            || Box::pin(programs_and_refusals()),
        ),
        ("more_than_16_mib", || Box::pin(more_than_16_mib())),
        ("partial_reads", || Box::pin(partial_reads())),
        ("slow", || Box::pin(slow())),
        (
            "dies_while_it_answers",
            || Box::pin(dies_while_it_answers()),
        ),
        ("dies_and_comes_back", || Box::pin(dies_and_comes_back())),
        ("absent", || Box::pin(absent())),
    ];
    let trials = cases
        .into_iter()
        .map(|(name, case)| {
            let run = move || {
                let runtime = tokio::runtime::Builder::new_current_thread();
                let runtime = { runtime }.enable_all().build()?;
                runtime.block_on(case());
                Ok(())
            };
            Trial::test(name, run).with_ignored_flag(missing && name != "absent")
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A connection to the agent, in step with it.
async fn synced(real: &RealAgent) -> Agent {
    let mut agent = Agent::new(real.connect().await);
    agent.sync(PATIENCE).await.unwrap();
    agent
}

async fn says_what_it_runs_on() {
    let real = RealAgent::start();
    let mut agent = synced(&real).await;
    agent.ping(PATIENCE).await.unwrap();
    let kernel = nix::sys::utsname::uname().unwrap();
    let release = kernel.release().to_str().unwrap();
    let name = agent.os_name().await.unwrap();
    assert!(name.ends_with(&format!("kernel {release}")), "{name}");
    // It answers the sentinel byte before a sync with an error of its own; none is left over.
    agent.sync(PATIENCE).await.unwrap();
    agent.ping(PATIENCE).await.unwrap();
}

async fn files_arrive_whole() {
    let real = RealAgent::start();
    let mut agent = synced(&real).await;
    let file = real.folder().join("x.sys");
    // More than a chunk, and every byte value.
    let bytes: Vec<u8> = (0..300_001u32).map(|i| (i * 7 / 3) as u8).collect();
    agent
        .write_file(file.to_str().unwrap(), &bytes)
        .await
        .unwrap();
    assert!(std::fs::read(&file).unwrap() == bytes);

    let absent = real.folder().join("no/such/folder/x.sys");
    let error = agent.write_file(absent.to_str().unwrap(), b"x").await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("refused guest-file-open"), "{error}");
    agent.ping(PATIENCE).await.unwrap();
}

async fn programs_and_refusals() {
    let real = RealAgent::start();
    let mut agent = synced(&real).await;
    let script = "echo out; echo err >&2; exit 3";
    let output = agent
        .exec("/bin/sh", &["-c", script], PATIENCE)
        .await
        .unwrap();
    assert_eq!((output.code, output.truncated), (3, false));
    assert_eq!(output.text, "out\nerr");

    let error = agent.exec("/no/such/program", &[], PATIENCE).await;
    assert!(
        matches!(error, Err(AgentError::Refused { .. })),
        "{error:?}"
    );

    let begun = Instant::now();
    let error = agent.exec("/bin/sh", &["-c", "sleep 30"], SHORT).await;
    assert!(matches!(error, Err(AgentError::Silent { .. })), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    agent.ping(PATIENCE).await.unwrap();
}

/// The agent keeps 16 MiB of what a program writes, and says that there was more.
async fn more_than_16_mib() {
    let real = RealAgent::start();
    let mut agent = synced(&real).await;
    let script = "head -c 20000000 /dev/zero | tr '\\0' x";
    let output = agent
        .exec("/bin/sh", &["-c", script], PATIENCE)
        .await
        .unwrap();
    assert_eq!(output.code, 0);
    assert_eq!(output.text.len(), 16 << 20);
    assert!(output.truncated && output.text.bytes().all(|byte| byte == b'x'));
    agent.ping(PATIENCE).await.unwrap();
}

async fn partial_reads() {
    let real = RealAgent::start();
    let proxy = Proxy::new(real.connect().await, 5);
    let mut agent = Agent::new(proxy.ours);
    agent.sync(PATIENCE).await.unwrap();
    let script = "seq 1 500";
    let output = agent
        .exec("/bin/sh", &["-c", script], PATIENCE)
        .await
        .unwrap();
    assert_eq!(output.text.lines().count(), 500);
    assert!(output.text.ends_with("\n500"));
    let file = real.folder().join("small");
    agent
        .write_file(file.to_str().unwrap(), b"piece by piece")
        .await
        .unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), b"piece by piece");
}

/// What was asked while the agent slept is answered late; the answers are nobody's any more.
async fn slow() {
    let real = RealAgent::start();
    let mut agent = synced(&real).await;
    real.signal(Signal::SIGSTOP);
    let error = agent.ping(SHORT).await;
    assert!(matches!(error, Err(AgentError::Silent { .. })), "{error:?}");
    let error = agent.sync(SHORT).await;
    assert!(matches!(error, Err(AgentError::Silent { .. })), "{error:?}");
    real.signal(Signal::SIGCONT);
    agent.sync(PATIENCE).await.unwrap();
    let output = agent.exec("/bin/echo", &["mine"], PATIENCE).await.unwrap();
    assert_eq!(output.text, "mine");
}

async fn dies_while_it_answers() {
    let real = RealAgent::start();
    let proxy = Proxy::new(real.connect().await, 4096);
    let mut agent = Agent::new(proxy.ours);
    agent.sync(PATIENCE).await.unwrap();
    let script = "head -c 8000000 /dev/zero | tr '\\0' x";
    let args = ["-c", script];
    let exec = agent.exec("/bin/sh", &args, PATIENCE);
    let passed = proxy.passed;
    let (error, ()) = tokio::join!(exec, async {
        // In the middle of the one long answer.
        while *passed.borrow() < 1 << 20 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        real.signal(Signal::SIGKILL);
    });
    assert!(matches!(error, Err(AgentError::Closed)), "{error:?}");
    let begun = Instant::now();
    assert!(matches!(
        agent.sync(PATIENCE).await,
        Err(AgentError::Closed)
    ));
    assert!(begun.elapsed() < Duration::from_secs(5));
}

/// As in a guest: the channel stays while the agent is restarted, half an answer in it.
async fn dies_and_comes_back() {
    let real = RealAgent::start();
    let (port, ours) = Lasting::new();
    port.connect_to(real.connect().await).await;
    let mut agent = Agent::new(ours);
    agent.sync(PATIENCE).await.unwrap();
    real.signal(Signal::SIGKILL);
    port.inject(b"{\"return\": {\"pid").await;
    let error = agent.ping(SHORT).await;
    assert!(matches!(error, Err(AgentError::Silent { .. })), "{error:?}");
    let real = RealAgent::start();
    port.connect_to(real.connect().await).await;
    agent.sync(PATIENCE).await.unwrap();
    let output = agent.exec("/bin/echo", &["again"], PATIENCE).await.unwrap();
    assert_eq!(output.text, "again");
}

/// A port that nobody has opened takes bytes until it is full, and never answers.
async fn absent() {
    let (ours, _theirs) = tokio::net::UnixStream::pair().unwrap();
    let mut agent = Agent::new(ours);
    for _ in 0..3 {
        let begun = Instant::now();
        let error = agent.sync(SHORT).await;
        assert!(matches!(error, Err(AgentError::Silent { .. })), "{error:?}");
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
    let full = tokio::time::timeout(PATIENCE, async {
        let long = "x".repeat(1 << 20);
        agent.exec("/bin/echo", &[&long], SHORT).await
    });
    let error = full.await.unwrap();
    assert!(matches!(error, Err(AgentError::Silent { .. })), "{error:?}");
}
