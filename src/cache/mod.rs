//! Short-lived copies in memory, which are never the only check.

pub mod catalogue;
pub mod decision;
mod flights;
pub mod fresh;
pub mod secrets;
pub mod stand_ins;
