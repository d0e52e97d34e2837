//! Several nodes on one database: no node holds anything that correctness depends on.

mod changes;
mod flows;
mod master_key;
mod pooler;
mod races;
mod replica;

use std::time::{Duration, Instant};

use grantor::jose::key::SigningKey;
use grantor::oauth::client::assertion::JWT_BEARER;
use grantor::oauth::client::{AuthMethod, GrantType};
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::random_id;
use serde_json::{Value, json};

use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, TestServer};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// An application on a device without a keyboard.
async fn television(server: &TestServer) -> Application {
    let grants = [GrantType::DeviceCode, GrantType::RefreshToken];
    server.register(Registration::native("tv").grants(&grants).scopes("read offline_access")).await
}

/// Registers a service that authenticates with a key. Returns the key.
async fn signer(server: &TestServer) -> SigningKey {
    let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
    let jwk: Value = serde_json::from_str(&key.public_jwk().unwrap()).unwrap();
    let mut registration = Registration::service("job").method(AuthMethod::PrivateKeyJwt);
    registration.client.jwks = Some(json!({ "keys": [jwk] }).to_string());
    server.register(registration).await;
    key
}

fn assertion(server: &TestServer, key: &SigningKey) -> String {
    let now = grantor::clock::Clock::System.now().as_unix();
    let claims = json!({
        "iss": "job", "sub": "job", "aud": server.url, "iat": now, "exp": now + 60, "jti": random_id(),
    });
    key.sign("JWT", &claims).unwrap()
}

async fn assert_who(browser: &mut Browser, assertion: &str) -> Answer {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ];
    browser.post("/token", &form).await
}

/// Asks until it is so. A request later than a second after the change, which is now, must not see the previous state.
pub(crate) async fn within_a_second(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let changed = Instant::now();
    loop {
        let asked = changed.elapsed();
        if is_so().await {
            return;
        }
        assert!(asked < Duration::from_secs(1), "{what}: not yet after {asked:?}");
        tokio::task::yield_now().await;
    }
}
