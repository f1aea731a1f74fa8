//! What every page has: head, content security policy, style, a link past the navigation.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("style.css");
const FILTER: &str = include_str!("filter.js");

/// A page around `body`. Only the index of a report has a script.
pub fn shell(title: &str, scripted: bool, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(scripted));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (body)
                footer {
                    "Written by Stopcode " (env!("CARGO_PKG_VERSION"))
                    ". This page needs no network and loads nothing."
                }
                @if scripted { script { (PreEscaped(FILTER)) } }
            }
        }
    }
}

/// Nothing is fetched; pictures are in the page; only our own style and script are obeyed, told by
/// their hashes, so that markup which should get through nevertheless can do nothing.
fn policy(scripted: bool) -> String {
    let script = if scripted {
        hash(FILTER)
    } else {
        "'none'".into()
    };
    format!(
        "default-src 'none'; img-src data:; style-src {}; script-src {script}; base-uri 'none'; form-action 'none'",
        hash(STYLE)
    )
}

fn hash(text: &str) -> String {
    format!(
        "'sha256-{}'",
        STANDARD.encode(Sha256::digest(text.as_bytes()))
    )
}
