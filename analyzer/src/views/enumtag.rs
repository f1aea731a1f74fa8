//! `.enumtag`: the secondary data that was added to the dump at the stop.

use std::fmt;

use serde::Serialize;

use super::session::Session;
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::secondary::{MAX_DATA, known};

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "enumtag",
    names: &["enumtag"],
    usage: "enumtag [GUID]",
    meaning: "the data that drivers added to the dump at the stop, by tag; with a GUID all of its bytes",
    example: "enumtag b7631941-532a-4cd6-b1b1-edb5917d4557",
    needs_structures: false,
    make: |session, request| Ok(tags(session, request)?.into()),
};

/// Bytes that are shown of each tag, and of one that is asked for.
const SHOWN: usize = 64;
const SHOWN_OF_ONE: usize = 64 << 10;
const ROW: usize = 16;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Tags {
    tags: Vec<TagView>,
}

#[derive(Clone, Debug, Serialize)]
struct TagView {
    tag: String,
    /// Bytes of data.
    size: u32,
    /// The module and its variable that hold the tag, if known.
    writer: Option<&'static str>,
    holds: Option<&'static str>,
    /// The first bytes.
    #[serde(serialize_with = "as_hex")]
    data: Vec<u8>,
}

fn as_hex<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    serializer.serialize_str(&text)
}

fn tags(session: &Session<'_, '_>, request: &ViewRequest) -> Result<Tags, InspectError> {
    let wanted = request.args.first().map(|text| {
        let text = text.trim_matches(['{', '}']).to_lowercase();
        // WinDbg leaves out the last dash.
        text.replace('-', "")
    });
    if let Some(wanted) = &wanted
        && (wanted.len() != 32 || !wanted.bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        return Err(request.usage(format!("`{}` is no GUID", request.args[0])));
    }
    let Some(secondary) = &session.target.secondary else {
        session.note("secondary data", NONE);
        return Ok(Tags { tags: Vec::new() });
    };
    let shown = match wanted {
        Some(_) => SHOWN_OF_ONE,
        None => SHOWN,
    };
    let streams = secondary.streams.iter().filter(|stream| {
        let tag = stream.tag.to_string().replace('-', "");
        let separator = stream.size == 0;
        wanted.as_ref().map_or(!separator, |wanted| *wanted == tag)
    });
    let tags: Vec<_> = streams
        .map(|stream| {
            let mut data = secondary.data(stream);
            if data.len() < stream.size as usize && stream.size as usize <= MAX_DATA {
                session.note(
                    format!("the rest of {}", stream.tag),
                    "the dump ends before",
                );
            }
            data.truncate(shown);
            let known = known(stream.tag);
            TagView {
                tag: stream.tag.to_string(),
                size: stream.size,
                writer: known.map(|known| known.writer),
                holds: known.map(|known| known.holds),
                data,
            }
        })
        .collect();
    if let Some(wanted) = &request.args.first()
        && tags.is_empty()
    {
        session.note(format!("the data of {wanted}"), "the dump has no such tag");
    }
    if let Some(cut) = &secondary.cut {
        session.note("the rest of the secondary data", cut);
    }
    Ok(Tags { tags })
}

/// Why there is no secondary data.
pub(super) const NONE: &str = "nothing was added to this dump at the stop";

impl fmt::Display for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tags.iter().try_for_each(|tag| tag.fmt(f))
    }
}

impl fmt::Display for TagView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}} - {:#x} bytes", self.tag, self.size)?;
        match (self.holds, self.writer) {
            (Some(holds), Some(writer)) => writeln!(f, "  {holds} ({writer})")?,
            _ => writeln!(f)?,
        }
        print_bytes(f, &self.data)?;
        let more = (self.size as usize).saturating_sub(self.data.len());
        if more > 0 {
            writeln!(f, "  .... {more:#x} more")?;
        }
        writeln!(f)
    }
}

/// Rows of bytes and characters, as `.enumtag` writes them.
pub(super) fn print_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for row in bytes.chunks(ROW) {
        let hex: Vec<_> = row.iter().map(|byte| format!("{byte:02X}")).collect();
        let printable = |&byte: &u8| match byte {
            0x20..0x7F => char::from(byte),
            _ => '.',
        };
        let text: String = row.iter().map(printable).collect();
        writeln!(f, "  {:<47}  {text}", hex.join(" "))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{error, minidump_views, text};
    use crate::dump::secondary::tag;

    #[test]
    fn tags_are_listed_with_the_first_bytes() {
        let blocks = [(tag::PNP, vec![0x4D; 100]), (tag::BSD, Vec::new())];
        let command = format!("enumtag {{{}}}", tag::PNP);
        let views = minidump_views(&blocks, &[".enumtag", &command]);
        let all = views[0].to_string();
        assert!(
            all.starts_with("{b7631941-532a-4cd6-b1b1-edb5917d4557} - 0x64 bytes  Plug and Play"),
            "{all}"
        );
        assert_eq!(all.matches("  4D 4D").count(), 4, "{all}");
        assert!(all.contains("  MMMMMMMMMMMMMMMM\n"), "{all}");
        assert!(all.contains("  .... 0x24 more\n"), "{all}");
        // Without data a tag only separates.
        assert!(!all.contains("f57308df"), "{all}");
        let one = views[1].to_string();
        assert_eq!(one.matches("  4D").count(), 7, "{one}");
        let json = serde_json::to_value(&views[1]).unwrap();
        assert_eq!(json["data"]["tags"][0]["size"], 100);
    }

    #[test]
    fn other_dumps_say_why_there_is_nothing() {
        assert!(text(".enumtag").contains("nothing was added"));
        assert!(error("enumtag xyz").contains("`xyz` is no GUID"));
    }
}
