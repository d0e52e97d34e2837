//! Redirect URIs: hostile ones lead to an error page, registered ones are used byte for byte (RFC 9700 §2.1).

mod corpus;
mod refused;
mod returned;

use grantor::oauth::client::ClientKind;
use grantor::oauth::request::redirect_uri::RegisteredUri;

use crate::support::relying_party::Registration;

fn register(kind: ClientKind, id: &str, uris: &[&str]) -> Registration {
    let mut registration = Registration::of_kind(id, kind);
    let registered = uris.iter().map(|uri| RegisteredUri::register(uri, kind).expect("a good URI"));
    registration.client.redirect_uris = registered.collect();
    registration
}
