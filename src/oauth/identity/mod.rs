//! People: their names, their claims, and how they sign in and out.

pub mod authentication;
pub mod claims;
pub mod group;
pub mod guessing;
pub mod known_browser;
pub mod logout;
pub mod logout_token;
pub mod password;
pub mod role;
pub mod session;
pub mod user;
pub mod user_code;
