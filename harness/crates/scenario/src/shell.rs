//! Quotes command lines for a shell.

/// A word as a POSIX shell takes it, quoted only where it must be.
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_needed() {
        assert_eq!(shell_word("tinynt::hog"), "tinynt::hog");
        assert_eq!(shell_word("it's a.yaml"), r"'it'\''s a.yaml'");
    }
}
