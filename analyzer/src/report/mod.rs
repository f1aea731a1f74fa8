//! Text for people.

mod human;
mod markdown;
mod paint;
mod phrases;

pub use human::human;
pub use markdown::markdown;
