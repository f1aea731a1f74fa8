//! Numbers as debuggers write them.

/// A hexadecimal number: `fffff880`0ae915dd`, `0xffff...`, `00001e00`, `1F`.
pub(crate) fn hex(text: &str) -> Option<u64> {
    let text = text.trim().trim_end_matches([',', ';', ')', ':']);
    let digits = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .unwrap_or(text);
    let digits = digits.strip_suffix(['h', 'H']).unwrap_or(digits);
    let mut value: u64 = 0;
    let mut any = 0;
    for c in digits.chars().filter(|&c| c != '`') {
        let digit = c.to_digit(16)?;
        any += 1;
        if any > 16 {
            return None;
        }
        value = (value << 4) | u64::from(digit);
    }
    (any > 0).then_some(value)
}

/// The value of a field: `0n7680`, `0x500`, `0y1`, or a plain number, which is hexadecimal if it has
/// digits that no decimal has.
pub(crate) fn value(text: &str) -> Option<u64> {
    let text = text.trim();
    let word = text.split([' ', ',', '(', ')']).next()?;
    if let Some(decimal) = word.strip_prefix("0n") {
        return decimal.parse().ok();
    }
    if let Some(binary) = word.strip_prefix("0y") {
        return u64::from_str_radix(binary, 2).ok();
    }
    if word == "(null)" || text.starts_with("(null)") {
        return Some(0);
    }
    match word.starts_with("0x") || word.contains('`') {
        true => hex(word),
        false => word.parse().ok().or_else(|| hex(word)),
    }
}

/// `3s.218`, `15m:08.984`, `1h:02m:03.4`, `0:00:10:00.026`, `546ms`, in seconds.
pub(crate) fn duration(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Some(milliseconds) = text.strip_suffix("ms") {
        return Some(milliseconds.parse::<f64>().ok()? / 1000.0);
    }
    if let Some((seconds, fraction)) = text.split_once("s.") {
        let fraction: f64 = format!("0.{fraction}").parse().ok()?;
        return Some(seconds.parse::<f64>().ok()? + fraction);
    }
    let mut seconds = 0.0;
    let parts: Vec<_> = text.split(':').collect();
    let weights = [1.0, 60.0, 3600.0, 86_400.0];
    if parts.len() > weights.len() || text.is_empty() {
        return None;
    }
    for (part, weight) in parts.iter().rev().zip(weights) {
        let part = part.trim_end_matches(['d', 'h', 'm', 's']);
        seconds += part.parse::<f64>().ok()? * weight;
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_kinds() {
        assert_eq!(hex("fffff880`0ae915dd"), Some(0xffff_f880_0ae9_15dd));
        assert_eq!(hex("0x1E00,"), Some(0x1e00));
        assert_eq!(hex("0123456789abcdef0"), None);
        assert_eq!(hex("N/A"), None);
        assert_eq!(value("0n7680"), Some(7680));
        assert_eq!(value("0y101 (5)"), Some(5));
        assert_eq!(
            value("0xffffc788`39108040 _KTHREAD"),
            Some(0xffff_c788_3910_8040)
        );
        assert_eq!(value("(null)"), Some(0));
    }

    #[test]
    fn durations_of_all_kinds() {
        let about = |text: &str, wanted: f64| {
            let found = duration(text).unwrap();
            assert!((found - wanted).abs() < 0.01, "{text}: {found}");
        };
        about("3s.218", 3.218);
        about("15m:08.984", 908.984);
        about("0:00:10:00.026", 600.026);
        about("546ms", 0.546);
        about("0", 0.0);
        assert_eq!(duration("Executive"), None);
    }
}
