//! The client of the console. It comes with the server as the scopes of the management API do, and is in no list. It is
//! confidential and has no secret, so no one can use it at the token endpoint: the console redeems its codes itself.

use crate::oauth::id::ClientId;
use crate::oauth::request::redirect_uri::RegisteredUri;

/// The id of the client, which no other client can have.
pub const CONSOLE: &str = "grantor-console";

/// Whether this is the client of the console.
pub fn is_console(id: &ClientId) -> bool {
    id.as_str() == CONSOLE
}

/// The only redirect URI of the client, on the server with this issuer.
pub fn redirect_uri(issuer: &str) -> RegisteredUri {
    RegisteredUri::from_stored(&format!("{issuer}/admin/callback"))
}
