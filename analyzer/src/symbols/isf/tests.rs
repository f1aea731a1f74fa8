use std::path::Path;

use proptest::prelude::*;
use serde_json::json;

use super::Isf;
use crate::symbols::layout::{FieldKind, LayoutError};

fn isf(text: impl Into<String>) -> Isf {
    Isf::parse(Path::new("test.json"), text.into()).unwrap()
}

fn base(name: &str) -> serde_json::Value {
    json!({"kind": "base", "name": name})
}

/// A small table with every kind of type.
fn table() -> serde_json::Value {
    let inner = json!({"kind": "struct", "name": "_INNER"});
    json!({
        "metadata": {"windows": {"pdb": {
            "GUID": "5278AFF86C341677D7D7835C85B7B844", "age": 1, "database": "ntkrnlmp.pdb"}}},
        "base_types": {
            "unsigned long": {"size": 4, "kind": "int", "signed": false, "endian": "little"},
            "pointer": {"size": 8}, "void": {"size": 0}},
        "enums": {"_COLOUR": {"size": 4, "base": "int", "constants": {"Red": 1}}},
        "user_types": {
            "_OUTER": {"kind": "struct", "size": 80, "fields": {
                "First": {"offset": 0, "type": base("unsigned long")},
                "Colour": {"offset": 4, "type": {"kind": "enum", "name": "_COLOUR"}},
                "Bits": {"offset": 8, "type": {"kind": "bitfield", "bit_position": 3,
                    "bit_length": 7, "type": base("unsigned long")}},
                "Elements": {"offset": 16, "type": {"kind": "array", "count": 4, "subtype": inner}},
                "Next": {"offset": 48, "type": {"kind": "pointer", "subtype": inner}},
                "Opaque": {"offset": 56, "type": {"kind": "pointer", "subtype": base("void")}},
                "Call": {"offset": 64, "type": {"kind": "pointer", "subtype": {"kind": "function"}}},
                "unnamed": {"offset": 72, "anonymous": true,
                    "type": {"kind": "union", "name": "_INNER"}}}},
            "_INNER": {"kind": "union", "size": 8, "fields": {
                "Low": {"offset": 0, "type": base("unsigned long")},
                "High": {"offset": 4, "type": base("unsigned long")}}},
            "_SELF": {"kind": "struct", "size": 8, "fields": {
                "Self": {"offset": u64::MAX, "type": {"kind": "struct", "name": "_SELF"}},
                "Many": {"offset": 0, "type": {"kind": "array", "count": u64::MAX,
                    "subtype": {"kind": "struct", "name": "_SELF"}}}}},
            "_LOOP": {"kind": "struct", "size": 8, "fields": {
                "x": {"offset": 0, "anonymous": true, "type": {"kind": "struct", "name": "_LOOP"}}}},
            "_ODD": {"kind": "struct", "size": 8, "fields": {
                "x": {"offset": 0, "type": {"kind": "quantum"}}}}},
        "symbols": {
            "KeBugCheckEx": {"address": 0x1000},
            "KeNext": {"address": 0x2000, "type": base("void")},
            "Beyond": {"address": u64::MAX}}
    })
}

#[test]
fn types_have_offsets_sizes_and_kinds() {
    let isf = isf(table().to_string());
    let field = |path| isf.field("_OUTER", path).unwrap();
    assert_eq!(isf.size_of("_OUTER"), Ok(80));
    assert_eq!(isf.size_of("_COLOUR"), Ok(4));
    assert_eq!(
        (field("Colour").size, field("Colour").kind),
        (4, FieldKind::Scalar)
    );
    let bits = field("Bits");
    assert_eq!((bits.offset, bits.size, bits.bits), (8, 4, Some((3, 7))));
    let high = field("Elements[2].High");
    assert_eq!((high.offset, high.size), (16 + 2 * 8 + 4, 4));
    assert_eq!(field("Elements").size, 32);
    assert_eq!(field("High").offset, 72 + 4, "through the anonymous union");
    let to = |path| match field(path).kind {
        FieldKind::Pointer { to } => to,
        other => panic!("{path} is {other:?}"),
    };
    assert_eq!(to("Next").as_deref(), Some("_INNER"));
    assert_eq!((to("Opaque"), to("Call")), (None, None));
    assert_eq!(
        isf.id().unwrap().store_key(),
        "5278AFF86C341677D7D7835C85B7B8441"
    );
}

#[test]
fn names_have_addresses_and_addresses_the_nearest_name() {
    let isf = isf(table().to_string());
    assert_eq!(isf.rva("KeBugCheckEx"), Some(0x1000));
    assert_eq!((isf.rva("Beyond"), isf.rva("Ke")), (None, None));
    assert_eq!(isf.locate(0xFFF), None);
    let near = isf.locate(0x1FFF).unwrap();
    assert_eq!(
        (near.function.as_str(), near.start_rva),
        ("KeBugCheckEx", 0x1000)
    );
}

#[test]
fn lies_cost_the_one_type() {
    let isf = isf(table().to_string());
    let error = |type_name, path| isf.field(type_name, path).unwrap_err();
    assert_eq!(error("_NONE", "x"), LayoutError::NoType("_NONE".into()));
    assert_eq!(error("_ODD", "x"), LayoutError::Damaged("_ODD".into()));
    for path in [
        "",
        "No",
        "Elements[4]",
        "Elements[x]",
        "First.x",
        "Next.Low",
    ] {
        assert!(
            matches!(error("_OUTER", path), LayoutError::NoField { .. }),
            "{path}"
        );
    }
    assert!(matches!(error("_LOOP", "y"), LayoutError::NoField { .. }));
    assert_eq!(
        error("_SELF", "Self.Self"),
        LayoutError::Damaged("_SELF".into())
    );
    assert_eq!(
        error("_SELF", "Many[18446744073709551614]"),
        LayoutError::Damaged("_SELF".into())
    );
    assert_eq!(isf.field("_SELF", "Many").unwrap().size, 0);
}

#[test]
fn what_is_no_table_is_refused() {
    let deep = "[".repeat(100_000);
    for text in ["", "{}", "[]", "{\"symbols\":[]}", deep.as_str()] {
        assert!(
            Isf::parse(Path::new("x"), text.to_owned()).is_err(),
            "{text:.20}"
        );
    }
    // Deep nesting inside a type makes only that type unknown.
    let pointers = 100_000;
    let deep = format!(
        r#"{{"base_types":{{}},"enums":{{}},"symbols":{{}},"user_types":{{"A":{{"size":1,"fields":
        {{"f":{{"offset":0,"type":{}{}}}}}}}}}}}"#,
        r#"{"kind":"pointer","subtype":"#.repeat(pointers),
        "1".to_owned() + &"}".repeat(pointers)
    );
    let isf = isf(deep);
    assert_eq!(isf.field("A", "f"), Err(LayoutError::Damaged("A".into())));
}

/// Calls every query.
fn ask(isf: &Isf) {
    for type_name in ["_OUTER", "_INNER", "_SELF", "_LOOP", "_ODD", "_COLOUR"] {
        let _ = isf.size_of(type_name);
        for path in [
            "First",
            "Bits",
            "Elements[3].High",
            "Next",
            "Self.Self",
            "Many[7].Self",
            "x",
        ] {
            let _ = isf.field(type_name, path);
        }
    }
    let _ = isf.rva("KeNext");
    for rva in [0, 0x1234, u32::MAX] {
        let _ = isf.locate(rva);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damaged_text_never_panics(
        damage in prop::collection::vec((any::<prop::sample::Index>(), "[ -~]"), 1..8),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut text = table().to_string();
        for (at, with) in damage {
            let at = at.index(text.len());
            text.replace_range(at..=at, &with);
        }
        if is_cut {
            text.truncate(cut.index(text.len()));
        }
        if let Ok(isf) = Isf::parse(Path::new("x"), text) {
            ask(&isf);
        }
    }

    #[test]
    fn any_numbers_never_panic(offset: u64, size: u64, count: u64, position: u8, length: u8) {
        let mut table = table();
        let fields = &mut table["user_types"]["_OUTER"]["fields"];
        fields["First"]["offset"] = offset.into();
        fields["Elements"]["offset"] = offset.into();
        fields["Elements"]["type"]["count"] = count.into();
        fields["Bits"]["type"]["bit_position"] = position.into();
        fields["Bits"]["type"]["bit_length"] = length.into();
        table["user_types"]["_INNER"]["size"] = size.into();
        table["base_types"]["pointer"]["size"] = size.into();
        ask(&isf(table.to_string()));
    }
}
