//! The HTTP parts that all edges share: middleware, forms, cookies, and all answers that are not successes.

mod accept;
pub mod answer;
pub mod browser;
pub mod call;
mod client_address;
pub mod console_page;
pub mod content_policy;
mod cookies;
pub(crate) mod cors;
pub mod envelope;
mod error_page;
pub mod error_status;
pub mod form;
pub mod general_error;
pub mod html;
pub mod in_flight;
pub mod kept_refusals;
pub mod limiting;
pub mod management;
pub mod own_path;
pub mod qr;
pub mod refusal_log;
mod request_id;
pub mod requests_in_work;
pub mod route;
pub mod untrusted_peers;
pub mod wanted_languages;
