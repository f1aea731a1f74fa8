//! Synthetic logs that lack something: the stop, its parameters, the stack, the address.

use super::analyze_log;
use crate::report::{human, markdown};
use crate::verdict::{CauseId, Confidence, Verdict};

fn only(text: &str) -> Verdict {
    let mut verdicts = analyze_log(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(verdicts.len(), 1);
    verdicts.remove(0)
}

/// The cause and the culprit's module.
fn judged(text: &str) -> (CauseId, Option<String>) {
    let verdict = only(text);
    let module = verdict.culprit.map(|culprit| culprit.module);
    (verdict.cause.id, module)
}

fn blames(module: &str) -> Option<String> {
    Some(module.to_owned())
}

#[test]
fn the_operand_of_a_trap_stands_for_the_stop() {
    let text = "2: kd> .trap ffffcc81`00002520\nNOTE: The trap frame does not contain all registers.\n\
                rip=fffff80eae070edf rsp=ffffcc81000026b0 rbp=ffffa48700008ee8\n\
                gizmo!Queue::Front [inlined in\ngizmo!Cancel+0x3f]:\n\
                fffff80e`ae070edf 488b4320        mov     rax,qword ptr [rbx+20h]\n\
                ds:00000000`00000020=????????????????\n2: kd> kc\n # Call Site\n00 gizmo!Queue::Front\n\
                01 gizmo!Cancel\n02 NDIS!ndisMCancel\n03 nt!ExpWorkerThread\n";
    assert_eq!(
        judged(text),
        (CauseId::NullDereference, blames("gizmo.sys"))
    );
}

#[test]
fn a_fault_whose_stop_is_not_stated() {
    let text = "07 ffff968a`00001e90 fffff800`7000f1d1     nt!KiBreakpointTrap+0x35b\n\
                08 ffff968a`00002020 fffff800`7000fc9f     gizmo!Panic+0x71 [C:\\gizmo\\a.c @ 87]\n\
                09 ffff968a`00002080 fffff800`70000072     gizmo!ListRemove+0x72\n";
    assert_eq!(judged(text), (CauseId::InvalidAccess, blames("gizmo.sys")));
}

#[test]
fn the_call_stack_of_visual_studio() {
    let text = " \tnt!KiPageFault+0x43d\tC/C++/ASM\n>\tgizmo!Dispatch+0x1a77 [C:\\gizmo\\a.c @ 72] \
                \tC/C++/ASM\n \tnt!IofCallDriver+0x55\tC/C++/ASM\n";
    assert_eq!(judged(text), (CauseId::InvalidAccess, blames("gizmo.sys")));
}

#[test]
fn the_class_is_told_where_nothing_else_is() {
    let text = "ffff858a`0003e7c8 fffff803`00001636 : 00000000`0000009f 00000000`00000003 \
                ffffd48a`00005d50 ffff858a`0003e818 : nt!KeBugCheckEx\nffff858a`0003e7d0 \
                fffff803`0000150c : 0 0 0 0 : nt!PopIrpWatchdogBugcheck+0x122\n";
    assert_eq!(judged(text), (CauseId::PowerIrpNeverCompleted, None));
    let pool = "BAD_POOL_CALLER (c2)\nArg1: 0000000000000007, Attempt to free pool which was already \
                freed\nArg2: 0\nArg3: 0\nArg4: ffffa0060e4956f0, Address of the block\n\
                POOL_ADDRESS:  ffffa0060e4956f0\nBUGCHECK_STR:  0xc2_7\nPROCESS_NAME:  System\n\
                CURRENT_IRQL:  0\n";
    assert_eq!(judged(pool), (CauseId::PoolDoubleFree, None));
}

#[test]
fn a_driver_that_is_named_as_text() {
    let leak = "DRIVER_VERIFIER_DETECTED_VIOLATION (c4)\nArg1: 0x62 - not freed\nArg2: \
                ffff9d0900001e18 - name of the driver\nArg3: ffff9d0900009b60\nArg4: 0xc\n";
    let bucket = format!("{leak}**Failure Bucket**: `0xc4_62_LEAKED_POOL_IMAGE_gizmo.sys`\n");
    let asked = format!("{leak}kd> !verifier 3 gizmo.sys\nVerify Flags Level 0x000209bb\n");
    let string = format!("{leak}6: kd> dS ffff9d0900001e18\n ffff9d09`0000aea0 \"gizmo.sys\"\n");
    for (name, text) in [("bucket", bucket), ("command", asked), ("text", string)] {
        let expected = (CauseId::PoolLeakAtUnload, blames("gizmo.sys"));
        assert_eq!(judged(&text), expected, "{name}");
    }
}

#[test]
fn the_irp_with_the_locked_pages_names_the_driver() {
    let text = "BugCheck CB, {f90c6ae0, f9949215, 81861788, 26}\nProbably caused by : ks.sys ( \
                ks!KsProbeStreamIrp+333 )\nkd> !irp 817329b0 7\nIrp is active with 2 stacks 2 is \
                current (= 0x81732a44)\n Mdl = 81861788 System buffer = ffa59220 Thread 00000000:  Irp \
                stack trace.\n>[  e, 0]   1  1 81a883c8 81ae6158 00000000-00000000    pending\n \
                \\Driver\\GIZMO\n                        Args: 00000070 00000000 002f4017 00000000\n";
    assert_eq!(judged(text).1, blames("GIZMO.sys"));
}

#[test]
fn an_instruction_named_without_a_stack() {
    let own = "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED (7e)\nArg1: ffffffffc0000096, code\nArg2: \
               fffff8020b94238b, address\nArg3: fffffe0d003c1de8\nArg4: fffffe0d003c1630\n\
               FAULTING_IP: \ngizmo+238b\nfffff802`0b94238b 480f22e0        mov     cr4,rax\n";
    assert_eq!(judged(own).1, blames("gizmo.sys"));
    // P2 minus the stated offset is the start of an image.
    let verifier = "DRIVER_VERIFIER_IOMANAGER_VIOLATION (c9)\nArg1: 000000000000021f, no routine\n\
                    Arg2: fffff8000247b174, in the driver\nArg3: ffffcf8107d54dc0\nArg4: 0\n\
                    With faulting ip: `gizmo+b174`\n";
    assert_eq!(judged(verifier).1, blames("gizmo.sys"));
}

#[test]
fn the_scheduler_works_on_others_threads() {
    let text = "fffff806`000d9718 fffff806`000002a9 : 00000000`0000000a 00000000`00400000 \
                00000000`00000002 00000000`00000000 : nt!KeBugCheckEx\nfffff806`000d9720 \
                fffff806`00009934 : 0 0 0 0 : nt!KiBugCheckDispatch+0x69\nfffff806`000d9860 \
                fffff806`00003584 : 0 0 0 0 : nt!KiPageFault+0x474\nfffff806`000d99f8 \
                fffff806`000065f0 : 0 0 0 0 : nt!KiSetPriority\nfffff806`000d9aa0 fffff806`00005fb4 : \
                0 0 0 0 : nt!KiDeferredReadySingleThread+0x9af\nfffff806`000d9e70 fffff806`0000e8e5 : \
                0 0 0 0 : nt!KiExitDispatcher+0x184\nfffff806`000da210 fffff806`0000d3fe : 0 0 0 0 : \
                nt!KeReleaseSemaphore+0xa5\nfffff806`000da290 fffff806`00000dd0 : 0 0 0 0 : \
                gizmo+0x2dd3fe\n";
    assert_eq!(judged(text), (CauseId::InvalidAccess, None));
}

#[test]
fn a_service_called_above_dispatch_level() {
    let text = "## BSOD #9 — 0xD1, at IPI_LEVEL\n- Arg1: `ffff880703892c08` — memory\n- Arg2: `0xE` — \
                IRQL\n- Arg3: `0x1` — write\n- Arg4: `fffff8060f758689` — address\n\
                nt!KeBugCheckEx\nnt!KiBugCheckDispatch+0x69\nnt!KiPageFault+0x468\n\
                Ntfs!NtfsChangeAttributeValue+0x6b9\nnt!IopfCallDriver / nt!IofCallDriver\n\
                nt!NtWriteFile+0x2d2\nnt!KiSystemServiceCopyEnd+0x25\nnt!KiServiceLinkage\n\
                gizmo!Log+0x28\n...\ngizmo!Start+0x1f0\n";
    let expected = (CauseId::PassiveCallAtRaisedIrql, blames("gizmo.sys"));
    assert_eq!(judged(text), expected);
}

#[test]
fn a_fast_failure_whose_kind_is_not_stated_is_not_the_first_kind() {
    let text = "nt!KeBugCheckEx+0x0\nnt!KiBugCheckDispatch+0x69\nnt!KiFastFailDispatch+0xb2\n\
                nt!KiRaiseSecurityCheckFailure+0x35a\ngizmo!FatalListEntryError+0x5\n\
                gizmo!RemoveEntryList+0x65\ngizmo!Cancel+0x9b\n";
    let verdict = only(text);
    assert_eq!(verdict.confidence, Confidence::Possible);
    assert_eq!(verdict.cause.id, CauseId::MemoryCorruptionUnknownWriter);
}

#[test]
fn the_call_that_raised_an_unknown_stop() {
    let text = "00 fffffc08`00007298 fffff807`0000add2     nt!DbgBreakPointWithStatus\n\
                03 fffffc08`00007a20 fffff807`00001f55     nt!KeBugCheckEx+0x107\n\
                04 fffffc08`00007a60 fffff807`00009520     nt!PspWhatever+0x179ed5\n\
                05 fffffc08`00007b30 fffff807`0000bdaf     nt!ObfDereferenceObject+0xa4\n\
                06 fffffc08`00007b70 fffff807`000075e9     gizmo!Reap+0x10f\n";
    let verdict = only(text);
    assert_eq!(verdict.cause.id, CauseId::Inconclusive);
    assert_eq!(verdict.confidence, Confidence::Possible);
    assert_eq!(verdict.culprit.unwrap().module, "gizmo.sys");
}

#[test]
fn a_time_out_of_the_display_names_the_owner_of_p2() {
    let text = "ffffa80d`00017168 fffff800`0001dade : 00000000`00000116 ffffcd06`00079010 \
                fffff800`0044bff0 ffffffff`c000009a : nt!KeBugCheckEx\nffffa80d`00017170 \
                fffff800`000cd8b2 : 0 0 0 0 : dxgkrnl!TdrBugcheckOnTimeout+0xfe\n\nSYMBOL_NAME:  \
                gizmo+eabff0\n\nMODULE_NAME: gizmo\n\nIMAGE_NAME:  gizmo.sys\n";
    assert_eq!(judged(text), (CauseId::GpuHang, blames("gizmo.sys")));
}

#[test]
fn a_parameter_that_is_not_shown_is_null_not_zero() {
    let verdict = only(
        "FAILURE_BUCKET_ID:  0x9F_3_gizmo_IMAGE_lower.sys\n\nnt!KeBugCheckEx\n\
         nt!PopIrpWatchdogBugcheck+0x122\nnt!KiIdleLoop+0x5a\n",
    );
    let json = serde_json::to_value(&verdict).unwrap();
    let value = |index: usize| json["bugcheck"]["parameters"][index]["value"].clone();
    assert_eq!(value(0), "0x3");
    for index in 1..4 {
        assert!(value(index).is_null(), "{json:#}");
    }
    for text in [human(&verdict, false), markdown(&verdict)] {
        assert!(text.contains("not shown"), "{text}");
        assert!(!text.contains("0x0"), "{text}");
    }
}

#[test]
fn library_code_in_a_driver_is_not_the_culprits_function() {
    let fault = "BugCheck D1, {ffffb00012345000, 2, 1, fffff80512341111}\n0: kd> k\n\
                 nt!KeBugCheckEx\nnt!KiBugCheckDispatch+0x69\nnt!KiPageFault+0x474\n";
    let blamed = |frames: &str| {
        let verdict = only(&format!(
            "{fault}{frames}nt!PspSystemThreadStartup+0x55\nnt!KiStartSystemThread+0x28\n"
        ));
        let culprit = verdict.culprit.unwrap();
        (culprit.module, culprit.function.unwrap_or_default())
    };
    let named = |module: &str, function: &str| (module.to_owned(), function.to_owned());
    for (frames, module, function) in [
        (
            "gizmo!memcpy+0x40\ngizmo!CopyName+0x20\n",
            "gizmo.sys",
            "CopyName",
        ),
        (
            "gadget!RtlStringCbCopyW+0x31\ngadget!wcslen+0x2\ngadget!Rename+0x20\n",
            "gadget.sys",
            "Rename",
        ),
        (
            "widget!_guard_dispatch_icall_nop+0x6\nwidget!Notify+0x9\n",
            "widget.sys",
            "Notify",
        ),
        (
            "gizmo!__report_gsfailure+0x5\ngizmo!Parse+0x90\n",
            "gizmo.sys",
            "Parse",
        ),
        // A driver's own function with a similar name.
        (
            "gizmo!memcpyToUser+0x40\ngizmo!CopyName+0x20\n",
            "gizmo.sys",
            "memcpyToUser",
        ),
        // The caller is in another module: its own copy is all that is shown of the driver.
        (
            "gizmo!memset+0x40\nother!CopyName+0x20\n",
            "gizmo.sys",
            "memset",
        ),
    ] {
        assert_eq!(blamed(frames), named(module, function), "{frames}");
    }
}

#[test]
fn an_exception_filter_is_not_the_faulting_function() {
    let verdict = only(
        "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED (7e)\nArg1: ffffffffc0000005\nArg2: fffff80512342222\n\
         Arg3: ffffb00012345678\nArg4: ffffb00012345000\n\n0: kd> k\nnt!KeBugCheckEx\n\
         gizmo!WorkFilter+0x30\nnt!_C_specific_handler+0xa9\nnt!RtlpExecuteHandlerForException+0xf\n\
         nt!RtlDispatchException+0x297\nnt!KiDispatchException+0x186\nnt!KiExceptionDispatch+0x12f\n\
         nt!KiPageFault+0x474\ngizmo!Work+0x55\nnt!PspSystemThreadStartup+0x55\n",
    );
    let culprit = verdict.culprit.unwrap();
    assert_eq!(culprit.function.as_deref(), Some("Work"));
}
