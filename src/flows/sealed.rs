//! A flow in the address of its pages: sealed under the server's key, so that only this server can read it, and no one
//! can change it.

use crate::app::App;
use crate::failure::Failure;
use crate::store::flows::Flow;

const PURPOSE: &str = "flow";

/// The largest number of characters of a sealed flow: browsers, proxies and logs take such an address.
const MAX_LENGTH: usize = 2048;

/// The sealed flow; `None` if it would be too long for an address.
///
/// # Errors
/// Only failures of the cryptographic library.
pub(super) fn seal(app: &App, flow: &Flow) -> Result<Option<String>, Failure> {
    let sealed = app.keys.seal_text(PURPOSE, &flow.to_text())?;
    Ok(Some(sealed).filter(|sealed| sealed.len() <= MAX_LENGTH))
}

/// The flow that [`seal`] has sealed. `None` for any other text.
pub(super) fn open(app: &App, sealed: &str) -> Option<Flow> {
    Flow::read(&app.keys.open_text(PURPOSE, sealed)?)
}
