//! What every token for one client needs: the key that signs, and the client's key to encrypt to. Also the authorization
//! responses that are tokens (JARM), which `http` sends.

use std::sync::Arc;

use crate::app::App;
use crate::clock::Timestamp;
use crate::failure::Failure;
use crate::jose::encrypt::Recipient;
use crate::jose::key::SigningKey;
use crate::keys::signing::CurrentKeys;
use crate::oauth::client::Encryption;
use crate::oauth::client::profile::Profile;
use crate::oauth::id::ClientId;
use crate::oauth::request::return_address::ReturnAddress;
use crate::oauth::request::signed_response::{ResponseClaims, ResponseProtection, TYP};
use crate::oauth::signing_key::SigningAlgorithm;

/// Signs one response, and encrypts it where the application is registered for that.
pub struct AuthorizationSigner<'a> {
    protection: &'a ResponseProtection,
    key: Arc<SigningKey>,
}

impl<'a> AuthorizationSigner<'a> {
    /// A signer of responses to this address. `None` if they are not signed. Call this before a transaction uses anything
    /// up, because it can fail.
    ///
    /// While the database does not answer, the key that signed last still signs, because applications still know it.
    ///
    /// # Errors
    /// [`Failure::Internal`] if the server has no key for the client's algorithm; otherwise only failures of the
    /// database.
    pub async fn of(app: &App, to: &'a ReturnAddress, now: Timestamp) -> Result<Option<Self>, Failure> {
        let Some(protection) = to.protection() else { return Ok(None) };
        let (keys, _) = app.key_set.published(now).await?;
        let key = signing(&keys, &protection.client, offered(app, protection.algorithm, protection.profile))?;
        Ok(Some(Self { protection, key }))
    }

    /// Whether a signature takes long: that of an RSA key takes as long as twenty others.
    pub fn is_costly(&self) -> bool {
        self.key.algorithm().is_rsa()
    }

    /// The token with these parameters.
    ///
    /// # Errors
    /// If the signature fails, or the client has no key to encrypt to.
    pub fn sign(&self, app: &App, parameters: &[(&str, &str)], now: Timestamp) -> Result<String, Failure> {
        let client = &self.protection.client;
        let signed = self.key.sign(TYP, &ResponseClaims::new(&app.issuer, client, parameters, now))?;
        match &self.protection.encryption {
            None => Ok(signed),
            Some((encryption, jwks)) => encrypt((client, jwks), signed.into_bytes(), NESTED, *encryption),
        }
    }
}

/// The `cty` of a nested token (RFC 7519 §5.2).
pub(super) const NESTED: &str = "JWT";

/// Encrypts to a key of the client's JWK Set.
///
/// # Errors
/// [`Failure::Internal`] if the client has no key for the algorithm.
pub(super) fn encrypt(
    (id, jwks): (&ClientId, &str),
    payload: Vec<u8>,
    content_type: &str,
    encryption: Encryption,
) -> Result<String, Failure> {
    let Some(recipient) = Recipient::choose(jwks, encryption.algorithm) else {
        let algorithm = encryption.algorithm.as_str();
        return Err(Failure::Internal(format!("the client {id} has no public key for {algorithm}")));
    };
    Ok(recipient.encrypt(payload, content_type, encryption)?)
}

/// The key to sign with for a client.
///
/// # Errors
/// [`Failure::Internal`] if the configuration does not offer the algorithm.
pub(super) fn signing(
    keys: &CurrentKeys,
    id: &ClientId,
    algorithm: SigningAlgorithm,
) -> Result<Arc<SigningKey>, Failure> {
    keys.signing(algorithm).cloned().ok_or_else(|| {
        Failure::Internal(format!(
            "the client {id} is to be answered with {algorithm}, which keys.algorithms does not offer"
        ))
    })
}

/// The registered algorithm; without one RS256 (OpenID Connect Registration §2), if the server offers it and the client's
/// profile allows it.
pub(super) fn offered(app: &App, registered: Option<SigningAlgorithm>, profile: Profile) -> SigningAlgorithm {
    let offered = app.config.keys.algorithms.iter().copied();
    let mut allowed = offered.filter(|algorithm| profile.allows_algorithm(algorithm.as_str()));
    registered.unwrap_or_else(|| {
        let first = allowed.next().unwrap_or(SigningAlgorithm::Es256);
        allowed.find(|algorithm| *algorithm == SigningAlgorithm::Rs256).unwrap_or(first)
    })
}
