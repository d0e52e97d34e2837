//! `dpop_jkt` inside a request object and beside it, for clients whose tokens are bound to their certificate (RFC 9449 §10,
//! RFC 9101 §6.3, RFC 8705 §3).

use grantor::jose::key::SigningKey;
use grantor::oauth::client::ClientKind;
use grantor::oauth::signing_key::SigningAlgorithm;
use serde_json::{Value, json};

use super::BEHIND;
use super::authority::self_signed;
use super::proven_keys::{PAR, ask, assert_of_certificate, token};
use crate::request_objects::{object, url};
use crate::support::dpop::ProofKey;
use crate::support::jwt::{jwks, key};
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, TestServer};

/// Where a request names a key.
#[derive(Clone, Copy, Debug)]
enum Place {
    Inside,
    /// As a parameter beside the object, which counts for nothing.
    Beside,
    /// By a proof beside the object, which only `/par` reads.
    Proof,
    InsideAndProof,
}

/// An application that signs its requests, and whose tokens are bound.
async fn signer(server: &TestServer, id: &str, kind: ClientKind, key: &SigningKey) -> Application {
    let mut registration = Registration::of_kind(id, kind).scopes("openid");
    registration.client.certificate.bound_tokens = true;
    registration.client.jwks = Some(jwks(&[key]));
    server.register(registration).await
}

/// The object of a request, and what is beside it: parameters and proofs.
fn request(
    (server, app, signing): (&TestServer, &Application, &SigningKey),
    (place, key): (Place, &ProofKey),
) -> (String, Vec<(&'static str, String)>, Vec<String>) {
    let thumbprint = key.thumbprint();
    let inside = match place {
        Place::Inside | Place::InsideAndProof => json!(thumbprint),
        Place::Beside | Place::Proof => Value::Null,
    };
    let object = object(server, app, signing, &json!({ "scope": "openid", "dpop_jkt": inside }));
    let beside = match place {
        Place::Beside => vec![("dpop_jkt", thumbprint)],
        _ => Vec::new(),
    };
    let proofs = match place {
        Place::Proof | Place::InsideAndProof => vec![key.proof_with(server, PAR, &json!({}))],
        Place::Inside | Place::Beside => Vec::new(),
    };
    (object, beside, proofs)
}

async fn push(
    server: &TestServer,
    app: &Application,
    object: &str,
    beside: &[(&str, &str)],
    proofs: &[&str],
) -> Answer {
    let form = [&[("request", object)], beside].concat();
    ask((server, "/par"), app, &form, (None, proofs)).await
}

/// The code for the request, in the browser or pushed.
async fn code(
    alice: &mut Browser,
    (server, app, signing): (&TestServer, &Application, &SigningKey),
    (place, key): (Place, &ProofKey),
    is_pushed: bool,
) -> String {
    let (object, beside, proofs) = request((server, app, signing), (place, key));
    let beside: Vec<(&str, &str)> = beside.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
    if !is_pushed {
        return alice.authorize(&url(app, &object, &beside)).await.get("code");
    }
    let pushed = push(server, app, &object, &beside, &proofs).await;
    assert_eq!(pushed.status, 201, "{place:?}: {pushed:?}");
    alice.authorize(&crate::par::url(app, &pushed.get("request_uri"))).await.get("code")
}

#[tokio::test]
async fn a_key_inside_an_object_binds_the_code_beside_the_certificate_and_a_parameter_beside_it_does_not() {
    let server = TestServer::start_with(&BEHIND).await;
    let (mut alice, signing) = (server.alice().await, key(SigningAlgorithm::Es256));
    let (shown, proofs, other) = (self_signed("app", |_| ()), ProofKey::new(), ProofKey::new());
    for (id, kind) in [("web", ClientKind::Web), ("spa", ClientKind::Spa)] {
        let app = signer(&server, id, kind, &signing).await;
        for (place, is_pushed, is_bound) in [
            (Place::Inside, false, true),
            (Place::Beside, false, false),
            (Place::Inside, true, true),
            (Place::Beside, true, false),
            (Place::Proof, true, true),
            (Place::InsideAndProof, true, true),
        ] {
            let mut redeemed = async |proof: Option<String>| {
                let code = code(&mut alice, (&server, &app, &signing), (place, &proofs), is_pushed).await;
                assert_ne!(code, "", "{place:?}");
                let proof: Vec<&str> = proof.as_deref().into_iter().collect();
                token(&server, &app, &app.redemption(&code), (Some(&shown), &proof)).await
            };
            let good = redeemed(Some(proofs.proof(&server))).await;
            assert_of_certificate(&server, &good, &shown).await;
            for without in [None, Some(other.proof(&server))] {
                let answer = redeemed(without).await;
                if is_bound {
                    answer.assert_json_error(400, "invalid_grant", "binding.mismatch");
                } else {
                    assert_of_certificate(&server, &answer, &shown).await;
                }
            }
        }
        // The object and the proof must name the same key.
        let (object, ..) = request((&server, &app, &signing), (Place::Inside, &other));
        let proof = proofs.proof_with(&server, PAR, &json!({}));
        let torn = push(&server, &app, &object, &[], &[&proof]).await;
        torn.assert_json_error(400, "invalid_request", "dpop.jkt_mismatch");
    }
}
