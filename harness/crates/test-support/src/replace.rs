//! Changing a file of the project for a test.

/// `text` with `old`, which must occur in it exactly once, replaced.
pub fn replace_once(text: &str, old: &str, new: &str) -> Result<String, String> {
    match text.matches(old).count() {
        1 => Ok(text.replacen(old, new, 1)),
        found => Err(format!("found {found} times instead of once:\n{old}")),
    }
}
