//! Disturbs the execution of a guest's processors from outside, at moments that a seed determines.
//! What the threads do between those moments is the host's, so a seed repeats the disturbance, not
//! the run.
//!
//! Only what any user may do to their own processes: lower a priority, choose processors, stop and
//! continue the guest over its monitor.

use std::time::Duration;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use scenario::random::SplitMix;
use tokio::time::sleep;

use super::Qmp;
use crate::plan::{Jitter, JitterKind};

/// Between two disturbances: milliseconds, each order of magnitude equally likely.
const APART_MS: (f64, f64) = (0.3, 30.0);

/// How long a guest stands still.
const STILL_MS: (f64, f64) = (0.1, 5.0);

/// The lowest priority.
const LOWEST: i32 = 19;

/// Disturbs the guest until the future is dropped. Never returns; without a jitter, does
/// nothing. What cannot be done on this host is left out.
pub async fn disturb(jitter: Option<Jitter>, monitor: &Qmp) {
    if let Some(jitter) = jitter {
        let mut random = SplitMix::new(jitter.seed);
        let threads = match jitter.kind {
            JitterKind::Pause => Vec::new(),
            JitterKind::Slow | JitterKind::Pin => {
                monitor.processor_threads().await.unwrap_or_default()
            }
        };
        if jitter.kind == JitterKind::Slow {
            slow(&threads, &mut random);
        }
        loop {
            let apart = random.log_uniform(APART_MS.0, APART_MS.1);
            sleep(Duration::from_secs_f64(apart / 1e3)).await;
            match jitter.kind {
                JitterKind::Pause => {
                    if monitor.stop().await.is_err() {
                        break;
                    }
                    let still = random.log_uniform(STILL_MS.0, STILL_MS.1);
                    sleep(Duration::from_secs_f64(still / 1e3)).await;
                    if monitor.resume().await.is_err() {
                        break;
                    }
                }
                JitterKind::Pin => pin(&threads, &mut random),
                JitterKind::Slow => share(&threads, &mut random),
            }
        }
    }
    std::future::pending().await
}

/// The processors of the host that we may use.
fn allowed() -> Vec<usize> {
    let Ok(set) = sched_getaffinity(Pid::from_raw(0)) else {
        return Vec::new();
    };
    (0..CpuSet::count())
        .filter(|&processor| set.is_set(processor).unwrap_or(false))
        .collect()
}

/// Gives a thread exactly these processors of the host.
fn place(thread: Pid, processors: &[usize]) {
    let mut set = CpuSet::new();
    for &processor in processors {
        let _ = set.set(processor);
    }
    // A thread that has ended is no loss.
    let _ = sched_setaffinity(thread, &set);
}

/// All to one processor, each to one of its own, or all to any.
fn pin(threads: &[Pid], random: &mut SplitMix) {
    let allowed = allowed();
    if allowed.is_empty() {
        return;
    }
    let first = random.below(allowed.len() as u64) as usize;
    let how = random.below(3);
    for (number, &thread) in threads.iter().enumerate() {
        match how {
            0 => place(thread, &allowed[first..=first]),
            1 => {
                let at = (first + number) % allowed.len();
                place(thread, &allowed[at..=at]);
            }
            _ => place(thread, &allowed),
        }
    }
}

/// One of them gets the lowest priority, for good: only the host's administrator may raise it.
fn slow(threads: &[Pid], random: &mut SplitMix) {
    if let Some(thread) = threads.get(random.below(threads.len() as u64) as usize) {
        let thread = nix::libc::id_t::try_from(thread.as_raw()).unwrap_or_default();
        // SAFETY: setpriority takes no pointers; of a thread that has ended it knows nothing.
        unsafe { nix::libc::setpriority(nix::libc::PRIO_PROCESS, thread, LOWEST) };
    }
}

/// The threads share a processor for a while, so that the one with the low priority hardly runs,
/// or have all of them.
fn share(threads: &[Pid], random: &mut SplitMix) {
    let allowed = allowed();
    if allowed.is_empty() {
        return;
    }
    let at = random.below(allowed.len() as u64) as usize;
    let together = random.below(2) == 0;
    for &thread in threads {
        match together {
            true => place(thread, &allowed[at..=at]),
            false => place(thread, &allowed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thread that waits until it is released.
    fn with_thread(test: impl FnOnce(Pid)) {
        let (id, ids) = std::sync::mpsc::channel();
        let (go, gone) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            id.send(nix::unistd::gettid()).unwrap();
            let _ = gone.recv();
        });
        test(ids.recv().unwrap());
        drop(go);
        thread.join().unwrap();
    }

    fn processors(thread: Pid) -> Vec<usize> {
        let set = sched_getaffinity(thread).unwrap();
        (0..CpuSet::count())
            .filter(|&processor| set.is_set(processor).unwrap())
            .collect()
    }

    #[test]
    fn threads_are_moved_and_only_they() {
        let before = processors(Pid::from_raw(0));
        with_thread(|thread| {
            let mut random = SplitMix::new(1);
            let mut seen = std::collections::BTreeSet::new();
            for _ in 0..50 {
                pin(&[thread], &mut random);
                share(&[thread], &mut random);
                seen.insert(processors(thread));
            }
            let single = before.len() == 1;
            assert!(seen.len() > 1 || single, "{seen:?}");
            slow(&[thread], &mut random);
            slow(&[], &mut random);
        });
        assert_eq!(processors(Pid::from_raw(0)), before);
    }
}
