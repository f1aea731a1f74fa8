//! Views of the synthetic crash: real images and PDBs, synthetic memory.

use std::path::PathBuf;

use proptest::prelude::*;
use tempfile::TempDir;

use super::{InspectError, VIEWS, View, ViewRequest};
use crate::dump::secondary::Guid;
use crate::dump::synthetic_minidumps;
use crate::inspect_all;
use crate::symbols::SymbolPath;
use crate::testing::crash::{CrashSetup, PAGED, crash};
use crate::testing::{VirtualMemory, fixtures};

/// Data of the synthetic crash, and a page of it that nothing uses.
const DATA: u64 = 0xffff_a000_0000_0000;
const SPARE: u64 = DATA + 0x7800;

pub(super) fn views_with(
    change: impl FnOnce(&mut VirtualMemory),
    symbols: &[PathBuf],
    commands: &[&str],
) -> Vec<Result<View, InspectError>> {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("test.dmp");
    let (mut memory, fields) = crash(&CrashSetup::default());
    change(&mut memory);
    memory.write_dump(&path, &fields);
    let requests: Vec<_> = commands
        .iter()
        .map(|command| ViewRequest::parse(command).unwrap())
        .collect();
    let symbols = SymbolPath::from_dirs(symbols.iter().cloned());
    inspect_all(&path, &symbols, &requests).unwrap()
}

/// Views of the synthetic minidump with secondary data.
pub(super) fn minidump_views(blocks: &[(Guid, Vec<u8>)], commands: &[&str]) -> Vec<View> {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("mini.dmp");
    std::fs::write(&path, synthetic_minidumps::with_secondary(blocks)).unwrap();
    let requests: Vec<_> = commands
        .iter()
        .map(|command| ViewRequest::parse(command).unwrap())
        .collect();
    let views = inspect_all(&path, &SymbolPath::default(), &requests).unwrap();
    views.into_iter().map(Result::unwrap).collect()
}

pub(super) fn view(command: &str) -> View {
    let mut views = views_with(|_| {}, &[fixtures()], &[command]);
    views.remove(0).unwrap()
}

pub(super) fn text(command: &str) -> String {
    view(command).to_string()
}

pub(super) fn error(command: &str) -> String {
    let mut views = views_with(|_| {}, &[fixtures()], &[command]);
    views.remove(0).unwrap_err().to_string()
}

#[test]
fn a_stack_has_windbgs_columns() {
    let text = text("kL");
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some(" # Child-SP          RetAddr               Call Site")
    );
    let frames: Vec<_> = lines.collect();
    assert_eq!(frames.len(), 11);
    let first: Vec<_> = frames[0].split_whitespace().collect();
    let second: Vec<_> = frames[1].split_whitespace().collect();
    assert_eq!((first[0], first[3]), ("00", "nt!KeBugCheckEx"));
    assert_eq!(second[3], "nt!KiBugCheckDispatch+0xa");
    assert!(first[2].starts_with("fffff801`"), "{}", frames[0]);
    assert!(frames[10].starts_with("0a ") && frames[10].contains(" 00000000`00000000     nt!"));
    assert_eq!(text.find("Call Site"), Some(frames[0].find("nt!").unwrap()));
}

#[test]
fn arguments_stand_in_the_callers_frame() {
    let text = text("kb 2");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with(" # RetAddr               : Args to Child"));
    let parts: Vec<_> = lines[2].split(" : ").collect();
    assert_eq!(parts[1].split(' ').count(), 4, "{text}");
    assert_eq!(parts[2], "nt!KiBugCheckDispatch+0xa");
}

#[test]
fn processors_and_threads_have_stacks() {
    assert!(text("~1k").contains("nt!KxWaitForSpinLockAndAcquire+0x8"));
    let all = text("~*k");
    assert!(
        all.contains("0: kd> k") && all.contains("1: kd> k"),
        "{all}"
    );
    let waiting = format!("k {:x}", DATA + 0xA000 + 0x800);
    assert!(text(&waiting).contains("nt!KeWaitForSingleObject+0xa"));
    let none = view("k -cpu 7");
    assert!(none.unknown()[0].why.contains("2 processors"));
}

#[test]
fn threads_are_listed_with_their_states() {
    let json = serde_json::to_value(view("threads")).unwrap();
    assert_eq!(json["view"], "threads");
    let states: Vec<_> = json["data"]["threads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|thread| thread["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["Running", "Running", "Waiting"]);
    assert!(text("threads -state waiting").contains("Thread Count: 1"));
    let running = text("running");
    assert!(
        running.contains("System Processors:  (0000000000000003)"),
        "{running}"
    );
    // The synthetic kernel has no wait blocks: the view notes it and shows the rest.
    let thread = text(&format!("!thread {:x}", DATA + 0xA800));
    assert!(
        thread.starts_with("THREAD ffffa0000000a800  Cid 0000.0102"),
        "{thread}"
    );
    assert!(thread.contains("unknown because"), "{thread}");
    assert!(
        thread.contains(": nt!KeWaitForSingleObject+0xa"),
        "{thread}"
    );
}

#[test]
fn any_type_can_be_shown_with_and_without_values() {
    let layout = text("dt nt!_TEST_TYPES");
    assert!(layout.starts_with("nt!_TEST_TYPES\n   +0x000 Plain            : UChar\n"));
    assert!(
        layout.contains("   +0x004 Middle           : Pos 3, 7 Bits\n"),
        "{layout}"
    );
    assert!(
        layout.contains("   +0x038 Pointer          : Ptr64 _TEST_INNER\n"),
        "{layout}"
    );
    let fill = |memory: &mut VirtualMemory| {
        // Plain 'A'; Low 5, Middle 2, High 1; then elements, pointer, enumeration, pointer.
        memory.write_u64(SPARE, 0x0000_0415_0000_0041);
        for slot in 1..7 {
            memory.write_u64(SPARE + 8 * slot, slot);
        }
        memory.write_u64(SPARE + 56, SPARE);
        memory.write_u64(SPARE + 64, 1);
        memory.write_u64(SPARE + 72, 0);
    };
    let command = format!("dt nt!_TEST_TYPES {SPARE:x}");
    let nested = format!("dt _TEST_TYPES.Elements[1].Choice. {SPARE:x}");
    let views = views_with(fill, &[fixtures()], &[&command, &nested]);
    let views: Vec<_> = views
        .into_iter()
        .map(|view| view.unwrap().to_string())
        .collect();
    for line in [
        "   +0x000 Plain            : 0x41 'A'",
        "   +0x004 Low              : 0y101 (5)",
        "   +0x004 Middle           : 0y0000010 (2)",
        "   +0x004 High             : 0y0000000000000000000001 (1)",
        "   +0x008 Elements         : [4] _TEST_INNER",
        "   +0x038 Pointer          : 0xffffa000`00007800 _TEST_INNER",
        "   +0x040 Choice           : 1 ( TestOne )",
        "   +0x048 Unknown          : (null)",
    ] {
        assert!(
            views[0].lines().any(|found| found == line),
            "{line}\n{}",
            views[0]
        );
    }
    let expected = "   +0x014 Elements[1]      : _TEST_INNER
      +0x004 Choice           : <anonymous-tag>
         +0x000 Low              : 3
         +0x000 Word             : 3
";
    assert_eq!(views[1], expected);
    assert_eq!(
        text("dt _TEST_ENUM"),
        "nt!_TEST_ENUM\n   TestZero = 0n0\n   TestOne = 0n1\n"
    );
    assert!(text("dt nt!_TEST*").contains("nt!_TEST_INNER"));
}

#[test]
fn texts_and_lists_are_shown_as_such() {
    let fill = |memory: &mut VirtualMemory| {
        memory.write_u64(SPARE, 0x0006_0004);
        memory.write_u64(SPARE + 8, SPARE + 0x20);
        memory.write_u64(SPARE + 0x20, 0x0069_0068);
    };
    let command = format!("dt _UNICODE_STRING {SPARE:x}");
    let process = format!("dt _EPROCESS {:x} Im* ActiveProcessLinks", DATA + 0x9000);
    let views = views_with(fill, &[fixtures()], &[&command, &process]);
    let views: Vec<_> = views
        .into_iter()
        .map(|view| view.unwrap().to_string())
        .collect();
    assert!(
        views[0].starts_with(" \"hi\"\n   +0x000 Length           : 4\n"),
        "{}",
        views[0]
    );
    assert!(views[1].contains(" : [15]  \"System\"\n"), "{}", views[1]);
    assert!(
        views[1].contains(": _LIST_ENTRY [ 0xfffff801`"),
        "{}",
        views[1]
    );
}

#[test]
fn code_is_disassembled_with_names() {
    let u = text("u nt!KxWaitForSpinLockAndAcquire L2");
    let lines: Vec<_> = u.lines().collect();
    assert_eq!(lines[0], "nt!KxWaitForSpinLockAndAcquire:");
    assert_eq!(lines.len(), 3);
    assert!(lines[1].ends_with(" 53              push    rbx"), "{u}");
    let uf = text("uf bad_driver!HoldAndOpen");
    assert!(
        uf.contains("call    ") && uf.contains("bad_driver!HoldAndOpen"),
        "{uf}"
    );
    let ub = text("ub bad_driver!HoldAndOpen+0x29 L1");
    assert!(ub.lines().last().unwrap().contains("call    "), "{ub}");
    assert!(text("u 1000").contains("00000000`00001000 ??              ???"));
}

#[test]
fn names_are_found_by_address_and_pattern() {
    let ln = text("ln nt!KeBugCheckEx");
    assert!(ln.contains("Exact matches:\n    nt!KeBugCheckEx"), "{ln}");
    let x = text("x nt!Ki*Fault");
    assert!(x.contains(" nt!KiPageFault (<no parameter info>)"), "{x}");
    let lm = text("lm");
    assert!(
        lm.contains("   bad_driver (pdb symbols)          minidrv.pdb"),
        "{lm}"
    );
    assert!(text("lm m mini*").lines().count() < lm.lines().count());
    assert!(text("lmvm bad_driver").contains("Image name: bad-driver.sys"));
    let dps = text("dps nt!KiProcessorBlock L2");
    assert_eq!(dps.lines().count(), 2);
    assert!(dps.contains("ffffa000`0000c000"), "{dps}");
    assert!(text("pte nt!KeBugCheckEx").contains("valid"));
    assert!(text(&format!("pte {PAGED:x}")).contains("PageFile"));
    assert!(text(".bugcheck").starts_with("Bugcheck code 000000D1\nArguments ffffb000`"));
    assert!(text("vertarget").contains("Kernel Version 19041 MP (2 procs) Free x64"));
    assert!(text("dt _KPRCB @$prcb Number").contains("Number"));
    assert!(text("dq poi(nt!KiProcessorBlock) L1").starts_with("ffffa000`0000c000"));
}

#[test]
fn what_makes_no_sense_names_its_neighbours() {
    assert!(error("irp zz!top").contains("there is no module `zz`"));
    assert!(error("ln nt!KeBugChekEx").contains("near: KeBugCheckEx"));
    assert!(error("dt nt!_KTHRED").contains("near: _KTHREAD"));
    assert!(error("irp").contains("Usage: irp ADDR"));
    assert!(error("pcr one").contains("no processor's number"));
    let missing = view("dt nt!_KTHREAD Stat").to_string();
    assert!(missing.contains("no such field (near: State"), "{missing}");
}

/// One command for each view, with addresses of the synthetic crash.
fn one_of_each() -> Vec<String> {
    let at = format!("{:x}", DATA + 0x6040);
    let with_address = |view: &super::ViewInfo| match view.names[0] {
        "dt" => "dt -r2 nt!_KPRCB @$prcb".to_owned(),
        "x" => "x *!*".to_owned(),
        "lmvm" => "lmvm *".to_owned(),
        "devnode" => "devnode 0 1".to_owned(),
        "process" => "process 0 7".to_owned(),
        // Without an address these show everything.
        name @ ("lm" | "locks" | "verifier" | "cxr") => name.to_owned(),
        name if view.usage.contains("ADDR") => format!("{name} {at}"),
        name => name.to_owned(),
    };
    let mut commands: Vec<_> = VIEWS.iter().map(with_address).collect();
    commands.extend(["~*kv", "running -t", "verifier 8", "verifier 80"].map(str::to_owned));
    commands.push(format!("uf {at}"));
    commands.push(format!("db {at}"));
    commands
}

#[test]
fn every_view_says_why_it_shows_nothing() {
    let commands = one_of_each();
    let commands: Vec<_> = commands
        .iter()
        .map(String::as_str)
        .filter(|command| !command.contains("@$prcb"))
        .collect();
    // Without symbols no structure is known; every view still works.
    let views = views_with(|_| {}, &[], &commands);
    for (command, view) in commands.iter().zip(views) {
        let view = view.unwrap_or_else(|error| panic!("{command}: {error}"));
        let structures = ViewRequest::parse(command).unwrap().info.needs_structures;
        let explained = view
            .unknown()
            .iter()
            .any(|unknown| unknown.why.contains("PDB"));
        assert!(explained || !structures, "{command}: {view}");
        assert!(serde_json::to_string(&view).is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Views of a damaged system neither panic nor hang.
    #[test]
    fn damage_is_survived(
        writes in proptest::collection::vec((0u64..0x10_000 / 8, 0usize..8, any::<u64>()), 1..64),
    ) {
        let commands = one_of_each();
        let commands: Vec<_> = commands.iter().map(String::as_str).collect();
        let change = |memory: &mut VirtualMemory| {
            for (slot, kind, random) in writes {
                // Pointers into the crash's own data make cycles.
                let value = match kind {
                    0 => 0,
                    1 => u64::MAX,
                    2 => random,
                    3 => 0xffff_ffff_ffff_fff8,
                    _ => DATA + random % 0x10_000 / 8 * 8,
                };
                memory.write_u64(DATA + 8 * slot, value);
            }
        };
        for view in views_with(change, &[fixtures()], &commands).into_iter().flatten() {
            prop_assert!(!view.to_string().is_empty() || view.unknown().is_empty());
        }
    }
}
