//! Exit codes, and the failures that lead to them.

use std::process::ExitCode;

use runner::events::Summary;
use scenario::{LoadError, render};
use vm::image::ImageError;

/// How the process ends. The numbers are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All as expected.
    Success,
    /// Wrong arguments, an invalid scenario, or a file that is not a driver or dump.
    Usage,
    /// No test matches what was asked for.
    NothingMatched,
    /// A scenario's expectation failed.
    ExpectationFailed,
    /// A test could not be carried out: QEMU missing or dead, guest not booted, no space, ….
    Infrastructure,
    /// Stopped by a signal.
    Interrupted,
}

impl Exit {
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Usage => 2,
            Self::NothingMatched => 4,
            Self::ExpectationFailed => 100,
            Self::Infrastructure => 101,
            Self::Interrupted => 130,
        }
    }

    /// How a run with this summary ends. A failed expectation weighs more than infrastructure:
    /// it is what tests are for. A run in which nothing ran is no success; one in which a rare
    /// crash did not come is.
    pub fn of(summary: &Summary) -> Self {
        if summary.interrupted {
            Self::Interrupted
        } else if summary.failed > 0 {
            Self::ExpectationFailed
        } else if summary.infra > 0 || summary.run + summary.not_reproduced == 0 {
            Self::Infrastructure
        } else {
            Self::Success
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Something that ends a command: a message and an exit code.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: Message,
}

#[derive(Debug)]
enum Message {
    Text(String),
    Load(LoadError),
}

impl Failure {
    /// Bad input.
    pub fn usage(message: impl ToString) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A machine or tool that fails.
    pub fn infra(message: impl ToString) -> Self {
        Self::new(Exit::Infrastructure, message)
    }

    pub fn new(exit: Exit, message: impl ToString) -> Self {
        Self {
            exit,
            message: Message::Text(message.to_string()),
        }
    }

    /// How the process ends.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// The message for people.
    pub fn render(&self, colour: bool) -> String {
        match &self.message {
            Message::Load(LoadError::Scenario(error)) => render(&**error, colour).trim_end().into(),
            Message::Load(error) => format!("error: {error}"),
            Message::Text(text) => format!("error: {text}"),
        }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self {
            exit: Exit::Usage,
            message: Message::Load(error),
        }
    }
}

impl From<ImageError> for Failure {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Load(error) => error.into(),
            other => Self::usage(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(passed: usize, failed: usize, infra: usize, interrupted: bool) -> Exit {
        Exit::of(&Summary {
            run: passed + failed + infra,
            passed,
            failed,
            infra,
            interrupted,
            ..Summary::default()
        })
    }

    #[test]
    fn the_worst_outcome_decides() {
        assert_eq!(exit(2, 0, 0, false), Exit::Success);
        assert_eq!(exit(1, 1, 1, false), Exit::ExpectationFailed);
        assert_eq!(exit(1, 0, 1, false), Exit::Infrastructure);
        assert_eq!(exit(0, 0, 0, false), Exit::Infrastructure);
        assert_eq!(exit(1, 1, 0, true), Exit::Interrupted);
        let not_reproduced = Summary {
            skipped: 1,
            not_reproduced: 1,
            ..Summary::default()
        };
        assert_eq!(Exit::of(&not_reproduced), Exit::Success);
    }

    #[test]
    fn numbers_do_not_change() {
        let all = [
            Exit::Success,
            Exit::Usage,
            Exit::NothingMatched,
            Exit::ExpectationFailed,
            Exit::Infrastructure,
            Exit::Interrupted,
        ];
        assert_eq!(all.map(Exit::code), [0, 2, 4, 100, 101, 130]);
    }
}
