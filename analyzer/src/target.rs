//! The crashed system: memory, modules, symbols.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::dump::{Memory, Secondary};
use crate::modules::{Module, Modules, Unloaded};
use crate::symbols::{Definition, LayoutError, LoadedSymbols, Location, SymbolIndex, TypeRef};
use crate::verdict::Trust;

/// Data of a minidump outside its memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Minidump {
    /// Number of the processor that raised the stop.
    pub processor: Option<u32>,
    pub prcb: Option<u64>,
    /// The `_ETHREAD` that it ran.
    pub thread: Option<u64>,
    /// That thread's `_EPROCESS`.
    pub process: Option<u64>,
    /// Range of the saved part of the stack.
    pub stack: Option<(u64, u64)>,
    /// The unloaded drivers.
    pub unloaded: Vec<Unloaded>,
    /// The driver that the crashed kernel named.
    pub broken_driver: Option<String>,
}

/// Memory, modules and symbols of one dump.
pub(crate) struct Target<'d> {
    pub memory: &'d dyn Memory,
    pub modules: Modules,
    pub symbols: SymbolIndex,
    pub minidump: Option<Minidump>,
    /// What was added to the dump when the machine stopped.
    pub secondary: Option<Secondary<'d>>,
    located: RefCell<HashMap<u64, Option<Rc<Location>>>>,
}

/// The symbol of an address.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Symbol {
    /// File name of the image.
    pub module: Option<String>,
    /// The module's name in WinDbg's notation.
    pub module_symbol: Option<String>,
    /// Whether it is the kernel.
    pub in_kernel: bool,
    /// Function, without its module.
    pub function: Option<String>,
    /// Address of the function's first instruction.
    pub function_start: Option<u64>,
    /// Address after its last instruction.
    pub function_end: Option<u64>,
    /// Offset into the function, else into the module.
    pub offset: Option<u64>,
    pub file: Option<String>,
    pub line: Option<u32>,
}

impl Symbol {
    /// `nt!KiPageFault+0x474`, `foo+0x1234`, or the bare address.
    pub(crate) fn text(&self, address: u64) -> String {
        self.name().unwrap_or_else(|| format!("{address:#018x}"))
    }

    /// Like [`Self::text`]; `None` if the address has no module.
    pub(crate) fn name(&self) -> Option<String> {
        let offset = |offset: u64| match offset {
            0 => String::new(),
            offset => format!("+{offset:#x}"),
        };
        match (&self.module_symbol, &self.function, self.offset) {
            (Some(module), Some(function), at) => {
                Some(format!("{module}!{function}{}", offset(at.unwrap_or(0))))
            }
            (Some(module), None, Some(at)) => Some(format!("{module}{}", offset(at))),
            _ => None,
        }
    }

    /// Whether this is the kernel's function `name`.
    pub(crate) fn is_nt(&self, name: &str) -> bool {
        self.in_kernel && self.function.as_deref() == Some(name)
    }
}

/// What an instruction pointer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pc {
    /// The instruction itself: a saved context, or code that a trap interrupted.
    Exact,
    /// The instruction after a call; the call may be the last one of its function.
    Return,
}

impl From<Trust> for Pc {
    fn from(trust: Trust) -> Self {
        match trust {
            Trust::Context | Trust::TrapFrame => Self::Exact,
            _ => Self::Return,
        }
    }
}

impl<'d> Target<'d> {
    pub(crate) fn new(memory: &'d dyn Memory, modules: Modules, symbols: SymbolIndex) -> Self {
        Self {
            memory,
            modules,
            symbols,
            minidump: None,
            secondary: None,
            located: RefCell::default(),
        }
    }

    /// Sets the minidump's data.
    pub(crate) fn with_minidump(mut self, minidump: Minidump) -> Self {
        self.minidump = Some(minidump);
        self
    }

    /// The kernel's symbols.
    pub(crate) fn kernel_symbols(&self) -> Option<&LoadedSymbols> {
        self.modules.kernel()?.symbols(self.memory, &self.symbols)
    }

    /// Address of one of the kernel's globals or functions.
    pub(crate) fn kernel_global(&self, name: &str) -> Option<u64> {
        let rva = self.kernel_symbols()?.rva(name)?;
        self.modules.kernel()?.base.checked_add(rva.into())
    }

    /// The definition of a type in a module's symbols.
    pub(crate) fn define(&self, module: &Module, of: &TypeRef) -> Result<Definition, LayoutError> {
        let symbols = module.symbols(self.memory, &self.symbols);
        symbols.ok_or(LayoutError::NoSymbols)?.define(of)
    }

    /// Names of the types that a module's symbols describe, in no order.
    pub(crate) fn type_names(&self, module: &Module) -> Vec<String> {
        let symbols = module.symbols(self.memory, &self.symbols);
        symbols.map(LoadedSymbols::type_names).unwrap_or_default()
    }

    /// Names of a module's globals and functions with their offsets from its base, in no order:
    /// from its symbols, else its exports.
    pub(crate) fn globals(&self, module: &Module) -> Vec<(String, u32)> {
        match module.symbols(self.memory, &self.symbols) {
            Some(symbols) => symbols.globals(),
            None => (module.exports(self.memory).iter())
                .map(|(&rva, name)| (name.clone(), rva))
                .collect(),
        }
    }

    /// Module, function and line of `address`.
    pub(crate) fn symbol(&self, address: u64, pc: Pc) -> Symbol {
        let probe = match pc {
            Pc::Exact => address,
            Pc::Return => address.wrapping_sub(1),
        };
        let Some(module) = self.modules.find(probe) else {
            return Symbol::default();
        };
        let mut symbol = Symbol {
            module: Some(module.name.clone()),
            module_symbol: Some(module.symbol_name()),
            in_kernel: module.is_kernel,
            offset: Some(address - module.base),
            ..Symbol::default()
        };
        if let Some(location) = self.locate(module, probe) {
            let start = module.base + u64::from(location.start_rva);
            symbol.function = Some(location.function.clone());
            symbol.function_start = Some(start);
            symbol.function_end = location.end_rva.map(|end| module.base + u64::from(end));
            symbol.offset = Some(address - start);
            symbol.file = location.file.clone();
            symbol.line = location.line;
        }
        symbol
    }

    fn locate(&self, module: &Module, address: u64) -> Option<Rc<Location>> {
        if let Some(known) = self.located.borrow().get(&address) {
            return known.clone();
        }
        let location = module
            .rva(address)
            .and_then(|rva| module.locate(self.memory, &self.symbols, rva))
            .map(Rc::new);
        self.located.borrow_mut().insert(address, location.clone());
        location
    }
}
