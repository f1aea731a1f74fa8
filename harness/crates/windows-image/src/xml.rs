//! A small tree of XML elements, and its text.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// An element: children, or text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Text(String),
    Children(Vec<Element>),
}

/// An element with children.
pub fn node(name: &'static str, children: impl IntoIterator<Item = Element>) -> Element {
    Element {
        name,
        attributes: Vec::new(),
        content: Content::Children(children.into_iter().collect()),
    }
}

/// An element with text.
pub fn leaf(name: &'static str, text: impl ToString) -> Element {
    Element {
        name,
        attributes: Vec::new(),
        content: Content::Text(text.to_string()),
    }
}

impl Element {
    /// The same with one more attribute.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// An item of a list, as Windows Setup marks them.
    pub fn item(self) -> Self {
        self.with("wcm:action", "add")
    }

    /// A document with this element as its root.
    ///
    /// # Errors
    /// Never in practice: it is written to memory.
    pub fn document(&self) -> std::io::Result<String> {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
        self.write(&mut writer)?;
        let mut text = String::from_utf8(writer.into_inner()).map_err(std::io::Error::other)?;
        text.push('\n');
        Ok(text)
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        let mut start = BytesStart::new(self.name);
        for (name, value) in &self.attributes {
            start.push_attribute((*name, value.as_str()));
        }
        writer.write_event(Event::Start(start))?;
        match &self.content {
            Content::Text(text) => writer.write_event(Event::Text(BytesText::new(text)))?,
            Content::Children(children) => {
                for child in children {
                    child.write(writer)?;
                }
            }
        }
        writer.write_event(Event::End(BytesEnd::new(self.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_text_is_escaped() {
        let tree = node("a", [leaf("b", "x < \"y\" & z").item()]);
        assert_eq!(
            tree.document().unwrap(),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<a>\n  \
             <b wcm:action=\"add\">x &lt; &quot;y&quot; &amp; z</b>\n</a>\n"
        );
    }
}
