//! Infers the stop from a stack, if the log states none: few functions of the kernel raise a stop,
//! and most raise only one.

use crate::log::read::stacks::RawStack;
use crate::log::text::stops::Stop;
use crate::stop::raised_by;

/// Frames outwards of `KeBugCheckEx` that are read.
const NEAR: usize = 6;

/// The stop that the functions on the stack raise, or that a page fault on it means.
pub(super) fn stop(stack: &RawStack) -> Option<Stop> {
    let from = raised_from(stack)?;
    let (code, first) = raiser(stack, from).or_else(|| fault(stack, from))?;
    Some(Stop {
        line: stack.line,
        code: Some(code),
        parameters: [first, None, None, None],
        ..Stop::default()
    })
}

/// The stop that the functions on the stack raise.
pub(super) fn by_raiser(stack: &RawStack) -> Option<Stop> {
    let (code, first) = raiser(stack, raised_from(stack)?)?;
    Some(Stop {
        line: stack.line,
        code: Some(code),
        parameters: [first, None, None, None],
        ..Stop::default()
    })
}

/// A frame's function, without underscores in front.
fn name(stack: &RawStack, index: usize) -> Option<&str> {
    let symbol = stack.frames.get(index)?.symbol.as_ref()?;
    let name = symbol.function.as_deref()?;
    Some(name.trim_start_matches('_'))
}

fn raiser(stack: &RawStack, from: usize) -> Option<(u32, Option<u64>)> {
    (from..from + NEAR).find_map(|index| raised_by(name(stack, index)?))
}

/// The first frame outwards of the function that stops the system.
fn raised_from(stack: &RawStack) -> Option<usize> {
    let name = |index| name(stack, index);
    let raised = (0..stack.frames.len())
        .rev()
        .find(|&index| name(index).is_some_and(|name| name.starts_with("KeBugCheck")));
    // A watchdog that only breaks into the debugger raises nothing.
    let breaks = || name(0).is_some_and(|name| name == "KeAccumulateTicks");
    raised.map(|index| index + 1).or(breaks().then_some(0))
}

/// Whether a function that raises stops is on the stack.
pub(super) fn raises(stack: &RawStack) -> bool {
    stack.frames.iter().any(|frame| {
        let symbol = frame.symbol.as_ref();
        let name = symbol.and_then(|symbol| symbol.function.as_deref());
        name.is_some_and(|name| name.starts_with("KeBugCheck"))
    })
}

/// A page fault that stops at once came at raised IRQL: 0xD1 for a driver's instruction, 0xA for
/// the kernel's.
fn fault(stack: &RawStack, from: usize) -> Option<(u32, Option<u64>)> {
    let trap = (from..from + NEAR).find(|&index| {
        let symbol = stack.frames.get(index).and_then(|f| f.symbol.as_ref());
        let name = symbol.and_then(|symbol| symbol.function.as_deref());
        name.is_some_and(|name| {
            name.starts_with("KiPageFault") || name.trim_start_matches('_') == "KiTrap0E"
        })
    })?;
    let faulting = stack.frames.get(trap + 1)?;
    faulting.symbol.as_ref()?;
    match faulting.in_kernel() {
        true => Some((0xA, None)),
        false => Some((0xD1, None)),
    }
}

/// Whether a stop that the log names can be the one that a stack implies.
pub(super) fn related(named: &Stop, raised: &Stop) -> bool {
    const FAULTS: [Option<u32>; 2] = [Some(0xA), Some(0xD1)];
    let both = [named.code, raised.code];
    both[0].map(crate::stop::family) == both[1].map(crate::stop::family)
        || both.iter().all(|code| FAULTS.contains(code))
}

#[cfg(test)]
mod tests {
    use crate::log::analyze_log;

    fn code(text: &str) -> u32 {
        let verdicts = analyze_log(text.as_bytes()).unwrap();
        u32::from_str_radix(verdicts[0].bugcheck.code_hex.trim_start_matches("0x"), 16).unwrap()
    }

    #[test]
    fn the_raiser_tells_the_stop() {
        let under = |raiser: &str, rest: &str| {
            format!("0: kd> k\nnt!KeBugCheckEx\n{raiser}\n{rest}\nnt!PspSystemThreadStartup+0x55\n")
        };
        let fault = "nt!KiBugCheckDispatch+0x69\nnt!KiPageFault+0x440";
        assert_eq!(code(&under(fault, "gizmo!Work+0x10")), 0xD1);
        assert_eq!(
            code(&under(fault, "nt!KeSetEvent+0x10\ngizmo!Work+0x10")),
            0xA
        );
        let memory = "nt!MiSystemFault+0x1b7\nnt!MmAccessFault+0x400\nnt!KiPageFault+0x36d";
        assert_eq!(code(&under(memory, "gizmo!Work+0x10")), 0x50);
        let power = "nt!PopIrpWatchdogBugcheck+0x122\nnt!PopIrpWatchdog+0xc";
        assert_eq!(code(&under(power, "nt!KiRetireDpcList+0x7")), 0x9F);
        assert_eq!(code(&under("nt!Whatever+0x3", "gizmo!Work+0x10")), 0);
        // The page fault is what the double fault interrupted.
        let twice = "nt!KiBugCheckDispatch+0x69\nnt!KiDoubleFaultAbort+0xb2\nnt!KiPageFault+0x23a";
        assert_eq!(code(&under(twice, "gizmo!Work+0x10")), 0x7F);
    }
}
