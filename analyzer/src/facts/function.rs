//! The instructions of a function.

use iced_x86::{Decoder, DecoderOptions, Instruction};

use crate::dump::MemoryExt;
use crate::modules::find_function;
use crate::target::{Symbol, Target};

/// Functions longer than this are not read to the end.
const MAX_FUNCTION: u64 = 0x10000;

/// The instructions of a frame's function, from its start to its end.
pub(crate) struct FunctionCode {
    pub instructions: Vec<Instruction>,
}

impl FunctionCode {
    /// Disassembles the function around `address`, within the bounds of `.pdata` or the symbols.
    pub(crate) fn read(target: &Target<'_>, symbol: &Symbol, address: u64) -> Option<Self> {
        let module = target.modules.find(address)?;
        let table = module.image(target.memory).ok()?.exception_directory;
        let entry = find_function(target.memory, module.base, table, module.rva(address)?);
        let (start, end) = match entry.ok().flatten() {
            Some(entry) => {
                let begin = module.base + u64::from(entry.begin);
                let finish = module.base + u64::from(entry.end);
                // A function may have several entries; its symbol has the bounds.
                let start = symbol
                    .function_start
                    .filter(|&start| start < begin && begin - start < MAX_FUNCTION);
                let end = symbol
                    .function_end
                    .filter(|&end| end > finish && end - finish < MAX_FUNCTION);
                (start.unwrap_or(begin), end.unwrap_or(finish))
            }
            // Leaf functions have no entry; little after the address is needed of them.
            None => (symbol.function_start?, address.checked_add(0x40)?),
        };
        let length = end.checked_sub(start)?.min(MAX_FUNCTION) as usize;
        let bytes = target.memory.read_prefix(start, length);
        let decoder = Decoder::with_ip(64, &bytes, start, DecoderOptions::NONE);
        let instructions = decoder
            .into_iter()
            .take_while(|instruction| !instruction.is_invalid())
            .collect();
        Some(Self { instructions })
    }

    /// Index of the first instruction at or after `address`.
    pub(crate) fn position(&self, address: u64) -> usize {
        self.instructions
            .partition_point(|instruction| instruction.ip() < address)
    }
}
