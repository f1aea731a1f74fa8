//! SMBIOS tables: complete, with gaps, damaged.

use proptest::prelude::*;

use super::synthetic::{Structure, fields, machine, raw};
use super::*;

#[test]
fn a_machine_is_described() {
    let tables = Smbios::parse(&machine()).unwrap();
    assert_eq!(tables.version, (3, 3));
    assert_eq!(tables.system.text().as_deref(), Some("Acme Tower 5"));
    assert_eq!(tables.board.text().as_deref(), Some("Acme Z1-M"));
    assert_eq!(
        tables.bios().as_deref(),
        Some("Acme Firmware F.42 02/24/2022")
    );
    assert_eq!(tables.uuid.map(|uuid| uuid[0]), Some(0xA5));
    let socket = &tables.sockets[0];
    assert_eq!(socket.version.as_deref(), Some("Acme Core 7"));
    assert_eq!(
        (socket.max_mhz, socket.current_mhz, socket.cores),
        (Some(4400), Some(2600), Some(6))
    );
    assert_eq!(tables.memory_mib(), Some(16384));
    let slots: Vec<_> = tables.memory.iter().map(|one| one.slot.as_str()).collect();
    assert_eq!(slots, ["DIMM_A1", "DIMM_B1"]);
    let module = &tables.memory[1];
    assert_eq!(module.part.as_deref(), Some("RX-8G"));
    assert_eq!(
        (module.speed, module.configured_speed),
        (Some(3200), Some(2400))
    );
    assert_eq!(module.addresses, Some((8 << 30, 16 << 30)));
}

#[test]
fn what_nobody_filled_in_is_not_known() {
    let system = fields(0x1B, &[(0x04, &[1, 2, 3]), (0x08, &SAMPLE_UUID)]);
    let board = fields(0x0F, &[(0x04, &[1, 2, 0, 3])]);
    let tables = Smbios::parse(&raw(&[
        Structure(
            1,
            1,
            &system,
            &["To Be Filled By O.E.M.", "System Product Name", "        "],
        ),
        Structure(2, 2, &board, &["ACME", "Default string", "00000000"]),
    ]))
    .unwrap();
    assert_eq!(tables.system, Made::default());
    assert_eq!(tables.uuid, None);
    assert_eq!(tables.board.text().as_deref(), Some("ACME"));
    assert_eq!(tables.board_serial, None);
    assert_eq!((tables.bios(), tables.memory_mib()), (None, None));
}

#[test]
fn the_identity_is_that_of_one_machine() {
    let one = Smbios::parse(&machine()).unwrap();
    let identity = one.identity().unwrap();
    assert_eq!(identity.len(), 16);
    assert!(!identity.contains("SERIAL"));
    let mut other = one.clone();
    other.bios_version = Some("F.43".to_owned());
    other.memory.clear();
    assert_eq!(other.identity(), Some(identity.clone()));
    other.board_serial = Some("SERIAL-78".to_owned());
    assert_ne!(other.identity(), Some(identity.clone()));
    other = one.clone();
    other.uuid = None;
    assert_ne!(other.identity(), Some(identity));
    // A model alone is no machine.
    other.board_serial = None;
    assert_eq!(other.identity(), None);
}

#[test]
fn interleaved_modules_hold_no_range_alone() {
    let module = fields(
        0x28,
        &[(0x0C, &4096u16.to_le_bytes()), (0x10, &[1]), (0x15, &[0])],
    );
    let range = |device: u16, position: u8| {
        fields(
            0x13,
            &[
                (0x08, &0x7F_FFFFu32.to_le_bytes()),
                (0x0C, &device.to_le_bytes()),
                (0x10, &[1, position]),
            ],
        )
    };
    for positions in [[1, 2], [0xFF, 0xFF], [0, 0]] {
        let tables = Smbios::parse(&raw(&[
            Structure(17, 1, &module, &["A"]),
            Structure(17, 2, &module, &["B"]),
            Structure(20, 3, &range(1, positions[0]), &[]),
            Structure(20, 4, &range(2, positions[1]), &[]),
        ]))
        .unwrap();
        assert_eq!(tables.memory.len(), 2);
        assert!(tables.memory.iter().all(|one| one.addresses.is_none()));
    }
}

#[test]
fn large_modules_and_addresses_use_the_extended_fields() {
    let module = fields(
        0x5C,
        &[
            (0x0C, &0x7FFFu16.to_le_bytes()),
            (0x10, &[1]),
            (0x1C, &65536u32.to_le_bytes()),
            (0x20, &0xFFFFu16.to_le_bytes()),
            (0x58, &70_000u32.to_le_bytes()),
        ],
    );
    let range = fields(
        0x23,
        &[
            (0x04, &[0xFF; 8]),
            (0x0C, &1u16.to_le_bytes()),
            (0x10, &[1, 0]),
            (0x13, &0x10_0000_0000u64.to_le_bytes()),
            (0x1B, &0x1F_FFFF_FFFFu64.to_le_bytes()),
        ],
    );
    let tables = Smbios::parse(&raw(&[
        Structure(17, 1, &module, &["A"]),
        Structure(20, 2, &range, &[]),
    ]))
    .unwrap();
    let module = &tables.memory[0];
    assert_eq!(module.size_mib, Some(65536));
    assert_eq!(module.configured_speed, Some(70_000));
    assert_eq!(module.addresses, Some((0x10_0000_0000, 0x20_0000_0000)));
}

proptest! {
    #[test]
    fn anything_is_survived(
        changes in proptest::collection::vec((0usize..700, any::<u8>()), 0..40),
        length in 0usize..1200,
    ) {
        let mut bytes = machine();
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        bytes.truncate(length);
        if let Some(tables) = Smbios::parse(&bytes) {
            assert!(tables.memory.len() <= MAX_RECORDS);
            let _ = (tables.bios(), tables.memory_mib());
        }
    }

    #[test]
    fn noise_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = Smbios::parse(&bytes);
    }
}
