//! The session of the console: an access token of this server, in a cookie that only this server can read. The console gets
//! the token by an authorization request, as any client does.

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};

use super::error::ConsoleError;
use crate::app::App;
use crate::audit::Issuance;
use crate::clock::{Seconds, Timestamp};
use crate::failure::Failure;
use crate::http::answer;
use crate::http::browser;
use crate::http::call::Request;
use crate::issuing::code::{self, PreparedCode};
use crate::oauth::client::GrantType;
use crate::oauth::client::console::{CONSOLE, redirect_uri};
use crate::oauth::grant::code::Redemption;
use crate::oauth::grant::management;
use crate::oauth::id::{ClientId, SessionId, UserId};
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::operations::{grants, sessions, users};
use crate::secret::{Hash, random_token};
use crate::tokens::access_token::Draft;

/// Keeps the cookie apart from other sealed texts.
const SESSION: &str = "console session";
/// Keeps the `state` of authorization requests apart from other sealed texts.
const STATE: &str = "console state";
/// What the console asks for. The person's role limits it.
const SCOPE: &str = "grantor.read grantor.write";
/// How old a sign-in may be for an act that destroys something.
pub(super) const FRESH: Seconds = Seconds::new(300);

/// The session of a person who has signed in to the console.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ConsoleSession {
    token: String,
    user: String,
    pub(super) username: String,
    /// When the person signed in.
    pub(super) signed_in_at: Timestamp,
}

impl ConsoleSession {
    /// The session in the cookie of a request. `None` if it has none of ours.
    pub(super) fn of(app: &App, request: &Request) -> Option<Self> {
        let opened = app.keys.open_text(SESSION, &browser::console_session(app, request)?)?;
        serde_json::from_str(&opened).ok()
    }

    /// The access token.
    pub(super) fn token(&self) -> &str {
        &self.token
    }
    /// The person.
    pub(super) fn user(&self) -> UserId {
        UserId::new(&self.user)
    }

    /// Whether the person has just signed in.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        now - self.signed_in_at <= FRESH
    }

    fn sealed(&self, app: &App) -> Result<String, Failure> {
        let text = serde_json::to_string(self)
            .map_err(|_| Failure::Internal("the console session could not be written as JSON".to_owned()))?;
        app.keys.seal_text(SESSION, &text)
    }
}

/// How a person is asked to sign in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SignInRequest<'a> {
    /// The account that the last session was for.
    pub(super) hint: Option<&'a str>,
    /// Whether the sign-in must be fresh.
    pub(super) is_fresh: bool,
}

/// Sends the browser to the authorization endpoint, and from there back to `back`, a path below the public URL.
pub(super) fn begin(app: &App, request: &Request, back: &str, sign_in: SignInRequest<'_>) -> HttpResponse {
    let binding = browser::binding(app, request).unwrap_or_else(random_token);
    let state = match app.keys.seal_text(STATE, back) {
        Ok(state) => state,
        Err(failure) => return answer::failure(app, request, &failure),
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("client_id", CONSOLE)
        .append_pair("redirect_uri", redirect_uri(&app.issuer).as_str())
        .append_pair("response_type", "code")
        .append_pair("scope", SCOPE)
        .append_pair("resource", &management::uri(&app.issuer))
        .append_pair("code_challenge", &Hash::of(&verifier(&binding, &state)).to_text())
        .append_pair("code_challenge_method", "S256")
        .append_pair("state", &state);
    if let Some(hint) = sign_in.hint {
        query.append_pair("login_hint", hint);
    }
    if sign_in.is_fresh {
        query.append_pair("max_age", &FRESH.as_i64().to_string());
    }
    let mut response = answer::see_other(&format!("{}/authorize?{}", app.issuer, query.finish()));
    // The page that follows may be in a browser that has never been here.
    if let Err(error) = response.add_cookie(&browser::binding_cookie(app, binding)) {
        tracing::error!("a cookie cannot be set: {error}");
    }
    response
}

/// The PKCE verifier of a request with this `state`. Only this browser has the secret that it is made from, so a code that
/// someone else got cannot be used here.
fn verifier(binding: &str, state: &str) -> String {
    Hash::of(&format!("console {binding} {state}")).to_text()
}

/// Where an authorization request of ours leads back to. `None` for a `state` that is not ours.
pub(super) fn way_back(app: &App, state: &str) -> Option<String> {
    app.keys.open_text(STATE, state)
}

/// Redeems the code of an authorization response. The client has no secret, so this is the only place that can do it.
///
/// # Errors
/// If the code was not issued for a request of this browser, or is used up.
pub(super) async fn redeem(
    app: &App,
    request: &Request,
    params: &Params,
    state: &str,
) -> Result<String, ConsoleError> {
    let Some(text) = params.one("code")? else {
        return Err(Reason::CodeMissing.because("the parameter code is missing").into());
    };
    // Without it, the verifier could be made from the `state` alone, which others may know.
    let Some(binding) = browser::binding(app, request) else {
        let error = Reason::FlowOtherBrowser.because("this browser does not have the cookie of this sign-in");
        return Err(error.into());
    };
    let redemption = Redemption {
        redirect_uri: Some(redirect_uri(&app.issuer).as_str().to_owned()),
        may_omit_redirect_uri: false,
        verifier: Some(verifier(&binding, state)),
    };
    let view = app.cache.fresh();
    let gone = || Failure::Internal("the client of the console is gone".to_owned());
    let client = view.client(&ClientId::new(CONSOLE)).await?.ok_or_else(gone)?;
    request.set_client(client.client.id.clone());
    let draft = Draft::of_authorization(app, &view.catalogue().await?, request.now).await?;
    let prepared = PreparedCode { code: Hash::of(text), redemption, draft: draft.into() };
    let issued = code::redeem((app, request), &client, prepared).await?.ok_or_else(gone)?;
    app.counters.issue(GrantType::AuthorizationCode);
    if app.config.audit.issuances {
        app.audit.issued(Issuance {
            at: request.now,
            grant_type: GrantType::AuthorizationCode.into(),
            client: client.client.id.clone(),
            is_proven: true,
            issued_for: issued.issued_for.clone(),
            scope: issued.scope.clone().unwrap_or_default(),
            address: request.address,
            request_id: request.id.clone(),
        });
    }
    let (Some(user), Some(grant)) = (issued.issued_for.user, issued.issued_for.grant) else {
        return Err(gone().into());
    };
    request.set_user(&user);
    let context = app.operations(request.now, request.actor());
    let session = SessionId::new(grants::find(&context, &grant).await?.session_id);
    let signed_in_at = sessions::find(&context, &session).await?.auth_time;
    let username = users::find_by_id(&context, &user).await?.person.username;
    let session =
        ConsoleSession { token: issued.access_token, user: user.to_string(), username, signed_in_at };
    Ok(session.sealed(app)?)
}
