//! The real symbol table.

use super::case::{Case, Data};

/// Volatility's table of ntkrnlmp, build 19041.804.
const TABLE: &str = "real/5278AFF86C341677D7D7835C85B7B844-1.json.xz";

pub fn cases() -> Vec<Case> {
    vec![Case::new("symbols::table_is_xz", &[TABLE], table_is_xz)]
}

fn table_is_xz(data: &Data) {
    let bytes = std::fs::read(data.path(TABLE)).unwrap();
    assert!(bytes.starts_with(b"\xFD7zXZ\0"));
}
