//! Synthetic secondary data.

use super::{Guid, SIGNATURE};

/// Blocks behind a file header, each with `padding` bytes behind its data.
pub(crate) fn secondary(blocks: &[(Guid, Vec<u8>)], padding: u32) -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend(0x10u32.to_le_bytes());
    bytes.extend(0xF000_4A61u32.to_le_bytes());
    for (tag, data) in blocks {
        bytes.extend(0x20u32.to_le_bytes());
        bytes.extend(tag.0);
        bytes.extend((data.len() as u32).to_le_bytes());
        bytes.extend(0u32.to_le_bytes());
        bytes.extend(padding.to_le_bytes());
        bytes.extend(data);
        bytes.extend(vec![0xCC; padding as usize]);
    }
    bytes
}
