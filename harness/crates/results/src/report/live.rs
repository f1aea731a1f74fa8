//! The tests that are running, a line each, on a terminal; elsewhere a line for those that take long.

use std::fmt::Write as _;
use std::io::Write;
use std::time::{Duration, Instant};

use runner::events::Phase;
use scenario::TestName;

/// Where there is no terminal, a test that runs is mentioned this often.
const MENTION: Duration = Duration::from_secs(60);

/// Maximum number of lines on a terminal.
const MAX_LINES: usize = 12;

/// A test that is running.
struct Running {
    test: TestName,
    attempt: u32,
    phase: String,
    /// What the guest's clock had counted when the phase began, if that is known.
    guest: Option<Duration>,
    started: Instant,
    mentioned: u32,
}

/// The tests that are running.
#[derive(Default)]
pub(super) struct Live {
    running: Vec<Running>,
    /// How many lines are on the terminal.
    drawn: usize,
}

impl Live {
    pub(super) fn start(&mut self, test: &TestName, attempt: u32) {
        self.running.push(Running {
            test: test.clone(),
            attempt,
            phase: "starting QEMU".into(),
            guest: None,
            started: Instant::now(),
            mentioned: 0,
        });
    }

    pub(super) fn progress(
        &mut self,
        test: &TestName,
        attempt: u32,
        phase: &Phase,
        guest: Option<u64>,
    ) {
        let is_it = |entry: &&mut Running| entry.test == *test && entry.attempt == attempt;
        if let Some(entry) = self.running.iter_mut().find(is_it) {
            entry.phase = in_words(phase);
            entry.guest = guest.map(Duration::from_millis);
        }
    }

    pub(super) fn end(&mut self, test: &TestName, attempt: u32) {
        let is_it = |entry: &Running| entry.test == *test && entry.attempt == attempt;
        if let Some(at) = self.running.iter().position(is_it) {
            self.running.remove(at);
        }
    }

    /// Draws the lines anew. A line that is too long for the terminal is cut off there, so that the
    /// lines are as many as were written.
    pub(super) fn draw(&mut self, terminal: &mut impl Write, finished: usize, total: usize) {
        let mut text = self.erasure();
        self.drawn = 0;
        if !self.running.is_empty() {
            text.push_str("\x1b[?7l");
            let count = self.running.len();
            let _ = writeln!(text, " Running {finished}/{total} done, {count} at once");
            for entry in self.running.iter().take(MAX_LINES) {
                let _ = writeln!(text, "{}", line(entry));
            }
            text.push_str("\x1b[?7h");
            self.drawn = 1 + count.min(MAX_LINES);
        }
        write(terminal, &text);
    }

    /// Takes the lines away.
    pub(super) fn erase(&mut self, terminal: &mut impl Write) {
        let text = self.erasure();
        self.drawn = 0;
        write(terminal, &text);
    }

    fn erasure(&self) -> String {
        match self.drawn {
            0 => String::new(),
            lines => format!("\x1b[{lines}A\r\x1b[J"),
        }
    }

    /// Lines for tests that have been running for another minute.
    pub(super) fn mentions(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        for entry in &mut self.running {
            let elapsed = entry.started.elapsed();
            let minutes = u32::try_from(elapsed.as_secs() / MENTION.as_secs()).unwrap_or(u32::MAX);
            if minutes > entry.mentioned {
                entry.mentioned = minutes;
                let seconds = elapsed.as_secs_f64();
                let (test, phase) = (&entry.test, &entry.phase);
                found.push(format!("    SLOW [{seconds:>8.3}s] {test}  {phase}"));
            }
        }
        found
    }
}

fn line(entry: &Running) -> String {
    let seconds = entry.started.elapsed().as_secs_f64();
    let mut text = format!("         [{seconds:>7.1}s] {}", entry.test);
    if entry.attempt > 1 {
        let _ = write!(text, " #{}", entry.attempt);
    }
    let _ = write!(text, "  {}", entry.phase);
    if let Some(guest) = entry.guest {
        let _ = write!(text, ", guest clock {:.2} s", guest.as_secs_f64());
    }
    // A program's arguments come from a scenario, and may hold anything.
    text.replace(char::is_control, " ")
}

fn write(terminal: &mut impl Write, text: &str) {
    let _ = terminal
        .write_all(text.as_bytes())
        .and_then(|()| terminal.flush());
}

fn in_words(phase: &Phase) -> String {
    match phase {
        Phase::Booting => "booting".into(),
        Phase::Ready => "ready".into(),
        Phase::Starting(driver) => format!("starting {driver}"),
        Phase::Running(command) => command.clone(),
        Phase::Waiting => "waiting".into(),
        Phase::Ended => "collecting".into(),
        Phase::Captured => "analysing".into(),
        Phase::Analysed => "done".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenario::Variant;

    fn test(name: &str) -> TestName {
        TestName::new("tiny", name, Variant::Buggy)
    }

    #[test]
    fn a_line_for_each_machine_drawn_over_the_last() {
        let mut live = Live::default();
        live.start(&test("a"), 1);
        live.start(&test("b"), 2);
        live.progress(
            &test("b"),
            2,
            &Phase::Starting("hog\x1b[2J".into()),
            Some(1_520),
        );
        let mut out = Vec::new();
        live.draw(&mut out, 3, 9);
        let text = String::from_utf8(std::mem::take(&mut out)).unwrap();
        assert_eq!(text.lines().count(), 4, "{text:?}");
        assert!(text.contains("Running 3/9 done, 2 at once\n"), "{text:?}");
        assert!(text.contains("tiny::a  starting QEMU\n"), "{text:?}");
        let b = "tiny::b #2  starting hog [2J, guest clock 1.52 s\n";
        assert!(text.contains(b), "{text:?}");
        live.end(&test("b"), 2);
        live.draw(&mut out, 4, 9);
        let text = String::from_utf8(std::mem::take(&mut out)).unwrap();
        assert!(text.starts_with("\x1b[3A\r\x1b[J"), "{text:?}");
        live.erase(&mut out);
        live.erase(&mut out);
        assert_eq!(out, b"\x1b[2A\r\x1b[J");
        assert_eq!(live.mentions(), Vec::<String>::new());
    }
}
