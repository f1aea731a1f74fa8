//! Images of the fixtures, loaded as a kernel loads them.

use object::LittleEndian as LE;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile64};

use super::fixtures;
use super::memory::VirtualMemory;
use crate::symbols::Pdb;

/// An image at its load address, with its PDB.
pub(crate) struct LoadedImage {
    pub base: u64,
    pub size: u32,
    pub name: String,
    pub pdb: Pdb,
}

impl LoadedImage {
    /// Loads `file` at `base` under the name `name`, its imports bound to `kernel`.
    pub(crate) fn load(
        memory: &mut VirtualMemory,
        file: &str,
        pdb: &str,
        base: u64,
        name: &str,
        kernel: Option<&LoadedImage>,
    ) -> Self {
        let bytes = std::fs::read(fixtures().join(file)).unwrap();
        let pe = PeFile64::parse(&*bytes).unwrap();
        let optional = pe.nt_headers().optional_header();
        let headers = optional.size_of_headers() as usize;
        memory.write(base, &bytes[..headers]);
        for section in pe.section_table().iter() {
            let data = section.pe_data(&*bytes).unwrap();
            let size = section.virtual_size.get(LE) as usize;
            let mut content = data[..data.len().min(size)].to_vec();
            content.resize(size, 0);
            memory.write(base + u64::from(section.virtual_address.get(LE)), &content);
        }
        if let Some(kernel) = kernel {
            bind_imports(memory, &pe, base, kernel);
        }
        Self {
            base,
            size: optional.size_of_image(),
            name: name.to_owned(),
            pdb: Pdb::new(fixtures().join(pdb)),
        }
    }

    /// Address of a function or global.
    pub(crate) fn address(&self, name: &str) -> u64 {
        let rva = self.pdb.rva(name);
        let rva = rva.unwrap_or_else(|| panic!("{} has no {name}", self.name));
        self.base + u64::from(rva)
    }

    /// Offset of a field.
    pub(super) fn offset(&self, type_name: &str, path: &str) -> u64 {
        self.pdb.field(type_name, path).unwrap().offset
    }
}

fn bind_imports(memory: &mut VirtualMemory, pe: &PeFile64<'_>, base: u64, kernel: &LoadedImage) {
    let Some(imports) = pe.import_table().unwrap() else {
        return;
    };
    let mut descriptors = imports.descriptors().unwrap();
    while let Some(descriptor) = descriptors.next().unwrap() {
        let first = descriptor.original_first_thunk.get(LE);
        let mut thunks = imports.thunks(first).unwrap();
        let mut slot = base + u64::from(descriptor.first_thunk.get(LE));
        while let Some(thunk) = thunks.next::<object::pe::ImageNtHeaders64>().unwrap() {
            let (_hint, name) = imports.hint_name(thunk.0.get(LE) as u32).unwrap();
            memory.write_u64(slot, kernel.address(&String::from_utf8_lossy(name)));
            slot += 8;
        }
    }
}
