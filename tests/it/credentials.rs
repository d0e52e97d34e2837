//! Client authentication as one table: grant × kind of client × credential, and the endpoints beside the token
//! endpoint.
//!
//! A new grant must be added to these tables, or this file does not compile.

use grantor::jose::key::SigningKey;
use grantor::oauth::client::GrantType;
use grantor::oauth::client::assertion::JWT_BEARER;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::random_id;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::jwt::mac;
use crate::support::relying_party::basic;
use crate::support::{Answer, Operator, TestServer};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A kind of client, and how it authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Confidential, registered for Basic only.
    WebByBasic,
    /// Confidential, registered for the secret in the body only.
    ServiceByPost,
    ServiceByKey,
    ServiceByMac,
    Spa,
    Native,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Credential {
    None,
    Wrong,
    Right,
    /// The right secret, sent in a way that the client is not registered for.
    OtherMethod,
    Expired,
    /// The credential of another client of the same kind.
    OfAnother,
}

use Credential::{Expired, None as Nothing, OfAnother, OtherMethod, Right, Wrong};
use Kind::{Native, ServiceByKey, ServiceByMac, ServiceByPost, Spa, WebByBasic};

const KINDS: [Kind; 6] = [WebByBasic, ServiceByPost, ServiceByKey, ServiceByMac, Spa, Native];
const CREDENTIALS: [Credential; 6] = [Nothing, Wrong, Right, OtherMethod, Expired, OfAnother];

/// The table: the reason of the refusal, or `None` where the client authenticates.
#[rustfmt::skip]
fn refusal(kind: Kind, credential: Credential) -> Option<&'static str> {
    match (kind, credential) {
        (WebByBasic | ServiceByPost,                Nothing)     => Some("client.authentication_missing"),
        (WebByBasic | ServiceByPost,                Wrong)       => Some("client.secret_wrong"),
        (WebByBasic | ServiceByPost,                Right)       => None,
        (WebByBasic | ServiceByPost,                OtherMethod) => Some("client.method_not_allowed"),
        (WebByBasic | ServiceByPost,                Expired)     => Some("client.secret_wrong"),
        (WebByBasic | ServiceByPost,                OfAnother)   => Some("client.secret_wrong"),

        (ServiceByKey | ServiceByMac,               Nothing)     => Some("client.authentication_missing"),
        (ServiceByKey | ServiceByMac,               Wrong)       => Some("client_assertion.signature"),
        (ServiceByKey | ServiceByMac,               Right)       => None,
        (ServiceByKey | ServiceByMac,               OtherMethod) => Some("client.method_not_allowed"),
        (ServiceByKey,                              Expired)     => Some("client_assertion.times"),
        (ServiceByMac,                              Expired)     => Some("client_assertion.signature"),
        (ServiceByKey | ServiceByMac,               OfAnother)   => Some("client_assertion.signature"),

        (Spa | Native,                              Nothing)     => None,
        (Spa | Native, Wrong | Right | OtherMethod | Expired | OfAnother) => Some("client.secret_unexpected"),
    }
}

/// The parameters of a request for this grant, complete except for values that only an earlier step could give.
fn asked(grant: GrantType) -> Vec<(&'static str, &'static str)> {
    let mut form = vec![("grant_type", grant.as_str())];
    form.extend(match grant {
        GrantType::AuthorizationCode => vec![("code", "made-up"), ("redirect_uri", "https://a.example/")],
        GrantType::ClientCredentials => vec![("scope", "read")],
        GrantType::RefreshToken => vec![("refresh_token", "made-up")],
        GrantType::DeviceCode => vec![("device_code", "made-up")],
        GrantType::JwtBearer => vec![("assertion", "made-up")],
        GrantType::Ciba => vec![("auth_req_id", "made-up")],
        GrantType::TokenExchange => vec![
            ("subject_token", "made-up"),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ],
    });
    form
}

/// The status and reason that the grant answers once the client is authenticated.
fn reply(grant: GrantType, kind: Kind) -> (u16, &'static str) {
    let is_public = matches!(kind, Spa | Native);
    match grant {
        GrantType::AuthorizationCode => (400, "code.unknown"),
        GrantType::ClientCredentials if is_public => (400, "client.grant_not_allowed"),
        GrantType::ClientCredentials => (200, ""),
        GrantType::RefreshToken => (400, "refresh_token.unknown"),
        GrantType::DeviceCode => (400, "device_code.unknown"),
        GrantType::JwtBearer | GrantType::TokenExchange | GrantType::Ciba if is_public => {
            (400, "client.grant_not_allowed")
        }
        GrantType::Ciba => (400, "auth_req_id.unknown"),
        GrantType::JwtBearer => (400, "assertion.malformed"),
        GrantType::TokenExchange => (400, "subject_token.invalid"),
    }
}

/// The status and reason that the other endpoints answer.
fn told_at(endpoint: &str, kind: Kind) -> (u16, &'static str) {
    match endpoint {
        // Public clients cannot authenticate, so they may not introspect.
        "/introspect" if matches!(kind, Spa | Native) => (401, "client.authentication_missing"),
        _ => (200, ""),
    }
}

/// A client of some kind with all of its credentials.
struct Client {
    kind: Kind,
    id: String,
    secret: String,
    /// A secret that is no longer valid.
    expired: String,
    key: SigningKey,
}

impl Client {
    fn create(operator: &Operator, kind: Kind, which: &str) -> Self {
        let id = format!("{kind:?}-{which}");
        let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        let jwks = operator.directory.join(format!("{id}.json"));
        std::fs::write(&jwks, format!("{{\"keys\":[{}]}}", key.public_jwk().unwrap())).unwrap();
        let jwks = jwks.display().to_string();
        let mut create = vec!["client", "create", "--id", &id, "--name", "C", "--scope", "openid read"];
        create.extend(match kind {
            WebByBasic => ["--kind", "web", "--auth-method", "client_secret_basic"],
            ServiceByPost => ["--kind", "service", "--auth-method", "client_secret_post"],
            ServiceByKey => ["--kind", "service", "--auth-method", "private_key_jwt"],
            ServiceByMac => ["--kind", "service", "--auth-method", "client_secret_jwt"],
            Spa => ["--kind", "spa", "--auth-method", "none"],
            Native => ["--kind", "native", "--auth-method", "none"],
        });
        if kind == ServiceByKey {
            create.extend(["--jwks", &jwks]);
        }
        let is_public = matches!(kind, Spa | Native);
        for grant in GrantType::ALL {
            // A public client cannot be registered for these grants.
            if !is_public || reply(*grant, kind).1 != "client.grant_not_allowed" {
                create.extend(["--grant", grant.short()]);
            }
        }
        create.extend(["--redirect-uri", "https://a.example/"]);
        let expired = operator.json(&create)["client_secret"].as_str().unwrap_or("made up").to_owned();
        Self { kind, id, secret: String::new(), expired, key }
    }

    /// Gets a new valid secret.
    fn renew(&mut self, operator: &Operator) {
        self.secret = match self.kind {
            WebByBasic | ServiceByPost | ServiceByMac => {
                let added = operator.json(&["client", "add-secret", &self.id]);
                added["client_secret"].as_str().unwrap().to_owned()
            }
            ServiceByKey | Spa | Native => "made up".to_owned(),
        };
    }

    fn claims(&self, server: &TestServer, age: i64) -> Value {
        let now = server.app.now().as_unix() - age;
        json!({
            "iss": self.id, "sub": self.id, "aud": server.app.issuer, "iat": now, "exp": now + 60, "jti": random_id(),
        })
    }

    fn by_mac(&self, server: &TestServer, secret: &str) -> String {
        mac(secret.as_bytes(), &json!({ "alg": "HS256", "typ": "JWT" }), &self.claims(server, 0))
    }

    fn by_key(&self, server: &TestServer, key: &SigningKey, age: i64) -> String {
        key.sign("JWT", &self.claims(server, age)).unwrap()
    }

    /// A valid assertion for clients with a key, and for others a secret in one way or the other.
    fn offer(&self, server: &TestServer, credential: Credential, other: &Self) -> Offer {
        let wrong = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        let by_basic = |secret: &str| Offer::Basic(secret.to_owned());
        let by_post = |secret: &str| Offer::Post(secret.to_owned());
        match (self.kind, credential) {
            (_, Nothing) => Offer::Id,
            (ServiceByKey, Wrong) => Offer::Assertion(self.by_key(server, &wrong, 0)),
            (ServiceByKey, Right) => Offer::Assertion(self.by_key(server, &self.key, 0)),
            (ServiceByKey, Expired) => Offer::Assertion(self.by_key(server, &self.key, 3600)),
            (ServiceByKey, OfAnother) => Offer::Assertion(self.by_key(server, &other.key, 0)),
            (ServiceByMac, Wrong) => Offer::Assertion(self.by_mac(server, "wrong")),
            (ServiceByMac, Right) => Offer::Assertion(self.by_mac(server, &self.secret)),
            (ServiceByMac, Expired) => Offer::Assertion(self.by_mac(server, &self.expired)),
            (ServiceByMac, OfAnother) => Offer::Assertion(self.by_mac(server, &other.secret)),
            (Spa | Native, OtherMethod) => Offer::Assertion(self.by_key(server, &self.key, 0)),
            (WebByBasic, OtherMethod) | (ServiceByPost | Spa, Right) => by_post(&self.secret),
            (ServiceByPost | ServiceByKey | ServiceByMac, OtherMethod) | (WebByBasic | Native, Right) => {
                by_basic(&self.secret)
            }
            (ServiceByPost, Wrong) => by_post("wrong"),
            (ServiceByPost, Expired) => by_post(&self.expired),
            (ServiceByPost, OfAnother) => by_post(&other.secret),
            (WebByBasic | Spa | Native, Wrong) => by_basic("wrong"),
            (WebByBasic | Spa | Native, Expired) => by_basic(&self.expired),
            (WebByBasic | Spa | Native, OfAnother) => by_basic(&other.secret),
        }
    }
}

/// The credentials in a request.
enum Offer {
    Id,
    Basic(String),
    Post(String),
    Assertion(String),
}

impl Offer {
    async fn send(self, server: &TestServer, path: &str, id: &str, form: &[(&str, &str)]) -> Answer {
        let mut form: Vec<(&str, &str)> = form.to_vec();
        let authorization = match &self {
            Self::Basic(secret) => Some(basic(id, secret)),
            _ => None,
        };
        match &self {
            Self::Id => form.push(("client_id", id)),
            Self::Basic(_) => {}
            Self::Post(secret) => form.extend([("client_id", id), ("client_secret", secret.as_str())]),
            Self::Assertion(assertion) => {
                form.extend([
                    ("client_assertion_type", JWT_BEARER),
                    ("client_assertion", assertion.as_str()),
                ]);
            }
        }
        let body = serde_urlencoded::to_string(form).unwrap();
        let mut headers = vec![FORM];
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        server.browser().request(Method::POST, path, &headers, &body).await
    }
}

#[tokio::test]
async fn every_credential_has_its_answer_at_every_grant() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let create = |which| KINDS.map(|kind| Client::create(&operator, kind, which));
    let (mut clients, mut others) = (create("one"), create("other"));
    server.sql("UPDATE client_secrets SET expires_at = 1").await;
    clients.iter_mut().chain(&mut others).for_each(|client| client.renew(&operator));
    for (client, other) in clients.iter().zip(&others) {
        for credential in CREDENTIALS {
            let expected = refusal(client.kind, credential);
            for grant in GrantType::ALL {
                let answer = client
                    .offer(&server, credential, other)
                    .send(&server, "/token", &client.id, &asked(*grant))
                    .await;
                let expected = expected.map_or_else(|| reply(*grant, client.kind), |reason| (401, reason));
                check(&answer, expected, &format!("{grant:?} × {:?} × {credential:?}", client.kind));
            }
            for endpoint in ["/introspect", "/revoke", "/device_authorization"] {
                let form = [("token", "made-up")];
                let answer =
                    client.offer(&server, credential, other).send(&server, endpoint, &client.id, &form).await;
                let expected =
                    expected.map_or_else(|| told_at(endpoint, client.kind), |reason| (401, reason));
                check(&answer, expected, &format!("{endpoint} × {:?} × {credential:?}", client.kind));
            }
        }
    }
}

#[track_caller]
fn check(answer: &Answer, (status, reason): (u16, &str), what: &str) {
    let reply = if answer.body.is_empty() { String::new() } else { answer.get("reason") };
    assert_eq!((answer.status.as_u16(), reply.as_str()), (status, reason), "{what}: {answer:?}");
    // A 401 names the way to authenticate, and no other status does (RFC 9110 §15.5.2).
    assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401, "{what}");
}
