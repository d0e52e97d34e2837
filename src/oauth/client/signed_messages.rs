//! How the messages of an authorization are signed: the requests of the application (RFC 9101), and the answers to it (JARM).

use serde::{Deserialize, Serialize};

use crate::oauth::client::Client;
use crate::oauth::client::demand::{Demanded, Demands};
use crate::oauth::client::encryption::{Encryption, authorization_encrypted_response};
use crate::oauth::client::vocabulary::{Demand, ObjectAlgorithm};
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::signing_key::SigningAlgorithm;

/// What a registration says about signed requests and signed answers. Flattened into the metadata of the client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedMessages {
    /// Whether it must sign its authorization requests (RFC 9101). `None` follows the server's `[oauth] jar`.
    pub jar: Option<Demand>,
    /// The only algorithm of its request objects. `None`: any for which it has a key and that the profile allows, and never
    /// `none`.
    #[serde(rename = "request_object_signing_alg")]
    pub object_alg: Option<ObjectAlgorithm>,
    /// Parameters outside its request objects count, too (OpenID Connect Core §6.1), and an object needs no `exp`, `iss`
    /// and `aud`.
    #[serde(default, rename = "merge_request_object")]
    pub merges_object: bool,
    /// The algorithm that signs its authorization responses. `None`: RS256, if the server offers it and the profile
    /// allows it.
    #[serde(rename = "authorization_signed_response_alg")]
    pub response_alg: Option<SigningAlgorithm>,
    #[serde(flatten, with = "authorization_encrypted_response")]
    pub response_encryption: Option<Encryption>,
}

impl Client {
    /// Whether the client must sign its backchannel requests (CIBA Core §7.1.1).
    pub fn must_sign_backchannel(&self, server: &Demands) -> bool {
        self.backchannel.request_alg.is_some() || self.must(Demanded::Jar, server)
    }

    /// Checks that the registration lets the client sign its backchannel requests, if it must.
    ///
    /// # Errors
    /// If the client must sign them, and has no keys.
    pub fn check_can_sign_backchannel(&self, server: &Demands) -> Result<(), OAuthError> {
        if self.must_sign_backchannel(server) { self.check_has_keys() } else { Ok(()) }
    }

    /// Checks that the registration lets the client meet the demand to sign its authorization requests, which may be the server's
    /// and newer than the client.
    ///
    /// # Errors
    /// If the client must sign them, and is registered for unsigned ones or has no keys.
    pub fn check_can_sign(&self, server: &Demands) -> Result<(), OAuthError> {
        if !self.must(Demanded::Jar, server) {
            return Ok(());
        }
        if self.messages.object_alg == Some(ObjectAlgorithm::Unsigned) {
            return Err(Reason::RequestObjectAlgorithm.because(
                "the request must be signed, and the client is registered with request_object_signing_alg none",
            ));
        }
        self.check_has_keys()
    }

    fn check_has_keys(&self) -> Result<(), OAuthError> {
        match self.jwks.is_some() || self.jwks_uri.is_some() {
            true => Ok(()),
            false => Err(Reason::RequestObjectRequired.because(
                "the request must be signed, and the client is registered without keys: it has neither jwks nor jwks_uri",
            )),
        }
    }
}
