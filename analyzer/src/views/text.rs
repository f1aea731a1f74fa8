//! Numbers as WinDbg writes them.

use std::time::Duration;

use crate::verdict::Hex64;

/// An address in two halves: ``fffff804`12345678``; `????????` where it is not known.
pub(super) fn tick(value: impl Into<Option<u64>>) -> String {
    match value.into() {
        Some(value) => format!("{:08x}`{:08x}", value >> 32, value & 0xFFFF_FFFF),
        None => "????????`????????".to_owned(),
    }
}

/// An address in one piece: `fffff80412345678`; question marks where it is not known.
pub(super) fn plain(value: impl Into<Option<u64>>) -> String {
    match value.into() {
        Some(value) => format!("{value:016x}"),
        None => "????????????????".to_owned(),
    }
}

/// An address as extensions write it: 16 digits, but eight zeros for null.
pub(super) fn short(value: impl Into<Option<u64>>) -> String {
    match value.into() {
        Some(0) => "00000000".to_owned(),
        Some(value) if value <= u32::MAX.into() => format!("{value:08x}"),
        other => plain(other),
    }
}

/// A number of `digits` hexadecimal digits.
pub(super) fn hex(value: impl Into<Option<u64>>, digits: usize) -> String {
    match value.into() {
        Some(value) => format!("{value:0digits$x}"),
        None => "?".repeat(digits),
    }
}

/// A decimal number.
pub(super) fn dec(value: impl Into<Option<u64>>) -> String {
    value
        .into()
        .map_or_else(|| "?".to_owned(), |value| value.to_string())
}

/// The number of an optional field.
pub(super) fn raw(value: Option<Hex64>) -> Option<u64> {
    value.map(u64::from)
}

/// A time span as in `!thread`: `00:00:00.343`.
pub(super) fn clock(seconds: Option<f64>) -> String {
    let Some(span) = span(seconds) else {
        return "??:??:??.???".to_owned();
    };
    let whole = span.as_secs();
    format!(
        "{:02}:{:02}:{:02}.{:03}",
        whole / 3600,
        whole / 60 % 60,
        whole % 60,
        span.subsec_millis()
    )
}

/// A time span with days: `0:00:10:00.026`.
pub(super) fn clock_days(seconds: Option<f64>) -> String {
    let Some(span) = span(seconds) else {
        return "?:??:??:??.???".to_owned();
    };
    let days = span.as_secs() / 86_400;
    let rest = Duration::new(span.as_secs() % 86_400, span.subsec_nanos());
    format!("{days}:{}", clock(Some(rest.as_secs_f64())))
}

/// A time span as in the mex extension: `0`, `78ms`, `1s.531`, `4m:03.203`.
pub(super) fn brief(seconds: Option<f64>) -> String {
    let Some(span) = span(seconds) else {
        return "?".to_owned();
    };
    let (whole, milliseconds) = (span.as_secs(), span.subsec_millis());
    match whole {
        0 if milliseconds == 0 => "0".to_owned(),
        0 => format!("{milliseconds}ms"),
        1..60 => format!("{whole}s.{milliseconds:03}"),
        60..3600 => format!("{}m:{:02}.{milliseconds:03}", whole / 60, whole % 60),
        _ => format!(
            "{}h:{:02}:{:02}.{milliseconds:03}",
            whole / 3600,
            whole / 60 % 60,
            whole % 60
        ),
    }
}

fn span(seconds: Option<f64>) -> Option<Duration> {
    // Rounded to the milliseconds that are shown.
    let rounded = (seconds? * 1e3).round() / 1e3;
    Duration::try_from_secs_f64(rounded).ok()
}

/// A table in the mex extension's layout: headings underlined with `=`. Columns in `right` are
/// right-aligned.
pub(super) fn table(headings: &[&str], right: &[usize], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        widest.max(headings[column].len())
    };
    let widths: Vec<_> = (0..headings.len()).map(width).collect();
    let line = |cells: &[String]| {
        let cells = cells.iter().enumerate();
        let padded = cells.map(|(column, cell)| match right.contains(&column) {
            true => format!("{cell:>width$}", width = widths[column]),
            false => format!("{cell:<width$}", width = widths[column]),
        });
        let padded: Vec<_> = padded.collect();
        padded.join(" ").trim_end().to_owned() + "\n"
    };
    let headings: Vec<_> = headings.iter().map(|&heading| heading.to_owned()).collect();
    let rule: Vec<_> = widths.iter().map(|&width| "=".repeat(width)).collect();
    let mut text = line(&headings);
    text += &line(&rule);
    rows.iter().for_each(|row| text += &line(row));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_windbgs_shapes() {
        assert_eq!(tick(0xffff_f804_1234_5678), "fffff804`12345678");
        assert_eq!(tick(None), "????????`????????");
        assert_eq!(short(0), "00000000");
        assert_eq!(short(0xffff_f804_1234_5678), "fffff80412345678");
        assert_eq!(hex(None, 4), "????");
    }

    #[test]
    fn times_have_the_shapes_of_their_commands() {
        assert_eq!(clock(Some(0.343)), "00:00:00.343");
        assert_eq!(clock_days(Some(600.026)), "0:00:10:00.026");
        assert_eq!(brief(Some(0.0)), "0");
        assert_eq!(brief(Some(0.078)), "78ms");
        assert_eq!(brief(Some(1.531)), "1s.531");
        assert_eq!(brief(Some(243.203)), "4m:03.203");
        assert_eq!(brief(Some(f64::NAN)), "?");
        assert_eq!(clock(Some(-1.0)), "??:??:??.???");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["System".to_owned(), "4".to_owned()]];
        let text = table(&["Process", "PID"], &[1], &rows);
        assert_eq!(text, "Process PID\n======= ===\nSystem    4\n");
    }
}
