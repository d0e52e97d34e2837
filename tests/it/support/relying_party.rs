//! Applications: registered with the server, and checking its answers through the `oauth2` crate.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

use grantor::clock::Timestamp;
use grantor::oauth::client::{
    AuthMethod, Client, ClientKind, ClientMetadata, ClientSecret, Demand, GrantType, SecretHash,
};
use grantor::oauth::grant::scope::Scope;
use grantor::oauth::id::ClientId;
use grantor::oauth::request::redirect_uri::RegisteredUri;
use grantor::secret::{Hash, random_client_secret, random_id};
use grantor::store::clients;
use grantor::store::db::Tx;
use oauth2::basic::{BasicClient, BasicTokenIntrospectionResponse, BasicTokenResponse};
use oauth2::{
    AccessToken, AuthUrl, AuthorizationCode, ClientId as RpClientId, ClientSecret as RpSecret, CsrfToken,
    DeviceAuthorizationUrl, EndpointNotSet, EndpointSet, IntrospectionUrl, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RefreshToken, RevocationUrl, StandardDeviceAuthorizationResponse,
    StandardRevocableToken, TokenUrl,
};
use reqwest::Method;
use serde_json::Value;

use super::browser::http_client;
use super::server::TestServer;
use super::{Answer, Browser, CHALLENGE, VERIFIER};

pub(crate) const REDIRECT_URI: &str = "https://app.example/callback";

/// An application with its credentials.
pub(crate) struct Application {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    pub(crate) redirect_uri: String,
    url: String,
}

/// The data to register.
pub(crate) struct Registration {
    pub(crate) client: Client,
    /// A secret chosen by a person, instead of a generated one.
    pub(crate) chosen_secret: Option<&'static str>,
}

type Ready = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

impl Registration {
    pub(crate) fn of_kind(id: &str, kind: ClientKind) -> Self {
        let uri = RegisteredUri::register(REDIRECT_URI, kind).expect("a good URI");
        let metadata = ClientMetadata {
            redirect_uris: if kind == ClientKind::Service { Vec::new() } else { vec![uri] },
            scopes: Scope::from_stored("read write pay"),
            ..ClientMetadata::new(format!("The {id} application"), kind)
        };
        Self { client: Client::new(ClientId::new(id), metadata), chosen_secret: None }
    }

    pub(crate) fn web(id: &str) -> Self {
        Self::of_kind(id, ClientKind::Web)
    }

    pub(crate) fn spa(id: &str) -> Self {
        Self::of_kind(id, ClientKind::Spa)
    }

    pub(crate) fn native(id: &str) -> Self {
        Self::of_kind(id, ClientKind::Native)
    }

    pub(crate) fn service(id: &str) -> Self {
        Self::of_kind(id, ClientKind::Service)
    }

    pub(crate) fn method(mut self, method: AuthMethod) -> Self {
        self.client.auth_method = Some(method);
        self
    }

    pub(crate) fn pkce(mut self, policy: Demand) -> Self {
        self.client.pkce = Some(policy);
        self
    }

    pub(crate) fn scopes(mut self, scopes: &str) -> Self {
        self.client.scopes = Scope::from_stored(scopes);
        self
    }

    /// May also have offline access.
    pub(crate) fn offline(self) -> Self {
        let scopes = format!("{} offline_access", self.client.scopes);
        self.scopes(&scopes)
    }

    pub(crate) fn grants(mut self, grants: &[GrantType]) -> Self {
        self.client.grants = grants.to_vec();
        self
    }

    pub(crate) fn redirect_uri(mut self, uri: &str) -> Self {
        self.client.redirect_uris = vec![RegisteredUri::register(uri, self.client.kind).expect("a good URI")];
        self
    }

    pub(crate) fn chosen_secret(mut self, secret: &'static str) -> Self {
        self.chosen_secret = Some(secret);
        self
    }

    pub(super) async fn store(self, server: &TestServer) -> Application {
        let Self { client, chosen_secret } = self;
        let secret = match chosen_secret {
            _ if client.kind.is_public() => None,
            Some(chosen) => Some(chosen.to_owned()),
            None => Some(random_client_secret().expose().clone()),
        };
        let hash = match (chosen_secret, &secret) {
            (Some(chosen), _) => {
                let secret = grantor::secret::Secret::new(chosen.to_owned());
                let tag = server.app.keys.secret_tag(&client.id, chosen);
                let phc = server.app.passwords.hash(secret).await.expect("a hash");
                Some(SecretHash::Argon2 { phc, tag })
            }
            (None, Some(secret)) => Some(SecretHash::Sha256(Hash::of(secret).to_text())),
            (None, None) => None,
        };
        let application = Application {
            id: client.id.to_string(),
            secret,
            redirect_uri: client.redirect_uris.first().map_or(String::new(), |uri| uri.as_str().to_owned()),
            url: server.url.clone(),
        };
        let stored = hash.map(|hash| ClientSecret { id: random_id(), hash, sealed: None, expires_at: None });
        let is_new = server
            .store(async move |tx: &mut Tx| {
                let is_new = clients::save(tx, &client, Timestamp::from_unix(0)).await?;
                if let Some(secret) = &stored {
                    clients::add_secret(tx, &client.id, secret, Timestamp::from_unix(0)).await?;
                }
                Ok(is_new)
            })
            .await;
        assert!(is_new, "the client {} is new", application.id);
        application
    }
}

impl Application {
    /// The `oauth2` crate's client for this application.
    pub(crate) fn client(&self) -> Ready {
        let client = BasicClient::new(RpClientId::new(self.id.clone()))
            .set_auth_uri(AuthUrl::new(format!("{}/authorize", self.url)).expect("a URL"))
            .set_token_uri(TokenUrl::new(format!("{}/token", self.url)).expect("a URL"));
        let client = match &self.secret {
            Some(secret) => client.set_client_secret(RpSecret::new(secret.clone())),
            None => client,
        };
        match self.redirect_uri.is_empty() {
            true => client,
            false => client.set_redirect_uri(RedirectUrl::new(self.redirect_uri.clone()).expect("a URL")),
        }
    }

    /// Introspects and then revokes a token by the `oauth2` crate. Returns what it learned, and whether the revocation
    /// succeeded.
    pub(crate) async fn introspect_and_revoke(&self, token: &str) -> (BasicTokenIntrospectionResponse, bool) {
        let introspection = IntrospectionUrl::new(format!("{}/introspect", self.url)).expect("a URL");
        // The crate insists on https; the adapter below turns it back into http.
        let revocation = format!("{}/revoke", self.url.replace("http:", "https:"));
        let revocation = RevocationUrl::new(revocation).expect("a URL");
        let client = self.client().set_introspection_url(introspection).set_revocation_url(revocation);
        let token = AccessToken::new(token.to_owned());
        let reply = client.introspect(&token).request_async(&send).await.expect("an answer");
        let request = client.revoke_token(StandardRevocableToken::AccessToken(token)).expect("a request");
        let revoked = request.request_async(&|request: oauth2::HttpRequest| {
            let (mut parts, body) = request.into_parts();
            let uri = parts.uri.to_string().replace("https:", "http:");
            parts.uri = uri.parse().expect("a URI");
            send(oauth2::HttpRequest::from_parts(parts, body))
        });
        (reply, revoked.await.is_ok())
    }

    /// An authorization URL made by the `oauth2` crate, with its PKCE verifier.
    pub(crate) fn authorization_url(&self, scope: &str) -> (String, PkceCodeVerifier) {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client();
        let request =
            client.authorize_url(|| CsrfToken::new("the state".into())).set_pkce_challenge(challenge);
        let request = request.add_scopes(scope.split(' ').map(|name| oauth2::Scope::new(name.into())));
        (request.url().0.to_string(), verifier)
    }

    /// An authorization URL made by hand: the good parameters with `changes` over them. An empty value removes a
    /// parameter.
    pub(crate) fn url_with(&self, changes: &[(&str, &str)]) -> String {
        format!("{}/authorize?{}", self.url, self.request_with(changes))
    }

    /// The same parameters as a form.
    pub(crate) fn request_with(&self, changes: &[(&str, &str)]) -> String {
        let mut params: Vec<(&str, &str)> = vec![
            ("client_id", &self.id),
            ("redirect_uri", &self.redirect_uri),
            ("response_type", "code"),
            ("scope", "read"),
            ("state", "the state"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            params.retain(|(key, _)| key != name);
            if !value.is_empty() {
                params.push((name, value));
            }
        }
        serde_urlencoded::to_string(params).expect("a query")
    }

    /// A code that `browser`'s person allowed, for the fixed PKCE pair.
    pub(crate) async fn code(&self, browser: &mut Browser) -> String {
        let answer = browser.authorize(&self.url_with(&[])).await;
        let code = answer.get("code");
        assert_ne!(code, "", "{answer:?}");
        code
    }

    /// The first refresh token of what `browser`'s person allowed with offline access.
    pub(crate) async fn offline_token(&self, browser: &mut Browser) -> String {
        let code = browser.authorize(&self.url_with(&[("scope", "read offline_access")])).await.get("code");
        self.redeem_by_hand(&code).await.get("refresh_token")
    }

    /// A device code that `browser`'s person allowed and the device has not fetched yet.
    pub(crate) async fn device_code(&self, browser: &mut Browser, form: &[(&str, &str)]) -> String {
        let begun = self.post("/device_authorization", form).await;
        assert_eq!(begun.status, 200, "{begun:?}");
        let page = browser.open_device("/device").await;
        let page = browser.submit(&page, &[("user_code", &begun.get("user_code"))]).await;
        let done = browser.allow(&page).await;
        assert!(done.body.contains("id=\"allowed\""), "{done:?}");
        begun.get("device_code")
    }

    /// Redeems a code by the `oauth2` crate.
    pub(crate) async fn redeem(&self, code: &str, verifier: PkceCodeVerifier) -> BasicTokenResponse {
        let client = self.client();
        let request =
            client.exchange_code(AuthorizationCode::new(code.to_owned())).set_pkce_verifier(verifier);
        request.request_async(&send).await.expect("tokens")
    }

    pub(crate) async fn refresh(&self, token: &str) -> BasicTokenResponse {
        let token = RefreshToken::new(token.to_owned());
        self.client().exchange_refresh_token(&token).request_async(&send).await.expect("tokens")
    }

    pub(crate) async fn client_credentials(&self) -> BasicTokenResponse {
        self.client().exchange_client_credentials().request_async(&send).await.expect("tokens")
    }

    /// Begins a device flow by the `oauth2` crate. Returns the response.
    pub(crate) async fn device_details(&self, scope: &str) -> StandardDeviceAuthorizationResponse {
        let endpoint =
            DeviceAuthorizationUrl::new(format!("{}/device_authorization", self.url)).expect("a URL");
        let client = self.client().set_device_authorization_url(endpoint);
        let request = client.exchange_device_code();
        let request = request.add_scopes(scope.split(' ').map(|name| oauth2::Scope::new(name.into())));
        request.request_async(&send).await.expect("details")
    }

    /// Polls by the `oauth2` crate until there are tokens; the person has already allowed it.
    pub(crate) async fn device_tokens(
        &self,
        details: &StandardDeviceAuthorizationResponse,
    ) -> BasicTokenResponse {
        let client = self.client();
        let request = client.exchange_device_access_token(details);
        request.request_async(&send, |_| std::future::ready(()), None).await.expect("tokens")
    }

    /// POST to the token endpoint with this application's own authentication.
    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> Answer {
        self.post("/token", form).await
    }

    /// The same, when the server may break off. Returns `None` if no answer came.
    pub(crate) async fn try_token(&self, form: &[(&str, &str)]) -> Option<Answer> {
        let secret = self.secret.as_deref().expect("a secret");
        let body = serde_urlencoded::to_string(form).expect("a form");
        let request = http_client()
            .post(format!("{}/token", self.url))
            .header("authorization", basic(&self.id, secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        let response = request.send().await.ok()?;
        let (status, headers, url) = (response.status(), response.headers().clone(), response.url().clone());
        Some(Answer { status, headers, url, body: response.text().await.ok()? })
    }

    /// The form that redeems a code that was requested with the fixed PKCE pair.
    pub(crate) fn redemption<'f>(&'f self, code: &'f str) -> [(&'f str, &'f str); 4] {
        [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("code_verifier", VERIFIER),
        ]
    }

    /// POST to an endpoint with this application's own authentication.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let mut browser = Browser::new(&self.url);
        let mut form = form.to_vec();
        match &self.secret {
            None => {
                form.push(("client_id", &self.id));
                browser.post(path, &form).await
            }
            Some(secret) => {
                let authorization = basic(&self.id, secret);
                let body = serde_urlencoded::to_string(&form).expect("a form");
                let headers = [
                    ("authorization", authorization.as_str()),
                    ("content-type", "application/x-www-form-urlencoded"),
                ];
                browser.request(Method::POST, path, &headers, &body).await
            }
        }
    }

    /// Redeems a code that was requested with the fixed PKCE pair.
    pub(crate) async fn redeem_by_hand(&self, code: &str) -> Answer {
        self.redeem_with(code, &[]).await
    }

    /// Redeems such a code with `changes` over the good parameters.
    pub(crate) async fn redeem_with(&self, code: &str, changes: &[(&str, &str)]) -> Answer {
        let mut form = self.redemption(code).to_vec();
        for (name, value) in changes {
            form.retain(|(key, _)| key != name);
            if !value.is_empty() {
                form.push((name, value));
            }
        }
        self.token(&form).await
    }

    /// The introspection response about a token.
    pub(crate) async fn introspect(&self, token: &str) -> Value {
        let answer = self.post("/introspect", &[("token", token)]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    pub(crate) async fn refresh_by_hand(&self, token: &str) -> Answer {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }
}

/// Basic credentials, form-encoded as RFC 6749 §2.3.1 says.
pub(crate) fn basic(id: &str, secret: &str) -> String {
    use base64::Engine as _;
    let encode = |text: &str| {
        serde_urlencoded::to_string(HashMap::from([("", text)])).expect("a form")[1..].to_owned()
    };
    let joined = format!("{}:{}", encode(id), encode(secret));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(joined))
}

type Sent = Pin<Box<dyn Future<Output = Result<oauth2::HttpResponse, std::io::Error>> + Send>>;

/// The HTTP client that the `oauth2` crate uses.
pub(crate) fn send(request: oauth2::HttpRequest) -> Sent {
    Box::pin(async move {
        let client = http_client();
        let (parts, body) = request.into_parts();
        let sent =
            client.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body).send();
        let response = sent.await.map_err(std::io::Error::other)?;
        let mut answer = oauth2::http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        let bytes = response.bytes().await.map_err(std::io::Error::other)?;
        answer.body(bytes.to_vec()).map_err(std::io::Error::other)
    })
}

impl Application {
    /// An application that is already registered with the server at `url`.
    pub(crate) fn registered_at(url: &str, id: &str, secret: Option<&str>, redirect_uri: &str) -> Self {
        let secret = secret.map(str::to_owned);
        Self { id: id.to_owned(), secret, redirect_uri: redirect_uri.to_owned(), url: url.to_owned() }
    }

    /// The same application, talking to another server.
    pub(crate) fn at(&self, url: &str) -> Self {
        Self::registered_at(url, &self.id, self.secret.as_deref(), &self.redirect_uri)
    }
}
