//! Reporters: events in, text out.

mod human;
mod json;

pub use human::Human;
pub use json::Json;

use crate::events::Event;

/// Turns events into text.
pub trait Reporter {
    /// Takes the next event. Output that cannot be written is lost; the tests go on.
    fn event(&mut self, event: &Event);
}
