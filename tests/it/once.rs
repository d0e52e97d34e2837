//! Everything that may be used only once: one table, each presented a second time.

use grantor::jose::key::SigningKey;
use grantor::oauth::client::assertion::JWT_BEARER;
use grantor::oauth::client::{AuthMethod, GrantType};
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::random_id;
use serde_json::json;

use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, Operator, TestServer};

/// What is used up when it is presented.
#[derive(Clone, Copy, Debug)]
enum OneTimeValue {
    Code,
    /// After the grace period for lost answers.
    RefreshToken,
    DeviceCode,
    UserCode,
    ClientAssertion,
    GrantAssertion,
    /// After the flow's answer, the same consent form leads to a page that says so.
    ConsentForm,
}

impl OneTimeValue {
    const ALL: [Self; 7] = [
        Self::Code,
        Self::RefreshToken,
        Self::DeviceCode,
        Self::UserCode,
        Self::ClientAssertion,
        Self::GrantAssertion,
        Self::ConsentForm,
    ];

    /// The answer to the second presentation.
    fn refusal(self) -> (u16, &'static str) {
        match self {
            Self::Code => (400, "code.replayed"),
            Self::RefreshToken => (400, "refresh_token.reused"),
            Self::DeviceCode => (400, "device_code.replayed"),
            Self::UserCode => (422, ""),
            Self::ClientAssertion => (401, "client_assertion.replayed"),
            Self::GrantAssertion => (400, "assertion.replayed"),
            Self::ConsentForm => (200, ""),
        }
    }
}

/// A server with what each one-time value needs.
struct Fixture {
    server: TestServer,
    app: Application,
    alice: Browser,
    key: SigningKey,
}

impl Fixture {
    async fn new() -> Self {
        let server = TestServer::start_with(&[("tokens.refresh_token_grace", "0s")]).await;
        let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        let jwks = format!("{{\"keys\":[{}]}}", key.public_jwk().unwrap());
        let grants = [
            GrantType::AuthorizationCode,
            GrantType::RefreshToken,
            GrantType::DeviceCode,
            GrantType::JwtBearer,
        ];
        let app = server.register(Registration::web("app").scopes("openid read").grants(&grants)).await;
        let mut signer = Registration::service("signer").method(AuthMethod::PrivateKeyJwt);
        signer.client.jwks = Some(jwks.clone());
        server.register(signer).await;
        let alice = server.alice().await;
        let operator = Operator::of(&server);
        let file = operator.directory.join("issuer.json").display().to_string();
        std::fs::write(&file, jwks).unwrap();
        let issuer = "https://idp.example";
        operator.done(&["issuer", "create", issuer, "--jwks", &file, "--scope", "read", "--client", "app"]);
        operator.done(&["issuer", "link", issuer, "a-1", "--user", "alice"]);
        Self { server, app, alice, key }
    }

    fn signed(&self, iss: &str, sub: &str) -> String {
        let now = self.server.app.now().as_unix();
        let claims = json!({
            "iss": iss, "sub": sub, "aud": self.server.app.issuer, "iat": now, "exp": now + 60, "jti": random_id(),
        });
        self.key.sign("JWT", &claims).unwrap()
    }

    /// Gets a one-time value and presents it twice.
    async fn twice(&mut self, value: OneTimeValue) -> [Answer; 2] {
        match value {
            OneTimeValue::Code => {
                let code = self.app.code(&mut self.alice).await;
                [self.app.redeem_by_hand(&code).await, self.app.redeem_by_hand(&code).await]
            }
            OneTimeValue::RefreshToken => {
                let code = self.app.code(&mut self.alice).await;
                let token = self.app.redeem_by_hand(&code).await.get("refresh_token");
                [self.app.refresh_by_hand(&token).await, self.app.refresh_by_hand(&token).await]
            }
            OneTimeValue::DeviceCode | OneTimeValue::UserCode => {
                let begun = self.app.post("/device_authorization", &[("scope", "read")]).await;
                let page = self.alice.open("/device").await;
                let user_code = begun.get("user_code");
                let typed = [("user_code", user_code.as_str())];
                let question = self.alice.submit(&page, &typed).await;
                let allowed = self.alice.submit(&question, &[("allow", "1")]).await;
                if let OneTimeValue::UserCode = value {
                    return [allowed, self.alice.submit(&page, &typed).await];
                }
                let code = begun.get("device_code");
                let form = [("grant_type", GrantType::DeviceCode.as_str()), ("device_code", code.as_str())];
                [self.app.token(&form).await, self.app.token(&form).await]
            }
            OneTimeValue::ClientAssertion => {
                let assertion = self.signed("signer", "signer");
                let form = [
                    ("grant_type", "client_credentials"),
                    ("client_assertion_type", JWT_BEARER),
                    ("client_assertion", assertion.as_str()),
                ];
                [self.server.token(&form).await, self.server.token(&form).await]
            }
            OneTimeValue::GrantAssertion => {
                let assertion = self.signed("https://idp.example", "a-1");
                let form = [("grant_type", GrantType::JwtBearer.as_str()), ("assertion", assertion.as_str())];
                [self.app.token(&form).await, self.app.token(&form).await]
            }
            OneTimeValue::ConsentForm => {
                let question = self.alice.open(&self.app.url_with(&[("prompt", "consent")])).await;
                let first = self.alice.submit(&question, &[("allow", "1")]).await;
                assert_ne!(first.get("code"), "", "{first:?}");
                let codes = self.server.number("SELECT COUNT(*) FROM codes").await;
                let again = self.alice.submit_only(&question, &[("allow", "1")]).await;
                assert_eq!(
                    self.server.number("SELECT COUNT(*) FROM codes").await,
                    codes,
                    "the form issues nothing"
                );
                [first, again]
            }
        }
    }
}

#[tokio::test]
async fn what_may_be_used_once_is_refused_the_second_time() {
    let mut fixture = Fixture::new().await;
    // She is signed in and has allowed the application before the test begins.
    fixture.app.code(&mut fixture.alice).await;
    for value in OneTimeValue::ALL {
        let [first, second] = fixture.twice(value).await;
        assert!(first.status == 200 || first.location().is_some(), "{value:?}: {first:?}");
        let (status, reason) = value.refusal();
        assert_eq!(second.status.as_u16(), status, "{value:?}: {second:?}");
        if !reason.is_empty() {
            assert_eq!(second.get("reason"), reason, "{value:?}");
        }
    }
}
