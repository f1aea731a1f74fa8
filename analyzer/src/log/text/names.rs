//! Maps the debugger's names to symbols: a module's image, and whether it is the kernel.

use std::collections::HashMap;

use super::symbol::RawSymbol;
use crate::target::Symbol;

/// Names of the kernel in debuggers.
const KERNEL: &[&str] = &[
    "nt", "ntoskrnl", "ntkrnlmp", "ntkrnlpa", "ntkrpamp", "ntkrnlup",
];
/// User-mode modules at the base of most user stacks.
const USER: &[&str] = &[
    "ntdll",
    "kernel32",
    "kernelbase",
    "user32",
    "win32u",
    "gdi32",
    "gdi32full",
    "wow64",
    "wow64win",
    "wow64cpu",
    "combase",
    "rpcrt4",
    "sechost",
    "ucrtbase",
    "msvcrt",
    "advapi32",
    "ole32",
    "shell32",
    "clr",
    "coreclr",
];
/// Kernel modules that are libraries.
const LIBRARIES: &[&str] = &[
    "hal",
    "ci",
    "cdd",
    "pshed",
    "bootvid",
    "kdcom",
    "kdnet",
    "kd",
    "mcupdate_genuineintel",
    "mcupdate_authenticamd",
    "symcrypt",
    "halmacpi",
    "halacpi",
];

/// Whether the module is the kernel.
pub(crate) fn is_kernel(module: &str) -> bool {
    KERNEL.contains(&module.to_lowercase().as_str())
}

/// Whether the module belongs to user mode.
pub(crate) fn is_user(module: &str) -> bool {
    USER.contains(&module.to_lowercase().as_str())
}

/// File name of a module's image: from `lm` and `!analyze`, else by convention.
pub(crate) fn file(module: &str, images: &HashMap<String, String>) -> String {
    let key = module.to_lowercase();
    if is_kernel(module) {
        return "ntoskrnl.exe".to_owned();
    }
    if let Some(image) = images.get(&key) {
        return image.clone();
    }
    match LIBRARIES.contains(&key.as_str()) {
        true => format!("{module}.dll"),
        false => format!("{module}.sys"),
    }
}

/// Converts a symbol to the form that the rules use.
pub(crate) fn symbol(raw: &RawSymbol, images: &HashMap<String, String>) -> Symbol {
    let in_kernel = is_kernel(&raw.module);
    Symbol {
        module: Some(file(&raw.module, images)),
        module_symbol: Some(match in_kernel {
            true => "nt".to_owned(),
            false => raw.module.clone(),
        }),
        in_kernel,
        function: raw.function.clone(),
        offset: Some(raw.offset),
        ..Symbol::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files() {
        let images = HashMap::from([("my_drv".to_owned(), "my-drv.sys".to_owned())]);
        assert_eq!(file("nt", &images), "ntoskrnl.exe");
        assert_eq!(file("NT", &images), "ntoskrnl.exe");
        assert_eq!(file("my_drv", &images), "my-drv.sys");
        assert_eq!(file("other", &images), "other.sys");
        assert_eq!(file("hal", &images), "hal.dll");
    }
}
