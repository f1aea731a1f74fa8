//! Address expressions: numbers, symbols, sums, `poi()`.

use super::error::{InspectError, nearest};
use super::session::Session;
use crate::dump::MemoryExt;

/// Maximum nesting of `poi(poi(…))`.
const MAX_DEPTH: usize = 8;

/// Evaluates an address.
pub(super) fn address(session: &Session<'_, '_>, text: &str) -> Result<u64, InspectError> {
    evaluate(session, text, 0)
}

fn evaluate(session: &Session<'_, '_>, text: &str, depth: usize) -> Result<u64, InspectError> {
    let text = text.trim();
    let bad = |why: &str| bad(text, why);
    if depth > MAX_DEPTH {
        return Err(bad("it is nested too deeply"));
    }
    let mut total = 0u64;
    let mut rest = text;
    let mut sign = '+';
    loop {
        let end = term_end(rest);
        let (word, after) = rest.split_at(end);
        let value = term(session, word.trim(), text, depth)?;
        total = match sign {
            '-' => total.wrapping_sub(value),
            _ => total.wrapping_add(value),
        };
        let Some(next) = after.chars().next() else {
            return Ok(total);
        };
        sign = next;
        rest = &after[1..];
    }
}

/// Position of the first `+` or `-` outside parentheses.
fn term_end(text: &str) -> usize {
    let mut open = 0usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '<' => open += 1,
            ')' | '>' => open = open.saturating_sub(1),
            '+' | '-' if open == 0 && at > 0 => return at,
            _ => {}
        }
    }
    text.len()
}

fn term(
    session: &Session<'_, '_>,
    word: &str,
    whole: &str,
    depth: usize,
) -> Result<u64, InspectError> {
    if word.is_empty() {
        return Err(bad(whole, "something is missing"));
    }
    let inner = word.strip_suffix(')');
    if let Some(inner) = inner.and_then(|word| word.strip_prefix("poi(")) {
        let at = evaluate(session, inner, depth + 1)?;
        let value = session.target.memory.read_u64(at);
        return value.map_err(|error| bad(whole, &error.to_string()));
    }
    if let Some(inner) = inner.and_then(|word| word.strip_prefix('(')) {
        return evaluate(session, inner, depth + 1);
    }
    if let Some(name) = word.strip_prefix('@') {
        return pseudo(session, name.trim_start_matches('$'), whole);
    }
    match number(word) {
        Some(value) => Ok(value),
        None => symbol(session, word, whole),
    }
}

/// A number; hexadecimal without another prefix (`0n12`).
pub(super) fn number(word: &str) -> Option<u64> {
    let word = word.replace('`', "").to_lowercase();
    if let Some(decimal) = word.strip_prefix("0n") {
        return decimal.parse().ok();
    }
    let digits = word.strip_prefix("0x").unwrap_or(&word);
    let digits = digits.strip_suffix('h').unwrap_or(digits);
    match digits.starts_with(['+', '-']) {
        true => None,
        false => u64::from_str_radix(digits, 16).ok(),
    }
}

/// `@$thread`, `@$proc`, `@$prcb`, and the registers of the stop.
fn pseudo(session: &Session<'_, '_>, name: &str, whole: &str) -> Result<u64, InspectError> {
    use crate::dump::Register as R;
    let crash = || {
        let processor = session.current_processor();
        processor.ok_or_else(|| bad(whole, "the dump shows no processor"))
    };
    let context = &session.header.context;
    let register = |register| Ok(context.get(register));
    match name.to_lowercase().as_str() {
        "thread" => Ok(crash()?.current_thread),
        "prcb" => Ok(crash()?.prcb),
        "proc" => {
            let thread = crash()?.current_thread;
            let process = session.nt.read("_KTHREAD", "ApcState.Process", thread);
            let process = process.or_else(|_| session.nt.read("_KTHREAD", "Process", thread));
            process.map_err(|error| bad(whole, &error.to_string()))
        }
        "ip" | "rip" => Ok(context.rip),
        "rax" => register(R::Rax),
        "rbx" => register(R::Rbx),
        "rcx" => register(R::Rcx),
        "rdx" => register(R::Rdx),
        "rsi" => register(R::Rsi),
        "rdi" => register(R::Rdi),
        "rbp" => register(R::Rbp),
        "rsp" | "csp" => register(R::Rsp),
        "r8" => register(R::R8),
        "r9" => register(R::R9),
        "r10" => register(R::R10),
        "r11" => register(R::R11),
        "r12" => register(R::R12),
        "r13" => register(R::R13),
        "r14" => register(R::R14),
        "r15" => register(R::R15),
        _ => Err(bad(
            whole,
            "of pseudo-registers only @$thread, @$proc, @$prcb and registers are known",
        )),
    }
}

fn symbol(session: &Session<'_, '_>, word: &str, whole: &str) -> Result<u64, InspectError> {
    let (module, name) = match word.split_once('!') {
        Some((module, name)) => (session.module(module), name),
        None => (session.target.modules.kernel(), word),
    };
    if let (None, false) = (module, word.contains('!')) {
        return Err(bad(
            whole,
            "it is no number, and no loaded module is the kernel",
        ));
    }
    // A module's bare name is its base.
    if let (Some(named), false) = (session.module(word), word.contains('!')) {
        return Ok(named.base);
    }
    let Some(module) = module else {
        let modules: Vec<_> = session.target.modules.iter().collect();
        let names: Vec<_> = modules.iter().map(|module| module.symbol_name()).collect();
        let wanted = word.split('!').next().unwrap_or_default();
        return Err(InspectError::BadAddress {
            text: whole.to_owned(),
            why: format!("there is no module `{wanted}`"),
            near: nearest(wanted, names.iter().map(String::as_str)),
        });
    };
    let globals = session.globals(module);
    let exact = globals.iter().find(|(_, known)| known == name);
    let found = exact.or_else(|| {
        let mut globals = globals.iter();
        globals.find(|(_, known)| known.eq_ignore_ascii_case(name))
    });
    match found {
        Some((rva, _)) => Ok(module.base.wrapping_add(u64::from(*rva))),
        None => {
            let symbols = match module.missing_symbols() {
                Some(missing) => format!(" ({})", missing.why),
                None => String::new(),
            };
            Err(InspectError::BadAddress {
                text: whole.to_owned(),
                why: format!("{} has no symbol `{name}`{symbols}", module.symbol_name()),
                near: nearest(name, globals.iter().map(|(_, known)| known.as_str())),
            })
        }
    }
}

fn bad(text: &str, why: &str) -> InspectError {
    InspectError::BadAddress {
        text: text.to_owned(),
        why: why.to_owned(),
        near: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_hexadecimal_unless_they_say_otherwise() {
        assert_eq!(number("fffff804`12345678"), Some(0xffff_f804_1234_5678));
        assert_eq!(number("0x10"), Some(16));
        assert_eq!(number("0n10"), Some(10));
        assert_eq!(number("57724231h"), Some(0x5772_4231));
        assert_eq!(number("nt"), None);
        assert_eq!(number("12345678123456789"), None);
        assert_eq!(number("+1"), None);
    }

    #[test]
    fn terms_end_outside_of_brackets() {
        assert_eq!(term_end("poi(a+b)+8"), 8);
        assert_eq!(term_end("nt!a<b+c>"), 9);
        assert_eq!(term_end("12-3"), 2);
    }
}
