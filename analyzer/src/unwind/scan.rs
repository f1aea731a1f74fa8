//! Scans a stack for return addresses: the last resort.

use super::stack::RawFrame;
use crate::dump::{Context, MemoryExt, Register, is_kernel_address};
use crate::target::{Pc, Target};
use crate::verdict::Trust;

const MAX_WORDS: usize = 0x6000 / 8;
const MAX_FOUND: usize = 64;

/// Words of the stack above `last` that point to code after a call instruction.
pub(crate) fn scan(
    target: &Target<'_>,
    last: &Context,
    limits: Option<(u64, u64)>,
) -> Vec<RawFrame> {
    let start = last.rsp() & !7;
    let in_limits = limits.is_none_or(|(low, high)| (low..high).contains(&start));
    if !is_kernel_address(start) || !in_limits {
        return Vec::new();
    }
    let end = limits.map_or(u64::MAX, |(_, high)| high);
    let words = (((end - start) / 8) as usize).min(MAX_WORDS);
    let bytes = target.memory.read_prefix(start, words * 8);
    let mut found: Vec<RawFrame> = Vec::new();
    for (index, word) in bytes.chunks_exact(8).enumerate() {
        let value = u64::from_le_bytes(word.try_into().unwrap_or_default());
        let trust = match return_address(target, value) {
            Likeness::BehindCall => Trust::Scan,
            // A minidump holds little code. In other dumps missing code was paged out, so it cannot
            // have just made a call.
            Likeness::NoCode if target.minidump.is_some() => Trust::ScanNoCode,
            _ => continue,
        };
        let mut context = Context {
            rip: value,
            ..Context::default()
        };
        context.set(Register::Rsp, start + 8 * (index as u64 + 1));
        found.push(RawFrame {
            context,
            trust,
            volatile_known: false,
        });
        if found.len() == MAX_FOUND {
            break;
        }
    }
    found
}

/// How plausible a value is as a return address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Likeness {
    /// It cannot be one.
    Not,
    /// It points into a module, but the bytes before it are not in the dump.
    NoCode,
    /// There is a call instruction before it.
    BehindCall,
}

fn return_address(target: &Target<'_>, value: u64) -> Likeness {
    let Some(module) = target.modules.find(value) else {
        return Likeness::Not;
    };
    let image = module.image(target.memory).ok();
    let in_code = image.and_then(|image| Some(image.is_code(module.rva(value)?)));
    let mut before = [0; 7];
    let readable = target.memory.read(value.wrapping_sub(7), &mut before);
    match (in_code, readable.is_ok()) {
        (Some(false), _) => Likeness::Not,
        (_, true) if !ends_with_call(&before) => Likeness::Not,
        (Some(true), true) => Likeness::BehindCall,
        // Without headers, accept code that looks like a call.
        (None, true) if target.minidump.is_some() => Likeness::BehindCall,
        (None, true) => Likeness::Not,
        // A return address is never the start of a function.
        (_, false) if value == module.base || starts_function(target, value) => Likeness::Not,
        (_, false) => Likeness::NoCode,
    }
}

/// Whether symbols say that `value` is the first address of a function (or of a variable).
fn starts_function(target: &Target<'_>, value: u64) -> bool {
    let symbol = target.symbol(value, Pc::Exact);
    symbol.function.is_some() && symbol.offset == Some(0)
}

/// Whether `value` points into a code section, just behind a call.
pub(super) fn is_return_address(target: &Target<'_>, value: u64) -> bool {
    return_address(target, value) == Likeness::BehindCall
}

/// Whether the bytes can end in a near call: `E8 rel32`, or `FF /2` in its register, memory and
/// RIP-relative forms.
fn ends_with_call(before: &[u8; 7]) -> bool {
    let indirect = |at: usize, lengths: &[u8]| {
        before[at] == 0xFF
            && before[at + 1] >> 3 & 7 == 2
            && lengths.contains(&(before[at + 1] >> 6))
    };
    before[2] == 0xE8
        || indirect(5, &[0, 3])
        || indirect(4, &[1])
        || indirect(3, &[1])
        || indirect(1, &[0, 2])
        || indirect(0, &[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_calls() {
        assert!(ends_with_call(&[0, 0, 0xE8, 1, 2, 3, 4]));
        assert!(ends_with_call(&[0, 0xFF, 0x15, 1, 2, 3, 4]));
        assert!(ends_with_call(&[0, 0, 0, 0, 0, 0xFF, 0xD0]));
        assert!(!ends_with_call(&[0x90; 7]));
        assert!(!ends_with_call(&[0, 0, 0, 0, 0, 0xFF, 0xE0]));
    }
}
