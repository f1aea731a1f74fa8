//! For each cause: how it leads to a stop, how to fix it, and how to confirm it.
//!
//! Sources: Microsoft's driver documentation (managing IRQLs, spin locks, IRP completion, power and
//! PnP rules, Driver Verifier's options) and its bug check reference.

use crate::verdict::CauseId;

/// General text about a cause.
pub(crate) struct About {
    /// How it leads to a stop.
    pub how: &'static str,
    /// The usual fix.
    pub fix: &'static str,
    /// How to catch it, or to confirm the fix.
    pub confirm: &'static str,
}

const fn about(how: &'static str, fix: &'static str, confirm: &'static str) -> About {
    About { how, fix, confirm }
}

/// General text about `cause`.
pub(crate) fn explain(cause: CauseId) -> About {
    use CauseId::*;
    match cause {
        SpinlockHeldAcrossPassiveCall => about(
            "Taking a spin lock raises the IRQL to DISPATCH_LEVEL. A service that needs PASSIVE_LEVEL may \
             touch pageable memory or wait, and neither can be done there: the first page that happens to \
             be out stops the machine. It can go well for months, as long as the pages are in memory, and \
             the module that faults is only the one that touched the page.",
            "Do not call out with a spin lock held. Copy what the call needs under the lock, release it, \
             then call; or hand the work to a work item (IoQueueWorkItem). If the whole section has to be \
             exclusive and runs at PASSIVE_LEVEL anyway, a fast mutex, a guarded mutex or an executive \
             resource takes the lock's place.",
            "Driver Verifier with \"force IRQL checking\" pages everything pageable out whenever the IRQL \
             is raised, so the same mistake stops the machine at once and every time. Static Driver \
             Verifier's IRQL rules find it without running it.",
        ),
        SpinlockNeverReleased => about(
            "Whoever wants a spin lock spins until it is free. If a path returns with the lock held, the \
             next one who wants it spins for ever at DISPATCH_LEVEL, and the watchdog stops the machine in \
             the code that waits. The code that forgot the lock has long gone on.",
            "Release the lock on every way out of the function that takes it, error paths first. One exit, \
             or a helper that takes the lock, calls and releases, makes the omission impossible.",
            "Driver Verifier's deadlock detection tracks who owns which spin lock. On a checked copy of the \
             driver, store the owner beside the lock when it is taken.",
        ),
        FastMutexLeaked => about(
            "ExAcquireFastMutex raises the IRQL to APC_LEVEL until the mutex is released. A function that \
             returns without releasing it leaves the thread at APC_LEVEL, and some other driver that does \
             nothing wrong is caught calling down at an IRQL that is not allowed.",
            "Release the mutex on every way out of the function that takes it, error paths first. \
             KeEnterCriticalRegion with a push lock or a resource does not raise the IRQL, but is leaked as \
             easily.",
            "Driver Verifier, standard settings, for the culprit too: it then notices the IRQL at the end of \
             the culprit's own dispatch routine. dt nt!_FAST_MUTEX shows the owner for as long as it is held.",
        ),
        IrqlLeaked => about(
            "A function that raises the IRQL, directly or by taking a lock, must bring it back to what it \
             was. If it returns at a higher one, its caller runs on at an IRQL that it does not expect, and \
             fails at whatever it does next.",
            "Pair every KeRaiseIrql with KeLowerIrql and every lock with its release, on every way out; \
             restore the IRQL that was saved, not a constant.",
            "Driver Verifier compares the IRQL before and after each dispatch routine of the drivers that it \
             checks and keeps a log of changes (!verifier 8).",
        ),
        ApcDisableLeaked => about(
            "KeEnterCriticalRegion and the locks that imply it count how often APCs are disabled. A path that \
             leaves without undoing it leaves the thread without APCs: its I/O does not complete, and a \
             check at the next system call, or at the thread's end, stops the machine.",
            "Pair KeEnterCriticalRegion with KeLeaveCriticalRegion, and each resource or mutex with its \
             release, on every way out.",
            "Compare _KTHREAD.CombinedApcDisable before and after calls into the driver; Driver Verifier does so \
             for dispatch routines.",
        ),
        LockOrderInversion => about(
            "Two threads take the same two locks in opposite orders. Sooner or later each holds one and waits \
             for the other.",
            "Decide on one order for these locks, write it down beside them, and take them in this order \
             everywhere; or make one lock of the two.",
            "Driver Verifier's deadlock detection (0xC4/0x1001) reports the order at once, without needing the \
             bad moment.",
        ),
        ResourceDeadlock => about(
            "Threads hold what the others wait for, in a cycle. None of them can ever go on, and everybody who \
             needs one of these locks queues up behind them.",
            "Take the locks in one order everywhere, and do not hold one while calling into code that takes the \
             other. Where the order cannot be kept, try for the second lock without waiting, and back off.",
            "!locks shows owners and waiters in a live session as well; Driver Verifier's deadlock detection \
             finds wrong orders of mutexes, fast mutexes and spin locks before they meet.",
        ),
        SelfDeadlock => about(
            "The thread waits for a lock that it holds itself, one that cannot be taken twice.",
            "Find the path on which the lock is held already: give it a variant that expects the lock to be \
             held, or release it before the call.",
            "Driver Verifier's deadlock detection reports a second acquisition by the same thread.",
        ),
        LockHeldAcrossWait => about(
            "A thread waits, for an event or for I/O, with a lock in hand. What would end the wait needs this \
             lock, or everybody else does.",
            "Release the lock before waiting, or give the wait a time-out and a way back. What ends the wait \
             must not need the lock.",
            "Look at who would set the object that is waited for, and whether it can get there without the lock.",
        ),
        LockLeakedAtThreadExit => about(
            "A thread ended without releasing a lock. Nobody else can release it for the thread.",
            "Release every lock before the thread's routine returns or calls PsTerminateSystemThread, on every \
             way out.",
            "The thread's stack is gone with it: Driver Verifier, or a trace of acquisitions in the driver, shows \
             where the lock was taken.",
        ),
        LockReleasedByNonOwner => about(
            "A thread released a lock that another one took, or that is free. Locks that belong to a thread \
             must be released by it.",
            "Do not hand a held lock to another thread. For work that goes on elsewhere use an event, a \
             semaphore or, with resources, ExSetResourceOwnerPointer.",
            "Compare the owner in the lock with the current thread at the release; Driver Verifier does so for \
             the locks that it tracks.",
        ),
        PassiveCallAtRaisedIrql => about(
            "A service that may page or wait was called at DISPATCH_LEVEL or above. Neither is possible there.",
            "Move the call to PASSIVE_LEVEL: after the lock is released, or in a work item. Find first who raised \
             the IRQL: it may be a caller further out, a DPC or a completion routine, which often runs at \
             DISPATCH_LEVEL.",
            "PAGED_CODE() at the top of functions that need PASSIVE_LEVEL or APC_LEVEL, and Driver Verifier with \
             \"force IRQL checking\".",
        ),
        ApiCalledAtWrongIrql => about(
            "Each kernel function documents the IRQLs at which it may be called; this one was called at another.",
            "Look the function up, and move the call, or use the variant that is made for the IRQL at hand.",
            "Driver Verifier checks the IRQL of such calls; Static Driver Verifier does so without running them.",
        ),
        PageableAccessAtRaisedIrql => about(
            "Pageable memory was touched at DISPATCH_LEVEL or above. While the page is in memory nothing \
             happens; once it is out, the page fault cannot be served.",
            "Allocate what is used at raised IRQL from nonpaged pool, keep code that runs there out of pageable \
             sections, and lock user buffers (MmProbeAndLockPages) before they are used there. If the code was \
             never meant to run at this IRQL, mend the caller.",
            "Driver Verifier with \"force IRQL checking\" makes it happen at the first touch.",
        ),
        DpcOverrun => about(
            "A DPC routine keeps its processor from all threads. Windows allows a single one a limited number of \
             clock ticks, and stops the machine where it happens to be when they are used up. A lock that is \
             taken again and again in a loop is not a lock that is waited for.",
            "Bound the work that one DPC does: so many items, then queue it again; move long work to a thread or \
             a work item; never poll hardware or retry without a limit at DISPATCH_LEVEL.",
            "KeQueryDpcWatchdogInformation inside the loop tells how much is left. A trace of DPC durations \
             (xperf, WPR) shows long ones far below the limit.",
        ),
        DispatchLevelOverrun => about(
            "A processor that stays at DISPATCH_LEVEL or above runs no other thread. All time there counts, in \
             DPCs and under spin locks alike, until the IRQL comes down; the watchdog ends it after its period.",
            "Shorten what is done under the lock: gather first, lock, change pointers, release. Split long loops \
             and let the IRQL come down in between.",
            "A trace of DPCs and spin lock use (WPR) on a system that still lives; in WinDbg !dpcwatchdog.",
        ),
        StaleCompletionEvent => about(
            "A request carries the address of an event, and of a status block, that the I/O manager writes to \
             when the request completes. If the requester returns before that, the event's memory is used for \
             something else, and the completion spins on, or sets, what is no event any more.",
            "Wait for the request (also after IoCancelIrp: cancelling only asks) before the event and the status \
             block go out of scope. A wait that can end early, by a time-out or alertably, must be followed by \
             cancelling and a wait that cannot.",
            "Look at every IoBuildSynchronousFsdRequest and IoBuildDeviceIoControlRequest of the culprit for a \
             way out between sending and STATUS_PENDING's wait.",
        ),
        InterruptStorm => about(
            "Interrupts come so fast that the processor does nothing else. Usually a level-triggered interrupt is \
             never quieted, by a driver that does not recognise it or a device that does not let go.",
            "Acknowledge the interrupt at the device before the ISR returns TRUE, and return FALSE only for \
             interrupts of others. Check interrupt moderation and firmware.",
            "Count interrupts by vector (!idt, WPR), and disable the device on the line.",
        ),
        PowerIrpNeverCompleted => about(
            "A power IRP goes down the device's stack, and each driver must pass it on or complete it. One that \
             keeps it stops the whole transition; the watchdog names the physical device, whose driver only \
             enumerated it.",
            "In the driver that holds the IRP, follow each path of its power dispatch routine: it must end in \
             PoCallDriver (IoCallDriver from Windows Vista on) or IoCompleteRequest. A pended IRP needs somebody \
             who takes it up again, also when the device does not answer: arm a timer.",
            "Driver Verifier with I/O verification, and a transition with the device in each state (idle, busy, \
             removed). !poaction and !irp show the same in a live session.",
        ),
        PowerIrpHeldByBlockedThread => about(
            "The driver handles the power IRP in a thread, and this thread waits for something that does not \
             come. The IRP is not completed, and the power transition with it.",
            "Give the wait a time-out, and a way to complete the IRP without what was waited for. What ends the \
             wait must not itself need the device to be powered, nor be queued behind the power IRP.",
            "!thread of the waiting thread, then the object that it waits for: who should set it, and did it \
             run at all?",
        ),
        PnpLockHeldByBlockedDriver => about(
            "PnP handles one event at a time, with its locks held. A driver that blocks in its handler blocks every \
             other PnP event, and power transitions, which need these locks too.",
            "Do not wait without a limit in IRP_MN_SURPRISE_REMOVAL, REMOVE_DEVICE or other PnP handlers. On \
             removal, cancel outstanding requests first: no device will complete them any more. Then wait for \
             the driver's own threads.",
            "Unplug the device while it is busy, with Driver Verifier on. !locks and the owner's !thread show the \
             same on a live system.",
        ),
        IrpCompletedTwice => about(
            "An IRP belongs to whoever was given it until it is completed or passed on. After that it may be \
             freed and used again at any time, so a second completion destroys the request of somebody else.",
            "Set a clear owner: whoever calls IoCallDriver does not complete the IRP, unless its completion \
             routine took it back with STATUS_MORE_PROCESSING_REQUIRED. Cancel routines and completion paths must \
             agree on one winner (IoSetCancelRoutine's result).",
            "Driver Verifier with I/O verification finds the second completion, and logs the first (!verifier \
             0x100 ADDRESS).",
        ),
        IrpNotCompletedByDispatch => about(
            "A dispatch routine must complete the IRP, pass it on, or mark it pending and return STATUS_PENDING. \
             One that returns without having done any of it leaves its sender waiting for ever.",
            "Go through the ways out of the dispatch routine; each must do one of the three, and return the \
             status that goes with it.",
            "Driver Verifier with I/O verification compares the returned status with what was done.",
        ),
        PoolUseAfterFree => about(
            "A block was freed, and somebody who still had its address used it. Without special pool that reads or \
             destroys what was put there since, and shows much later, elsewhere.",
            "Find who keeps the address beyond the free: a list entry that was not removed, a timer, a work item or \
             a callback still pending. Cancel and wait for those first; or count references, and free on the last.",
            "Driver Verifier with special pool for the driver stops at the very access, and its log of frees \
             (!verifier 0x80 ADDRESS) names who freed the block.",
        ),
        PoolOverrun => about(
            "A write went beyond the end, or before the start, of a pool block, into the bookkeeping or the data of \
             its neighbour.",
            "Check the length that was computed for the block against the one that was copied: units, terminators, \
             and sizes that come from a request.",
            "Driver Verifier with special pool for the owner of the block stops at the very write.",
        ),
        PoolDoubleFree => about(
            "The same block was freed twice. Between the two somebody else may have been given it.",
            "One owner frees. Set pointers to NULL when they are freed, and let error paths and unload not free \
             what a normal path already did.",
            "Driver Verifier with special pool and pool tracking; !verifier 0x80 ADDRESS shows both.",
        ),
        PoolLeakAtUnload => about(
            "The driver was unloaded with pool still allocated: nobody can free it any more.",
            "Free everything in the unload routine, and what belongs to a device when it is removed.",
            "!verifier 3 lists the blocks with who allocated them.",
        ),
        NullDereference => about(
            "A pointer was NULL, or a small offset from it, and was used without a check.",
            "Ask why it is NULL here: a failed allocation or call that was not checked, a field that is set up \
             later than this, or torn down earlier. A check alone hides a race; in that case take the lock under \
             which the field changes.",
            "Driver Verifier's low resources simulation makes allocations fail; for a race, run many times.",
        ),
        InvalidAccess => about(
            "An address was used that nothing backs: never valid, freed, or computed wrongly.",
            "Follow the register that holds the address back to where it came from. A pattern in it (text, \
             0xFEEEFEEE, a freed pool tag) tells what was read in place of a pointer.",
            "Driver Verifier with special pool turns most such accesses into a stop at their origin.",
        ),
        WriteToReadOnlyMemory => about(
            "Code and constants of a driver, and pages that Windows protects, are mapped read-only. Something wrote \
             to one of them: through a pointer to a constant, through a wrong pointer, or to patch code.",
            "Follow the pointer to where it comes from. Data that changes belongs into a section that can be written; \
             map a page again for writing (MmMapLockedPagesSpecifyCache) in place of writing through its protection.",
            "!pte of the address shows the protection, and ln what lies there.",
        ),
        IllegalInstruction => about(
            "The processor refused an instruction: one that this model lacks or that is disabled, or bytes that are no \
             code at all, which a wild jump or damaged memory brings about.",
            "If it is an instruction that only some processors have, test for the feature (CPUID, and XCR0 for \
             extended state) before it is used, or build without it. If it is no code, find out who jumped there.",
            "u shows the bytes in the dump; !chkimg compares the image with its file. A virtual machine whose CPU model \
             lacks the feature repeats it.",
        ),
        ArithmeticError => about(
            "The processor could not represent the result of an instruction: a division by zero, or one whose quotient \
             does not fit.",
            "Check the divisor before dividing. Values from a device, a file or a request are not to be trusted.",
            "u at the faulting instruction names the register that divides; its value is in the context.",
        ),
        BreakpointOrAssertion => about(
            "A breakpoint instruction ran with no debugger attached: an assertion that failed, DbgBreakPoint left in \
             the code, or a jump into padding.",
            "Read the condition of the assertion in the source at that place: what it says is the bug. Do not ship \
             breakpoints.",
            "The same driver under a debugger stops at that line.",
        ),
        CallIntoUnloadedDriver => about(
            "Something still called, or pointed into, a driver that had been unloaded: a timer, a DPC, a work item, \
             a thread, a callback, or an IRP's completion routine.",
            "Before the unload routine returns, cancel timers and wait for their DPCs (KeFlushQueuedDpcs), wait for \
             threads and work items (with a reference on the driver or device object), unregister callbacks, and \
             let no IRP be under way with a completion routine of the driver.",
            "Driver Verifier checks for pending timers, DPCs, work items and lookaside lists at unload (0xC4, 0xC7, \
             0xCE). lm shows the driver among the unloaded modules.",
        ),
        KernelStackOverflow => about(
            "A kernel stack is small (24 KiB on x64). Deep recursion, a long chain of filters or large local \
             variables used it up, and there was no room even for the trap.",
            "Move large buffers from the stack to pool, replace recursion by a loop, and hand work to a work item \
             when IoGetRemainingStackSize is low.",
            "kf shows how many bytes each frame takes.",
        ),
        MemoryCorruptionUnknownWriter => about(
            "Memory does not hold what its owner put there. The dump shows the damage and who tripped over it, not \
             who did it.",
            "Turn on Driver Verifier with special pool for all drivers that are not part of Windows and wait for the \
             next stop: it will be at the write. If what is damaged changes from dump to dump, test the memory.",
            "Compare several dumps: the same pattern points at a driver, single flipped bits at the memory.",
        ),
        ListCorruption => about(
            "The links of a doubly linked list no longer point at each other. An entry was removed twice, inserted \
             while it was in a list, freed while it was in one, changed without the lock, or overwritten.",
            "Hold the list's lock for every insertion and removal. After RemoveEntryList, set the entry to an empty \
             list, so that a second removal does no harm. Remove an entry before its memory is freed.",
            "dl or dt -l follows the list in both directions up to the place where it breaks; Driver Verifier's special \
             pool stops at the access to a freed entry.",
        ),
        StackBufferOverrun => about(
            "A function wrote past the end of an array among its local variables. The security cookie, or the return \
             address behind it, no longer holds its value.",
            "Check the length before copying into a local buffer; the length usually comes from a request or a file. \
             Use the functions that take the buffer's size.",
            "Compile with /GS and run the input again: the function that is left is the one whose buffer it is.",
        ),
        ApiContractViolated => about(
            "A driver called a kernel or framework function in a way that its documentation forbids, and the check \
             for it stopped the machine.",
            "Read the rule in the function's documentation; the verdict names it where the stop tells.",
            "Driver Verifier with DDI compliance checking, and Static Driver Verifier for the same rules at build time.",
        ),
        BadFree => about(
            "A free was given an address that no allocation returned, or one of another kind: the middle of a block, \
             memory that belongs to somebody else, or a tag that is not the block's.",
            "Free exactly the pointer that the allocation returned, with its tag, by the function that goes with it.",
            "!pool and !poolval show what lies at the address; Driver Verifier with special pool checks each free.",
        ),
        IrpMisuse => about(
            "An IRP was used against the rules: by somebody who no longer owns it, with the wrong stack location, or \
             with a status that contradicts what was done with it.",
            "After IoCallDriver, IoCompleteRequest or IoFreeIrp, leave the IRP alone. A dispatch routine returns what \
             the lower driver returned, or STATUS_PENDING after IoMarkIrpPending.",
            "!irp shows who owns the request now; Driver Verifier's I/O verification checks the rules at each call.",
        ),
        MdlMisuse => about(
            "An MDL was used against the rules: unlocked twice, freed while its pages are locked, or mapped before \
             they are.",
            "Pair MmProbeAndLockPages with one MmUnlockPages, on every way out, before IoFreeMdl.",
            "dt nt!_MDL shows MdlFlags, which tell what was done with it; Driver Verifier tracks locked pages.",
        ),
        ObjectReferenceUnderflow => about(
            "An object was dereferenced more often than it was referenced. Its memory may be gone while others still \
             use it.",
            "Pair each ObReferenceObject, or each handle, with exactly one ObDereferenceObject or close.",
            "Object reference tracing (gflags, then !obtrace) lists who took and who gave back each reference.",
        ),
        HardwareError => about(
            "The hardware reported an error that software cannot correct.",
            "Read the error record (!errrec) for the unit that reported it; check temperatures, voltages, firmware, \
             and memory and device in question. Undo overclocking.",
            "The same record in several dumps names the part; different ones speak for power or temperature.",
        ),
        ImpossibleAccess => about(
            "The instruction at the fault cannot have used the address that the processor reports. Either the \
             processor did not run the bytes that are in memory, or a register did not hold what the program put \
             there. Software cannot bring that about.",
            "Test the memory for several passes (MemTest86 or Windows' memory diagnostic), one module at a time. Undo \
             overclocking and memory profiles (XMP, EXPO), and update the firmware.",
            "Compute the address from the registers and the instruction by hand. More dumps of the same machine, with \
             other drivers in them, confirm it.",
        ),
        GpuHang => about(
            "The graphics processor did not finish its work within the time that Windows gives it, and could not be \
             reset.",
            "Update or roll back the graphics driver; check power and cooling. For one's own shaders or command \
             buffers: split long ones.",
            "Watchdog reports (LiveKernelReports) from before the stop show how often a reset worked.",
        ),
        ForcedDumpOfHang => about(
            "Somebody forced the stop, by keyboard, NMI or debugger, usually since the system did not respond. The \
             stop says nothing of the reason; the threads do.",
            "Look for threads that have waited long, and follow what they wait for to its owner: !locks, !stacks, \
             !ready, !irpfind. Hold a second dump, some seconds apart, against the first.",
            "Two dumps of the same hang show what does not move.",
        ),
        Inconclusive => about(
            "What the dump holds does not prove a cause. Naming somebody on the crash stack would be a guess.",
            "Get more: the symbols of all modules on the stacks, a complete or kernel dump in place of a small one, \
             and Driver Verifier for the drivers that are not part of Windows, so that the next stop comes closer \
             to its reason.",
            "Collect the next dumps too: what they have in common is worth more than one of them.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_explained_and_has_a_remedy() {
        for &cause in CauseId::ALL {
            let About { how, fix, confirm } = explain(cause);
            for text in [how, fix, confirm] {
                assert!(
                    text.len() > 40 && text.ends_with(['.', '?']),
                    "{cause}: {text}"
                );
                assert!(!text.contains("  "), "{cause}: {text}");
            }
        }
    }
}
