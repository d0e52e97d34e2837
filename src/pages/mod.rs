//! HTML pages for people. All of them work without JavaScript.

pub mod assets;
pub mod choose_account;
pub mod consent;
pub mod device;
pub mod errors;
mod flow_form;
mod front_channel;
pub mod home;
pub mod logo;
pub mod logout;
mod known_browsers;
mod new_session;
mod password;
pub mod sign_in;
pub mod sign_up;
