//! What failed without what.

use std::sync::Mutex;

/// One line of the table.
pub struct MutantRow {
    pub broken: String,
    pub failed: String,
    /// What should have, if that is not the same.
    pub wanted: Option<String>,
}

/// Filled by the tests, printed at the end.
#[derive(Default)]
pub struct Table(Mutex<Vec<MutantRow>>);

impl Table {
    /// Adds a line.
    pub fn add(&self, row: MutantRow) {
        let rows = self.0.lock();
        // A test that panicked while it added a line leaves the other lines as they are.
        rows.unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(row);
    }

    /// Prints the lines, sorted; nothing if there are none.
    pub fn print(&self) {
        let rows = self.0.lock();
        let mut rows = rows.unwrap_or_else(std::sync::PoisonError::into_inner);
        if rows.is_empty() {
            return;
        }
        rows.sort_by(|a, b| a.broken.cmp(&b.broken));
        println!("\n{:52} scenarios that fail", "broken");
        for row in rows.iter() {
            println!("{:52} {}", row.broken, row.failed);
            if let Some(wanted) = &row.wanted {
                println!("{:52} WANTED: {wanted}", "");
            }
        }
    }
}
