//! Reporters: events in, text out.

mod diff;
mod folder;
pub mod html;
mod human;
mod json;
mod junit;
mod live;
mod summary;
mod whole;

pub use diff::{diff_markdown, diff_text};
pub use folder::Folder;
pub use human::Human;
pub use json::Json;
pub use junit::Junit;
pub use summary::MarkdownSummary;

use runner::events::Event;

/// Turns events into text.
pub trait Reporter {
    /// Takes the next event. Output that cannot be written is lost; the tests go on.
    fn event(&mut self, event: &Event);

    /// Some time has passed.
    fn tick(&mut self) {}

    /// What could not be written, since it was last asked.
    fn troubles(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// Several at once, in their order.
impl Reporter for Vec<Box<dyn Reporter>> {
    fn event(&mut self, event: &Event) {
        for reporter in self {
            reporter.event(event);
        }
    }

    fn tick(&mut self) {
        for reporter in self {
            reporter.tick();
        }
    }

    fn troubles(&mut self) -> Vec<String> {
        self.iter_mut().flat_map(|one| one.troubles()).collect()
    }
}
