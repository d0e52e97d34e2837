//! Request objects: authorization requests as tokens that the application signs (RFC 9101, OpenID Connect Core §6.1).
//!
//! What an object says is checked before its signature, because a stranger can send one, and a signature is the most
//! expensive check. So nothing of an object counts before the caller has verified it, except where its refusal goes.

mod backchannel;
mod parameters;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::oauth::assertion::{MAX_ID_LENGTH, MAX_LIFETIME, SKEW, optional_numeric_date};
use crate::oauth::client::demand::{Demanded, Demands};
use crate::oauth::client::{Client, ObjectAlgorithm};
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::reason::Reason;
use crate::oauth::strict_json;

pub use backchannel::SignedRequest;
pub use parameters::{Outside, refuse};

/// The values that `typ` may have in the header, if it is there.
pub const TYPES: [&str; 2] = ["oauth-authz-req+jwt", "JWT"];

/// What decides about a request object besides what is in it.
#[derive(Clone, Copy, Debug)]
pub struct ObjectContext<'a> {
    /// The client that the request names.
    pub client: &'a Client,
    pub issuer: &'a str,
    /// What is demanded of clients without settings of their own.
    pub demands: Demands,
    pub now: Timestamp,
}

impl ObjectContext<'_> {
    fn is_demanded(&self) -> bool {
        self.client.must(Demanded::Jar, &self.demands)
    }

    /// Whether parameters outside the object count, too.
    fn merges(&self) -> bool {
        self.client.messages.merges_object && !self.is_demanded()
    }
}

/// A request object that is not verified.
#[derive(Clone, Debug)]
pub struct RequestObject {
    algorithm: ObjectAlgorithm,
    claims: Map<String, Value>,
}

/// The claims about the object itself. Everything else in it is a parameter of the request.
#[derive(Deserialize)]
struct ObjectClaims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Value>,
    client_id: Option<String>,
    jti: Option<String>,
    #[serde(default, deserialize_with = "optional_numeric_date")]
    exp: Option<Timestamp>,
    #[serde(default, deserialize_with = "optional_numeric_date")]
    nbf: Option<Timestamp>,
    #[serde(default, deserialize_with = "optional_numeric_date")]
    iat: Option<Timestamp>,
}

impl RequestObject {
    /// Reads an object in compact serialization.
    ///
    /// # Errors
    /// If it is malformed or still encrypted, has another type, or an algorithm that no client can register.
    pub fn read(token: &str) -> Result<Self, OAuthError> {
        let parts: Vec<&str> = token.splitn(6, '.').collect();
        let [header, claims, signature] = parts.as_slice() else {
            return Err(match parts.len() {
                5 => encrypted("is encrypted, and one that is only signed is needed here"),
                _ => malformed("is not a signed token in compact serialization"),
            });
        };
        let header = object(header, "the header of the request object")?;
        if header.contains_key("crit") {
            return Err(malformed("lists extensions as critical, of which this server knows none"));
        }
        match header.get("typ") {
            None => {}
            Some(Value::String(typ)) if is_known_type(typ) => {}
            Some(typ) => {
                let typ = typ.as_str().map_or_else(|| typ.to_string(), str::to_owned);
                return Err(Reason::RequestObjectType.because(format!(
                    "the request object has {}, and not oauth-authz-req+jwt or JWT",
                    named("typ", &typ)
                )));
            }
        }
        let algorithm = match header.get("alg") {
            Some(Value::String(name)) => {
                ObjectAlgorithm::parse(name).ok_or_else(|| unusable(&named("alg", name)))?
            }
            Some(other) => return Err(unusable(&named("alg", &other.to_string()))),
            None => return Err(unusable("no alg")),
        };
        // A signature that no one verifies, and a missing one, are both a mistake.
        if (algorithm == ObjectAlgorithm::Unsigned) != signature.is_empty() {
            return Err(malformed("has a signature that does not fit its alg"));
        }
        Ok(Self { algorithm, claims: object(claims, "the request object")? })
    }

    /// Whether it is signed, so that a key of the client must verify it.
    pub fn is_signed(&self) -> bool {
        self.algorithm != ObjectAlgorithm::Unsigned
    }

    /// Checks everything that the object says about itself, except its signature (RFC 9101 §4 and §6).
    ///
    /// # Errors
    /// If the client may not use its algorithm, or it is another client's, for another server, not valid now, or names
    /// another request.
    pub fn check(&self, context: &ObjectContext<'_>) -> Result<(), OAuthError> {
        self.check_algorithm(context, context.client.messages.object_alg)?;
        let claims = self.own_claims()?;
        // Where nothing is signed, or OpenID Connect Core §6 is meant, these claims are optional.
        let is_strict = self.is_signed() && !context.merges();
        check_client(&claims, context, is_strict)?;
        check_audience(claims.aud.as_ref(), context.issuer, is_strict)?;
        check_times(&claims, context, is_strict)
    }

    /// The claims about the object itself.
    fn own_claims(&self) -> Result<ObjectClaims, OAuthError> {
        for nested in ["request", "request_uri"] {
            if self.claims.contains_key(nested) {
                return Err(Reason::RequestObjectNested.because(format!(
                    "the request object has the parameter {nested}, which it cannot have"
                )));
            }
        }
        serde_json::from_value(Value::Object(self.claims.clone())).map_err(|_| {
            malformed("has iss, sub, client_id, jti or a time in another form; times are seconds since 1970")
        })
    }

    /// Checks the algorithm against the profile of the client, and against the only one that is registered, if one is.
    fn check_algorithm(
        &self,
        context: &ObjectContext<'_>,
        registered: Option<ObjectAlgorithm>,
    ) -> Result<(), OAuthError> {
        let profile = context.client.profile(&context.demands);
        if self.is_signed() && !profile.allows_algorithm(self.algorithm.as_str()) {
            return Err(Reason::RequestObjectAlgorithm.because(format!(
                "the request object has the alg {}, and the profile {} needs PS256, ES256, EdDSA or Ed25519",
                self.algorithm.as_str(),
                profile.as_str()
            )));
        }
        match registered {
            Some(only) if only.is_same(self.algorithm) => Ok(()),
            None if self.is_signed() => Ok(()),
            None => Err(Reason::RequestObjectAlgorithm.because(
                "the request object has the alg none, and this client is not registered for it; sign the object with a key of \
                 the client, or register request_object_signing_alg none",
            )),
            Some(only) => Err(Reason::RequestObjectAlgorithm.because(format!(
                "the request object has the alg {}, and this client is registered for {}",
                self.algorithm.as_str(),
                only.as_str()
            ))),
        }
    }
}

/// The refusal of an encrypted object that is for no key of this server.
pub fn for_another_key() -> OAuthError {
    encrypted("is encrypted, and not for a key at /jwks whose use is enc")
}

/// The refusal of an encrypted object whose `alg` this server does not offer.
pub fn not_offered(algorithm: &str) -> OAuthError {
    encrypted(&format!(
        "is encrypted with the alg {algorithm}, which request_object_encryption_alg_values_supported in the metadata does not \
         list"
    ))
}

/// The refusal of an encrypted object whose form this server does not read, before a key is looked for.
pub fn unreadable() -> OAuthError {
    encrypted(
        "is encrypted in a form that is not read here: it needs five parts in base64url, and in its header an alg and an enc that \
         the metadata lists, and neither zip nor crit",
    )
}

/// The refusal of an encrypted object that is for a key of this server, which does not decrypt it. It is the same whatever the
/// cause, so that no one learns anything about the content by changing it.
pub fn undecryptable() -> OAuthError {
    encrypted(
        "is encrypted, and the key at /jwks that it is for does not decrypt it to a signed token; sign it, encrypt it once, and \
         change nothing after that",
    )
}

fn encrypted(what: &str) -> OAuthError {
    Reason::RequestObjectEncrypted.because(format!("the request object {what}"))
}

/// Whether a token is encrypted: it has five parts (RFC 7516 §9).
pub fn is_encrypted(token: &str) -> bool {
    token.split('.').count() == 5
}

fn malformed(what: &str) -> OAuthError {
    Reason::RequestObjectMalformed.because(format!("the request object {what}"))
}

/// A member of the header and its value, for a sentence.
fn named(member: &str, value: &str) -> String {
    if value.is_empty() { format!("an empty {member}") } else { format!("the {member} {}", quoted(value)) }
}

fn unusable(what: &str) -> OAuthError {
    let known: Vec<&str> = ObjectAlgorithm::signing().map(ObjectAlgorithm::as_str).collect();
    Reason::RequestObjectAlgorithm
        .because(format!("the request object has {what}; use one of {}", known.join(", ")))
}

/// The case of a media type does not matter, and `application/` may be left out (RFC 7515 §4.1.9).
fn is_known_type(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    let short = typ.strip_prefix("application/").unwrap_or(&typ);
    TYPES.iter().any(|known| known.eq_ignore_ascii_case(short))
}

/// The JSON object in one part of a token.
fn object(part: &str, name: &str) -> Result<Map<String, Value>, OAuthError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed("is not base64url"))?;
    strict_json::object(&bytes)
        .map_err(|error| Reason::RequestObjectMalformed.because(format!("{name} {}", error.what)))
}

/// The client that the object names must be the client of the request. A `sub` would make the object usable as the client's
/// assertion (RFC 9101 §10.8).
fn check_client(
    claims: &ObjectClaims,
    context: &ObjectContext<'_>,
    is_strict: bool,
) -> Result<(), OAuthError> {
    let client = context.client.id.as_str();
    let wrong = |what: &str| Err(Reason::RequestObjectClient.because(format!("the request object {what}")));
    for (name, value) in [("client_id", &claims.client_id), ("iss", &claims.iss)] {
        match value.as_deref() {
            Some(named) if named != client => {
                return wrong(&format!("does not have the client_id of the request as its {name}"));
            }
            None if name == "client_id" && !context.merges() => return wrong("lacks the client_id"),
            None if is_strict => return wrong(&format!("lacks {name}; it must be the client_id")),
            _ => {}
        }
    }
    match claims.sub.as_deref() {
        Some(sub) if is_strict && sub == client => wrong("has the client_id as its sub; leave sub out"),
        _ => Ok(()),
    }
}

/// The issuer must be the audience, or be in the list of audiences (FAPI 2.0 Message Signing §5.3.1).
fn check_audience(aud: Option<&Value>, issuer: &str, is_strict: bool) -> Result<(), OAuthError> {
    let is_for_here = match aud {
        None => !is_strict,
        Some(Value::Array(list)) => list.iter().any(|aud| aud == issuer),
        Some(aud) => aud == issuer,
    };
    if is_for_here {
        return Ok(());
    }
    let came = aud.map(|aud| aud.as_str().map_or_else(|| aud.to_string(), str::to_owned)).unwrap_or_default();
    let detail = Detail::of(DetailSubject::Audience).came(&came).registered([issuer]);
    let what = "the request object must have the issuer as its aud, or in the list of aud";
    Err(Reason::RequestObjectAudience.because(what).with(detail))
}

/// An object lives for an hour at most, from its `nbf` or `iat` (FAPI 2.0 Message Signing §5.3.1).
fn check_times(
    claims: &ObjectClaims,
    context: &ObjectContext<'_>,
    is_strict: bool,
) -> Result<(), OAuthError> {
    let now = context.now;
    let refuse = |what: &str| Reason::RequestObjectTimes.because(format!("the request object {what}"));
    if let Some(begin) = claims.nbf.into_iter().chain(claims.iat).find(|begin| *begin > now + SKEW) {
        let detail = Detail::at(DetailSubject::Begin, begin, now).by(begin - now);
        return Err(refuse("begins in the future; compare the clocks").with(detail));
    }
    if is_strict && context.is_demanded() && claims.nbf.is_none() {
        return Err(refuse("lacks nbf, the time at which it begins"));
    }
    let Some(exp) = claims.exp else {
        return if is_strict { Err(refuse("lacks exp, the time at which it ends")) } else { Ok(()) };
    };
    if exp <= now - SKEW {
        let detail = Detail::at(DetailSubject::Expiry, exp, now).by(now - exp);
        return Err(refuse("has expired").with(detail));
    }
    let begin = claims.nbf.or(claims.iat);
    if begin.is_some_and(|begin| exp > begin + MAX_LIFETIME) || exp > now + MAX_LIFETIME + SKEW {
        let detail = Detail::at(DetailSubject::Expiry, exp, now).by(exp - now);
        return Err(refuse("lives for more than an hour; give it a minute").with(detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
