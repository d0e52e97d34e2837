//! Background work of a running server.

pub mod activity;
pub mod audit;
pub mod back_channel;
pub mod backchannel_pings;
pub mod kept_refusals;
mod outbox;
pub mod purge;
pub mod readiness;
pub mod refusals;
pub mod wake;
pub mod webhooks;
