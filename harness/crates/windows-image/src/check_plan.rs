//! The questions of `stopcode image check` to a Windows image, and how the answers are read.

use std::time::Duration;

use vm::guest::{Agent, AgentError};

/// How long a question may take.
const WITHIN: Duration = Duration::from_secs(120);

/// How the answer to a question is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The program must end with 0.
    Succeeds,
    /// Its output must contain this, in any case of letters.
    Says(&'static str),
    /// Its output must not contain this.
    DoesNotSay(&'static str),
}

/// A question to the guest, through its agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    pub what: &'static str,
    /// Program and arguments.
    pub program: &'static str,
    pub args: &'static [&'static str],
    /// How to read the answer. Words that Windows translates are not looked for.
    pub reading: Reading,
    /// What is lost without it.
    pub without: &'static str,
}

const CONTROL: &str = r"HKLM\SYSTEM\CurrentControlSet\Control";

/// The one ability without which an image is of no use.
pub(crate) const TEST_SIGNING: &str = "test signing";

pub static QUESTIONS: [Question; 7] = [
    Question {
        what: TEST_SIGNING,
        program: "reg.exe",
        args: &["query", CONTROL, "/v", "SystemStartOptions"],
        reading: Reading::Says("TESTSIGNING"),
        without: "drivers under test do not load",
    },
    Question {
        what: "memory integrity off",
        program: "reg.exe",
        args: &[
            "query",
            r"HKLM\SYSTEM\CurrentControlSet\Control\DeviceGuard\Scenarios\HypervisorEnforcedCodeIntegrity",
            "/v",
            "Enabled",
        ],
        reading: Reading::Says("0x0"),
        without: "drivers under test do not load",
    },
    Question {
        what: "fwcfg",
        program: "sc.exe",
        args: &["query", "fwcfg"],
        reading: Reading::Says("RUNNING"),
        without: "no win-dmp; the dump is an ELF file, converted afterwards",
    },
    Question {
        what: "pvpanic",
        program: "sc.exe",
        args: &["query", "pvpanic"],
        reading: Reading::Says("RUNNING"),
        without: "a stop is seen by hv-crash or by the watchdogs only",
    },
    Question {
        what: "verifier without a restart",
        program: "verifier.exe",
        args: &["/?"],
        reading: Reading::Says("/dif"),
        without: "scenarios with Driver Verifier restart the guest",
    },
    Question {
        what: "no automatic restart after a stop",
        program: "reg.exe",
        args: &[
            "query",
            r"HKLM\SYSTEM\CurrentControlSet\Control\CrashControl",
            "/v",
            "AutoReboot",
        ],
        reading: Reading::Says("0x0"),
        without: "a stopped guest may be gone before it is read",
    },
    Question {
        what: "not in recovery",
        program: "cmd.exe",
        args: &["/c", "ver"],
        reading: Reading::Succeeds,
        without: "nothing runs",
    },
];

/// What no program in the guest can tell: the host finds out.
pub const FOUND_BY_THE_HOST: [(&str, &str); 4] = [
    (
        "watchdogs armed or not",
        "nt!KeEnableWatchdogTimeout and the limits of each _KPRCB, read by the kernel's symbols from a \
         copy of the running guest's memory (QEMU's ELF dump)",
    ),
    (
        "hv-crash",
        "offered (-cpu …,hv-crash) under KVM with a visible hypervisor; seen when the guest is made to \
         stop by a non-maskable interrupt",
    ),
    (
        "symbols",
        "GUID and age of each loaded module's PDB, looked for along the symbol path; servers are \
         asked for the kernel's",
    ),
    (
        "pvpanic and the dump",
        "the event at that stop, and the dump that a run would take of it",
    ),
];

/// Puts all questions to a guest, and says of each whether the answer is as it should be.
///
/// # Errors
/// The agent does not answer. That a program is not there is an answer.
pub async fn put_questions(
    agent: &mut Agent,
) -> Result<Vec<(&'static Question, bool)>, AgentError> {
    let mut answers = Vec::new();
    for question in &QUESTIONS {
        let good = match agent.exec(question.program, question.args, WITHIN).await {
            Ok(answer) => question.reading.accepts(answer.code, &answer.text),
            Err(AgentError::Refused { .. }) => false,
            Err(error) => return Err(error),
        };
        answers.push((question, good));
    }
    Ok(answers)
}

impl Reading {
    /// Whether an answer is as it should be.
    pub fn accepts(self, code: i64, text: &str) -> bool {
        let says = |word: &str| text.to_lowercase().contains(&word.to_lowercase());
        match self {
            Self::Succeeds => code == 0,
            Self::Says(word) => says(word),
            Self::DoesNotSay(word) => code == 0 && !says(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_in_any_case_of_letters() {
        let options = "    SystemStartOptions    REG_SZ     TESTSIGNING  NOEXECUTE=OPTOUT";
        assert!(Reading::Says("testsigning").accepts(0, options));
        assert!(!Reading::Says("testsigning").accepts(0, "NOEXECUTE=OPTIN"));
        assert!(!Reading::Succeeds.accepts(1, ""));
        assert!(!Reading::DoesNotSay("x").accepts(1, ""));
    }
}
