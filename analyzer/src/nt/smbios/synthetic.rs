//! Synthetic SMBIOS tables.

/// A structure: type, handle, the bytes behind its header, and its strings.
pub(crate) struct Structure<'a>(pub u8, pub u16, pub &'a [u8], pub &'a [&'a str]);

/// `RawSMBIOSData` of version 3.3.
pub(crate) fn raw(structures: &[Structure<'_>]) -> Vec<u8> {
    let mut tables = Vec::new();
    for Structure(kind, handle, fields, strings) in structures {
        tables.extend([*kind, 4 + fields.len() as u8]);
        tables.extend(handle.to_le_bytes());
        tables.extend(*fields);
        for text in *strings {
            tables.extend(text.as_bytes());
            tables.push(0);
        }
        tables.extend(match strings.is_empty() {
            true => &[0, 0][..],
            false => &[0][..],
        });
    }
    let mut raw = vec![0, 3, 3, 0];
    raw.extend((tables.len() as u32).to_le_bytes());
    raw.extend(tables);
    raw
}

/// Bytes of a structure behind its header, with fields at offsets from the structure's start.
pub(crate) fn fields(length: usize, values: &[(usize, &[u8])]) -> Vec<u8> {
    let mut fields = vec![0; length - 4];
    for (at, bytes) in values {
        fields[at - 4..at - 4 + bytes.len()].copy_from_slice(bytes);
    }
    fields
}

/// The tables of a machine with two modules of memory and an empty slot.
pub(crate) fn machine() -> Vec<u8> {
    let bios = fields(0x1A, &[(0x04, &[1, 2]), (0x08, &[3])]);
    let system = fields(
        0x1B,
        &[
            (0x04, &[1, 2, 0, 0]),
            (
                0x08,
                &[0xA5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
            ),
        ],
    );
    let board = fields(0x0F, &[(0x04, &[1, 2, 0, 3])]);
    let cpu = fields(
        0x30,
        &[
            (0x04, &[1]),
            (0x07, &[2]),
            (0x10, &[3]),
            (0x14, &4400u16.to_le_bytes()),
            (0x16, &2600u16.to_le_bytes()),
            (0x23, &[6]),
        ],
    );
    let module = |size: u16| {
        fields(
            0x5C,
            &[
                (0x0C, &size.to_le_bytes()),
                (0x10, &[1, 2]),
                (0x15, &3200u16.to_le_bytes()),
                (0x17, &[3, 4]),
                (0x1A, &[5]),
                (0x20, &2400u16.to_le_bytes()),
            ],
        )
    };
    let mapped = |first: u32, last: u32, device: u16| {
        fields(
            0x23,
            &[
                (0x04, &first.to_le_bytes()),
                (0x08, &last.to_le_bytes()),
                (0x0C, &device.to_le_bytes()),
                (0x10, &[1, 0, 0]),
            ],
        )
    };
    const GIB: u32 = 1 << 20;
    raw(&[
        Structure(0, 0, &bios, &["Acme Firmware", "F.42", "02/24/2022"]),
        Structure(1, 1, &system, &["Acme", "Tower 5"]),
        Structure(2, 2, &board, &["Acme", "Z1-M", "SERIAL-77"]),
        Structure(4, 4, &cpu, &["U3E1", "Acme", "Acme Core 7"]),
        Structure(
            17,
            0x11,
            &module(8192),
            &["DIMM_A1", "BANK 0", "Ramco", "S1", "RX-8G  "],
        ),
        Structure(17, 0x12, &module(0), &["DIMM_A2", "BANK 1"]),
        Structure(
            17,
            0x13,
            &module(8192),
            &["DIMM_B1", "BANK 2", "Ramco", "S2", "RX-8G  "],
        ),
        Structure(20, 0x14, &mapped(0, 8 * GIB - 1, 0x11), &[]),
        Structure(20, 0x15, &mapped(8 * GIB, 16 * GIB - 1, 0x13), &[]),
        Structure(127, 0x7F, &[], &[]),
    ])
}
