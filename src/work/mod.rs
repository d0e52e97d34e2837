//! Background work of a running server.

pub mod back_channel;
pub mod clock_renewal;
pub mod purge;
pub mod refusals;
pub mod wake;
