//! What the sender of a request proves to hold, beside who the client is (RFC 9449, RFC 8705), and whether that is enough.

use actix_web::http::header::HeaderName;

use super::call::{Call, Request};
use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::config::mount_path;
use crate::failure::Denied;
use crate::jose::proof::{self, ProofFlaw};
use crate::oauth::client::demand::Demanded;
use crate::oauth::client::profile::Profile;
use crate::oauth::client::{Client, NoncePolicy};
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::token::bearer::{PresentedText, not_proven, proof_needed};
use crate::oauth::token::binding::Binding;
use crate::oauth::token::dpop::{DpopProof, ProvenRequest, nonce_numbers};
use crate::secret::Hash;
use crate::telemetry::RequestFacts as _;
use crate::tokens::possession::{Possession, SingleUse};

const DPOP: HeaderName = HeaderName::from_static("dpop");

/// What the sender of a request of `client` proves, which has authenticated if it can. It is not used up yet.
///
/// # Errors
/// If a proof is not good for this request, or the request has no certificate although the client's tokens are bound to one.
pub fn possession(app: &App, request: &Request, client: &Client) -> Result<Possession, OAuthError> {
    // A token is bound to one thing, and the registration says to which. Whatever comes beside it is checked all the same (RFC
    // 9449 §4.3), and may be what the code or the refresh token is bound to.
    if client.certificate.bound_tokens {
        let certificate = needed_certificate(request)?;
        let Possession { binding: key, once, .. } = proven_key(app, request, client)?.unwrap_or_default();
        return Ok(Possession { binding: Some(certificate), beside: key, once });
    }
    let key = proven_key(app, request, client)?.unwrap_or_default();
    Ok(Possession { beside: certificate(request), ..key })
}

/// Whether a request has a DPoP header, or several.
pub fn has_proof(request: &Request) -> bool {
    request.headers().contains_key(&DPOP)
}

/// Notes what every answer to a request about `client` says about proofs, also one that refuses it: the algorithms, and if
/// the request has a proof, the nonce for the next one.
pub fn announce(app: &App, call: &Call, client: &Client, has_proof: bool) {
    call.set_profile(client.profile(&app.config.oauth.demands()));
    if has_proof {
        offer_nonce(app, call, Some(client));
    }
}

/// Notes what [`announce`] does for a request with a proof that was refused before its client was looked up.
pub async fn announce_late(app: &App, request: &Request) {
    if !has_proof(request) || request.application().is_some() {
        return;
    }
    let Some(id) = request.client() else { return };
    // A failure here changes nothing about the refusal.
    if let Ok(Some(stored)) = app.cache.client(id, Freshness::Cached).await {
        announce(app, request, &stored.client, true);
    }
}

/// The key that the sender of a request of `client` proves. `None` if the request has no DPoP proof. It is not used up yet.
///
/// # Errors
/// If the proof is not good for this request.
pub fn proven_key(app: &App, request: &Request, client: &Client) -> Result<Option<Possession>, OAuthError> {
    let Some(text) = dpop_header(request)? else { return Ok(None) };
    Ok(Some(possession_by(app, &proven(app, request, text, None, Some(client))?)))
}

/// Checks that the sender of a token request proves what is demanded of its client.
///
/// # Errors
/// If the client must send a DPoP proof, and the request has none.
pub fn check_demand(
    app: &App,
    request: &Request,
    client: &Client,
    possession: &Possession,
) -> Result<(), OAuthError> {
    // A certificate does the same for the tokens.
    if possession.binding.is_some() || !client.must(Demanded::Dpop, &app.config.oauth.demands()) {
        return Ok(());
    }
    offer_nonce(app, request, Some(client));
    Err(Reason::DpopMissing.because("the request has no DPoP header, and this client must prove a key"))
}

/// The certificate of the request, to which the tokens of its client are bound (RFC 8705 §3). Its times and its usage are
/// checked, not who has signed it.
fn needed_certificate(request: &Request) -> Result<Binding, OAuthError> {
    let certificate = request.client_certificate()?.ok_or_else(|| {
        Reason::CertificateRequired.because(
            "the tokens of this client are bound to its certificate, and the request came without one",
        )
    })?;
    certificate.content()?.check(request.now)?;
    Ok(certificate.binding())
}

/// Checks that the sender of a request may use an access token, which is valid: by its scheme, and by what the token is
/// bound to. `client`: the one that the token was issued to, if it is known. Returns what the sender proves, which the caller
/// must use up (see [`use_up`]).
///
/// # Errors
/// If the token came with another scheme, without the proof that it needs, or with a proof that is not good.
pub fn check_presented(
    app: &App,
    request: &Request,
    presented: &PresentedText,
    binding: Option<&Binding>,
    client: Option<&Client>,
) -> Result<Possession, OAuthError> {
    let needed = proof_needed(binding, presented.scheme)?;
    // A proof is checked and counts once also where the token needs none, as at the token endpoint.
    let proof = dpop_header(request)?.map(|text| proven(app, request, text, Some(&presented.text), client));
    let proof = proof.transpose()?;
    match (needed, &proof) {
        (Some(bound @ Binding::Certificate(_)), _) if certificate(request).as_ref() != Some(bound) => {
            return Err(not_proven(bound));
        }
        (Some(Binding::DpopKey(_)), None) => {
            offer_nonce(app, request, client);
            let error = Reason::DpopMissing.because("the request has no DPoP header beside its access token");
            return Err(error);
        }
        (Some(bound @ Binding::DpopKey(_)), Some(proof)) if proof.binding() != *bound => {
            return Err(not_proven(bound));
        }
        _ => {}
    }
    Ok(proof.map(|proof| possession_by(app, &proof)).unwrap_or_default())
}

/// Uses up what a request with a valid access token proves.
///
/// # Errors
/// If the proof was used before; otherwise only failures.
pub async fn use_up(app: &App, possession: Possession) -> Result<(), Denied<OAuthError>> {
    possession.use_up_alone(&app.db).await
}

/// The certificate of the connection, or the one that a proxy passes on. `None` if the request has no certificate that can be
/// read.
fn certificate(request: &Request) -> Option<Binding> {
    Some(request.client_certificate().ok()??.binding())
}

/// The DPoP header (RFC 9449 §4.1). `None` if the request has none.
fn dpop_header(request: &Request) -> Result<Option<&str>, OAuthError> {
    let mut headers = request.headers().get_all(&DPOP);
    let Some(value) = headers.next() else { return Ok(None) };
    if headers.next().is_some() {
        return Err(Reason::DpopRepeated.because("the request has more than one DPoP header"));
    }
    let malformed = |_| refusal(ProofFlaw::Malformed("it is not a signed JWT"));
    value.to_str().map(Some).map_err(malformed)
}

/// The proof in a DPoP header, if it is good for this request. `token`: the access token that comes with it.
fn proven(
    app: &App,
    request: &Request,
    text: &str,
    token: Option<&str>,
    client: Option<&Client>,
) -> Result<DpopProof, OAuthError> {
    let proof = proof::read(text).map_err(refusal)?;
    let profile = client.map_or(Profile::None, |client| client.profile(&app.config.oauth.demands()));
    if !profile.allows_algorithm(proof.algorithm.as_str()) {
        let name = profile.as_str();
        return Err(Reason::DpopAlgorithm.because(format!(
            "the profile {name} needs a proof that is signed with PS256, ES256, EdDSA or Ed25519"
        )));
    }
    let path = request.encoded_path();
    let own_path = path.strip_prefix(&mount_path(&app.issuer)).unwrap_or(path);
    // From the configuration, never from a header.
    let url = format!("{}{own_path}", app.issuer);
    let alias = app.mtls_url.as_ref().map(|base| format!("{base}{own_path}"));
    let urls = request.reached_at.urls(url, alias);
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let hash = token.map(|token| Hash::of(token).to_text());
    let proven_request = ProvenRequest {
        method: request.method().as_str(),
        urls: &urls,
        token_hash: hash.as_deref(),
        now: request.now,
    };
    proof.check(proven_request, app.config.oauth.proof_times())?;
    if offer_nonce(app, request, client) {
        check_nonce(app, request, proof.nonce.as_deref())?;
    }
    Ok(proof)
}

fn refusal(flaw: ProofFlaw) -> OAuthError {
    let reason = match flaw {
        ProofFlaw::Malformed(_) => Reason::DpopMalformed,
        ProofFlaw::Algorithm => Reason::DpopAlgorithm,
        ProofFlaw::Key(_) => Reason::DpopKey,
        ProofFlaw::Signature => Reason::DpopSignature,
    };
    reason.because(format!("the DPoP proof cannot be accepted: {flaw}"))
}

/// Puts the nonce for the next proof into the answer, if proofs of this client need one. Returns whether they do.
fn offer_nonce(app: &App, call: &Call, client: Option<&Client>) -> bool {
    let policy = client.and_then(|client| client.dpop_nonce).unwrap_or(app.config.oauth.dpop_nonce);
    let is_needed = policy == NoncePolicy::Require;
    if is_needed && call.dpop_nonce().is_none() {
        let [current, ..] = nonce_numbers(call.now);
        call.set_dpop_nonce(app.keys.dpop_nonce(current));
    }
    is_needed
}

fn check_nonce(app: &App, request: &Request, nonce: Option<&str>) -> Result<(), OAuthError> {
    let Some(nonce) = nonce else {
        return Err(Reason::DpopNonceMissing
            .because("the DPoP proof needs the nonce that the header DPoP-Nonce of this answer has"));
    };
    let is_ours = nonce_numbers(request.now).into_iter().any(|number| app.keys.dpop_nonce(number) == nonce);
    match is_ours {
        true => Ok(()),
        false => Err(Reason::DpopNonceOld.because(
            "the nonce of the DPoP proof has expired; use that of the header DPoP-Nonce of this answer",
        )),
    }
}

fn possession_by(app: &App, proof: &DpopProof) -> Possession {
    // Thumbprints contain no NUL, so different keys cannot have the same hash.
    let id = Hash::of(&format!("dpop\0{}\0{}", proof.thumbprint, proof.id));
    let until = proof.remembered_until(app.config.oauth.proof_times());
    Possession { binding: Some(proof.binding()), beside: None, once: Some(SingleUse { id, until }) }
}
