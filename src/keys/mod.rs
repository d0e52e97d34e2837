//! Keys: the master key, the signing keys, and the public keys of clients and issuers.

pub mod answer_key;
pub mod height;
pub mod master;
pub mod registered;
pub mod remote;
pub mod signing;
