//! The OAuth client of the demo application, written with the `oauth2` crate as any application would.

use oauth2::basic::{BasicClient, BasicRequestTokenError, BasicTokenResponse};
use oauth2::http::Method;
use oauth2::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, HttpRequest,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, Scope, TokenUrl,
};
use url::{Url, form_urlencoded};

use super::broken::{Broken, CodeMisuse, Edit, How, Sender};
use super::data::SavedValues;
use super::notes;
use super::recorder::{HttpExchange, RecordingClient};
use super::sessions::Pending;
use super::setup::{self, SignInClient};
use crate::cli::CliError;
use crate::fetch::{FetchError, LoopbackFetcher};
use crate::jose::foreign::ForeignKeys;
use crate::oauth::client::GrantType;
use crate::secret::{Secret, random_token};

type RegisteredClient = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// A secret that is wrong, as a developer might configure it.
const WRONG_SECRET: &str = "gcs_not-the-secret-of-this-client";

/// The demo application as the authorization server knows it.
pub(super) struct RelyingParty {
    issuer: String,
    origin: String,
    web: RegisteredClient,
    public: RegisteredClient,
    notes: RegisteredClient,
    service: RegisteredClient,
    secrets: SavedValues,
    fetcher: LoopbackFetcher,
}

/// A call to the token endpoint: its result, and the messages as they were sent.
pub(super) struct TokenCall {
    pub(super) tokens: Option<BasicTokenResponse>,
    /// `None` if the server could not be reached.
    pub(super) exchange: Option<HttpExchange>,
}

impl RelyingParty {
    pub(super) fn new(issuer: &str, origin: &str, secrets: SavedValues) -> Result<Self, CliError> {
        let no_url = |error: url::ParseError| CliError::from(format!("the demo's own address: {error}"));
        let authorize = AuthUrl::new(format!("{issuer}/authorize")).map_err(no_url)?;
        let token = TokenUrl::new(format!("{issuer}/token")).map_err(no_url)?;
        let redirect_uri = RedirectUrl::new(format!("{origin}/callback")).map_err(no_url)?;
        let to_notes = RedirectUrl::new(format!("{origin}/notes/callback")).map_err(no_url)?;
        let registered = |id: &str| {
            BasicClient::new(ClientId::new(id.to_owned()))
                .set_auth_uri(authorize.clone())
                .set_token_uri(token.clone())
                .set_redirect_uri(redirect_uri.clone())
        };
        let secret = |secret: &Secret| ClientSecret::new(secret.expose().clone());
        // The server of a demo with --lan is at another address of this machine.
        let host = Url::parse(issuer).map_err(no_url)?.host_str().and_then(|host| host.parse().ok());
        let fetcher = match host {
            Some(address) => LoopbackFetcher::for_this_machine(address),
            None => LoopbackFetcher::new(),
        };
        let fetcher = fetcher.map_err(|error| error.to_string())?;
        Ok(Self {
            web: registered(setup::WEB).set_client_secret(secret(&secrets.web_secret)),
            public: registered(setup::PUBLIC),
            notes: registered(setup::NOTES)
                .set_client_secret(secret(&secrets.notes_secret))
                .set_redirect_uri(to_notes),
            service: registered(setup::SERVICE).set_client_secret(secret(&secrets.service_secret)),
            issuer: issuer.to_owned(),
            origin: origin.to_owned(),
            secrets,
            fetcher,
        })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The scheme, host and port of the application itself.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    fn client(&self, who: SignInClient) -> &RegisteredClient {
        match who {
            SignInClient::Web => &self.web,
            SignInClient::Public => &self.public,
            SignInClient::Notes => &self.notes,
        }
    }

    /// The URL to send the person to, and what to remember until the person returns.
    pub(super) fn begin(
        &self,
        who: SignInClient,
        scopes: &[&str],
        broken: Option<&'static Broken>,
    ) -> (Url, Pending) {
        let (state, verifier, nonce) = (random_token(), random_token(), random_token());
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone()));
        let (url, _) = self
            .client(who)
            .authorize_url(|| CsrfToken::new(state.clone()))
            .add_scopes(scopes.iter().map(|scope| Scope::new((*scope).to_owned())))
            .set_pkce_challenge(challenge)
            .add_extra_param("nonce", &nonce)
            .url();
        let url = match broken.map(|broken| &broken.how) {
            Some(How::Ask(edits) | How::AskInVain(edits)) => edited(&url, edits),
            _ => url,
        };
        let sent = url.query_pairs().into_owned().collect();
        (url, Pending { who, state, verifier, nonce, sent, broken })
    }

    /// Redeems a code; in a wrong way, if asked to.
    pub(super) async fn redeem(
        &self,
        who: SignInClient,
        code: &str,
        verifier: &str,
        misuse: Option<CodeMisuse>,
    ) -> TokenCall {
        let mut client = self.client(who).clone();
        let mut verifier = verifier.to_owned();
        match misuse {
            Some(CodeMisuse::WrongSecret) => {
                client = client.set_client_secret(ClientSecret::new(WRONG_SECRET.into()));
            }
            Some(CodeMisuse::WrongVerifier) => verifier = random_token(),
            Some(CodeMisuse::Replay) | None => {}
        }
        let recorder = RecordingClient::new(&self.fetcher);
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier));
        let outcome = request.request_async(&recorder).await;
        TokenCall::new(recorder, outcome)
    }

    /// Gets new tokens with a refresh token.
    pub(super) async fn refresh(&self, who: SignInClient, refresh_token: &str) -> TokenCall {
        let token = RefreshToken::new(refresh_token.to_owned());
        let recorder = RecordingClient::new(&self.fetcher);
        let outcome = self.client(who).exchange_refresh_token(&token).request_async(&recorder).await;
        TokenCall::new(recorder, outcome)
    }

    /// The keys with which the server signs; `None` if they cannot be read.
    pub(super) async fn keys(&self) -> Option<ForeignKeys> {
        let fetched = self.fetcher.get(&format!("{}/jwks", self.issuer)).await.ok()?;
        ForeignKeys::read(str::from_utf8(&fetched.body).ok()?)
    }

    /// The address at which the server ends the session, and sends the person to the second application (OpenID Connect
    /// RP-Initiated Logout §2).
    pub(super) fn logout(&self, id_token: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(id_token) = id_token {
            query.append_pair("id_token_hint", id_token);
        }
        query.append_pair("client_id", setup::WEB);
        query.append_pair("post_logout_redirect_uri", &format!("{}/notes", self.origin));
        query.append_pair("state", notes::SIGNED_OUT);
        format!("{}/logout?{}", self.issuer, query.finish())
    }

    /// Asks the UserInfo endpoint who signed in.
    pub(super) async fn userinfo(&self, access_token: &str) -> TokenCall {
        let mut request = HttpRequest::new(Vec::new());
        *request.method_mut() = Method::POST;
        let uri = format!("{}/userinfo", self.issuer).parse();
        let bearer = HeaderValue::try_from(format!("Bearer {access_token}"));
        let (Ok(uri), Ok(bearer)) = (uri, bearer) else {
            return TokenCall { tokens: None, exchange: None };
        };
        *request.uri_mut() = uri;
        request.headers_mut().insert(AUTHORIZATION, bearer);
        self.call(request).await
    }

    /// Gets a token for the application itself.
    pub(super) async fn service_token(&self) -> TokenCall {
        let recorder = RecordingClient::new(&self.fetcher);
        let outcome = self.service.exchange_client_credentials().request_async(&recorder).await;
        TokenCall::new(recorder, outcome)
    }

    /// Begins a device flow: gets a code that a person types elsewhere.
    pub(super) async fn begin_device(&self) -> TokenCall {
        self.post("/device_authorization", &[("client_id", setup::TELEVISION)]).await
    }

    /// Polls once for the person's answer.
    pub(super) async fn poll_device(&self, device_code: &str) -> TokenCall {
        let grant = GrantType::DeviceCode.as_str();
        let form = [("client_id", setup::TELEVISION), ("grant_type", grant), ("device_code", device_code)];
        self.post("/token", &form).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> TokenCall {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = HttpRequest::new(body.into_bytes());
        *request.method_mut() = Method::POST;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        let Ok(uri) = format!("{}{path}", self.issuer).parse() else {
            return TokenCall { tokens: None, exchange: None };
        };
        *request.uri_mut() = uri;
        self.call(request).await
    }

    /// Sends a form that the crate would not build, with the sender's real credentials.
    pub(super) async fn send(&self, sender: Sender, form: &[(&str, &str)]) -> TokenCall {
        let (client, secret) = match sender {
            Sender::Web => (&self.web, &self.secrets.web_secret),
            Sender::Service => (&self.service, &self.secrets.service_secret),
        };
        let credentials = [("client_id", client.client_id().as_str()), ("client_secret", secret.expose())];
        self.post("/token", &[form, &credentials].concat()).await
    }

    async fn call(&self, request: HttpRequest) -> TokenCall {
        let recorder = RecordingClient::new(&self.fetcher);
        if let Err(error) = recorder.send(request).await {
            tracing::warn!("the server could not be reached: {error}");
        }
        TokenCall { tokens: None, exchange: recorder.exchange() }
    }
}

impl TokenCall {
    fn new(
        recorder: RecordingClient<'_>,
        outcome: Result<BasicTokenResponse, BasicRequestTokenError<FetchError>>,
    ) -> Self {
        if let Err(BasicRequestTokenError::Request(error)) = &outcome {
            tracing::warn!("the token endpoint could not be reached: {error}");
        }
        Self { tokens: outcome.ok(), exchange: recorder.exchange() }
    }
}

fn edited(url: &Url, edits: &[Edit]) -> Url {
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    for edit in edits {
        match *edit {
            Edit::Set(name, value) => {
                pairs.retain(|(key, _)| key != name);
                pairs.push((name.into(), value.into()));
            }
            Edit::Leave(name) => pairs.retain(|(key, _)| key != name),
            Edit::Again(name, value) => pairs.push((name.into(), value.into())),
        }
    }
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    url
}
