//! What is kept in memory for a moment: never the only guard.

pub mod catalogue;
pub mod decision;
mod flights;
pub mod fresh;
pub mod secrets;
