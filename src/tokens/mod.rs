//! Makes and reads tokens: combines the rules of `oauth`, the signatures of `jose`, and the database.

pub mod access_token;
pub mod client_signed;
pub mod for_client;
pub mod id_token;
pub mod management;
pub mod possession;
pub mod subject;
pub mod verified;
