//! Request objects (RFC 9101): how the parameter `request` becomes the request that a client has signed.

use super::known_client;
use crate::app::App;
use crate::cache::decision::View;
use crate::failure::{Denied, Failure};
use crate::http::call::Call;
use crate::http::limiting;
use crate::jose::jwe::EncryptedToken;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::request::received::{Received, Source};
use crate::oauth::request::request_object::{
    ObjectContext, Outside, RequestObject, TYPES, for_another_key, is_encrypted, not_offered, refuse,
    undecryptable, unreadable,
};
use crate::oauth::request::{self, Refusal};
use crate::tokens::client_signed::{NotSigned, by_client_key};

/// What became of the signature of an object, and the version of the client whose keys it was compared with.
pub type SignatureVerdict = (i64, Result<(), OAuthError>);

/// The request that the parameters are, or that is in their request object.
///
/// Nothing is stored. A signature is verified once for each version of the client's record, after everything else that the
/// object says has been found right.
///
/// # Errors
/// If the client is unknown, or its object is not a request that it may make now.
pub async fn resolve(
    app: &App,
    call: &Call,
    source: Source,
    params: Params,
) -> Result<Received, Denied<Refusal>> {
    let token = match params.one("request").transpose() {
        // A request by reference is refused with all other mistakes.
        Some(token) if !params.has("request_uri") => token,
        _ => return Ok(Received::resolve(source, params)),
    };
    let id = request::client_id_of(&params).map_err(Refusal::Page)?;
    call.set_client(id.clone());
    let outside = Outside { source, params: &params };
    let (mut opened, mut verdict) = (None, None);
    let decide = async |view: &View<'_>| {
        let stored = known_client(call, view, &id).await?;
        let (client, demands) = (&stored.client, app.config.oauth.demands());
        if opened.is_none() {
            opened = Some(match &token {
                Ok(token) => open(app, call, token).await?,
                // It is repeated, too long or malformed.
                Err(error) => Err(error.clone()),
            });
        }
        let read = opened.as_ref().map_or_else(|| Err(undecryptable()), Clone::clone);
        let known = read.as_ref().ok().map(|(object, _)| object.clone());
        let refused = |error| Denied::Refused(refuse((client, &demands), known.as_ref(), &params, error));
        let (object, signed) = read.map_err(&refused)?;
        let context = ObjectContext { client, issuer: &app.issuer, demands, now: call.now };
        object.check(&context).map_err(&refused)?;
        if object.is_signed() {
            verify_once(app, call, client, &signed, &mut verdict).await.map_err(&refused)?;
        }
        object.into_received(outside, &context).map_err(&refused)
    };
    app.cache.decide(decide).await
}

/// The object in a token, and the token that was signed. A token that is encrypted is decrypted with one key, once.
async fn open(
    app: &App,
    call: &Call,
    token: &str,
) -> Result<Result<(RequestObject, String), OAuthError>, Failure> {
    if !is_encrypted(token) {
        return Ok(RequestObject::read(token).map(|object| (object, token.to_owned())));
    }
    let Ok(encrypted) = EncryptedToken::read(token) else { return Ok(Err(unreadable())) };
    let (algorithm, offered) = (encrypted.algorithm(), &app.config.keys.encryption_algorithms);
    let keys = app.key_set.current(call.now).await?;
    // A key of an algorithm that is no longer offered decrypts to its end.
    let Some(key) = keys.decrypting(&encrypted) else {
        let is_offered = offered.iter().any(|known| known.as_str() == algorithm.as_str());
        return Ok(Err(if is_offered { for_another_key() } else { not_offered(algorithm.as_str()) }));
    };
    // Anyone can encrypt something for a published key.
    if key.algorithm().is_rsa() {
        limiting::use_private_key(app, call)?;
    }
    let text = key.decrypt(&encrypted).ok().and_then(|text| String::from_utf8(text).ok());
    let signed = text.filter(|text| !is_encrypted(text)).ok_or_else(undecryptable);
    Ok(signed.and_then(|signed| Ok((RequestObject::read(&signed)?, signed))))
}

/// Verifies the signature, unless it was compared with the keys of the same record before.
///
/// # Errors
/// If the keys of the client cannot be read, or none of them made the signature.
pub async fn verify_once(
    app: &App,
    call: &Call,
    client: &Client,
    token: &str,
    verdict: &mut Option<SignatureVerdict>,
) -> Result<(), OAuthError> {
    if let Some((_, known)) = verdict.as_ref().filter(|(version, _)| *version == client.version) {
        return known.clone();
    }
    let verified = by_client_key(app, client, token, &TYPES, call.address).await;
    let result = verified.map(drop).map_err(|why| match why {
        NotSigned::NoKeys => Reason::RequestObjectKeys.because(
            "the keys of this client could not be read from its jwks_uri; the server's log says why",
        ),
        NotSigned::Wrong(why) => {
            Reason::RequestObjectSignature.because(format!("the request object is not this client's: {why}"))
        }
    });
    *verdict = Some((client.version, result.clone()));
    result
}
