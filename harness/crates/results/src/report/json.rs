//! One JSON object per line and event.

use std::io::Write;

use runner::events::Event;

use super::Reporter;

/// Writes JSON lines.
pub struct Json<W> {
    out: W,
}

impl<W: Write> Json<W> {
    /// To `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> Reporter for Json<W> {
    fn event(&mut self, event: &Event) {
        // An event that is not for readers outside is not serialised.
        let Ok(mut line) = serde_json::to_vec(event) else {
            return;
        };
        line.push(b'\n');
        let _ = self.out.write_all(&line).and_then(|()| self.out.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runner::events::Summary;

    #[test]
    fn an_event_is_a_line() {
        let mut out = Vec::new();
        let mut json = Json::new(&mut out);
        json.event(&Event::RunFinished(Summary::default()));
        json.event(&Event::RunFinished(Summary::default()));
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 2);
        let value: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(value["event"], "run-finished");
        assert_eq!(value["passed"], 0);
    }
}
