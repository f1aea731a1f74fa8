//! The process that died, for the stop about that.

use super::LogContext;
use crate::facts::DiedProcess;
use crate::stop::{CRITICAL_PROCESS_DIED, Role};

/// P2, if a thread died.
const IS_THREAD: u64 = 1;

/// The process that the stop names, if the log tells its name.
///
/// `!process` on it does, and so does `!analyze`, which gives the image of the process that died.
/// PROCESS_NAME is of the thread that raised the stop, which may belong to another process.
pub(super) fn died(log: &LogContext<'_>) -> Option<DiedProcess> {
    if log.bugcheck.family() != CRITICAL_PROCESS_DIED {
        return None;
    }
    let object = log.bugcheck.by_role(Role::Process)?;
    let is_thread = log.parameter(1)? == IS_THREAD;
    let threads = &log.transcript.threads;
    let of_thread = || threads.get(object)?.process.clone();
    let image = log.transcript.analysis.image.clone();
    let name = match is_thread {
        true => of_thread(),
        false => log.transcript.processes.named(object).map(str::to_owned),
    };
    let is_program = |image: &String| image.to_lowercase().ends_with(".exe");
    let name = name.or(image.filter(is_program))?;
    // Of a thread, the log need not show the process object.
    Some(DiedProcess {
        address: object,
        thread: None,
        name: Some(name),
        exit_status: None,
    })
}

#[cfg(test)]
mod tests {
    use crate::log::analyze_log;

    const STOP: &str = "CRITICAL_PROCESS_DIED (ef)\nArg1: ffffb00012345080, Process object\n\
                        Arg2: 0000000000000000, 0: a process died\nArg3: 0\nArg4: 0\n\n\
                        PROCESS_NAME:  killer.exe\n\n0: kd> k\nnt!KeBugCheckEx\n\
                        nt!PspCatchCriticalBreak+0x115\nnt!PspTerminateProcess+0x10\n";

    fn explained(rest: &str) -> String {
        let verdicts = analyze_log(format!("{STOP}{rest}").as_bytes()).unwrap();
        verdicts[0].cause.explanation.clone()
    }

    #[test]
    fn the_process_that_died_is_named_by_its_own_output() {
        let process = "0: kd> !process ffffb00012345080 0\nPROCESS ffffb00012345080\n    SessionId: 0  \
                       Cid: 0204    Peb: 1234\n    Image: services.exe\n";
        assert!(
            explained(process).contains("services.exe"),
            "{}",
            explained(process)
        );
        let image = "IMAGE_NAME:  csrss.exe\n";
        assert!(
            explained(image).contains("csrss.exe"),
            "{}",
            explained(image)
        );
        // Another process, and the one whose thread raised the stop.
        let other = process.replace("PROCESS ffffb00012345080", "PROCESS ffffb00099999080");
        for rest in ["", &other] {
            let text = explained(rest);
            assert!(!text.contains(".exe"), "{text}");
        }
    }

    #[test]
    fn the_current_process_is_shown_beside_the_crash_stack() {
        let verdicts = analyze_log(STOP.as_bytes()).unwrap();
        assert_eq!(verdicts[0].stacks[0].process.as_deref(), Some("killer.exe"));
    }
}
