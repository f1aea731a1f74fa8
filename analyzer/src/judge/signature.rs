//! The bug's identity, and the bucket name that `!analyze` would probably give.

use crate::stop::{self, Class};
use crate::verdict::{Bugcheck, CauseId, Culprit};

/// The first parameter, where it is a subtype and therefore part of the bug's identity. A code with
/// the variant bit is a separate bug, without a subtype so far.
fn subtype(bugcheck: &Bugcheck) -> Option<u64> {
    let row = stop::of(bugcheck.code).filter(|row| row.code == bugcheck.code)?;
    let first = bugcheck.parameters[0].value?;
    row.identified_by_subtype.then_some(first.0)
}

/// Whether `!analyze` writes `AV_`: for access violations, also at raised IRQL.
fn is_violation(code: u32) -> bool {
    stop::of(code).is_some_and(|row| {
        row.code == code && row.class == Class::Fault && row.implies == Some(CauseId::InvalidAccess)
    })
}

/// `D1|spinlock-held-across-passive-call|foo.sys!Bar|holder (inferred)`.
///
/// Nothing in it depends on addresses, offsets, lines or time stamps, so it survives rebuilding
/// and reloading the driver.
pub(crate) fn signature(bugcheck: &Bugcheck, cause: CauseId, culprit: Option<&Culprit>) -> String {
    let mut code = format!("{:X}", bugcheck.code);
    if let Some(subtype) = subtype(bugcheck) {
        code.push_str(&format!("_{subtype:X}"));
    }
    match culprit {
        Some(culprit) => format!(
            "{code}|{cause}|{}!{}|{}",
            culprit.module.to_lowercase(),
            culprit.function.as_deref().unwrap_or("?"),
            culprit.role.as_str()
        ),
        None => format!("{code}|{cause}|?"),
    }
}

/// 16 hexadecimal digits: FNV-1a over the signature, chosen because it needs no dependency and
/// never changes.
pub(crate) fn signature_hash(signature: &str) -> String {
    let hash = signature
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    format!("{hash:016x}")
}

/// What `!analyze` would probably write as FAILURE_BUCKET_ID.
///
/// `module` and `function` are those of the frame that a bucket blames (the first frame outside
/// the kernel on the crash stack), which often is the victim.
pub(crate) fn bucket(bugcheck: &Bugcheck, module: &str, function: Option<&str>) -> String {
    let prefix = match (bugcheck.code, subtype(bugcheck)) {
        (code, _) if is_violation(code) => "AV".to_owned(),
        (code, Some(subtype)) => format!("0x{code:X}_{subtype:X}"),
        (code, None) => format!("0x{code:X}"),
    };
    let stem = module
        .rsplit_once('.')
        .map_or(module, |(stem, _extension)| stem);
    format!("{prefix}_{stem}!{}", function.unwrap_or("unknown_function"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{BugcheckParameter, CulpritRole};

    fn bugcheck(code: u32, p1: u64) -> Bugcheck {
        let mut parameters: [BugcheckParameter; 4] = Default::default();
        parameters[0].value = Some(p1.into());
        Bugcheck {
            code,
            code_hex: format!("0x{code:X}"),
            name: None,
            parameters,
        }
    }

    #[test]
    fn signature_names_subtype_only_where_it_is_one() {
        assert_eq!(
            signature(&bugcheck(0xD1, 0x1234), CauseId::Inconclusive, None),
            "D1|inconclusive|?"
        );
        assert_eq!(
            signature(&bugcheck(0x9F, 3), CauseId::PowerIrpNeverCompleted, None),
            "9F_3|power-irp-never-completed|?"
        );
        let mut unknown = bugcheck(0x9F, 3);
        unknown.parameters[0].value = None;
        assert_eq!(
            signature(&unknown, CauseId::Inconclusive, None),
            "9F|inconclusive|?"
        );
        assert_eq!(bucket(&unknown, "a.sys", Some("F")), "0x9F_a!F");
    }

    #[test]
    fn signature_ignores_offsets_lines_and_case() {
        let mut culprit = Culprit {
            module: "Foo.sys".into(),
            function: Some("Bar".into()),
            offset: Some(1),
            address: Some(2.into()),
            source_file: Some("x.c".into()),
            source_line: Some(3),
            role: CulpritRole::HolderInferred,
        };
        let first = signature(&bugcheck(0xD1, 7), CauseId::IrqlLeaked, Some(&culprit));
        assert_eq!(first, "D1|irql-leaked|foo.sys!Bar|holder (inferred)");
        culprit.module = "FOO.SYS".into();
        culprit.offset = Some(99);
        culprit.source_line = None;
        let second = signature(&bugcheck(0xD1, 8), CauseId::IrqlLeaked, Some(&culprit));
        assert_eq!(first, second);
        assert_eq!(signature_hash(&first).len(), 16);
    }

    #[test]
    fn bucket_resembles_analyze() {
        assert_eq!(
            bucket(&bugcheck(0xD1, 0), "myfault.sys", None),
            "AV_myfault!unknown_function"
        );
        assert_eq!(bucket(&bugcheck(0x9F, 3), "a.sys", Some("F")), "0x9F_3_a!F");
    }
}
