//! What can be demanded of a client: by the server for all clients, or for one client by its registration.

use strum::{EnumString, IntoStaticStr, VariantArray};

use super::Client;
use super::profile::Profile;
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
    /// A proof of a key with each token request (RFC 9449).
    Dpop,
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
            Self::Dpop => Reason::DpopMissing,
        }
    }
}

/// What the server demands of clients that have no setting of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demands {
    pub profile: Profile,
    pub pkce: Demand,
    pub par: Demand,
    pub jar: Demand,
    pub token_redirect_uri: Demand,
    pub dpop: Demand,
}

impl Demands {
    /// The server demands nothing.
    pub const NOTHING: Self = Self {
        profile: Profile::None,
        pkce: Demand::Off,
        par: Demand::Off,
        jar: Demand::Off,
        token_redirect_uri: Demand::Off,
        dpop: Demand::Off,
    };

    /// What the server demands, also by its profile.
    pub fn of(&self, what: Demanded) -> Demand {
        if self.profile.demands(what) { Demand::Require } else { self.setting(what) }
    }

    /// What the server demands of clients outside of its profile.
    fn setting(&self, what: Demanded) -> Demand {
        match what {
            Demanded::Pkce => self.pkce,
            Demanded::Par => self.par,
            Demanded::Jar => self.jar,
            Demanded::TokenRedirectUri => self.token_redirect_uri,
            Demanded::Dpop => self.dpop,
        }
    }
}

impl Client {
    /// What is demanded of this client: by its profile, its own setting, or the server. A public client must use PKCE
    /// (RFC 9700 §2.1.1), unless its own registration says that this is only reported.
    pub fn demand(&self, what: Demanded, server: &Demands) -> Demand {
        let profile = self.profile(server);
        let is_bound = what == Demanded::Dpop && profile.is_fapi() && !self.certificate.bound_tokens;
        if profile.demands(what) || is_bound {
            return Demand::Require;
        }
        let own = match what {
            Demanded::Pkce => self.pkce,
            Demanded::Par => self.par,
            Demanded::Jar => self.messages.jar,
            Demanded::TokenRedirectUri => self.token_redirect_uri,
            Demanded::Dpop => self.dpop,
        };
        let by_server = match what {
            Demanded::Pkce if self.kind.is_public() => Demand::Require,
            _ => server.setting(what),
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
                (metadata.dpop, metadata.messages.jar) = (own, own);
            });
            let (pkce, par, jar, token_redirect_uri, dpop) = (server, server, server, server, server);
            let server = Demands { profile: Profile::None, pkce, par, jar, token_redirect_uri, dpop };
            Demanded::ALL.iter().map(|what| client.demand(*what, &server)).collect::<Vec<_>>()
        };
        for &server in Demand::ALL {
            assert_eq!(of(ClientKind::Web, None, server), [server; 5]);
            assert_eq!(of(ClientKind::Spa, None, server), [Demand::Require, server, server, server, server]);
            for &own in Demand::ALL {
                assert_eq!(of(ClientKind::Web, Some(own), server), [own; 5]);
                assert_eq!(of(ClientKind::Native, Some(own), server), [own; 5]);
            }
        }
    }
}
