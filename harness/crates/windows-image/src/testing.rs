//! A small WIM: a real header and real XML, and nothing to install.

/// Bytes of the header, and where in it the XML's entry is.
const HEADER: usize = 208;
const XML_ENTRY_AT: usize = 72;

/// A WIM with nothing but a header and XML.
pub fn wim(xml: &str) -> Vec<u8> {
    let xml: Vec<u8> = std::iter::once(0xFEFF)
        .chain(xml.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut file = vec![0; HEADER];
    file[..8].copy_from_slice(b"MSWIM\0\0\0");
    file[8..12].copy_from_slice(&(HEADER as u32).to_le_bytes());
    file[XML_ENTRY_AT..XML_ENTRY_AT + 7].copy_from_slice(&(xml.len() as u64).to_le_bytes()[..7]);
    file[XML_ENTRY_AT + 8..XML_ENTRY_AT + 16].copy_from_slice(&(HEADER as u64).to_le_bytes());
    file.extend(xml);
    file
}

/// The XML of images: name, edition, installation type, build.
pub fn xml(images: &[(&str, &str, &str, u32)]) -> String {
    let images: String = (images.iter().zip(1..))
        .map(|((name, edition, installation, build), index)| {
            format!(
                "<IMAGE INDEX=\"{index}\"><DIRCOUNT>1</DIRCOUNT><WINDOWS><ARCH>9</ARCH>\
                 <EDITIONID>{edition}</EDITIONID><INSTALLATIONTYPE>{installation}</INSTALLATIONTYPE>\
                 <LANGUAGES><LANGUAGE>de-DE</LANGUAGE><DEFAULT>de-DE</DEFAULT></LANGUAGES>\
                 <VERSION><MAJOR>10</MAJOR><BUILD>{build}</BUILD></VERSION></WINDOWS>\
                 <NAME>{name}</NAME><DISPLAYNAME>{name} (shown)</DISPLAYNAME></IMAGE>"
            )
        })
        .collect();
    format!("<WIM><TOTALBYTES>1</TOTALBYTES>{images}</WIM>")
}
