//! Addresses that this server calls.

use super::fault::Fault;
use crate::fetch::Fetcher;

/// What is wrong with an address that the server is to call: what it would never call is refused now, and not at the
/// first call.
pub(super) fn address_fault(fetcher: &Fetcher, member: &'static str, uri: &str) -> Option<Fault> {
    fetcher.may_call(uri).err().map(|error| Fault::invalid(member, format!("`{member}`: {error}")))
}
