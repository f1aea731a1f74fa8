//! The rows for a spreadsheet.

use crate::{Outcome, Summary};

const HEADINGS: [&str; 14] = [
    "file",
    "signature",
    "stop",
    "stop name",
    "cause",
    "confidence",
    "culprit",
    "function",
    "version",
    "crash time",
    "machine",
    "machine name",
    "flipped bit",
    "error",
];

/// One record for each crash, and one for each file that could not be analyzed (RFC 4180).
pub fn csv(summary: &Summary) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(HEADINGS);
    for row in &summary.rows {
        let file = row.path.display().to_string();
        let mut write = |cells: [&str; 13]| {
            let cells = std::iter::once(file.as_str()).chain(cells);
            let _ = writer.write_record(cells.map(harmless));
        };
        match &row.outcome {
            Outcome::Failed(why) => {
                let mut cells = [""; 13];
                cells[12] = why;
                write(cells);
            }
            Outcome::Crashes(crashes) => {
                for crash in crashes {
                    let text = |value: &Option<String>| value.clone().unwrap_or_default();
                    let flip = crash.flip.as_ref();
                    let flip = flip.map_or_else(String::new, |flip| {
                        format!("bit {} of {}", flip.bit, flip.place)
                    });
                    write([
                        &crash.signature,
                        &crash.stop,
                        &text(&crash.stop_name),
                        crash.cause.as_str(),
                        crash.confidence.as_str(),
                        &text(&crash.culprit),
                        &text(&crash.function),
                        &text(&crash.version),
                        &text(&crash.seen),
                        &text(&crash.machine),
                        &text(&crash.machine_name),
                        &flip,
                        "",
                    ]);
                }
            }
        }
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Spreadsheets take cells that begin so for formulas.
fn harmless(cell: &str) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::tests::{crash, row};

    #[test]
    fn each_crash_is_a_record_and_no_cell_is_a_formula() {
        let mut hostile = crash("s", "pc", "2026-01-01T00:00:00Z");
        hostile.culprit = Some("=cmd()".into());
        let summary = Summary::of(vec![row("a,b.dmp", hostile)]);
        let text = csv(&summary);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let records: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(&records[0][0], "a,b.dmp");
        assert_eq!(&records[0][6], "'=cmd()");
    }
}
