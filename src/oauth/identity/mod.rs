//! People: who they are, what is known of them, and how they sign out.

pub mod authentication;
pub mod claims;
pub mod group;
pub mod logout;
pub mod logout_token;
pub mod user;
