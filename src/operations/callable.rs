//! Checks of addresses that this server calls.

use super::fault::Fault;
use crate::fetch::Fetcher;

/// Returns what is wrong with an address that the server is to call, so that the operator learns now, and not at the
/// first call, that the server may not call it. `None` if it may.
pub(super) fn address_fault(fetcher: &Fetcher, member: &'static str, uri: &str) -> Option<Fault> {
    fetcher.may_call(uri).err().map(|error| Fault::invalid(member, format!("`{member}`: {error}")))
}
