//! The real symbol table.

use analyzer::{FieldKind, SymbolTable};

use super::case::{Case, Data};

/// Volatility's table of ntkrnlmp, build 19041.804.
const TABLE: &str = "real/5278AFF86C341677D7D7835C85B7B844-1.json.xz";

pub fn cases() -> Vec<Case> {
    let case = |name: &str, run| Case::new(name, &[TABLE], run);
    vec![
        case("symbols::types_are_those_of_the_build", types),
        case("symbols::names_and_addresses", names),
        case("symbols::cached_answers_are_the_same", cache),
    ]
}

fn table(data: &Data) -> SymbolTable {
    SymbolTable::open(&data.path(TABLE), None).unwrap()
}

/// As the dumps of this build show.
fn types(data: &Data) {
    let table = table(data);
    let sizes = [
        ("_KPRCB", 0xaf00),
        ("_EPROCESS", 0xa40),
        ("_ETHREAD", 0x898),
    ];
    for (name, size) in sizes {
        assert_eq!(table.size_of(name), Ok(size), "{name}");
    }
    let field = |type_name, path| table.field(type_name, path).unwrap();
    // `Tail.Overlay` and its parts are unions without names.
    let current = field("_IRP", "Tail.Overlay.CurrentStackLocation");
    assert_eq!((current.offset, current.size), (0xb8, 8));
    let pointee = Some("_IO_STACK_LOCATION".to_owned());
    assert_eq!(current.kind, FieldKind::Pointer { to: pointee });
    assert_eq!(
        field("_IO_STACK_LOCATION", "Parameters.Power.State").size,
        4
    );
    assert_eq!(field("_KTHREAD", "KernelApcDisable").bits, None);
    assert_eq!(
        field("_MMPTE_HARDWARE", "PageFrameNumber").bits,
        Some((12, 36))
    );
    assert_eq!(field("_KPRCB", "DpcData[1].DpcCount").size, 4);
}

/// The offsets match the header and the debugger data block of the build's dump.
fn names(data: &Data) {
    let table = table(data);
    let known = [
        ("KdDebuggerDataBlock", 0xc00b20),
        ("PsLoadedModuleList", 0xc2a390),
        ("PsActiveProcessHead", 0xc1e200),
        ("KeBugCheckEx", 0x3f5a80),
        ("PspCidTable", 0xcfc5c8),
        ("MmPfnDatabase", 0xcfc500),
        ("KiProcessorBlock", 0xcfdc80),
    ];
    for (name, rva) in known {
        assert_eq!(table.rva(name), Some(rva), "{name}");
        let location = table.locate(rva + 1).unwrap();
        assert_eq!(
            (location.function.as_str(), location.start_rva),
            (name, rva)
        );
    }
}

/// Compressed, then from the cache.
fn cache(data: &Data) {
    let folder = tempfile::tempdir().unwrap();
    let answers = || {
        let table = SymbolTable::open(&data.path(TABLE), Some(folder.path())).unwrap();
        let field = table.field("_KPRCB", "DpcData[1].DpcCount").unwrap();
        (table.rva("KeBugCheckEx"), field.offset, field.size)
    };
    let first = answers();
    let cached = || std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(cached(), 1, "nothing was cached");
    assert_eq!(answers(), first);
    assert_eq!(cached(), 1);
}
