//! What a running server does beside its requests.

pub mod back_channel;
pub mod purge;
pub mod wake;
