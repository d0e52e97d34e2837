//! Signed tokens (JWS, RFC 7515) of this server and of other parties, keys (RFC 7517), and encrypted tokens (JWE, RFC
//! 7516).

pub mod encrypt;
pub mod foreign;
pub mod jwe;
pub mod key;
pub mod key_flaw;
pub mod own_key;
pub mod proof;
pub mod sign;
pub mod verify;

/// A failure to make a key or a signature, or to read a stored key: a defect, or invalid data.
#[derive(Debug, thiserror::Error)]
pub enum JoseError {
    #[error("a signing key could not be made")]
    Generation,
    #[error("the signing key {0} cannot be read")]
    Key(String),
    #[error("a token could not be signed")]
    Signing,
    #[error("a token could not be encrypted")]
    Encryption,
    /// One error for every cause: the sender of a token must not learn the cause.
    #[error("a token could not be decrypted")]
    Decryption,
}
