//! The analyzer's walk-through as HTML.
//!
//! The analyzer puts what comes from a dump into code spans; this does not rely on it: markup, links
//! and pictures that get here nevertheless become text.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// Headings begin two levels below the page's own.
pub(super) fn markdown(text: &str) -> Markup {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).filter_map(harmless);
    let mut out = String::new();
    html::push_html(&mut out, events);
    PreEscaped(out)
}

fn harmless(event: Event<'_>) -> Option<Event<'_>> {
    Some(match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock)
        | Event::End(TagEnd::Link | TagEnd::Image | TagEnd::HtmlBlock) => return None,
        // No id, no class: their text comes from outside.
        Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
            level: lower(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        Event::Start(Tag::CodeBlock(_)) => Event::Start(Tag::CodeBlock(
            pulldown_cmark::CodeBlockKind::Fenced(CowStr::Borrowed("")),
        )),
        other => other,
    })
}

fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_links_and_pictures_become_text() {
        let text = "# a <script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n\
                    [x](javascript:alert(1)) ![y](https://example.org/p.png) <https://example.org>\n\n\
                    ```\"><script>\ncode <b>\n```\n\n| a |\n| --- |\n| `<i>` |\n";
        let out = markdown(text).into_string();
        for word in ["<script", "<img", "<a ", "<b>", "<i>", "class="] {
            assert!(!out.contains(word), "{word} in {out}");
        }
        assert!(out.contains("<h3>a &lt;script&gt;"), "{out}");
        assert!(out.contains("<td><code>&lt;i&gt;</code></td>"), "{out}");
    }
}
