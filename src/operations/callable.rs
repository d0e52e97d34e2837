//! Addresses that this server calls, and keys that are read from them or were brought.

use super::Context;
use super::fault::Fault;
use crate::failure::Failure;
use crate::fetch::Fetcher;
use crate::oauth::client::registration::check_address;

/// What is wrong with an address that the server is to call: what it would never call is refused now, and not at the
/// first call.
pub(super) fn address_fault(
    context: &Context<'_>,
    member: &'static str,
    uri: &str,
) -> Result<Option<Fault>, Failure> {
    if let Err(sentence) = check_address(uri) {
        return Ok(Some(Fault::invalid(member, sentence)));
    }
    let called = Fetcher::new(&context.config.fetch)?.may_call(uri);
    Ok(called.err().map(|error| Fault::invalid(member, format!("`{member}`: {error}"))))
}
