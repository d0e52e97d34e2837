//! Objects in JSON, as the management API and the commands with `--json` give them.

pub mod api_key;
pub mod client;
pub mod consent;
pub mod grant;
pub mod logout_delivery;
pub mod resource;
pub mod scope;
pub mod session;
pub mod settings;
pub mod signing_key;
pub mod trusted_issuer;
pub mod user;
