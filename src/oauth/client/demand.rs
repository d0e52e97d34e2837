//! What can be demanded of a client: by the server for all clients, or for one client by its registration.

use strum::{EnumString, IntoStaticStr, VariantArray};

use super::Client;
use super::vocabulary::Demand;
use crate::oauth::reason::Reason;
use crate::oauth::word::word;

/// Something that can be demanded of each request of a client. The word is stored, and never changes its meaning.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Demanded {
    /// A challenge for each code (RFC 7636).
    Pkce,
    /// Authorization requests that are pushed first (RFC 9126).
    Par,
    /// Authorization requests that are signed (RFC 9101).
    Jar,
    /// The redirect URI once more in the request that redeems the code (RFC 6749 §4.1.3).
    TokenRedirectUri,
}

word!(Demanded);

impl Demanded {
    /// The reason for which a request that does not meet the demand is refused.
    pub fn reason(self) -> Reason {
        match self {
            Self::Pkce => Reason::ChallengeMissing,
            Self::Par => Reason::PushedRequestRequired,
            Self::Jar => Reason::RequestObjectRequired,
            Self::TokenRedirectUri => Reason::CodeRedirectUri,
        }
    }
}

/// What the server demands of clients that have no setting of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demands {
    pub pkce: Demand,
    pub par: Demand,
    pub jar: Demand,
    pub token_redirect_uri: Demand,
}

impl Demands {
    fn of(&self, what: Demanded) -> Demand {
        match what {
            Demanded::Pkce => self.pkce,
            Demanded::Par => self.par,
            Demanded::Jar => self.jar,
            Demanded::TokenRedirectUri => self.token_redirect_uri,
        }
    }
}

impl Client {
    /// What is demanded of this client. A public client must use PKCE (RFC 9700 §2.1.1), unless its own registration says
    /// that this is only reported.
    pub fn demand(&self, what: Demanded, server: &Demands) -> Demand {
        let own = match what {
            Demanded::Pkce => self.pkce,
            Demanded::Par => self.par,
            Demanded::Jar => self.messages.jar,
            Demanded::TokenRedirectUri => self.token_redirect_uri,
        };
        let by_server = match what {
            Demanded::Pkce if self.kind.is_public() => Demand::Require,
            _ => server.of(what),
        };
        own.unwrap_or(by_server)
    }

    /// Whether a request of this client that does not meet the demand is refused.
    pub fn must(&self, what: Demanded, server: &Demands) -> bool {
        self.demand(what, server) == Demand::Require
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client::{ClientKind, example};

    #[test]
    fn a_client_follows_the_server_unless_it_has_a_setting_and_public_clients_must_use_pkce() {
        let of = |kind, own: Option<Demand>, server| {
            let client = example(kind).with(|metadata| {
                (metadata.pkce, metadata.par, metadata.token_redirect_uri) = (own, own, own);
                metadata.messages.jar = own;
            });
            let server = Demands { pkce: server, par: server, jar: server, token_redirect_uri: server };
            Demanded::ALL.iter().map(|what| client.demand(*what, &server)).collect::<Vec<_>>()
        };
        for &server in Demand::ALL {
            assert_eq!(of(ClientKind::Web, None, server), [server; 4]);
            assert_eq!(of(ClientKind::Spa, None, server), [Demand::Require, server, server, server]);
            for &own in Demand::ALL {
                assert_eq!(of(ClientKind::Web, Some(own), server), [own; 4]);
                assert_eq!(of(ClientKind::Native, Some(own), server), [own; 4]);
            }
        }
    }
}
