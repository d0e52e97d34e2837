//! Authorization responses as signed tokens (JWT Secured Authorization Response Mode for OAuth 2.0, JARM).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::clock::{Seconds, Timestamp};
use crate::oauth::client::demand::Demands;
use crate::oauth::client::profile::Profile;
use crate::oauth::client::{Client, Encryption};
use crate::oauth::id::ClientId;
use crate::oauth::signing_key::SigningAlgorithm;

/// The `typ` of the token.
pub const TYP: &str = "JWT";
/// How long the token is valid: as long as JARM §2.1 allows, for people who come back to a tab.
const LIFETIME: Seconds = Seconds::new(600);

/// How an application gets its responses as tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseProtection {
    pub client: ClientId,
    /// `None`: RS256, if the server offers it and the profile allows it.
    pub algorithm: Option<SigningAlgorithm>,
    /// The profile of the client.
    pub profile: Profile,
    /// How the signed token is encrypted, and the JWK Set with the key.
    pub encryption: Option<(Encryption, String)>,
}

impl ResponseProtection {
    /// What the client is registered for.
    pub fn of(client: &Client, demands: &Demands) -> Self {
        let keys = || client.jwks.clone().unwrap_or_default();
        Self {
            client: client.id.clone(),
            algorithm: client.messages.response_alg,
            profile: client.profile(demands),
            encryption: client.messages.response_encryption.map(|encryption| (encryption, keys())),
        }
    }
}

/// The claims of a response (JARM §2.1): each parameter is a text, as it would be in a query.
#[derive(Debug, Serialize)]
pub struct ResponseClaims<'a> {
    iss: &'a str,
    aud: &'a ClientId,
    exp: Timestamp,
    #[serde(flatten)]
    parameters: BTreeMap<&'a str, &'a str>,
}

impl<'a> ResponseClaims<'a> {
    /// The claims of the response with these parameters. The parameter `iss` (RFC 9207) is the claim.
    pub fn new(
        issuer: &'a str,
        client: &'a ClientId,
        parameters: &[(&'a str, &'a str)],
        now: Timestamp,
    ) -> Self {
        let others = parameters.iter().copied().filter(|(name, _)| *name != "iss");
        Self { iss: issuer, aud: client, exp: now + LIFETIME, parameters: others.collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_claims_are_those_of_the_specification() {
        // JARM §2.1, the example of the response type code.
        let client = ClientId::new("s6BhdRkqt3");
        let parameters = [
            ("code", "PyyFaux2o7Q0YfXBU32jhw.5FXSQpvr8akv9CeRDSd0QA"),
            ("state", "S8NJ7uqk5fY4EjNvP_G_FtyJu6pUsvH9jsYni9dMAJw"),
            ("iss", "https://accounts.example.com"),
        ];
        let now = Timestamp::from_unix(1_311_281_970) - LIFETIME;
        let claims = ResponseClaims::new("https://accounts.example.com", &client, &parameters, now);
        let expected = json!({
            "iss": "https://accounts.example.com",
            "aud": "s6BhdRkqt3",
            "exp": 1_311_281_970,
            "code": "PyyFaux2o7Q0YfXBU32jhw.5FXSQpvr8akv9CeRDSd0QA",
            "state": "S8NJ7uqk5fY4EjNvP_G_FtyJu6pUsvH9jsYni9dMAJw",
        });
        assert_eq!(serde_json::to_value(&claims).unwrap(), expected);
    }
}
