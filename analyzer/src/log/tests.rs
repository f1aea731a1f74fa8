//! Tests of the log reader as a whole: synthetic logs, and arbitrary text.

use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::verdict::{CauseId, Confidence};

fn only(text: &str) -> Verdict {
    let mut verdicts = analyze_log(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(verdicts.len(), 1);
    verdicts.remove(0)
}

fn culprit(verdict: &Verdict) -> Option<&str> {
    verdict
        .culprit
        .as_ref()
        .map(|culprit| culprit.module.as_str())
}

/// A power IRP with `forward.sys` above the bus that P2 names.
const POWER: &str = "\
3: kd> !analyze -v
DRIVER_POWER_STATE_FAILURE (9f)
Arg1: 0000000000000003, A device object has been blocking an IRP
Arg2: ffffe28400059060, Physical Device Object of the stack
Arg3: ffffd38c0084f580, nt!TRIAGE_9F_POWER
Arg4: ffffe2850007bc20, The blocked IRP
STACK_TEXT:
ffffd38c`0084f540 fffff800`00000001 : 00000000`0000009f 00000000`00000003 ffffe284`00059060 ffffd38c`0084f580 : nt!KeBugCheckEx
ffffd38c`0084f550 fffff800`00000002 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : nt!PopIrpWatchdog+0xc
MODULE_NAME: pci
IMAGE_NAME: pci.sys
3: kd> !irp ffffe285`0007bc20
Irp is active with 2 stacks 2 is current (= 0xffffe2850007bd38)
 No Mdl: No System Buffer: Thread 00000000:  Irp stack trace.
     cmd  flg cl Device   File     Completion-Context
 [N/A(0), N/A(0)]
            0  0 00000000 00000000 00000000-00000000

            Args: 00000000 00000000 00000000 00000000
>[IRP_MJ_POWER(16), IRP_MN_SET_POWER(2)]
            0 e1 ffffe28500085030 00000000 00000000-00000000    pending
           \\Driver\\forward
            Args: 00016600 00000001 00000004 00000006
3: kd> !devstack ffffe28400059060
  !DevObj           !DrvObj            !DevExt           ObjectName
  ffffe28500085030  \\Driver\\forward    ffffe28500085180
> ffffe28400059060  \\Driver\\pci        ffffe284000591b0  NTPNP_PCI0001
!DevNode ffffe28400050a00 :
  DeviceInst is \"PCI\\VEN_1234\"
";

#[test]
fn the_holder_of_a_power_irp_not_its_enumerator() {
    let verdict = only(POWER);
    assert_eq!(verdict.cause.id, CauseId::PowerIrpNeverCompleted);
    assert_eq!(culprit(&verdict), Some("forward.sys"));
    assert_eq!(verdict.victims[0].module.as_deref(), Some("pci.sys"));
    assert_eq!(verdict.dump.kind, "log");
}

#[test]
fn what_is_missing_names_the_command_to_run() {
    let bare: String = POWER
        .lines()
        .take_while(|line| !line.contains("!irp"))
        .collect::<Vec<_>>()
        .join("\n");
    let verdict = only(&bare);
    assert_eq!(verdict.culprit, None, "{:#?}", verdict.culprit);
    let asks = |command: &str| {
        verdict
            .unknown
            .iter()
            .any(|open| open.why.contains(command))
    };
    assert!(asks("!irp 0xffffe2850007bc20 1"), "{:#?}", verdict.unknown);
    assert!(asks("!devstack 0xffffe28400059060"));
}

/// A power stop with a device stack (P2 at its bottom), without the IRP.
fn without_irp(rows: &str, service: &str, bucket: &str) -> Verdict {
    let head: String = POWER
        .lines()
        .take_while(|line| !line.starts_with("MODULE_NAME"))
        .map(|line| format!("{line}\n"))
        .collect();
    only(&format!(
        "{head}{bucket}\n3: kd> !devstack ffffe28400059060\n  !DevObj           !DrvObj            \
         !DevExt           ObjectName\n{rows}> ffffe28400059060  \\Driver\\pci        \
         ffffe284000591b0  NTPNP_PCI0001\n!DevNode ffffe28400050a00 :\n  DeviceInst is \
         \"PCI\\VEN_1234\"\n{service}"
    ))
}

const UPPER: &str = "  ffffe28500085030  \\Driver\\upflt    ffffe28500085180\n";
const FUNCTION: &str = "  ffffe28500087030  \\Driver\\netfn    ffffe28500087180\n";

#[test]
fn the_function_driver_of_the_stack_is_suspected_without_the_irp() {
    let service = "  ServiceName is \"netfn\"\n";
    let alone = without_irp(FUNCTION, service, "");
    assert_eq!(alone.cause.id, CauseId::PowerIrpNeverCompleted);
    assert_eq!(culprit(&alone), Some("netfn.sys"));
    assert_eq!(alone.confidence, Confidence::Likely);
    let filtered = without_irp(&format!("{UPPER}{FUNCTION}"), service, "");
    assert_eq!(culprit(&filtered), Some("netfn.sys"));
    assert_eq!(filtered.confidence, Confidence::Possible);
    let stack_only = without_irp(FUNCTION, "", "");
    assert_eq!(culprit(&stack_only), Some("netfn.sys"));
    assert_eq!(stack_only.confidence, Confidence::Possible);
    let asks = |open: &crate::verdict::Unknown| open.why.contains("!devstack");
    assert!(!alone.unknown.iter().any(asks), "{:#?}", alone.unknown);
}

#[test]
fn a_broken_row_of_a_device_stack_is_put_together() {
    let rows = FUNCTION.replace("  \\Driver", "\n      \\Driver");
    let verdict = without_irp(&rows, "  ServiceName is \"netfn\"\n", "");
    assert_eq!(culprit(&verdict), Some("netfn.sys"));
}

#[test]
fn two_filters_over_a_function_driver_of_windows_name_nobody() {
    let second = UPPER.replace("upflt", "other").replace("85030", "86030");
    let rows = format!(
        "{UPPER}{second}{}",
        FUNCTION.replace("\\netfn ", "\\usbccgp ")
    );
    let verdict = without_irp(&rows, "  ServiceName is \"usbccgp\"\n", "");
    assert_eq!(culprit(&verdict), None);
}

#[test]
fn the_driver_in_the_bucket_not_the_image_of_the_bus() {
    let head: String = POWER
        .lines()
        .take_while(|line| !line.starts_with("MODULE_NAME"))
        .map(|line| format!("{line}\n"))
        .collect();
    let judged = |bucket: &str| {
        let bus = "MODULE_NAME: pci\nIMAGE_NAME:  pci.sys";
        let verdict = only(&format!("{head}{bus}\nFAILURE_BUCKET_ID:  {bucket}\n"));
        assert_ne!(verdict.confidence, Confidence::Likely);
        culprit(&verdict).map(str::to_owned)
    };
    let named = Some("netfn.sys".to_owned());
    assert_eq!(judged("0x9F_3_netfn_IMAGE_pci.sys"), named);
    assert_eq!(judged("0x9F_3_POWER_DOWN_netfn_IMAGE_pci.sys"), named);
    assert_eq!(judged("0x9F_3_usbccgp_IMAGE_UsbHub3.sys"), None);
}

#[test]
fn mangling_does_not_change_the_verdict() {
    let expected = only(POWER);
    let html = format!(
        "<html><body><p>Hilfe!</p><pre>{}</pre></body></html>",
        POWER
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('\n', "<br>\n")
    );
    let quoted: String = POWER.lines().map(|line| format!("> {line}\n")).collect();
    let star: String = POWER.lines().map(|line| format!(" * {line}\n")).collect();
    let slashes: String = POWER.lines().map(|line| format!("// {line}\n")).collect();
    let ticks: String = POWER.lines().map(|line| format!("`{line}`\n")).collect();
    let curly = POWER
        .replace('`', "\u{2019}")
        .replace('"', "\u{201C}")
        .replace("  ", "\u{A0}\u{A0}");
    let chinese = format!("请帮忙分析一下蓝屏\u{FF1A}\n{POWER}\n谢谢\u{3002}\n");
    let marked = format!("Here is the log:\n```\n{POWER}```\nThanks!");
    let wide: Vec<u8> = "\u{FEFF}"
        .encode_utf16()
        .chain(POWER.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let windows = POWER.replace('\n', "\r\n");
    let tabs = POWER.replace("            ", "\t\t");
    for (name, bytes) in [
        ("html", html.into_bytes()),
        ("quoted", quoted.into_bytes()),
        ("comment", star.into_bytes()),
        ("comments", slashes.into_bytes()),
        ("code", ticks.into_bytes()),
        ("curly", curly.into_bytes()),
        ("chinese", chinese.into_bytes()),
        ("markdown", marked.into_bytes()),
        ("utf-16", wide),
        ("line ends", windows.into_bytes()),
        ("tabs", tabs.into_bytes()),
    ] {
        let verdicts = analyze_log(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(verdicts.len(), 1, "{name}");
        assert_eq!(verdicts[0].cause.id, expected.cause.id, "{name}");
        assert_eq!(culprit(&verdicts[0]), culprit(&expected), "{name}");
    }
}

#[test]
fn a_forced_crash_is_not_the_tools() {
    let verdict = only(
        "0: kd> !di\nBugcheck: D1 (FFFF9B0800297010, 2, 0, FFFFF802007612D0)\nBugcheck: This is a \
         myfault.sys dump.\n0: kd> !locks\nResource @ 0xffff800012345010    Exclusively owned\n    \
         NumberOfExclusiveWaiters = 1\n     Threads: ffff800000000001-01<*>\n0: kd> !thread \
         ffff800000000001\nTHREAD ffff800000000001  Cid 0004.0008  Teb: 0 Win32Thread: 0 WAIT: \
         (Executive) KernelMode Non-Alertable\n    ffff800000000100  SynchronizationEvent\n # \
         Child-SP          RetAddr               Call Site\n00 ffffe381`00000000 \
         fffff804`00000001     nt!KiSwapContext+0x76\n01 ffffe381`00000100 fffff804`00000002     \
         nt!KeWaitForSingleObject+0x316\n02 ffffe381`00000200 fffff804`00000003     \
         keeper!WaitForServer+0x20\n03 ffffe381`00000300 00000000`00000000     \
         nt!PspSystemThreadStartup+0x57\n",
    );
    assert_eq!(verdict.cause.id, CauseId::LockHeldAcrossWait);
    assert_eq!(culprit(&verdict), Some("keeper.sys"));
}

#[test]
fn what_comes_with_windows_is_never_more_than_possible() {
    let verdict = only(
        "BugCheck D1, {8, 2, 0, fffff80012345678}\nnt!KeBugCheckEx\nnt!KiBugCheckDispatch+0x69\n\
         nt!KiPageFault+0x474\nntfs!NtfsRead+0x10\nnt!KiStartSystemThread+0x34\n",
    );
    assert_eq!(verdict.confidence, Confidence::Possible);
}

#[test]
fn two_crashes_are_two_verdicts() {
    let text = format!(
        "{POWER}\nBugCheck 44, {{fffffa8000897d00, f7a, 0, 0}}\nProbably caused by : \
                        twice.sys ( twice!Complete+3a )\n"
    );
    let verdicts = analyze_log(text.as_bytes()).unwrap();
    let codes: Vec<_> = verdicts
        .iter()
        .map(|verdict| verdict.bugcheck.code)
        .collect();
    assert_eq!(codes, [0x9F, 0x44]);
    assert_eq!(culprit(&verdicts[1]), Some("twice.sys"));
}

#[test]
fn texts_without_data_say_so() {
    let none = analyze_log(b"Dear diary, today it rained.\n").unwrap_err();
    assert_eq!(none, LogError::NotALog);
    let talk = analyze_log(b"A Stop 0x9F hangs in a driver. Run !analyze -v.\n").unwrap_err();
    assert_eq!(
        talk,
        LogError::NoCrashData {
            mentions: vec![0x9F]
        }
    );
}

/// Pieces of logs, complete and cut.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(POWER.lines().map(str::to_owned).collect::<Vec<_>>()),
        prop::sample::select(
            [
                "THREAD ffff800000000001 Cid 4.8 WAIT: (Executive)",
                "    ffff800000000100  Mutant - owning thread ffff800000000001",
                "Resource @ nt!PiEngineLock (0xfffff80003492be0)    Exclusively owned",
                "     Threads: ffff800000000001-01<*> ffffffffffffffff-99",
                "DPC_WATCHDOG_VIOLATION (133)",
                "*** STOP: 0x00000133 (0x1, 0x1E00, 0xfffff80080705330, 0x0)",
                "00 ffffffff`ffffffff ffffffff`ffffffff nt!KxWaitForSpinLockAndAcquire+0xffffffffffffffff",
                "1 thread: ffff800000000001",
                "<Unloaded_x.sys>+0xffffffffffffffff",
                "0: kd> dt nt!_KPRCB ffffffffffffffff Dpc*",
                "   +0x7ea8 DpcWatchdogPeriodTicks : 0n99999999999999999999",
                "Irp is active with 18446744073709551615 stacks 18446744073709551615 is current",
                "start end module name",
                "ffffffff`fffff000 ffffffff`ffffffff last (no symbols)",
                "0: kd> .trap ffffffffffffffff",
                "Windows 10 Kernel Version 99999999999 MP (99999999999 procs) Free x64",
                "System Uptime: 99999999999999999999 days 9:9:9:9:9",
                "Lock A =   97dd800c (d!L+0x0) - Type 'Spinlock'.",
            ]
            .map(str::to_owned)
            .to_vec()
        ),
        "\\PC{0,60}",
        "[0-9a-f` :+!x]{0,80}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_judged_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = analyze_log(&bytes);
    }

    #[test]
    fn any_lines_are_judged_or_refused(pieces in prop::collection::vec(piece(), 0..60)) {
        for verdict in analyze_log(pieces.join("\n").as_bytes()).unwrap_or_default() {
            let _ = crate::report::human(&verdict, false);
            prop_assert!(serde_json::to_string(&verdict).is_ok());
        }
    }

    #[test]
    fn lost_line_breaks_are_judged_or_refused(pieces in prop::collection::vec(piece(), 0..60)) {
        let _ = analyze_log(pieces.concat().as_bytes());
    }
}

/// Eight times the text may take sixteen times as long, not sixty-four.
#[test]
fn time_grows_with_the_text_not_its_square() {
    let unit: Vec<String> = (0..60)
        .map(|index| {
            format!(
                "THREAD ffff8000{index:08x} Cid 4.{index:x} WAIT: (Executive)\n    \
                 ffff8100{index:08x}  Mutant - owning thread ffff8000{:08x}\nResource @ \
                 0xffff8200{index:08x}    Exclusively owned\n     Threads: ffff8000{index:08x}-01<*>\n00 \
                 ffffe381`{index:08x} fffff804`00000001     nt!KeWaitForSingleObject+0x316\n01 \
                 ffffe382`{index:08x} fffff804`00000002     drv{index}!Work+0x10\n\n{}\n",
                index + 1,
                "<".repeat(200)
            )
        })
        .collect();
    let unit = unit.concat();
    let time = |copies: usize| {
        let text = format!("{POWER}{}", unit.repeat(copies));
        let start = Instant::now();
        let _ = analyze_log(text.as_bytes());
        start.elapsed().as_secs_f64()
    };
    let small = time(4).max(0.005);
    let large = time(32);
    assert!(large < small * 24.0, "{small} s, then {large} s");
}

/// The same text, altered as by pasting.
#[test]
fn mangled_outputs_are_survived() {
    let text = include_str!("../../tests/transcripts/leaked-fast-mutex.log");
    for step in [1, 7, 50, 333] {
        let cut: String = text
            .chars()
            .enumerate()
            .filter(|(at, _)| at % (step + 1) != step)
            .map(|(_, c)| c)
            .collect();
        let _ = analyze_log(cut.as_bytes());
    }
    let lines: Vec<String> = text.lines().map(|line| format!("> {line}")).collect();
    let _ = text::crashes::split(&lines);
    let joined = text.replace('\n', " ");
    let _ = analyze_log(joined.as_bytes());
}

#[test]
fn a_leaked_mutex_without_the_function_is_only_likely() {
    let text = include_str!("../../tests/transcripts/leaked-fast-mutex.log");
    let (front, rest) = text.split_once("kd> uf ").expect("the function's code");
    let after = rest.split_once("kd> ").map_or("", |(_, after)| after);
    let verdicts = analyze_log(format!("{front}kd> {after}").as_bytes()).unwrap();
    assert_eq!(verdicts[0].cause.id, CauseId::FastMutexLeaked);
    assert_eq!(verdicts[0].confidence, Confidence::Likely);
    assert_eq!(
        verdicts[0].culprit.as_ref().unwrap().module,
        "leaked-fast-mutex.sys"
    );
}

#[test]
fn a_huge_listing_ends() {
    use std::fmt::Write;
    let mut text = "BugCheck 133, {1, 1e00, 0, 0}\n0: kd> uf drv!Work\ndrv!Work:\n".to_owned();
    let base = 0xffff_f803_ab40_0000u64;
    for step in 0..20_000u64 {
        let at = base + step * 8;
        let (low, high) = (at as u32, at >> 32);
        let _ = writeln!(
            text,
            "{high:08x}`{low:08x} ff15bb100000    call    qword ptr [drv!_imp_KeAcquireSpinLockRaiseToDpc (fffff803`ab402103)]"
        );
        let _ = writeln!(
            text,
            "{high:08x}`{:08x} 74f8            je      drv!Work (fffff803`ab400000)",
            low + 6
        );
    }
    text += "0: kd> k\n";
    for frame in 0..500u64 {
        let ret = base + frame * 8 + 6;
        let _ = writeln!(
            text,
            "{frame:02x} ffff8000`{:08x} {:08x}`{:08x}     drv!Work+0x6",
            frame * 16,
            ret >> 32,
            ret as u32
        );
    }
    let start = std::time::Instant::now();
    assert!(analyze_log(text.as_bytes()).is_ok());
    assert!(start.elapsed().as_secs() < 60);
}
