//! A client of the network block device protocol, as far as reading needs it: enough to read what
//! qemu-nbd serves on a socket (docs/proto.md of the NBD project: newstyle negotiation with
//! NBD_OPT_EXPORT_NAME, simple replies).

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::net::UnixStream;

const MAGIC: &[u8; 8] = b"NBDMAGIC";
const OPTION_MAGIC: &[u8; 8] = b"IHAVEOPT";
const FIXED_NEWSTYLE: u16 = 1;
const NO_ZEROES: u16 = 2;
const OPT_EXPORT_NAME: u32 = 1;
const REQUEST_MAGIC: u32 = 0x2560_9513;
const REPLY_MAGIC: u32 = 0x6744_6698;
const CMD_READ: u16 = 0;
const CMD_DISCONNECT: u16 = 2;
/// Servers take this much in a request at least.
const MAX_READ: usize = 1 << 20;
/// Read at a time, so that small reads in a row cost one request.
const BLOCK: usize = 64 << 10;

/// A disk behind a socket.
pub(super) struct NbdDisk {
    socket: UnixStream,
    size: u64,
    at: u64,
    requests: u64,
    /// Offset and bytes of what was read last.
    block: (u64, Vec<u8>),
}

impl NbdDisk {
    /// Negotiates for the export without a name.
    pub(super) fn connect(mut socket: UnixStream) -> io::Result<Self> {
        let mut greeting = [0; 18];
        socket.read_exact(&mut greeting)?;
        if &greeting[..8] != MAGIC || &greeting[8..16] != OPTION_MAGIC {
            return Err(io::Error::other("it is not an NBD server"));
        }
        let offered = u16::from_be_bytes([greeting[16], greeting[17]]);
        let flags = offered & (FIXED_NEWSTYLE | NO_ZEROES);
        let mut request = u32::from(flags).to_be_bytes().to_vec();
        request.extend(OPTION_MAGIC);
        request.extend(OPT_EXPORT_NAME.to_be_bytes());
        request.extend(0u32.to_be_bytes());
        socket.write_all(&request)?;
        let mut export = [0; 10];
        socket.read_exact(&mut export)?;
        if flags & NO_ZEROES == 0 {
            socket.read_exact(&mut [0; 124])?;
        }
        let size = u64::from_be_bytes(export[..8].try_into().unwrap_or_default());
        Ok(Self {
            socket,
            size,
            at: 0,
            requests: 0,
            block: (0, Vec::new()),
        })
    }

    /// Bytes of the disk.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    fn send(&mut self, command: u16, offset: u64, len: u32) -> io::Result<()> {
        self.requests += 1;
        let mut request = REQUEST_MAGIC.to_be_bytes().to_vec();
        request.extend([0; 2]);
        request.extend(command.to_be_bytes());
        request.extend(self.requests.to_be_bytes());
        request.extend(offset.to_be_bytes());
        request.extend(len.to_be_bytes());
        self.socket.write_all(&request)
    }

    /// Bytes at a place of the disk; all of them are inside it.
    fn fetch(&mut self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let length = u32::try_from(len).map_err(io::Error::other)?;
        self.send(CMD_READ, offset, length)?;
        let mut reply = [0; 16];
        self.socket.read_exact(&mut reply)?;
        let word = |at: usize| u32::from_be_bytes(reply[at..at + 4].try_into().unwrap_or_default());
        let handle = u64::from_be_bytes(reply[8..].try_into().unwrap_or_default());
        if word(0) != REPLY_MAGIC || handle != self.requests {
            return Err(io::Error::other("the NBD server lost its place"));
        }
        if word(4) != 0 {
            let error = i32::try_from(word(4)).unwrap_or(0);
            return Err(io::Error::from_raw_os_error(error));
        }
        let mut bytes = vec![0; len];
        self.socket.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for NbdDisk {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = buf.len().min(left).min(MAX_READ);
        if wanted == 0 {
            return Ok(0);
        }
        let (start, bytes) = &self.block;
        let known = self.at.checked_sub(*start).and_then(|into| {
            let into = usize::try_from(into).ok()?;
            bytes.get(into..).filter(|rest| !rest.is_empty())
        });
        let len = match known {
            Some(rest) => {
                let len = rest.len().min(wanted);
                buf[..len].copy_from_slice(&rest[..len]);
                len
            }
            None => {
                let bytes = self.fetch(self.at, wanted.max(BLOCK.min(left)))?;
                buf[..wanted].copy_from_slice(&bytes[..wanted]);
                self.block = (self.at, bytes);
                wanted
            }
        };
        self.at += len as u64;
        Ok(len)
    }
}

impl Seek for NbdDisk {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl Drop for NbdDisk {
    fn drop(&mut self) {
        // A server that is gone needs no goodbye.
        let _ = self.send(CMD_DISCONNECT, 0, 0);
    }
}
