//! Text for people.

mod human;
mod markdown;
mod paint;
mod phrases;

pub use human::{human, human_long};
pub use markdown::markdown;
