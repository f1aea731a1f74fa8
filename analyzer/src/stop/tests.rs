use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;

use super::*;
use crate::verdict::CauseId;

fn stop(code: u32, parameters: [u64; 4]) -> Stop {
    BugcheckData { code, parameters }.stop()
}

fn meanings(code: u32, parameters: [u64; 4]) -> [String; 4] {
    describe(&stop(code, parameters))
        .parameters
        .map(|parameter| parameter.meaning.unwrap_or_default())
}

#[test]
fn rows_are_unique_and_complete() {
    let names: BTreeSet<_> = ROWS.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), ROWS.len(), "a name occurs twice");
    for pair in ROWS.windows(2) {
        assert!(pair[0].code < pair[1].code, "{:#x} twice", pair[1].code);
    }
    let symbol = Regex::new("^[A-Z][A-Z0-9_]*$").unwrap();
    for row in ROWS.iter() {
        for name in [Some(row.name), row.variant].into_iter().flatten() {
            assert!(symbol.is_match(name), "{:#x}: {name}", row.code);
        }
        assert!(row.notices.ends_with('.'), "{:#x}", row.code);
        let subtypes: BTreeSet<_> = row.subtypes.iter().map(|one| one.value).collect();
        assert_eq!(subtypes.len(), row.subtypes.len(), "{:#x}", row.code);
    }
}

#[test]
fn texts_that_identify_a_stop_identify_one() {
    for (index, (text, code)) in DESCRIBED.iter().enumerate() {
        assert_eq!(*text, text.to_lowercase(), "{code:#x}");
        assert!(
            DESCRIBED[..index]
                .iter()
                .all(|(other, _)| !other.contains(text) && !text.contains(other)),
            "{text}"
        );
    }
    for (index, one) in RAISERS.iter().enumerate() {
        let clash = |other: &&(&str, u32, Option<u64>)| {
            other.0.starts_with(one.0) || one.0.starts_with(other.0)
        };
        assert_eq!(RAISERS[..index].iter().find(clash), None, "{one:?}");
    }
    assert_eq!(raised_by("PopIrpWatchdogBugcheck"), Some((0x9F, Some(3))));
}

/// The codes that a rule's source matches a stop's code against.
fn codes_of(source: &str) -> Vec<u32> {
    let code = source.split("#[cfg(test)]").next().unwrap_or(source);
    let asked = Regex::new(
        r"(?xs)
        (?: is_stop\( | (?:bugcheck|stop)\.(?:code|family\(\))\s*[!=]=\s* ) 0x([0-9A-Fa-f_]+)
        | matches!\(\s*facts\.bugcheck\.(?:code|family\(\)),([^)]*)\)
        | match\ \(?facts\.bugcheck\.(?:code|family\(\))(.*?)\n\ {8}\}",
    )
    .unwrap();
    let number = Regex::new(r"0x([0-9A-Fa-f_]+)").unwrap();
    let arm = Regex::new(r"(?m)^\s*\(?((?:0x[0-9A-Fa-f_]+\s*\|?\s*)+)").unwrap();
    let parse = |text: &str| u32::from_str_radix(&text.replace('_', ""), 16).unwrap();
    let mut found = Vec::new();
    for one in asked.captures_iter(code) {
        found.extend(one.get(1).map(|text| parse(text.as_str())));
        let list = one.get(2).map_or("", |list| list.as_str());
        found.extend(number.captures_iter(list).map(|code| parse(&code[1])));
        let arms = one.get(3).map_or("", |arms| arms.as_str());
        for arm in arm.captures_iter(arms) {
            found.extend(number.captures_iter(&arm[1]).map(|code| parse(&code[1])));
        }
    }
    found
}

#[test]
fn every_code_that_a_rule_asks_for_has_a_row() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let mut all = BTreeSet::new();
    for file in fs::read_dir(rules).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "rs") {
            all.extend(codes_of(&fs::read_to_string(file).unwrap()));
        }
    }
    for known in [0x9F, 0xC4, 0x7F, 0x141, 0x16E, 0x4000_008A, 0x139] {
        assert!(all.contains(&known), "{known:#x} was not found in {all:x?}");
    }
    for code in all {
        assert!(of(code).is_some(), "{code:#x} has no row");
    }
}

#[test]
fn the_variant_bit_leads_to_the_same_row() {
    for code in [0x7E, 0x7F, 0x8E, 0xD1] {
        assert_eq!(of(code | VARIANT).map(|row| row.code), Some(code));
    }
    assert_eq!(
        name(0x1000_008E),
        Some("KERNEL_MODE_EXCEPTION_NOT_HANDLED_M")
    );
    assert_eq!(name(0x1000_00D1), Some("DRIVER_IRQL_NOT_LESS_OR_EQUAL"));
    // Here the bit is part of the code.
    assert_eq!(of(0xDEAD_DEAD).map(|row| row.code), Some(0xDEAD_DEAD));
    assert_eq!(name(0xDEAD), None);
    let context = [0xC000_0005, 1, 2, 3];
    for code in [0x7E, 0x1000_007E] {
        assert_eq!(stop(code, context).by_role(Role::ContextRecord), Some(3));
    }
    assert!(stop(0x1000_008E, context).is_exception());
}

#[test]
fn facts_of_every_forced_stop_are_gathered() {
    let forced: Vec<_> = ROWS
        .iter()
        .map(|row| row.code)
        .filter(|&code| stop(code, [0; 4]).is_forced())
        .collect();
    for code in [0x80, 0xE2, 0xEF, 0x161, 0x1C8, 0x1CC, 0xDEAD_DEAD] {
        assert!(forced.contains(&code), "{code:#x}");
    }
    for code in forced {
        assert!(stop(code, [0; 4]).is_about_waits(), "{code:#x}");
    }
    assert!(stop(0x9F, [4, 0, 0, 0]).is_about_waits());
    assert!(!stop(0xD1, [0; 4]).is_about_waits());
}

#[test]
fn a_subtype_says_what_the_other_parameters_are() {
    let blocked = stop(0x9F, [3, 10, 20, 30]);
    assert_eq!(blocked.by_role(Role::Irp), Some(30));
    assert_eq!(blocked.violator(), None);
    assert_eq!(blocked.implies(), Some(CauseId::PowerIrpNeverCompleted));
    let pnp = stop(0x9F, [4, 10, 20, 30]);
    assert_eq!(pnp.by_role(Role::Thread), Some(20));
    assert_eq!(pnp.by_role(Role::Irp), None);
    assert_eq!(stop(0xC9, [5, 10, 0, 0]).violator(), Some(1));
}

#[test]
fn accesses_are_decoded_as_each_stop_encodes_them() {
    for (code, value, access) in [
        (0x0A, 8, Access::Execute),
        (0x0A, 1, Access::Write),
        (0xD1, 2, Access::Execute),
        (0x50, 2, Access::Write),
        (0x50, 0x10, Access::Execute),
        (0xCC, 0, Access::Read),
        (0xD1, 7, Access::Other(7)),
    ] {
        let stop = match code {
            0x0A | 0xD1 => stop(code, [0, 2, value, 4]),
            _ => stop(code, [0, value, 4, 0]),
        };
        assert!(stop.is_access());
        assert_eq!(stop.access(), Some(access), "{code:#x} {value}");
        assert_eq!(stop.by_role(Role::Instruction), Some(4));
    }
}

#[test]
fn parameters_are_described_by_their_roles() {
    let at = 0xffff_f801_4d54_c7ae;
    assert_eq!(
        meanings(0xD1, [0xffff_e70b_afea_2af0, 2, 0, at]),
        [
            "address referenced",
            "IRQL: 2 (DISPATCH_LEVEL)",
            "access: read",
            "instruction that referenced it"
        ]
    );
    assert_eq!(
        meanings(0x133, [0, 0x501, 0x500, 0]),
        [
            "a single DPC or ISR exceeded its time",
            "1281 ticks used",
            "1280 ticks allowed",
            ""
        ]
    );
    assert_eq!(meanings(0x133, [7, 1, 2, 3])[0], "kind of violation");
    assert_eq!(
        meanings(0x9F, [4, 300, 1, 1])[1..3],
        ["timeout: 300 seconds", "thread that holds the PnP lock"]
    );
    assert_eq!(
        meanings(0x139, [3, 0, 0, 0])[0],
        "kind of violation: a LIST_ENTRY is corrupt"
    );
    assert_eq!(
        meanings(0x139, [0x2A, 0, 0, 0])[0],
        "kind of violation: 0x2a"
    );
    assert_eq!(
        meanings(0x19, [0x20, 0, 0, 0])[0],
        "kind of violation: the pool block header's size is corrupt"
    );
    assert_eq!(meanings(0x19, [0x99, 0, 0, 0])[0], "kind of violation");
    assert_eq!(
        meanings(0x50, [1, 0, 2, 2])[3],
        "kind of fault: no page is mapped there"
    );
    assert_eq!(
        meanings(0x101, [24, 0, 1, 3]),
        [
            "24 clock ticks without an answer",
            "",
            "_KPRCB of the processor that hangs",
            "processor that hangs: 3"
        ]
    );
    assert_eq!(
        meanings(0xC9, [0x302, 1, 2, 2])[3],
        "IRQL: 2 (DISPATCH_LEVEL)"
    );
    assert_eq!(meanings(0xBAD0, [1; 4]), ["", "", "", ""]);
}
