//! Short-lived copies in memory, which are never the only check.

pub mod catalogue;
pub mod decision;
pub mod fresh;
mod in_flight_reads;
pub mod row_budgets;
pub mod secrets;
pub mod stand_ins;
