//! What every HTTP edge shares: the request's surroundings, its forms and cookies, and every answer but a success.

pub mod answer;
pub mod browser;
pub mod call;
pub mod client_address;
pub(crate) mod cors;
pub mod envelope;
pub mod form;
pub mod html;
pub mod qr;
pub mod route;
