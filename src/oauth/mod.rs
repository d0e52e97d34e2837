//! Rules: what the RFCs decide. No HTTP, no SQL, no clock, no randomness.

pub mod bearer;
pub mod claims;
pub mod client;
pub mod code;
pub mod error;
pub mod grant;
pub mod id;
pub mod id_token;
pub mod interaction;
pub mod logout;
pub mod metadata;
pub mod origin;
pub mod params;
pub mod pkce;
pub mod prompt;
pub mod reason;
pub mod redirect_uri;
pub mod refresh;
pub mod registration;
pub mod request;
pub mod response_mode;
pub mod response_type;
pub mod scope;
pub mod signing_key;
pub mod token;
pub mod user;
