//! `kp` and `kP`: the parameters' values between a frame's function and its offset.
//!
//! ```text
//! 03 ffff8000`00000010 fffff800`00000001     drv!Read(
//!             struct _DEVICE_OBJECT * DeviceObject = 0xffff8000`12346000,
//!             struct _IRP * Irp = 0xffff8000`12345010)+0x3a [c:\drv\read.c @ 12]
//! ```

use std::sync::LazyLock;

use regex::Regex;

use super::frame::RawFrame;
use super::number::hex;

static VALUE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"=\s*0x([0-9a-fA-F`]{1,17})").expect("a constant"));
static OFFSET: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\)\s?\+\s?0x([0-9a-fA-F`]{1,16})").expect("a constant"));
static SOURCE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[([^\[\]()]+?) @ (\d+)\]\s*$").expect("a constant"));
const MAX_ARGUMENTS: usize = 16;
/// A longer list of parameters has lost its end.
const MAX_LINES: usize = 40;

/// A frame whose parameters continue on the next line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Open {
    lines: usize,
}

impl Open {
    /// Takes the parameter values of a frame that was just read. `Some` if more follow.
    pub(crate) fn after(frame: &mut RawFrame) -> Option<Self> {
        if !frame.tail.starts_with('(') || frame.symbol.is_none() {
            return None;
        }
        let tail = std::mem::take(&mut frame.tail);
        // `(FPO: [0,0])`, `(Inline Function)`, `(c:\x.c @ 3)` are not parameters.
        let parameters = tail == "(" || VALUE.is_match(&tail);
        if !parameters {
            frame.tail = tail;
            return None;
        }
        match take(frame, &tail) {
            true => None,
            false => Some(Self::default()),
        }
    }

    /// Reads the next line of the parameters; `None` once they end.
    pub(crate) fn line(mut self, frame: &mut RawFrame, text: &str) -> Option<Self> {
        self.lines += 1;
        (!take(frame, text) && self.lines < MAX_LINES).then_some(self)
    }
}

/// Takes values, and at the end the offset and the source line. Returns whether this was the end.
fn take(frame: &mut RawFrame, text: &str) -> bool {
    for found in VALUE.captures_iter(text) {
        if frame.arguments.len() < MAX_ARGUMENTS {
            frame.arguments.extend(hex(&found[1]));
        }
    }
    let offset = OFFSET.captures(text).and_then(|found| hex(&found[1]));
    if let (Some(offset), Some(symbol)) = (offset, &mut frame.symbol) {
        symbol.offset = offset;
    }
    if let Some(found) = SOURCE.captures(text) {
        let line = found[2].parse().ok();
        frame.source = line
            .map(|line| (found[1].to_owned(), line))
            .or(frame.source.take());
    }
    let trimmed = text.trim_end();
    offset.is_some() || trimmed.ends_with(')') || SOURCE.is_match(trimmed)
}
