//! Rules: what the RFCs decide. No HTTP, no SQL, no clock, no randomness.

pub mod client;
pub mod grant;
pub mod identity;
pub mod reason;
pub mod request;
pub mod token;

pub mod activity;
pub mod api_key;
pub mod assertion;
pub mod detail;
pub mod display_text;
pub mod error;
pub mod error_code;
pub mod host;
pub mod id;
pub mod language_tag;
pub mod localized_text;
pub mod metadata;
pub mod permission;
pub mod quoted;
mod retry;
pub mod row_budget;
pub mod signing_key;
pub mod strict_json;
pub mod webfinger;
pub mod webhook;
pub mod withheld;
mod word;
