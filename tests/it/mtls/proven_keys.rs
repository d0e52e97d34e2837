//! DPoP proofs of clients whose tokens are bound to their certificate (RFC 9449 beside RFC 8705).

use grantor::oauth::client::{ClientKind, TokenFormat};
use serde_json::json;

use super::authority::{Shown, self_signed};
use super::bound::bound;
use super::{BEHIND, ask_with};
use crate::support::dpop::ProofKey;
use crate::support::relying_party::{Registration, basic};
use crate::support::{Answer, Application, Browser, Operator, TestServer};

const CLIENT_CREDENTIALS: [(&str, &str); 1] = [("grant_type", "client_credentials")];
pub(super) const PAR: (&str, &str) = ("POST", "/par");

/// A request of the client with its certificate, if there is one, and these DPoP headers.
pub(super) async fn ask(
    (server, path): (&TestServer, &str),
    app: &Application,
    form: &[(&str, &str)],
    (shown, proofs): (Option<&Shown>, &[&str]),
) -> Answer {
    let authorization = app.secret.as_deref().map(|secret| basic(&app.id, secret));
    let value = shown.map(Shown::header);
    let mut headers: Vec<(&str, &str)> = proofs.iter().map(|proof| ("dpop", *proof)).collect();
    headers.extend(value.as_deref().map(|value| ("client-cert", value)));
    headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
    let own = [("client_id", app.id.as_str())];
    let own = if app.secret.is_some() { &[][..] } else { &own[..] };
    ask_with(server, path, &headers, &[form, own].concat()).await
}

pub(super) async fn token(
    server: &TestServer,
    app: &Application,
    form: &[(&str, &str)],
    sender: (Option<&Shown>, &[&str]),
) -> Answer {
    ask((server, "/token"), app, form, sender).await
}

/// Checks that an answer has a Bearer token that only the holder of this certificate can use.
pub(super) async fn assert_of_certificate(server: &TestServer, answer: &Answer, shown: &Shown) {
    assert_eq!((answer.status.as_u16(), answer.get("token_type").as_str()), (200, "Bearer"), "{answer:?}");
    let bearer = format!("Bearer {}", answer.get("access_token"));
    let value = shown.header();
    let headers = [("authorization", bearer.as_str()), ("client-cert", value.as_str())];
    let used = server.browser().request(reqwest::Method::GET, "/userinfo", &headers, "").await;
    assert_eq!(used.status, 200, "{used:?}");
    let without = server.browser().request(reqwest::Method::GET, "/userinfo", &headers[..1], "").await;
    without.assert_json_error(401, "invalid_token", "bearer.bound");
}

/// The ways in which a request for a code can name a key.
#[derive(Clone, Copy, Debug)]
enum Named {
    /// By `dpop_jkt` in the browser.
    InTheBrowser,
    /// By `dpop_jkt` at `/par`.
    Pushed,
    /// By a proof at `/par`.
    Proven,
}

/// The code of a request that names this key.
async fn code(
    server: &TestServer,
    alice: &mut Browser,
    app: &Application,
    (named, key): (Named, &ProofKey),
) -> String {
    let thumbprint = key.thumbprint();
    let jkt = [("scope", "openid"), ("dpop_jkt", thumbprint.as_str())];
    let (more, proof) = match named {
        Named::InTheBrowser => return alice.authorize(&app.url_with(&jkt)).await.get("code"),
        Named::Pushed => (&jkt[..], None),
        Named::Proven => (&jkt[..1], Some(key.proof_with(server, PAR, &json!({})))),
    };
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&app.request_with(more)).unwrap();
    let form: Vec<(&str, &str)> = pairs
        .iter()
        .filter(|(name, _)| name != "client_id")
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let proofs: Vec<&str> = proof.as_deref().into_iter().collect();
    let pushed = ask((server, "/par"), app, &form, (None, &proofs)).await;
    assert_eq!(pushed.status, 201, "{pushed:?}");
    let pushed = [("client_id", app.id.clone()), ("request_uri", pushed.get("request_uri"))];
    let query = serde_urlencoded::to_string(pushed).unwrap();
    alice.authorize(&format!("/authorize?{query}")).await.get("code")
}

#[tokio::test]
async fn a_code_of_a_key_is_redeemed_with_the_certificate_and_a_proof_of_this_key() {
    let server = TestServer::start_with(&BEHIND).await;
    let mut alice = server.alice().await;
    let shown = self_signed("app", |_| ());
    let (key, other) = (ProofKey::new(), ProofKey::new());
    for (id, kind) in [("web", ClientKind::Web), ("spa", ClientKind::Spa)] {
        let app = bound(&server, id, kind, TokenFormat::Opaque).await;
        for named in [Named::InTheBrowser, Named::Pushed, Named::Proven] {
            let mut redeemed = async |proof: Option<String>| {
                let code = code(&server, &mut alice, &app, (named, &key)).await;
                let proofs: Vec<&str> = proof.as_deref().into_iter().collect();
                token(&server, &app, &app.redemption(&code), (Some(&shown), &proofs)).await
            };
            let good = redeemed(Some(key.proof(&server))).await;
            assert_of_certificate(&server, &good, &shown).await;
            for wrong in [None, Some(other.proof(&server))] {
                let refused = redeemed(wrong).await;
                refused.assert_json_error(400, "invalid_grant", "binding.mismatch");
            }
        }
    }
}

#[tokio::test]
async fn a_proof_beside_a_certificate_is_checked_and_counts_once() {
    let server = TestServer::start_with(&BEHIND).await;
    let mut alice = server.alice().await;
    let shown = self_signed("app", |_| ());
    let key = ProofKey::new();
    let service = bound(&server, "job", ClientKind::Service, TokenFormat::Opaque).await;
    let signed = bound(&server, "signed", ClientKind::Service, TokenFormat::Jwt).await;
    let spa = bound(&server, "spa", ClientKind::Spa, TokenFormat::Opaque).await;
    let code = alice.authorize(&spa.url_with(&[("scope", "openid offline_access")])).await.get("code");
    let first = token(&server, &spa, &spa.redemption(&code), (Some(&shown), &[])).await;
    let refresh_token = first.get("refresh_token");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.as_str())];
    for (app, form) in
        [(&service, &CLIENT_CREDENTIALS[..]), (&signed, &CLIENT_CREDENTIALS[..]), (&spa, &refresh[..])]
    {
        let asked = async |proofs: &[&str]| token(&server, app, form, (Some(&shown), proofs)).await;
        let for_par = key.proof_with(&server, PAR, &json!({}));
        let (one, two) = (key.proof(&server), key.proof(&server));
        for (proofs, reason) in [
            (&["junk"][..], "dpop.malformed"),
            (&[for_par.as_str()], "dpop.url"),
            (&[one.as_str(), two.as_str()], "dpop.repeated"),
        ] {
            asked(proofs).await.assert_json_error(400, "invalid_dpop_proof", reason);
        }
        let good = asked(&[&one]).await;
        assert_eq!((good.status.as_u16(), good.get("token_type").as_str()), (200, "Bearer"), "{good:?}");
        asked(&[&one]).await.assert_json_error(400, "invalid_dpop_proof", "dpop.replayed");
    }
    let introspected = token(&server, &service, &CLIENT_CREDENTIALS, (Some(&shown), &[])).await;
    let introspected = service.introspect(&introspected.get("access_token")).await;
    assert_eq!(introspected["cnf"], json!({ "x5t#S256": shown.thumbprint() }), "{introspected}");
}

#[tokio::test]
async fn a_proof_beside_a_certificate_needs_the_nonce_where_proofs_need_one_and_is_not_demanded() {
    let options = [("oauth.dpop_nonce", "require"), ("oauth.dpop", "require")];
    let server = TestServer::start_with(&[&BEHIND[..], &options].concat()).await;
    let shown = self_signed("app", |_| ());
    let key = ProofKey::new();
    let service = bound(&server, "job", ClientKind::Service, TokenFormat::Opaque).await;
    let asked =
        async |proofs: &[&str]| token(&server, &service, &CLIENT_CREDENTIALS, (Some(&shown), proofs)).await;
    assert_eq!(asked(&[]).await.status, 200);
    let refused = asked(&[&key.proof(&server)]).await;
    refused.assert_json_error(400, "use_dpop_nonce", "dpop.nonce_missing");
    let nonce = json!({ "nonce": refused.header("dpop-nonce") });
    let good = asked(&[&key.proof_with(&server, ("POST", "/token"), &nonce)]).await;
    assert_eq!(good.status, 200, "{good:?}");
}

#[tokio::test]
async fn a_refresh_token_stays_bound_to_what_it_was_bound_to_when_the_registration_changes() {
    let server = TestServer::start_with(&BEHIND).await;
    let mut alice = server.alice().await;
    let shown = self_signed("app", |_| ());
    let key = ProofKey::new();
    let spa = server.register(Registration::spa("spa").scopes("openid")).await;
    let operator = Operator::of(&server);
    let bind = |bound: &str| operator.done(&["client", "update", "spa", "--certificate-bound-tokens", bound]);
    let mut first = async |sender: (Option<&Shown>, &[&str])| {
        let code = alice.authorize(&spa.url_with(&[("scope", "openid")])).await.get("code");
        token(&server, &spa, &spa.redemption(&code), sender).await.get("refresh_token")
    };
    let refreshed = async |refresh_token: &str, sender: (Option<&Shown>, &[&str])| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        token(&server, &spa, &form, sender).await
    };

    let of_key = first((None, &[&key.proof(&server)])).await;
    bind("true");
    let of_certificate = first((Some(&shown), &[])).await;
    let without = refreshed(&of_key, (Some(&shown), &[])).await;
    without.assert_json_error(400, "invalid_grant", "binding.mismatch");
    let good = refreshed(&of_key, (Some(&shown), &[&key.proof(&server)])).await;
    assert_of_certificate(&server, &good, &shown).await;

    bind("false");
    let without = refreshed(&of_certificate, (None, &[])).await;
    without.assert_json_error(400, "invalid_grant", "binding.mismatch");
    let good = refreshed(&of_certificate, (Some(&shown), &[&key.proof(&server)])).await;
    assert_eq!((good.status.as_u16(), good.get("token_type").as_str()), (200, "DPoP"), "{good:?}");
}

#[tokio::test]
async fn a_proof_beside_a_token_of_a_certificate_is_checked_and_counts_once_where_the_token_is_used() {
    let server = TestServer::start_with(&BEHIND).await;
    let mut alice = server.alice().await;
    let (shown, key) = (self_signed("app", |_| ()), ProofKey::new());
    let web = bound(&server, "web", ClientKind::Web, TokenFormat::Opaque).await;
    let mut robot = Registration::service("robot").scopes("grantor.clients.read");
    robot.client.certificate.bound_tokens = true;
    let robot = server.register(robot).await;
    let code = alice.authorize(&web.url_with(&[("scope", "openid")])).await.get("code");
    let of_alice = token(&server, &web, &web.redemption(&code), (Some(&shown), &[])).await;
    let form = [CLIENT_CREDENTIALS[0], ("scope", "grantor.clients.read")];
    let of_robot = token(&server, &robot, &form, (Some(&shown), &[])).await;
    for (path, answer) in [("/userinfo", of_alice), ("/api/v1/clients/robot", of_robot)] {
        let text = answer.get("access_token");
        let (bearer, certificate) = (format!("Bearer {text}"), shown.header());
        let presented = async |proofs: &[&str]| {
            let mut headers: Vec<(&str, &str)> = proofs.iter().map(|proof| ("dpop", *proof)).collect();
            headers.extend([("authorization", bearer.as_str()), ("client-cert", certificate.as_str())]);
            server.browser().request(reqwest::Method::GET, path, &headers, "").await
        };
        let for_post = key.proof_for(&server, ("POST", path), &text);
        let for_no_token = key.proof_with(&server, ("GET", path), &json!({}));
        let good = key.proof_for(&server, ("GET", path), &text);
        for (proofs, reason) in [
            (&["junk"][..], "dpop.malformed"),
            (&[for_post.as_str()], "dpop.method"),
            (&[for_no_token.as_str()], "dpop.token"),
            (&[good.as_str(), good.as_str()], "dpop.repeated"),
        ] {
            let refused = presented(proofs).await;
            assert_eq!(
                (refused.status.as_u16(), refused.json()["reason"].as_str()),
                (401, Some(reason)),
                "{refused:?}"
            );
        }
        assert_eq!(presented(&[]).await.status, 200);
        let first = presented(&[&good]).await;
        assert_eq!(first.status, 200, "{first:?}");
        assert_eq!(presented(&[&good]).await.json()["reason"], "dpop.replayed");
    }
}
