//! HTML pages for people. All of them work without JavaScript.

mod account_list;
pub mod api_reference;
mod application;
pub mod approve;
pub mod assets;
pub mod choose_account;
pub mod consent;
mod destination;
pub mod device;
pub mod errors;
mod flow_form;
mod front_channel;
pub mod home;
mod known_browsers;
pub mod language;
pub mod logo;
pub mod logout;
mod new_session;
mod password;
pub mod password_link;
pub mod sign_in;
pub mod sign_up;
mod waiting_requests;
