//! Text for people.

mod human;
mod paint;

pub use human::human;
