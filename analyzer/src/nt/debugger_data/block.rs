//! Reads the debugger data block, also while Windows keeps it encoded.
//!
//! A kernel that was booted without a debugger encodes the block (KdEncodeDataBlock) and decodes it
//! at the stop (KdDecodeDataBlock). So a dump of a running system has it encoded. Each of its
//! 64-bit words is rotated and combined with two kernel variables and the address of a third one;
//! symbols give their addresses. QEMU's contrib/elf2dmp and volatility3 decode it too.

use super::TAG;
use super::{DebuggerData, TAG_OFFSET};
use crate::dump::{Bytes, DumpHeader, Memory, MemoryExt};
use crate::target::Target;

/// Larger than the block in any version.
const MAX_SIZE: usize = 0x1000;
const MIN_SIZE: usize = 0x200;
/// Bytes read before its size is known.
const READ: usize = 0x400;
const SIZE_OFFSET: usize = 0x14;

/// The decoded block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DataBlock {
    /// Its virtual address.
    pub address: u64,
    /// Its bytes, decoded.
    pub bytes: Vec<u8>,
    /// If it is encoded in memory: the address of the flag (`nt!KdpDataBlockEncoded`).
    pub encoded_by: Option<u64>,
}

impl DataBlock {
    /// Reads the block that the header points to, if it is not encoded.
    pub(crate) fn read(memory: &dyn Memory, header: &DumpHeader) -> Option<Self> {
        let bytes = memory.read_prefix(header.kd_debugger_data, MAX_SIZE);
        Self::of_bytes(header.kd_debugger_data, bytes, None)
    }

    /// Reads and decodes the block at `address`, or says why not.
    pub(crate) fn decode(target: &Target<'_>, address: u64) -> Result<Self, String> {
        let mut bytes = target.memory.read_prefix(address, MAX_SIZE);
        if bytes.len() < MIN_SIZE {
            return Err("it is not at the header's address".to_owned());
        }
        if target.kernel_symbols().is_none() {
            return Err(
                "it is encoded, as Windows keeps it until the stop, or damaged, and there are no \
                 symbols of the kernel, with which it could be decoded"
                    .to_owned(),
            );
        }
        let keys = Keys::read(target)?;
        keys.decode(&mut bytes);
        Self::of_bytes(address, bytes, Some(keys.mark))
            .ok_or_else(|| "it is damaged: neither plain nor decoded does it make sense".to_owned())
    }

    /// Its fields.
    pub(crate) fn data(&self) -> Option<DebuggerData> {
        DebuggerData::parse(&self.bytes)
    }

    fn of_bytes(address: u64, mut bytes: Vec<u8>, encoded_by: Option<u64>) -> Option<Self> {
        let fields = Bytes(&bytes);
        if fields.slice(TAG_OFFSET, TAG.len())? != TAG {
            return None;
        }
        let size = fields.u32(SIZE_OFFSET).unwrap_or(0) as usize;
        // A block without a size is read up to the last field that is used.
        let size = if size < MIN_SIZE { READ } else { size };
        bytes.truncate(size.min(MAX_SIZE));
        Some(Self {
            address,
            bytes,
            encoded_by,
        })
    }
}

/// The values that the kernel encodes the block with.
#[derive(Clone, Copy, Debug)]
struct Keys {
    /// `nt!KiWaitNever`.
    never: u64,
    /// `nt!KiWaitAlways`.
    always: u64,
    /// Address of `nt!KdpDataBlockEncoded`.
    mark: u64,
}

impl Keys {
    fn read(target: &Target<'_>) -> Result<Self, String> {
        let address = |name: &str| {
            let found = target.kernel_global(name);
            found.ok_or_else(|| {
                format!("it cannot be decoded: the kernel's symbols do not know {name}")
            })
        };
        let value = |name: &str| {
            let read = target.memory.read_u64(address(name)?);
            read.map_err(|error| format!("it cannot be decoded: nt!{name}: {error}"))
        };
        Ok(Self {
            never: value("KiWaitNever")?,
            always: value("KiWaitAlways")?,
            mark: address("KdpDataBlockEncoded")?,
        })
    }

    /// Decodes whole words. A remainder is not part of any block.
    fn decode(self, bytes: &mut [u8]) {
        for word in bytes.as_chunks_mut::<8>().0 {
            let encoded = u64::from_le_bytes(*word);
            let turned = (encoded ^ self.never).rotate_left(self.never as u32 & 63);
            let plain = (turned ^ self.mark).swap_bytes() ^ self.always;
            *word = plain.to_le_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEYS: Keys = Keys {
        never: 0x8642_0975_31FE_DCBA,
        always: 0x0F1E_2D3C_4B5A_6978,
        mark: 0xFFFF_F803_1234_5678,
    };

    /// The kernel's encoding: the inverse of [`Keys::decode`], written independently.
    fn encode(keys: Keys, bytes: &mut [u8]) {
        for word in bytes.as_chunks_mut::<8>().0 {
            let mixed = (u64::from_le_bytes(*word) ^ keys.always).swap_bytes() ^ keys.mark;
            *word = (mixed.rotate_right(keys.never as u32 & 63) ^ keys.never).to_le_bytes();
        }
    }

    #[test]
    fn a_known_word() {
        // With never = 0 and always = 0, only the byte order and the flag's address matter.
        let keys = Keys {
            never: 0,
            always: 0,
            mark: 0x0102_0304_0506_0708,
        };
        let mut word = [0; 8];
        keys.decode(&mut word);
        assert_eq!(word, [1, 2, 3, 4, 5, 6, 7, 8]);
        let turned = Keys { never: 8, ..keys };
        let mut word = [8, 0, 0, 0, 0, 0, 0, 0x80];
        turned.decode(&mut word);
        assert_eq!(word, [1, 2, 3, 4, 5, 6, 7, 0x88]);
    }

    #[test]
    fn a_block_is_as_long_as_it_says() {
        let mut bytes = vec![0; 0x800];
        assert_eq!(DataBlock::of_bytes(0, bytes.clone(), None), None);
        bytes[0x10..0x14].copy_from_slice(TAG);
        let length = |bytes: &[u8]| {
            let block = DataBlock::of_bytes(0, bytes.to_vec(), None);
            block.unwrap().bytes.len()
        };
        assert_eq!(length(&bytes), READ);
        bytes[0x14..0x16].copy_from_slice(&[0x88, 0x03]);
        assert_eq!(length(&bytes), 0x388);
        bytes[0x17] = 0xFF;
        assert_eq!(length(&bytes), 0x800);
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(
            never: u64, always: u64, mark: u64,
            plain in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let keys = Keys { never, always, mark };
            let mut bytes = plain.clone();
            encode(keys, &mut bytes);
            keys.decode(&mut bytes);
            prop_assert_eq!(&bytes, &plain);
            encode(KEYS, &mut bytes);
            KEYS.decode(&mut bytes);
            prop_assert_eq!(bytes, plain);
        }
    }
}
