//! The faulting instruction as a frame, where the stack lost it.
//!
//! The debugger that unwinds from a trap without symbols often skips the frame of the instruction
//! itself: FAULTING_IP names it, and the stack goes on with its caller.

use super::LogContext;
use super::stacks::is_trap;
use crate::facts::{FrameFacts, Place, StackFacts};
use crate::modules::Unloaded;
use crate::stop::Role;
use crate::verdict::Trust;

/// Frames from the stop to the trap.
const NEAR: usize = 12;
/// Functions between the stop and the instruction, besides the handlers of traps.
const DISPATCH: &[&str] = &[
    "KeBugCheck",
    "KiBugCheck",
    "KiDispatchException",
    "KiExceptionDispatch",
    "KiExceptionExit",
    "CommonDispatchException",
    "KiFatalExceptionHandler",
    "KiSystemServiceHandler",
];

/// Adds the frame to the crash stack.
pub(super) fn insert(log: &LogContext<'_>, stacks: &mut [StackFacts], unloaded: &[Unloaded]) {
    let address = log
        .bugcheck
        .by_role(Role::Instruction)
        .or_else(|| Some(super::stop::exception(log)?.address))
        .filter(|&address| address != 0);
    let Some(address) = address else { return };
    let place = log.place(address, stacks, unloaded);
    if place.symbol.module.is_none() || place.symbol.in_kernel {
        return;
    }
    let Some(stack) = stacks.first_mut().filter(|stack| stack.is_crash()) else {
        return;
    };
    let Some(at) = position(stack, &place) else {
        return;
    };
    let frame = FrameFacts {
        address: Some(address),
        symbol: place.symbol,
        trust: Trust::TrapFrame,
        context: None,
        sp: None,
        volatile_known: false,
    };
    stack.frames.insert(at, frame);
}

/// Where the frame belongs: outwards of what raised the stop. `None` if the stack has it, or shows
/// nothing of a trap.
fn position(stack: &StackFacts, place: &Place) -> Option<usize> {
    let of_module = |frame: &FrameFacts| frame.symbol.module == place.symbol.module;
    let frames = &stack.frames;
    let dispatches = |frame: &FrameFacts| {
        let name = frame.symbol.function.as_deref().unwrap_or("");
        let name = name.trim_start_matches('_');
        frame.symbol.in_kernel
            && (is_trap(name) || DISPATCH.iter().any(|start| name.starts_with(start)))
    };
    let last = frames.iter().take(NEAR).rposition(dispatches)?;
    let outer = frames.get(last + 1);
    let there = frames
        .iter()
        .any(|frame| frame.address == Some(place.address))
        || outer.is_some_and(of_module);
    // The functions that raise a stop of a driver's own call are no trap.
    let inner = &frames[..=last];
    let only_raised = inner.iter().all(|frame| {
        let name = frame.symbol.function.as_deref().unwrap_or("");
        name.trim_start_matches('_').starts_with("KeBugCheck")
    });
    (!there && !only_raised).then_some(last + 1)
}

#[cfg(test)]
mod tests {
    use crate::log::analyze_log;
    use crate::verdict::Verdict;

    fn verdict(faulting: &str, stack: &str) -> Verdict {
        let text = format!(
            "KERNEL_MODE_EXCEPTION_NOT_HANDLED (8e)\nArg1: c0000005\nArg2: ac08f2fa\nArg3: 93df4a50\n\
             Arg4: 00000000\n\nFAULTING_IP: \n{faulting}\n\nSTACK_TEXT:\n\
             93df45c4 82ac708c 0000008e c0000005 ac08f2fa nt!KeBugCheckEx+0x1e\n{stack}\
             93df4b14 82c3d5d9 869fb048 85644140 85644140 nt!IofCallDriver+0x63\n\
             93df4b34 82c405c9 d68fc588 869fb048 00000000 nt!IopSynchronousServiceTail+0x1f8\n"
        );
        analyze_log(text.as_bytes()).unwrap().remove(0)
    }

    const TRAP: &str = "93df49e0 82a50dd6 93df49fc 00000000 93df4a50 nt!KiDispatchException+0x1ac\n\
                        93df4a48 82a50d8a 93df4afc ac08f2fa badb0d00 nt!CommonDispatchException+0x4a\n";
    const IP: &str = "gizmo+32fa\nac08f2fa 8b4804          mov     ecx,dword ptr [eax+4]";

    fn symbols(verdict: &Verdict) -> Vec<&str> {
        let frames = verdict.stacks[0].frames.iter();
        frames.map(|frame| frame.symbol.as_str()).collect()
    }

    #[test]
    fn the_instruction_is_the_frame_below_the_trap() {
        let verdict = verdict(IP, TRAP);
        assert_eq!(symbols(&verdict)[3], "gizmo+0x32fa");
        assert_eq!(verdict.culprit.unwrap().module, "gizmo.sys");
    }

    #[test]
    fn a_frame_that_is_there_is_not_added() {
        let own = format!("{TRAP}93df4afc 82a49593 85644140 869fb048 869fb048 gizmo+0x32fa\n");
        let found = verdict(IP, &own);
        let frames = symbols(&found).into_iter();
        assert_eq!(frames.filter(|frame| frame.starts_with("gizmo")).count(), 1);
    }

    #[test]
    fn without_a_trap_or_a_place_nothing_is_added() {
        // The offset does not lead to the start of an image.
        for (faulting, stack) in [
            (IP, ""),
            (
                "gizmo+1111\nac08f2fa 8b4804   mov  ecx,dword ptr [eax+4]",
                TRAP,
            ),
        ] {
            let found = verdict(faulting, stack);
            assert!(
                symbols(&found)
                    .iter()
                    .all(|frame| !frame.starts_with("gizmo"))
            );
        }
    }
}
