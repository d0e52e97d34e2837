//! The management API under `/api/v1`: JSON over the operations that the command line calls, too.
//!
//! Each object has a file with a handler for each method. A handler says what the request needs, reads the body, calls an
//! operation and answers; what handlers share is in the files about calls, bodies, queries, replies and errors.

pub mod activity;
pub mod api_keys;
pub mod authorization_types;
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
pub mod issuers;
mod json;
pub mod keys;
mod listing;
pub mod logout_deliveries;
pub mod pings;
mod put;
pub mod query;
pub mod refusals;
mod reply;
pub mod resources;
pub mod scopes;
pub mod users;
pub mod webhooks;
