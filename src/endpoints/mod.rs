//! The endpoints for programs. The routes to them are in `server/routes.rs`.

pub mod authorize;
pub mod backchannel_authentication;
mod bearer;
pub mod client_auth;
pub mod device_authorization;
pub mod fallback;
mod foreign;
pub mod health;
pub mod introspect;
pub mod jwks;
pub mod metadata;
pub mod par;
pub mod revoke;
pub mod token;
pub mod userinfo;
pub mod webfinger;
