//! Return addresses found by looking at a stack's words: the last resort.

use super::stack::RawFrame;
use crate::dump::{Context, MemoryExt, Register, is_kernel_address};
use crate::target::Target;
use crate::verdict::Trust;

const MAX_WORDS: usize = 0x6000 / 8;
const MAX_FOUND: usize = 32;

/// Words of the stack above `last` that point behind a call instruction in some module's code.
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
    let mut found = Vec::new();
    for (index, word) in bytes.chunks_exact(8).enumerate() {
        let value = u64::from_le_bytes(word.try_into().unwrap_or_default());
        if !is_return_address(target, value) {
            continue;
        }
        let mut context = Context {
            rip: value,
            ..Context::default()
        };
        context.set(Register::Rsp, start + 8 * (index as u64 + 1));
        found.push(RawFrame {
            context,
            trust: Trust::Scan,
            volatile_known: false,
        });
        if found.len() == MAX_FOUND {
            break;
        }
    }
    found
}

/// Whether `value` points into a code section, just behind a call.
pub(super) fn is_return_address(target: &Target<'_>, value: u64) -> bool {
    let Some(module) = target.modules.find(value) else {
        return false;
    };
    let is_code = match (module.image(target.memory), module.rva(value)) {
        (Ok(image), Some(rva)) => image.is_code(rva),
        _ => false,
    };
    let mut before = [0; 7];
    is_code && target.memory.read(value - 7, &mut before).is_ok() && ends_with_call(&before)
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
