//! Signed tokens: JWS (RFC 7515) by keys of this server (RFC 7517), and by those of others where a rule names whose;
//! encrypted ones for applications.

pub mod encrypt;
pub mod foreign;
pub mod jwe;
pub mod key;
pub mod sign;
pub mod verify;

/// A key or a signature that could not be made: a defect, or data that cannot be.
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
    /// One sentence for every cause: the sender of a token must not learn the cause.
    #[error("a token could not be decrypted")]
    Decryption,
}
