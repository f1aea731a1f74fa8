//! Recognises kernels that are not NT, for the error message.

/// Longest kernel release that is quoted.
const MAX_RELEASE: usize = 64;

/// The kernel that wrote a VMCOREINFO note: Linux gives its release in the line `OSRELEASE=`.
pub(crate) fn kernel_of_note(note: &[u8]) -> Option<String> {
    let line = note
        .split(|&byte| byte == b'\n' || byte == 0)
        .find_map(|line| line.strip_prefix(b"OSRELEASE="))?;
    let plain = |byte: &&u8| byte.is_ascii_graphic();
    let release: Vec<u8> = line
        .iter()
        .take_while(plain)
        .take(MAX_RELEASE)
        .copied()
        .collect();
    Some(format!("Linux {}", String::from_utf8_lossy(&release)))
}

/// Describes a file with the memory of such a kernel.
pub(crate) fn described(kernel: &str) -> String {
    format!("unsupported: it holds the memory of {kernel}, which is not an NT kernel")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_linuxs_own_words_make_it_linux() {
        let note = b"CRASHTIME=1\nOSRELEASE=6.1.0-56-cloud-amd64\nPAGESIZE=4096\n";
        let kernel = kernel_of_note(note).unwrap();
        assert_eq!(kernel, "Linux 6.1.0-56-cloud-amd64");
        assert!(described(&kernel).ends_with("which is not an NT kernel"));
        assert_eq!(
            kernel_of_note(b"OSRELEASE=6\x1b[31m"),
            Some("Linux 6".into())
        );
        let long = [&b"OSRELEASE="[..], &[b'x'; 9000]].concat();
        assert_eq!(
            kernel_of_note(&long).unwrap().len(),
            "Linux ".len() + MAX_RELEASE
        );
        for other in [&b""[..], b"PAGEDU64", b"XOSRELEASE=6"] {
            assert_eq!(kernel_of_note(other), None);
        }
    }
}
