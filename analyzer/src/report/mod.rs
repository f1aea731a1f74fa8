//! Text for people.

mod human;
mod markdown;
mod paint;
mod words;

pub use human::human;
pub use markdown::markdown;
