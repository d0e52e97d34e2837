//! A flow in the address of its pages: sealed under the server's key, so that only this server can read it, and no one
//! can change it.

use crate::app::App;
use crate::failure::Failure;
use crate::store::flows::Flow;

/// A flow of a browser.
pub(super) const FLOW: &str = "flow";
/// A pushed request, which no browser has yet.
pub(super) const PUSHED: &str = "pushed_request";

/// The largest number of characters of a sealed flow: browsers, proxies and logs take such an address.
const MAX_LENGTH: usize = 2048;

/// The flow, sealed for [`FLOW`] or [`PUSHED`]; `None` if it would be too long for an address.
///
/// # Errors
/// Only failures of the cryptographic library.
pub(super) fn seal(app: &App, purpose: &str, flow: &Flow) -> Result<Option<String>, Failure> {
    let sealed = app.keys.seal_text(purpose, &flow.to_text())?;
    Ok(Some(sealed).filter(|sealed| sealed.len() <= MAX_LENGTH))
}

/// The flow that [`seal`] has sealed for the same purpose. `None` for any other text.
pub(super) fn open(app: &App, purpose: &str, sealed: &str) -> Option<Flow> {
    Flow::read(&app.keys.open_text(purpose, sealed)?)
}
