//! How the messages of an authorization are signed: the requests of the application (RFC 9101), and the answers to it (JARM).

use serde::{Deserialize, Serialize};

use crate::oauth::client::encryption::{Encryption, authorization_encrypted_response};
use crate::oauth::client::vocabulary::{Demand, ObjectAlgorithm};
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
