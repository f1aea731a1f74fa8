use super::Outputs;
use crate::log::analyze_log;
use crate::log::assemble::crashes::split;
use crate::log::read::Transcript;
use crate::verdict::{CauseId, Confidence};

fn read(text: &str) -> Transcript {
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    Transcript::read(&lines, 0)
}

fn outputs(text: &str) -> Outputs {
    read(text).outputs
}

#[test]
fn a_listing_is_decoded_with_the_names_of_what_it_calls() {
    let code = outputs(
        "0: kd> uf drv!Work\ndrv!Work [c:\\drv\\work.c @ 10]:\n   10 fffff803`ab401040 56              push    rsi\n\
         fffff803`ab401041 488b35bb100000  mov     rsi,qword ptr [drv!_imp_KeAcquireSpinLockRaiseToDpc (fffff803`ab402103)]\n\
         fffff803`ab401048 ffd6            call    rsi\nfffff803`ab40104a 7501            jne     drv!Work+0xd (fffff803`ab40104d)\n\n\
         drv!Work+0xc:\nfffff803`ab40104c c3              ret\n\ndrv!Work+0xd:\nfffff803`ab40104d e8aeef0000      call    drv!Other (fffff803`ab410000)\n\
         fffff803`ab401052 c3              ret\n0: kd> u drv!Work+0x8\ndrv!Work+0x8:\nfffff803`ab401048 ffd6            call    rsi\n",
    )
    .code
    .found;
    // What begins inside of a function is no function.
    assert_eq!(code.len(), 1, "{code:#?}");
    assert_eq!(code[0].start, 0xffff_f803_ab40_1040);
    let called: Vec<_> = code[0]
        .called()
        .into_iter()
        .flatten()
        .filter_map(|symbol| symbol.function)
        .collect();
    assert_eq!(called, ["KeAcquireSpinLockRaiseToDpc", "Other"]);
    assert_eq!(code[0].instructions().len(), 7);
}

#[test]
fn bytes_that_are_no_instruction_are_left_out() {
    let code = outputs("drv!Work:\nfffff803`ab401040 ba              mov     edx,1\n").code;
    assert!(code.found.iter().all(|one| one.instructions().is_empty()));
}

#[test]
fn verifiers_logs() {
    let text = "0: kd> !verifier 0x80 ffff800012345010\nParsing 0x00010000 log entries, searching for address 0xffff800012345010.\n\
                ======\nPool block ffff800012345010, Size 0000000000000020, Thread ffff800012340080\n\
                fffff80001927cc6 nt!VfFreePoolNotification+0x4a\nfffff80001927cc8 nt!ExFreePoolWithTag+0x4a\nfffff88001927cc6 drv!Close+0x19\n\
                0: kd> !verifier 8\nThread:             ffff800012340080\nOld irql:           00000000\nNew irql:           00000002\nProcessor:          00000001\n\n\
                fffff80001927cc6 nt!VerifierKeAcquireSpinLockRaiseToDpc+0x4a\nfffff88001927cc6 drv!Work+0x19\n0: kd> k\n";
    let transcript = read(text);
    let logs = &transcript.outputs.verifier;
    assert_eq!((logs.pool[0].size, logs.pool[0].trace.len()), (0x20, 3));
    assert_eq!((logs.irql[0].old, logs.irql[0].new), (0, 2));
    assert_eq!(logs.irql[0].trace.len(), 2);
    // They are stacks of earlier moments.
    let stacks = &transcript.stacks.found;
    let record = super::stacks::Origin::Record;
    assert!(
        stacks.iter().all(|stack| stack.origin == record),
        "{stacks:#?}"
    );
}

#[test]
fn a_pool_log_without_a_prompt_is_no_stack_of_the_stop() {
    let transcript = read(
        "Pool block ffff800012345010, Size 0000000000000020, Thread ffff800012340080\n\
         fffff80001927cc6 nt!VfFreePoolNotification+0x4a\nfffff88001927cc6 drv!Close+0x19\n",
    );
    let record = super::stacks::Origin::Record;
    let stacks = &transcript.stacks.found;
    assert!(
        stacks.iter().all(|stack| stack.origin == record),
        "{stacks:#?}"
    );
}

#[test]
fn device_extensions_and_dispatch_routines() {
    let devices = outputs(
        "0: kd> !devobj ffff800012346000\nDevice object (ffff800012346000) is for:\n 00000003 \\Driver\\my-drv DriverObject ffff800012341940\n\
         Current Irp 00000000 RefCount 0 Type 00000022 Flags 00001040\nDevExt ffff800012346150 DevObjExt ffff800012346200 DevNode ffff800012347000\n\
         0: kd> !drvobj ffff800012341940 2\nDriver object (ffff800012341940) is for:\n \\Driver\\my-drv\n\nDispatch routines:\n\
         [16] IRP_MJ_POWER                      fffff801`123b1050\tmy_drv!Power\n",
    )
    .devices;
    assert_eq!(
        devices.extension_of(0xffff_8000_1234_61ff).unwrap().driver,
        "my-drv"
    );
    assert_eq!(devices.extension_of(0xffff_8000_1234_6200), None);
    assert_eq!(devices.object_of("MY-DRV"), Some(0xffff_8000_1234_1940));
    let power = devices.dispatch("my-drv", 0x16).unwrap();
    assert_eq!(power.symbol.function.as_deref(), Some("Power"));
}

#[test]
fn processes_name_the_threads_below_them() {
    let transcript = read(
        "0: kd> !process 0 7\nPROCESS ffff800012340040\n    SessionId: none  Cid: 0004    Peb: 00000000\n    Image: System\n\n        \
         THREAD ffff800012341080  Cid 0004.0008  Teb: 0 WAIT: (WrQueue) KernelMode Non-Alertable\n\nPROCESS ffff800012350040\n    \
         Image: app.exe\n\n        THREAD ffff800012351080  Cid 0010.0018  Teb: 0 WAIT: (UserRequest) UserMode Non-Alertable\n\
         0: kd> !running\n  0    fffff803a5439180  ffff800012352080 ( 8)          ffff800012352040  ....\n",
    );
    let process = |at| transcript.threads.get(at).unwrap().process.as_deref();
    assert_eq!(process(0xffff_8000_1234_1080), Some("System"));
    assert_eq!(process(0xffff_8000_1235_1080), Some("app.exe"));
    assert_eq!(process(0xffff_8000_1235_2080), None);
}

#[test]
fn control_regions_tell_what_runs() {
    let transcript = read(
        "0: kd> !pcr 1\nKPCR for Processor 1 at ffff800012349000:\n    Major 1 Minor 1\n            CurrentThread: ffff800012351080\n\
               NextThread: 0000000000000000\n               IdleThread: ffff800012342040\n\n        DebuggerSavedIRQL: 2\n",
    );
    let thread = transcript.threads.get(0xffff_8000_1235_1080).unwrap();
    assert!(thread.is_running() && thread.processor == Some(1));
    assert_eq!(transcript.machine.irql, Some(2));
}

#[test]
fn dpcs_and_the_watchdog() {
    let dpcs = outputs(
        "1: kd> !dpcwatchdog\nAll durations are in seconds (1 System tick = 15.600000 milliseconds)\n\nCPU#1\n----\nCurrent DPC: drv!Dpc (Normal)\n\
         DpcTimeCount: 1281 of 1280 ticks (20.016 of 20.000 s)\nDpcWatchdogCount: 1280 of 7680 ticks (20.000 of 120.000 s)\n\nPending DPCs:\n\
         CPU Type      KDPC       Function\n 1: Normal  : 0xffff80001234d340 0xfffff80312345678 drv!Other\n\
         1: kd> !dpcs\nCPU Type      KDPC       Function\n 1: Normal  : 0xffff80001234d340 0xfffff80312345678 drv!Other\n",
    )
    .dpcs;
    assert_eq!(dpcs.queued.len(), 1);
    assert_eq!(dpcs.queued[0].routine, 0xffff_f803_1234_5678);
    let watchdog = &dpcs.watchdogs[0];
    assert_eq!((watchdog.processor, watchdog.active), (1, Some(true)));
    assert_eq!(watchdog.dpc_ticks, Some((1281, 1280)));
}

#[test]
fn a_search_finds_the_irp_of_the_stop() {
    let transcript = read(
        "0: kd> !irpfind\nIrp            [ Thread ]         irpStack: (Mj,Mn)   DevObj          [Driver]         MDL Process\n\
         ffff800012345010 [ffff800012340080] irpStack: (16, 2)  ffff800012346000 [ \\Driver\\my-drv]\n\
         ffff800012345810 [ffff800012340080] Irp is complete (CurrentLocation 4 > StackCount 3)\n\
         0: kd> !fileobj ffff800012349890\n\nDevice Object: 0xffff800012348000   \\Driver\\volmgr\nVpb: 0xffff800012347000\n",
    );
    let irp = &transcript.irps.found[0];
    assert_eq!(irp.locations[0].driver.as_deref(), Some("my-drv"));
    assert_eq!(transcript.irps.found.len(), 1);
    assert_eq!(transcript.irps.drivers[&0xffff_8000_1234_8000], "volmgr");
}

#[test]
fn names_in_memory() {
    let text = "0: kd> db ffff800012345010 L40\nffff8000`12345010  6d 00 79 00 2d 00 64 00-72 00 76 00 2e 00 73 00  m.y.-.d.r.v...s.\n\
                ffff8000`12345020  79 00 73 00 00 00 00 00-00 00 00 00 00 00 00 00  y.s.............\n\
                0: kd> du ffff800012346010\nffff8000`12346010  \"other.sys\"\n\
                0: kd> dS ffff800012347010\nffff8000`12348020  \"third.sys\"\n";
    let memory = outputs(text).memory;
    assert_eq!(
        memory.at(0xffff_8000_1234_5010).as_deref(),
        Some("my-drv.sys")
    );
    assert_eq!(
        memory.at(0xffff_8000_1234_6010).as_deref(),
        Some("other.sys")
    );
    // Of a structure, by the address of that.
    assert_eq!(
        memory.at(0xffff_8000_1234_7010).as_deref(),
        Some("third.sys")
    );
    assert_eq!(memory.at(0xffff_8000_1234_5020), None);
}

#[test]
fn the_hardwares_record() {
    let says = outputs(
        "3: kd> !errrec fffffa8007cf4030\n===\nCommon Platform Error Record @ fffffa8007cf4030\n---\nSeverity      : Fatal (1)\nLength        : 928\n\
         Section 0     : Processor Generic\nSection 1     : {390f56d5-ca86-4649-95c4-73a408ae5834}\nError Type    : Cache error\n\
         Error         : DCACHEL1_EVICT_ERR (Proc 2 Bank 1)\n",
    )
    .hardware
    .says;
    assert_eq!(
        says,
        [
            "Severity: Fatal (1)",
            "section Processor Generic",
            "Error Type: Cache error",
            "Error: DCACHEL1_EVICT_ERR (Proc 2 Bank 1)"
        ]
    );
}

#[test]
fn parameters_belong_to_their_frame() {
    let transcript = read(
        "0: kd> kP\n # Child-SP          RetAddr               Call Site\n\
         00 ffff8000`00000010 fffff800`00000001     nt!KeBugCheckEx\n\
         01 ffff8000`00000050 fffff800`00000002     drv!Read(\n\t\t\tstruct _DEVICE_OBJECT * DeviceObject = 0xffff8000`12346000,\n\
         \t\t\tstruct _IRP * Irp = 0xffff8000`12345010)+0x3a [c:\\drv\\read.c @ 12]\n\
         02 ffff8000`00000090 fffff800`00000003     drv!Top(struct _IRP * Irp = 0xffff8000`12345010)+0x4a [c:\\drv\\top.c @ 5]\n\
         03 ffff8000`000000d0 00000000`00000000     nt!KiStartSystemThread+0x28\n",
    );
    let stack = &transcript.stacks.found[0];
    assert_eq!(stack.frames.len(), 4, "{stack:#?}");
    let read = &stack.frames[1];
    assert_eq!(read.symbol.as_ref().unwrap().offset, 0x3a);
    assert_eq!(
        read.arguments,
        [0xffff_8000_1234_6000, 0xffff_8000_1234_5010]
    );
    assert_eq!(read.source, Some(("c:\\drv\\read.c".to_owned(), 12)));
    assert_eq!(stack.frames[2].symbol.as_ref().unwrap().offset, 0x4a);
    assert_eq!(stack.frames[2].arguments, [0xffff_8000_1234_5010]);
}

#[test]
fn timers_are_no_stack() {
    let transcript = read(
        "0: kd> !timer\nList Timer             Interrupt Low/High     Fire Time                  DPC/thread\n\
          0 ffff800012345010 1234abcd 00000000 [ 1/ 1/2025 00:00:10.000]  drv!TimerDpc\n\
          1 ffff800012345110 1234abcd 00000000 [ 1/ 1/2025 00:00:10.000]  drv!TimerDpc\n",
    );
    assert!(transcript.stacks.found.is_empty());
}

/// The same text with what pasting does to it.
#[test]
fn mangled_outputs_are_survived() {
    let text = include_str!("../../../tests/transcripts/leaked-fast-mutex.log");
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
    let _ = split(&lines);
    let joined = text.replace('\n', " ");
    let _ = analyze_log(joined.as_bytes());
}

#[test]
fn a_leaked_mutex_without_the_function_is_only_likely() {
    let text = include_str!("../../../tests/transcripts/leaked-fast-mutex.log");
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
