//! The smallest file that passes for an x64 driver.

/// Where the machine is written in [`smallest_driver`], two bytes.
pub const MACHINE_AT: usize = 0x84;

/// Headers and one section.
pub fn smallest_driver() -> Vec<u8> {
    let mut file = vec![0; 0x400];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"MZ");
    put(0x3c, &0x80_u32.to_le_bytes());
    put(0x80, b"PE\0\0");
    put(MACHINE_AT, &0x8664_u16.to_le_bytes());
    put(0x86, &1_u16.to_le_bytes()); // sections
    put(0x94, &240_u16.to_le_bytes()); // size of the optional header
    put(0x98, &0x20b_u16.to_le_bytes()); // PE32+
    put(0xa8, &0x1000_u32.to_le_bytes()); // entry point
    put(0xdc, &1_u16.to_le_bytes()); // native subsystem
    put(0x104, &16_u32.to_le_bytes()); // data directories
    put(0x188, b".text\0\0\0");
    put(0x198, &0x200_u32.to_le_bytes()); // raw size
    put(0x19c, &0x200_u32.to_le_bytes()); // raw pointer
    file
}
