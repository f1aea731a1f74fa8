//! A table whose columns are the parameters of a stop.
//!
//! ```text
//! | Code  | P1  | P2    | P3    | P4               |
//! |-------|-----|-------|-------|------------------|
//! | 0x133 | 0x0 | 0x501 | 0x500 | fffff80012345678 |
//! ```

use super::number::hex;

/// The columns of the table whose heading was just read.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    /// Column of the stop code.
    code: Option<usize>,
    parameters: [usize; 4],
}

/// A row's code and parameters.
pub(super) type Row = (Option<u32>, [Option<u64>; 4]);

impl Columns {
    /// Reads a heading.
    pub(super) fn of(line: &str) -> Option<Self> {
        let cells = cells(line);
        let column = |names: &[&str]| {
            let wanted = |cell: &&String| names.contains(&cell.to_lowercase().as_str());
            cells.iter().position(|cell| wanted(&cell))
        };
        let parameter = |number: usize| {
            let names = [
                format!("p{number}"),
                format!("arg{number}"),
                format!("arg {number}"),
                format!("parameter {number}"),
                format!("parameter{number}"),
                format!("param {number}"),
                format!("bugcheck_p{number}"),
            ];
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            column(&names)
        };
        Some(Self {
            code: column(&[
                "code",
                "bugcheck",
                "bug check",
                "bugcheck code",
                "bug check code",
                "stop",
                "stop code",
            ]),
            parameters: [parameter(1)?, parameter(2)?, parameter(3)?, parameter(4)?],
        })
    }

    /// Whether the line is the rule below the heading.
    pub(super) fn is_rule(line: &str) -> bool {
        line.contains("--") && line.chars().all(|c| "|-:+= ".contains(c))
    }

    /// Reads a row. Its cells are numbers.
    pub(super) fn row(&self, line: &str) -> Option<Row> {
        let cells = cells(line);
        let number = |column: usize| {
            let cell = cells.get(column)?;
            hex(cell.split(' ').next()?)
        };
        let parameters = self.parameters.map(number);
        let code = self.code.and_then(number).map(|code| code as u32);
        parameters
            .iter()
            .all(Option::is_some)
            .then_some((code, parameters))
    }
}

/// The cells of a row, without marks.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim();
    if !line.contains('|') {
        return Vec::new();
    }
    let line = line.trim_matches('|');
    let bare = |cell: &str| cell.trim().trim_matches(['`', '*', '_']).trim().to_owned();
    line.split('|').map(bare).collect()
}
