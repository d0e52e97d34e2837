//! Public keys that a client or a trusted issuer registers (RFC 7517 §5).

use super::fault::Fault;
use crate::jose::encrypt::check_set;

/// The largest size of a JWK Set, in bytes.
const MAX_SIZE: usize = 64 * 1024;

/// What is wrong with a JWK Set: it is too large, is not a JWK Set, or holds a private key.
pub(super) fn fault(text: &str) -> Option<Fault> {
    if text.len() > MAX_SIZE {
        return Some(unusable(&format!("it is larger than {MAX_SIZE} bytes")));
    }
    check_set(text).err().map(unusable)
}

/// The fault of a JWK Set that cannot be used.
pub(super) fn unusable(why: &str) -> Fault {
    Fault::invalid("jwks", format!("the JWK Set cannot be used: {why}"))
}
