//! The examples of the error reference do what they say: each is sent as the page shows it.

use grantor::clock::Timestamp;
use grantor::oauth::client::{ClientKind, GrantType};
use grantor::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use grantor::oauth::grant::scope::{Scope, ScopeRecord};
use grantor::oauth::reason::Reason;
use grantor::oauth::request::redirect_uri::RegisteredUri;
use grantor::oauth::request::response_type::ResponseType;
use grantor::store::{authorization_types, scopes};
use oauth2::TokenResponse as _;
use reqwest::Method;
use serde_json::json;

use crate::api::Api;
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, CHALLENGE, TestServer, VERIFIER};

const CALLBACK: &str = "https://app.example.com/callback";

/// Reasons whose example depends on time, settings or size and so cannot be shown with a single request.
const NEEDS_MORE: [&str; 152] = [
    "backchannel.hint_expired",
    "backchannel.user_code_missing",
    "backchannel.user_code_invalid",
    "backchannel.user_code_guesses",
    "backchannel.notification_token",
    "backchannel.too_many",
    "backchannel.too_many_for_person",
    "backchannel.denied_before",
    "backchannel.over",
    "backchannel.other_person",
    "auth_req_id.wrong_client",
    "auth_req_id.pending",
    "auth_req_id.slow_down",
    "auth_req_id.expired",
    "auth_req_id.denied",
    "auth_req_id.replayed",
    "auth_req_id.refused_before",
    "request_object.replayed",
    "client.profile",
    "authorization_details.too_many",
    "authorization_details.widened",
    "api.key_expired",
    "api.scope_missing",
    "api.forbidden",
    "api.idempotency_key_reused",
    "api.idempotency_keys_too_many",
    "request.malformed",
    "request.too_large",
    "parameter.too_long",
    "bearer.too_long",
    "parameter.too_many",
    "client.disabled",
    "client.too_many_guesses",
    "client.method_not_allowed",
    "client_certificate.missing",
    "client_certificate.required",
    "client_certificate.malformed",
    "client_certificate.repeated",
    "client_certificate.too_large",
    "client_certificate.expired",
    "client_certificate.not_yet_valid",
    "client_certificate.usage",
    "client_certificate.unknown_issuer",
    "client_certificate.revoked",
    "client_certificate.revocation_unknown",
    "client_certificate.subject",
    "client_certificate.not_registered",
    "client_assertion.malformed",
    "client_assertion.signature",
    "client_assertion.claims",
    "client_assertion.audience",
    "client_assertion.times",
    "client_assertion.replayed",
    "client.keys_unavailable",
    "redirect_uri.none_registered",
    "flow.unknown",
    "flow.other_browser",
    "flow.expired",
    "flow.answered",
    "form.forged",
    "pkce.verifier_unexpected",
    "scope.too_many",
    "scope.none",
    "scope.widened",
    "account.selection_required",
    "consent.required",
    "consent.denied",
    "sign_in.cancelled",
    "sign_up.too_many",
    "password_link.over",
    "flow.too_many",
    "sign_in.too_many_guesses",
    "user.disabled",
    "user.group_missing",
    "subject.group_missing",
    "code.expired",
    "code.replayed",
    "code.refused_before",
    "code.wrong_client",
    "refresh_token.expired",
    "refresh_token.reused",
    "refresh_token.revoked",
    "refresh_token.wrong_client",
    "subject.disabled",
    "session.ended",
    "sign_in.other_person",
    "id_token_hint.other_client",
    "bearer.expired",
    "bearer.revoked",
    "bearer.without_person",
    "bearer.scope",
    "bearer.audience",
    "resource.widened",
    "resource.several",
    "resource.algorithm",
    "device_code.wrong_client",
    "device_code.pending",
    "device_code.slow_down",
    "device_code.expired",
    "device_code.denied",
    "device_code.replayed",
    "device_code.refused_before",
    "device_code.too_many",
    "device.over",
    "user_code.too_many_guesses",
    "limits.network",
    "limits.client",
    "limits.account",
    "server.failed",
    "server.busy",
    "assertion.malformed",
    "assertion.issuer",
    "assertion.signature",
    "assertion.keys_unavailable",
    "assertion.claims",
    "assertion.audience",
    "assertion.times",
    "assertion.replayed",
    "assertion.subject",
    "scope.beyond_issuer",
    "subject_token.foreign",
    "exchange.too_deep",
    "pushed_request.required",
    "pushed_request.expired",
    "pushed_request.used",
    "binding.mismatch",
    "bearer.bound",
    "dpop.missing",
    "dpop.algorithm",
    "dpop.key",
    "dpop.signature",
    "dpop.method",
    "dpop.url",
    "dpop.time",
    "dpop.replayed",
    "dpop.token",
    "dpop.nonce_missing",
    "dpop.nonce_old",
    "dpop.jkt_mismatch",
    "dpop.through_browser",
    "request_object.required",
    "request_object.malformed",
    "request_object.encrypted",
    "request_object.type",
    "request_object.algorithm",
    "request_object.signature",
    "request_object.keys",
    "request_object.client",
    "request_object.audience",
    "request_object.times",
    "request_object.nested",
    "request_object.outside",
];

/// A server with the applications of the examples.
struct Fixture {
    server: TestServer,
    calendar: Application,
    alice: Browser,
    /// A key of the management API that may do everything.
    api_key: String,
}

impl Fixture {
    async fn new() -> Self {
        // Many examples ask for the same person.
        let options = [("ciba.waiting", "99"), ("ciba.waiting_of_client", "99")];
        let server = TestServer::start_with(&options).await;
        let admin = ScopeRecord {
            name: "admin".into(),
            description: "Run everything".into(),
            sensitive: true,
            ..ScopeRecord::default()
        };
        server.store(async move |tx| scopes::save(tx, &admin, Timestamp::from_unix(0)).await).await;
        let mut calendar =
            Registration::web("calendar").redirect_uri(CALLBACK).chosen_secret("made-up-secret");
        calendar.client.scopes = Scope::from_stored("openid read write");
        calendar.client.grants.push(GrantType::TokenExchange);
        calendar.client.post_logout_redirect_uris =
            vec![RegisteredUri::register("https://app.example.com/goodbye", ClientKind::Web).unwrap()];
        let calendar = server.register(calendar).await;
        let grants = [GrantType::ClientCredentials, GrantType::JwtBearer];
        let reports = Registration::service("reports").chosen_secret("made-up-secret").grants(&grants);
        server.register(reports).await;
        server.register(Registration::spa("notes-spa").redirect_uri(CALLBACK)).await;
        server.register(Registration::native("tv").grants(&[GrantType::DeviceCode])).await;
        let bank = Registration::web("bank").chosen_secret("top-secret").grants(&[GrantType::Ciba]);
        server.register(bank.scopes("openid email")).await;
        let mut intranet = Registration::web("intranet").redirect_uri(CALLBACK).scopes("openid read");
        intranet.client.response_types = vec![ResponseType::CodeIdToken];
        server.register(intranet).await;
        server.resource("https://api.example.com", "read write").await;
        server.resource("https://payments.example.com", "admin").await;
        for name in ["payment", "account_information"] {
            let text = json!({ "type": "string" });
            let record = AuthorizationType {
                name: name.into(),
                version: 1,
                schema: json!({ "properties": { "amount": text, "to": text } }),
                template: "Pay".into(),
                resources: vec!["https://payments.example.com".into()],
                always_ask: true,
            };
            let save =
                async move |tx: &mut _| authorization_types::save(tx, &record, Timestamp::from_unix(0)).await;
            assert!(server.store(save).await);
        }
        let mut shop = Registration::web("shop").redirect_uri(CALLBACK);
        shop.client.authorization_details_types = vec!["payment".into()];
        shop.client.resources = vec!["https://payments.example.com".into()];
        server.register(shop).await;
        let alice = server.alice().await;
        let api_key = Api::owner(&server).await.key;
        Self { server, calendar, alice, api_key }
    }

    /// Sends an example as printed, with a good code in place of the made-up one. Returns the reason of the refusal, if
    /// any.
    async fn send(&mut self, example: &str) -> Option<String> {
        let example = match example.contains("gat_made-up-token") {
            true => &example.replace("gat_made-up-token", &self.access_token().await),
            false => example,
        };
        let example = &example.replace("grantor_sk_made-up-key", &self.api_key);
        let lines = example.lines().filter(|line| !line.starts_with("# "));
        let (head, body): (Vec<&str>, Vec<&str>) = match lines.clone().position(str::is_empty) {
            Some(at) => (lines.clone().take(at).collect(), lines.skip(at + 1).collect()),
            None => (lines.collect(), Vec::new()),
        };
        let (method, url) = head[0].split_once(' ').expect("a method and a URL");
        let path = url.strip_prefix("https://id.example.com").expect("a URL of this server");
        let is_query = |line: &&&str| line.starts_with(['?', '&']);
        let query: String = head[1..].iter().filter(is_query).copied().collect();
        let mut headers: Vec<(&str, &str)> = head[1..]
            .iter()
            .filter(|line| !is_query(line))
            .filter_map(|line| line.split_once(": "))
            .collect();
        headers.retain(|(name, _)| *name != "Content-Length");
        if method == "POST" && !headers.iter().any(|(name, _)| *name == "Content-Type") {
            headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        }
        let mut body = self.filled_up(&body.concat());
        if body.contains("code=gac_made-up-code") && example.contains("Authorization: ") {
            let code = self.calendar.code(&mut self.alice).await;
            body = body.replace("gac_made-up-code", &code);
        }
        let url = format!("{path}{}", self.filled_up(&query));
        let method: Method = method.parse().expect("a method");
        let answer = self.server.browser().request(method, &url, &headers, &body).await;
        refused_for(&answer)
    }

    /// An access token that is valid at UserInfo.
    async fn access_token(&mut self) -> String {
        let (url, verifier) = self.calendar.authorization_url("openid");
        let code = self.alice.authorize(&url).await.get("code");
        self.calendar.redeem(&code, verifier).await.access_token().secret().clone()
    }

    /// Replaces the `…` of an example with the good parameters.
    fn filled_up(&self, text: &str) -> String {
        let Some(given) = text.strip_suffix("&…") else { return text.to_owned() };
        let others = match given.contains("grant_type=") {
            true if given.contains("authorization_code") => {
                vec![("code", "gac_made-up-code"), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]
            }
            true => Vec::new(),
            false => vec![
                ("redirect_uri", CALLBACK),
                ("response_type", "code"),
                ("scope", "read"),
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
            ],
        };
        let mut text = given.to_owned();
        for (name, value) in others {
            if !given.contains(&format!("{name}=")) {
                text.push_str(&format!("&{name}={value}"));
            }
        }
        text
    }
}

fn refused_for(answer: &Answer) -> Option<String> {
    if answer.header("content-type") == "application/json" {
        return Some(answer.get("reason")).filter(|word| !word.is_empty());
    }
    if answer.location().is_some() {
        return answer.get("error_uri").rsplit_once('/').map(|(_, word)| word.to_owned());
    }
    let (_, rest) = answer.body.split_once("<dt>Reason</dt>")?;
    rest.split("<code>").nth(1)?.split('<').next().map(str::to_owned)
}

#[tokio::test]
async fn the_examples_are_refused_for_their_reason_and_the_corrections_work() {
    let mut fixture = Fixture::new().await;
    for word in NEEDS_MORE {
        assert!(Reason::find(word).is_some(), "{word}");
    }
    for reason in Reason::ALL.iter().filter(|reason| !NEEDS_MORE.contains(&reason.word())) {
        let example = reason.example();
        let before = fixture.send(example.before).await;
        assert_eq!(before.as_deref(), Some(reason.word()), "{}", example.before);
        // A corrected example may still be refused for its made-up values, but for nothing else.
        let after = fixture.send(example.after).await;
        let made_up = match reason {
            Reason::RequestMethod | Reason::RequestMediaType | Reason::ParameterMalformed => {
                Some("client.authentication_missing")
            }
            Reason::PromptNoneCombined => Some("sign_in.required"),
            Reason::PushedRequestUnknown => Some("pushed_request.unknown"),
            Reason::ClientSecretWrong => Some("client.secret_wrong"),
            Reason::DpopRepeated | Reason::DpopMalformed => Some("dpop.malformed"),
            Reason::DeviceCodeMissing | Reason::DeviceCodeUnknown => Some("device_code.unknown"),
            Reason::AuthReqIdMissing => Some("auth_req_id.unknown"),
            Reason::ClientSecretUnexpected => Some("code.unknown"),
            Reason::GrantAssertionMissing => Some("assertion.malformed"),
            Reason::RefreshTokenMissing | Reason::RefreshTokenUnknown => Some("refresh_token.unknown"),
            _ => None,
        };
        assert_eq!(after.as_deref(), made_up, "{}: {}", reason.word(), example.after);
    }
}
