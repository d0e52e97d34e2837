//! Checks of addresses that this server calls, and of the keys that it reads from them.

use super::Context;
use super::fault::Fault;
use crate::failure::Failure;
use crate::fetch::Fetcher;
use crate::oauth::client::registration::check_address;

/// Returns what is wrong with an address that the server is to call, so that the operator learns now, and not at the
/// first call, that the server may not call it. `None` if it may.
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
