//! Loaded and unloaded modules: `lm`, `lmvm`, and what `!analyze` names.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;
use crate::log::text::symbol::stem;
use crate::modules::Unloaded;

static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*([0-9a-f`]{8,17})\s+([0-9a-f`]{8,17})\s+([A-Za-z0-9_.$~-]+)(?:\s+(.*))?$")
        .expect("a constant")
});
static IMAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:Image name|Loaded symbol image file|IMAGE_NAME):\s*(\S+)")
        .expect("a constant")
});
const MAX: usize = 100_000;
/// Larger than any image.
const MAX_SIZE: u64 = 1 << 30;

/// A loaded module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RawModule {
    pub name: String,
    pub start: u64,
    pub end: u64,
}

/// Reads modules line by line.
#[derive(Debug, Default)]
pub(crate) struct LoadedModules {
    pub found: Vec<RawModule>,
    pub unloaded: Vec<Unloaded>,
    /// File names of modules, by their names in symbols (lower case).
    pub images: HashMap<String, String>,
    in_unloaded: bool,
}

impl Reader for LoadedModules {
    fn line(&mut self, Line { section, text, .. }: Line<'_>) {
        if text.starts_with("Unloaded modules") {
            self.in_unloaded = true;
            return;
        }
        if text.is_empty() {
            return;
        }
        if let Some(found) = IMAGE.captures(text) {
            let file = found[1]
                .rsplit(['\\', '/'])
                .next()
                .unwrap_or("")
                .trim_end_matches(',');
            if file.contains('.') && file.len() < 256 && !file.starts_with("Unknown") {
                let key = stem(file).to_lowercase().replace(['-', '.', ' '], "_");
                self.images.entry(key).or_insert_with(|| file.to_owned());
            }
            return;
        }
        if section.is_memory_dump() || text.contains(['!', '+', ':']) && !text.contains("symbols)")
        {
            self.in_unloaded &= text.trim_start().contains(": ");
            return;
        }
        let Some(found) = ROW.captures(text) else {
            return;
        };
        let (Some(start), Some(end)) = (hex(&found[1]), hex(&found[2])) else {
            return;
        };
        let plausible = start < end && end - start < MAX_SIZE && start & 0xFFF == 0;
        let name = &found[3];
        if !plausible || name.bytes().all(|byte| byte.is_ascii_hexdigit()) && name.len() >= 8 {
            return;
        }
        if self.in_unloaded {
            if self.unloaded.len() < MAX {
                let name = name.to_owned();
                self.unloaded.push(Unloaded { name, start, end });
            }
        } else if self.found.len() < MAX {
            let name = stem(name).to_owned();
            self.found.push(RawModule { name, start, end });
        }
    }
}

impl LoadedModules {
    /// The module that an address lies in.
    pub(crate) fn at(&self, address: u64) -> Option<&RawModule> {
        self.found
            .iter()
            .find(|module| (module.start..module.end).contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use crate::log::read::transcript;

    #[test]
    fn loaded_and_unloaded() {
        let text = "start             end                 module name\nfffff880`0ae8e000 \
                    fffff880`0aebc000   mydrv   (no symbols)\n    Image name: my-drv.sys\n\nUnloaded \
                    modules:\nfffff880`0b000000 fffff880`0b010000   gone.sys\n";
        let modules = transcript(text).modules;
        assert_eq!(modules.found.len(), 1);
        assert_eq!(modules.at(0xffff_f880_0ae8_f000).unwrap().name, "mydrv");
        assert_eq!(modules.unloaded[0].name, "gone.sys");
        assert_eq!(modules.images["my_drv"], "my-drv.sys");
    }
}
