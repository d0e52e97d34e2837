//! Request objects of backchannel requests (CIBA Core §7.1.1).

use super::parameters::parameters;
use super::{MAX_ID_LENGTH, ObjectContext, RequestObject, check_audience, check_times};
use crate::clock::Timestamp;
use crate::oauth::assertion::SKEW;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::request::backchannel;
use crate::oauth::request::params::Params;

/// A backchannel request that was in a request object.
#[derive(Clone, Debug)]
pub struct SignedRequest {
    pub params: Params,
    /// The `jti` of the object, which is used up.
    pub id: String,
    /// Until when its use must be remembered.
    pub expires_at: Timestamp,
}

impl RequestObject {
    /// Checks everything that the object of a backchannel request says about itself, except its signature, and reads its
    /// parameters.
    ///
    /// # Errors
    /// If it is not signed or not by the registered algorithm, lacks a claim, is another client's, for another server, or not
    /// valid now.
    pub fn check_backchannel(&self, context: &ObjectContext<'_>) -> Result<SignedRequest, OAuthError> {
        let client = context.client;
        if !self.is_signed() {
            return Err(Reason::RequestObjectAlgorithm
                .because("a backchannel request that is in a request object must be signed"));
        }
        self.check_algorithm(context, client.backchannel.request_alg)?;
        let claims = self.own_claims()?;
        let id = client.id.as_str();
        let wrong = |what: &str| Reason::RequestObjectClient.because(format!("the request object {what}"));
        if claims.iss.as_deref() != Some(id) {
            return Err(wrong("must have the client_id as its iss"));
        }
        if claims.client_id.as_deref().is_some_and(|named| named != id) {
            return Err(wrong("has a client_id that is not the client's"));
        }
        if claims.sub.as_deref() == Some(id) {
            return Err(wrong("has the client_id as its sub; leave sub out"));
        }
        check_audience(claims.aud.as_ref(), context.issuer, true)?;
        check_times(&claims, context, true)?;
        let (Some(exp), Some(_), Some(_)) = (claims.exp, claims.iat, claims.nbf) else {
            let what = "the request object lacks iat, nbf or exp; a backchannel request has all three";
            return Err(Reason::RequestObjectTimes.because(what));
        };
        let id = claims.jti.filter(|id| !id.is_empty() && id.len() <= MAX_ID_LENGTH);
        let id = id.ok_or_else(|| {
            Reason::RequestObjectMalformed
                .because("the request object needs a jti of 1 to 256 bytes, a new one each time")
        })?;
        let params = parameters(&self.claims, |name| backchannel::PARAMETERS.contains(&name))?;
        Ok(SignedRequest { params, id, expires_at: exp + SKEW })
    }
}
