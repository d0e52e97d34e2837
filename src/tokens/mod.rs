//! Makes and reads tokens: combines the rules of `oauth`, the signatures of `jose`, and the database.

pub mod access_token;
pub mod id_token;
pub mod management;
pub mod possession;
pub mod subject;
pub mod verified;
