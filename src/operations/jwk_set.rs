//! Public keys that a client or a trusted issuer registers (RFC 7517 §5).

use super::fault::Fault;
use crate::jose::encrypt::check_set;
use crate::jose::key_flaw::{KeySetReport, in_a_sentence};

/// The largest size of a JWK Set, in bytes.
const MAX_SIZE: usize = 64 * 1024;

/// What is wrong with a JWK Set: it is too large, is not a JWK Set, or holds a private key.
pub(super) fn fault(text: &str) -> Option<Fault> {
    if text.len() > MAX_SIZE {
        return Some(unusable(&format!("it is larger than {MAX_SIZE} bytes")));
    }
    check_set(text).err().map(unusable)
}

/// What is wrong with a JWK Set that must verify signatures and has no key for that: the flaw of each key.
pub(super) fn signing_fault(text: &str) -> Option<Fault> {
    let report = KeySetReport::of(text).filter(|report| !report.has_usable())?;
    let flaws = in_a_sentence(&report.flawed.iter().collect::<Vec<_>>());
    Some(unusable(&format!("it has no key to verify signatures by: {flaws}")))
}

/// The fault of a JWK Set that cannot be used.
fn unusable(why: &str) -> Fault {
    Fault::invalid("jwks", format!("the JWK Set cannot be used: {why}"))
}
