//! Function and source line of an address, through pdb-addr2line.

use std::fs::File;

use pdb_addr2line::{Context, ContextPdbData, Error, TypeFormatterFlags, pdb};
use self_cell::self_cell;

use super::pdb::Location;

type Data = ContextPdbData<'static, 'static, File>;
type LineContext<'a> = Context<'a, 'static>;

self_cell!(
    struct Cell {
        owner: Data,

        #[not_covariant]
        dependent: LineContext,
    }
);

/// Functions and lines of one PDB.
pub(crate) struct FunctionTable {
    cell: Cell,
}

impl FunctionTable {
    pub(crate) fn open(file: File) -> Result<Self, Error> {
        let data = ContextPdbData::try_from_pdb(pdb::PDB::open(file)?)?;
        let cell = Cell::try_new(data, |data| {
            // Function names only, as in WinDbg.
            data.make_context_with_formatter_flags(
                TypeFormatterFlags::default() | TypeFormatterFlags::NO_ARGUMENTS,
            )
        })?;
        Ok(Self { cell })
    }

    /// All functions, including file-local ones, with their offsets from the image's base.
    pub(crate) fn all(&self) -> Vec<(String, u32)> {
        self.cell.with_dependent(|_, context| {
            let functions = context.functions();
            functions
                .filter_map(|function| Some((function.name?, function.start_rva)))
                .collect()
        })
    }

    /// The function that contains `rva`, with the line of that instruction.
    ///
    /// For inlined code, this is the containing function and the line in it.
    pub(crate) fn locate(&self, rva: u32) -> Option<Location> {
        self.cell.with_dependent(|_, context| {
            let found = context.find_frames(rva).ok()??;
            let frame = found.frames.last()?;
            Some(Location {
                function: frame.function.clone()?,
                start_rva: found.start_rva,
                end_rva: found.end_rva,
                file: frame.file.as_deref().map(str::to_owned),
                line: frame.line.filter(|&line| line != 0),
            })
        })
    }
}
