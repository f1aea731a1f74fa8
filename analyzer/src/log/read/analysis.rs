//! The output of `!analyze`: its keys, and the function that it blames.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;
use crate::log::text::symbol::{RawSymbol, stem, symbol};

static KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+):\s*(.*)$").expect("a constant")
});
static CAUSED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:Probably caused by|caused by the following module|Caused By Driver)\s*:\s*([^\s(]+)\s*(?:\(\s*([^)]+?)\s*\))?")
        .expect("a constant")
});
/// The driver that the kernel named at the stop.
static DRIVER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?:KiBugCheckDriver\s*:\s*\S+\s*:?\s*"|^\s*Driver at fault:\s*)([\w.$ -]+?\.\w{3})\b"#,
    )
    .expect("a constant")
});
static BUCKET: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*Key\s*:\s*Failure\.Bucket\s*$").expect("a constant"));
/// A bucket in prose or Markdown.
static WRITTEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\bbucket(?:[ _](?:id|str))?[\s*`|:=]{1,8}((?:x\d\d_)?0x[0-9a-f]{1,8}_[\w.!+-]+)",
    )
    .expect("a constant")
});
static VALUE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*Value\s*:\s*(\S+)").expect("a constant"));
static POWER_BUCKET: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)0x9F_[34]_([\w.-]+?)_IMAGE_").expect("a constant"));
static IN_BUCKET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)bucket.*_IMAGE_([\w-]+\.(?:sys|dll))\b").expect("a constant")
});
/// The faulting instruction, in an exception record or in prose.
static FAULTING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:ExceptionAddress:\s*[0-9a-f`]+\s+\(|faulting[ _]ip:?\s*[`'"]?)([\w.-]+(?:![^\s)`]+)?\+(?:0x)?[0-9a-f]+)"#)
        .expect("a constant")
});
static RULE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"ID of the '(\w+)' rule").expect("a constant"));

/// `!analyze`'s output.
#[derive(Debug, Default)]
pub(crate) struct Analysis {
    pub keys: HashMap<String, String>,
    /// Module and function that it blames.
    pub blamed: Option<RawSymbol>,
    pub image: Option<String>,
    /// Driver Verifier's rule.
    pub rule: Option<String>,
    /// Number of lines of `!analyze`.
    pub lines: usize,
    /// A bucket that stands elsewhere than in the keys.
    pub bucket: Option<String>,
    bucket_follows: bool,
    /// Symbol of the faulting instruction; its line follows the key.
    pub faulting: Option<RawSymbol>,
    faulting_follows: bool,
}

impl Reader for Analysis {
    fn line(&mut self, Line { text, .. }: Line<'_>) {
        if let Some(found) = RULE.captures(text) {
            self.rule.get_or_insert_with(|| found[1].to_owned());
        }
        if std::mem::take(&mut self.faulting_follows) && self.faulting.is_none() {
            self.faulting = loose(text.split('[').next().unwrap_or(text));
        }
        if let Some(found) = FAULTING.captures(text).filter(|_| self.faulting.is_none()) {
            self.faulting = loose(&found[1]);
        }
        if let Some(found) = WRITTEN.captures(text) {
            self.bucket.get_or_insert_with(|| found[1].to_owned());
        }
        if let Some(found) = IN_BUCKET.captures(text) {
            // Buckets end in the image's name.
            self.image.get_or_insert_with(|| found[1].to_owned());
        }
        if self.bucket_follows
            && let Some(found) = VALUE.captures(text)
        {
            self.keep("FAILURE_BUCKET_ID", &found[1]);
            self.bucket_follows = false;
        } else if BUCKET.is_match(text) {
            self.bucket_follows = true;
        } else if let Some(found) = KEY.captures(text) {
            self.keep(&found[1], found[2].trim());
        } else if let Some(found) = DRIVER.captures(text) {
            self.lines += 1;
            self.image.get_or_insert_with(|| found[1].to_owned());
        } else if let Some(found) = CAUSED.captures(text) {
            self.lines += 1;
            self.image.get_or_insert_with(|| found[1].to_owned());
            let named = found.get(2).and_then(|name| loose(name.as_str()));
            let module = || RawSymbol {
                module: stem(&found[1]).to_owned(),
                ..RawSymbol::default()
            };
            self.blamed = self
                .blamed
                .take()
                .or_else(|| named.or_else(|| Some(module())));
        }
    }
}

impl Analysis {
    fn keep(&mut self, key: &str, value: &str) {
        const MAX_KEYS: usize = 4096;
        self.lines += 1;
        match key {
            "SYMBOL_NAME" => self.blamed = self.blamed.take().or_else(|| loose(value)),
            "IMAGE_NAME" if !value.is_empty() => {
                self.image.get_or_insert_with(|| value.to_owned());
            }
            "FAULTING_IP" | "IP_IN_PAGED_CODE" => self.faulting_follows = value.is_empty(),
            _ => {}
        }
        if self.keys.len() < MAX_KEYS && value.len() < 4096 {
            self.keys
                .entry(key.to_owned())
                .or_insert_with(|| value.to_owned());
        }
    }

    /// A key's value as a number.
    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        let value = self.keys.get(key)?;
        hex(value.split([' ', ';']).next()?)
    }

    /// The driver in the middle of a power stop's bucket, `0x9F_3_name_IMAGE_file`.
    pub(crate) fn power_driver(&self) -> Option<&str> {
        let keys = ["FAILURE_BUCKET_ID", "BUCKET_ID", "DEFAULT_BUCKET_ID"];
        let mut buckets = keys
            .iter()
            .filter_map(|key| self.keys.get(*key))
            .chain(&self.bucket);
        buckets.find_map(|text| without_state(POWER_BUCKET.captures(text)?.get(1)?.as_str()))
    }

    /// The module that it blames, if it names one.
    pub(crate) fn module(&self) -> Option<&str> {
        let named = self.keys.get("MODULE_NAME").map(String::as_str);
        let image = || self.image.as_deref().map(stem);
        let faulting = || self.faulting.as_ref().map(|symbol| symbol.module.as_str());
        let blamed = || self.blamed.as_ref().map(|symbol| symbol.module.as_str());
        let bucket = || {
            let keys = ["FAILURE_BUCKET_ID", "BUCKET_ID"].iter();
            keys.filter_map(|key| self.keys.get(*key))
                .chain(&self.bucket)
                .find_map(|bucket| in_bucket(bucket))
        };
        named
            .or_else(blamed)
            .or_else(image)
            .or_else(faulting)
            .or_else(bucket)
            .filter(|name| !name.is_empty() && !name.starts_with("Unknown"))
    }
}

/// The module in `0x7f_8_VRF_gizmo!Work`: what is left of the part before the function without
/// numbers and words in capitals.
fn in_bucket(bucket: &str) -> Option<&str> {
    let (mut rest, _) = bucket.split_once('!')?;
    let code = rest.find("0x")? + 2;
    rest = rest[code..].split_once('_')?.1;
    while let Some((word, after)) = rest.split_once('_') {
        let is_number = word.len() <= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_word = word.bytes().all(|byte| byte.is_ascii_uppercase());
        if !is_number && !is_word {
            break;
        }
        rest = after;
    }
    Some(rest)
}

/// The driver in the middle of a bucket, without the words for what the device was doing; `None` if
/// there are only such words.
fn without_state(middle: &str) -> Option<&str> {
    const STATES: [&str; 3] = ["POWER_DOWN", "POWER_UP", "DEV"];
    let mut name = middle.trim_matches('_');
    loop {
        let shorter = STATES.iter().find_map(|state| {
            let (start, end) = (name.get(..state.len()), name.len().checked_sub(state.len()));
            if start.is_some_and(|start| start.eq_ignore_ascii_case(state)) {
                let rest = &name[state.len()..];
                return (rest.is_empty() || rest.starts_with('_')).then_some(rest);
            }
            let end = end.filter(|&end| {
                name.get(end..)
                    .is_some_and(|end| end.eq_ignore_ascii_case(state))
            })?;
            name[..end].ends_with('_').then(|| &name[..end])
        });
        match shorter {
            Some(shorter) => name = shorter.trim_matches('_'),
            None => return (!name.is_empty()).then_some(name),
        }
    }
}

/// `foo!Bar+1a` or `foo+1a`: `!analyze` leaves the `0x` out.
fn loose(text: &str) -> Option<RawSymbol> {
    let text = text.trim();
    let (name, offset) = match text.rsplit_once('+') {
        Some((name, offset)) => (name, hex(offset)?),
        None => (text, 0),
    };
    match name.split_once('!') {
        Some(_) => symbol(name).map(|(mut found, _)| {
            found.offset = offset;
            found
        }),
        None => {
            (!name.is_empty() && !name.contains(' ') && !name.starts_with("Unknown")).then(|| {
                RawSymbol {
                    module: stem(name).to_owned(),
                    offset,
                    ..RawSymbol::default()
                }
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::read::transcript;

    fn read(lines: &[&str]) -> Analysis {
        transcript(&lines.join("\n")).analysis
    }

    #[test]
    fn names() {
        let analysis = read(&[
            "    Key  : Failure.Bucket",
            "    Value: 0x133_DPC_mydrv!unknown_function",
            "SYMBOL_NAME:  mydrv!Work+3a",
            "MODULE_NAME: mydrv",
            "IMAGE_NAME:  mydrv.sys",
            "CURRENT_IRQL:  9",
        ]);
        let blamed = analysis.blamed.as_ref().unwrap();
        assert_eq!(
            (blamed.function.as_deref(), blamed.offset),
            (Some("Work"), 0x3a)
        );
        assert_eq!(analysis.module(), Some("mydrv"));
        assert_eq!(analysis.number("CURRENT_IRQL"), Some(9));
        assert!(analysis.keys["FAILURE_BUCKET_ID"].starts_with("0x133"));
        let short = read(&[
            "FAULTING_IP: ",
            "gizmo+238b",
            "**Failure Bucket**: `0xc4_62_LEAKED_POOL_IMAGE_gadget.sys`",
        ]);
        assert_eq!(short.faulting.as_ref().unwrap().offset, 0x238b);
        assert_eq!(short.module(), Some("gadget"));
        for (bucket, module) in [
            ("0x7f_8_VRF_eBPFCore!unknown_function", Some("eBPFCore")),
            (
                "X64_0x1E_c0000005_R_nfs41_driver!unlock",
                Some("nfs41_driver"),
            ),
            ("0xD1_RTKWIFI!Read", Some("RTKWIFI")),
        ] {
            let read = read(&[&format!("FAILURE_BUCKET_ID:  {bucket}")]);
            assert_eq!(read.module(), module, "{bucket}");
        }
        let record = read(&["ExceptionAddress: fffff801bd282a85 (gizmo!Fail+0x0000000000000005)"]);
        let faulting = record.faulting.as_ref().unwrap();
        assert_eq!(
            (faulting.function.as_deref(), faulting.offset),
            (Some("Fail"), 5)
        );
        let analysis = read(&["With faulting ip: `gizmo+b174`"]);
        assert_eq!(analysis.faulting.as_ref().unwrap().offset, 0xb174);
        let old = read(&["Probably caused by : mydrv.sys ( mydrv!Complete+3a )"]);
        assert_eq!(old.blamed.unwrap().function.as_deref(), Some("Complete"));
    }

    #[test]
    fn the_driver_of_a_bucket_is_no_power_state() {
        for (middle, driver) in [
            ("tulip", Some("tulip")),
            ("POWER_DOWN", None),
            ("disk_POWER_DOWN", Some("disk")),
            ("POWER_UP_my_disk", Some("my_disk")),
            ("DEV_device", Some("device")),
        ] {
            assert_eq!(without_state(middle), driver, "{middle}");
        }
    }
}
