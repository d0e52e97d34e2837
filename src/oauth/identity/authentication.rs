//! How a person was authenticated, as tokens say it (OpenID Connect Core §2).

/// How sure the server is of who signed in: one factor was proven.
pub const ACR_ONE_FACTOR: &str = "1";
/// Which factor that was (RFC 8176).
pub const AMR_PASSWORD: &str = "pwd";
