//! Cases that need a guest with an agent.

use crate::Case;

pub fn cases() -> Vec<Case> {
    Vec::new()
}
