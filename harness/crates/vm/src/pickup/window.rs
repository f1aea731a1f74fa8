//! A part of a disk as a separate file, with a bound on the bytes that are read.

use std::io::{self, Read, Seek, SeekFrom};

/// A range of `disk`.
pub(super) struct Window<'d, D> {
    disk: &'d mut D,
    start: u64,
    len: u64,
    at: u64,
    /// Bytes that may still be read; `None` without a bound.
    budget: Option<u64>,
}

impl<'d, D: Read + Seek> Window<'d, D> {
    pub(super) fn new(disk: &'d mut D, start: u64, len: u64) -> Self {
        Self {
            disk,
            start,
            len,
            at: 0,
            budget: None,
        }
    }

    /// From now on at most `bytes` are read, or as many as there are. Structures that lead back into
    /// themselves then end in an error instead of never.
    pub(super) fn bound(&mut self, bytes: Option<u64>) {
        self.budget = bytes;
    }
}

impl<D: Read + Seek> Read for Window<'_, D> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(self.at);
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        if len == 0 {
            return Ok(0);
        }
        if let Some(budget) = &mut self.budget {
            *budget = budget.checked_sub(len as u64).ok_or_else(|| {
                io::Error::other("its structures lead back into themselves, or are huge")
            })?;
        }
        let place = self.start.checked_add(self.at);
        let place = place.ok_or(io::ErrorKind::InvalidInput)?;
        self.disk.seek(SeekFrom::Start(place))?;
        let read = self.disk.read(&mut buf[..len])?;
        self.at += read as u64;
        Ok(read)
    }
}

impl<D> Seek for Window<'_, D> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn only_the_range_is_seen_and_only_so_much_of_it() {
        let mut disk = Cursor::new((0..100).collect::<Vec<u8>>());
        let mut window = Window::new(&mut disk, 10, 20);
        let mut bytes = Vec::new();
        window.seek(SeekFrom::End(-2)).unwrap();
        window.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, [28, 29]);
        window.bound(Some(15));
        window.seek(SeekFrom::Start(0)).unwrap();
        let mut ten = [0; 10];
        window.read_exact(&mut ten).unwrap();
        assert_eq!(ten[0], 10);
        assert!(window.read_exact(&mut ten).is_err());
        assert!(window.seek(SeekFrom::Current(-100)).is_err());
    }
}
