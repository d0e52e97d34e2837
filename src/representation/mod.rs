//! Objects in JSON, as the management API and the commands with `--json` give them.

pub mod address;
pub mod api_key;
pub mod authorization_type;
pub mod client;
pub mod consent;
pub mod contract;
pub mod document;
pub mod grant;
pub mod logout_delivery;
pub mod ping;
pub mod resource;
pub mod scope;
pub mod session;
pub mod settings;
pub mod signing_key;
pub mod trusted_issuer;
pub mod user;
pub mod webhook;
