//! Which algorithm signs an access token that is a JWT: the one of the API, or the server's, and always one that the profile of
//! the client allows.

use crate::oauth::client::demand::Demands;
use crate::oauth::client::profile::FAPI_ALGORITHMS;
use crate::oauth::client::{Client, TokenFormat};
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::grant::resource::{KnownResources, Resource};
use crate::oauth::reason::Reason;
use crate::oauth::signing_key::SigningAlgorithm;

/// The server's choice of algorithms for access tokens.
#[derive(Clone, Copy, Debug)]
pub struct TokenAlgorithms {
    /// For clients without a FAPI profile.
    pub usual: SigningAlgorithm,
    /// For clients with a FAPI profile. Another one than the profile allows signs nothing.
    pub of_fapi: SigningAlgorithm,
    /// What is demanded of clients without settings of their own.
    pub demands: Demands,
}

impl TokenAlgorithms {
    /// The algorithm of a token of `client` for `resource`, where `None` is this server. `None` if such tokens are opaque.
    ///
    /// # Errors
    /// If the profile of the client does not allow the algorithm.
    pub fn of(
        &self,
        client: &Client,
        resource: Option<&Resource>,
    ) -> Result<Option<SigningAlgorithm>, OAuthError> {
        if resource.map_or(client.token_format, |resource| resource.format) == TokenFormat::Opaque {
            return Ok(None);
        }
        let profile = client.profile(&self.demands);
        let by_server = if profile.is_fapi() { self.of_fapi } else { self.usual };
        let algorithm = resource.and_then(|resource| resource.algorithm).unwrap_or(by_server);
        if profile.allows_algorithm(algorithm.as_str()) {
            return Ok(Some(algorithm));
        }
        let whose = match resource {
            Some(resource) => format!("the resource {}", quoted(&resource.uri)),
            None => "this server".to_owned(),
        };
        let mut detail =
            Detail::of(DetailSubject::TokenAlgorithm).came(algorithm.as_str()).registered(FAPI_ALGORITHMS);
        if let Some(resource) = resource.filter(|_| profile.allows_algorithm(by_server.as_str())) {
            // Only the API's own choice is wrong.
            detail = detail.differs("resource", &resource.uri);
        }
        let error = Reason::ResourceAlgorithm.because(format!(
            "tokens for {whose} are signed with {algorithm}, and the profile {} needs PS256, ES256, EdDSA or Ed25519",
            profile.as_str()
        ));
        Err(error.with(detail))
    }

    /// Checks the algorithms of the tokens that can follow from a request for the resources with these URIs; without any, of
    /// the token for this server.
    ///
    /// # Errors
    /// If the profile of the client does not allow one of them.
    pub fn check(
        &self,
        client: &Client,
        uris: &[String],
        known: &impl KnownResources,
    ) -> Result<(), OAuthError> {
        if uris.is_empty() {
            return self.of(client, None).map(drop);
        }
        uris.iter()
            .filter_map(|uri| known.resource(uri))
            .try_for_each(|resource| self.of(client, Some(resource)).map(drop))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client::profile::Profile;
    use crate::oauth::client::{ClientKind, example};
    use crate::oauth::grant::resource::example_resource;

    #[test]
    fn no_token_of_a_fapi_client_has_an_algorithm_that_its_profile_does_not_allow() {
        use SigningAlgorithm::{Es256, Ps256, Rs256};
        let of = |server, own, (usual, of_fapi), format, chosen: Option<Option<SigningAlgorithm>>| {
            let algorithms =
                TokenAlgorithms { usual, of_fapi, demands: Demands { profile: server, ..Demands::NOTHING } };
            let client =
                example(ClientKind::Web).with(|it| (it.profile, it.token_format) = (own, TokenFormat::Jwt));
            let resource =
                chosen.map(|algorithm| Resource { algorithm, format, ..example_resource("urn:r", "") });
            algorithms.of(&client, resource.as_ref()).map_err(|error| error.reason)
        };
        let refused = Err(Reason::ResourceAlgorithm);
        for (server, own) in [
            (Profile::None, Some(Profile::Fapi2)),
            (Profile::None, Some(Profile::Fapi2MessageSigning)),
            (Profile::Fapi2, None),
            (Profile::OAuth21, Some(Profile::Fapi2)),
        ] {
            let jwt = |choice, chosen| of(server, own, choice, TokenFormat::Jwt, chosen);
            assert_eq!(jwt((Rs256, Ps256), None), Ok(Some(Ps256)));
            assert_eq!(jwt((Rs256, Ps256), Some(None)), Ok(Some(Ps256)));
            assert_eq!(jwt((Rs256, Rs256), None), refused);
            assert_eq!(jwt((Rs256, Rs256), Some(None)), refused);
            assert_eq!(jwt((Es256, Es256), Some(Some(Rs256))), refused);
            assert_eq!(jwt((Rs256, Rs256), Some(Some(Es256))), Ok(Some(Es256)));
            let opaque = of(server, own, (Rs256, Rs256), TokenFormat::Opaque, Some(Some(Rs256)));
            assert_eq!(opaque, Ok(None));
        }
        for (server, own) in [(Profile::OAuth21, None), (Profile::Fapi2, Some(Profile::None))] {
            let jwt = |chosen| of(server, own, (Rs256, Ps256), TokenFormat::Jwt, chosen);
            assert_eq!((jwt(None), jwt(Some(Some(Rs256)))), (Ok(Some(Rs256)), Ok(Some(Rs256))));
        }
    }
}
