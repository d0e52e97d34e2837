//! The management API under `/api/v1`: JSON over the operations that the command line calls, too.
//!
//! Each object has a file with a handler for each method. A handler says what the request needs, reads the body, calls an
//! operation and answers; what handlers share is in the files about calls, bodies, queries, replies and errors.

pub mod activity;
pub mod api_keys;
mod body;
mod call;
pub mod clients;
mod condition;
mod credential;
pub mod document;
mod entity_tag;
mod error;
pub mod events;
pub mod grants;
mod idempotency;
mod json;
pub mod keys;
mod listing;
pub mod logout_deliveries;
pub(crate) mod named;
pub mod pings;
pub mod query;
pub mod refusals;
mod reply;
pub mod scopes;
pub mod subjects;
pub mod users;
pub mod webhooks;
