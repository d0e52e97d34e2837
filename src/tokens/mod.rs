//! Tokens as they are made and read here: rules of `oauth`, signatures of `jose`, and the database.

pub mod access_token;
pub mod id_token;
pub mod subject;
pub mod verified;
