//! At which of the server's addresses a request has arrived.

use actix_web::HttpRequest;

use super::client_certificate;
use crate::config::Tls;

/// At which address a request has arrived. A listener has the address of its own requests in its application data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReachedAt {
    /// Below the issuer.
    Issuer,
    /// Below the URL at which clients are asked for certificates (RFC 8705 §5).
    Alias,
    /// At one of the two. No one but the proxy knows at which.
    Either,
}

impl ReachedAt {
    /// The address of a request: that of its listener, unless the proxy that passes certificates on has sent it, which may have
    /// both addresses.
    pub(super) fn of(request: &HttpRequest, tls: &Tls) -> Self {
        match client_certificate::is_from_proxy(request, tls) {
            true => Self::Either,
            false => request.app_data::<Self>().copied().unwrap_or(Self::Issuer),
        }
    }

    /// The URLs that such a request may have, of the same path below the issuer and below its alias, if there is one.
    pub(super) fn urls(self, own: String, alias: Option<String>) -> Vec<String> {
        match (self, alias) {
            (Self::Issuer, _) | (_, None) => vec![own],
            (Self::Alias, Some(alias)) => vec![alias],
            (Self::Either, Some(alias)) => vec![own, alias],
        }
    }
}
