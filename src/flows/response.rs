//! Authorization responses by response type (OpenID Connect Core §3.1.2.5, §3.2.2.5, §3.3.2.5).

use crate::app::App;
use crate::clock::{Seconds, Timestamp};
use crate::failure::Failure;
use crate::flows::CheckedRequest;
use crate::oauth::grant::code::Code;
use crate::oauth::grant::{Grant, Parties};
use crate::oauth::id::GrantId;
use crate::oauth::request::interaction::SignedIn;
use crate::oauth::request::response_type::ResponseType;
use crate::oauth::request::return_address::ReturnAddress;
use crate::oauth::token::AccessToken;
use crate::secret::{Hash, random_id, random_token};
use crate::store::db::Tx;
use crate::store::{access_tokens, codes, grants};
use crate::tokens::access_token::Draft;
use crate::tokens::id_token::{IdTokenHashes, Signer};

/// For how many seconds a code that was never redeemed is still reported as expired.
const MEMORY: Seconds = Seconds::new(24 * 3600);

/// The parameters of a response, except `state` and `iss`.
pub(super) type Response = Vec<(&'static str, String)>;

/// Issues what the request asks for.
pub(super) async fn make(
    app: &App,
    now: Timestamp,
    checked: &CheckedRequest,
    return_to: &ReturnAddress,
    signed_in: &SignedIn,
) -> Result<Response, Failure> {
    let request = &checked.request;
    let code = request.response_type.has_code().then(|| format!("gac_{}", random_token()));
    if let Some(code) = &code {
        store_code(app, now, checked, return_to, signed_in, code).await?;
    }
    match request.response_type {
        ResponseType::Code => Ok(code.into_iter().map(|code| ("code", code)).collect()),
        _ => through_the_browser(app, now, checked, signed_in, code).await,
    }
}

/// A new grant, for a code or for tokens that pass through the browser.
fn grant(checked: &CheckedRequest, signed_in: &SignedIn) -> Grant {
    let request = &checked.request;
    let parties = Parties {
        client: request.client_id.clone(),
        user: signed_in.user.clone(),
        session: signed_in.session.clone(),
    };
    Grant::new(GrantId::new(random_id()), parties, request.granted.clone(), signed_in.authentication.clone())
}

async fn store_code(
    app: &App,
    now: Timestamp,
    checked: &CheckedRequest,
    return_to: &ReturnAddress,
    signed_in: &SignedIn,
    code: &str,
) -> Result<(), Failure> {
    let (hash, tokens) = (Hash::of(code), &app.config.tokens);
    let request = &checked.request;
    let record = Code {
        grant: grant(checked, signed_in),
        redirect_uri: return_to.as_str().to_owned(),
        challenge: request.challenge.clone(),
        nonce: request.nonce.clone(),
        expires_at: now + tokens.code_lifetime.seconds(),
    };
    let purge_after = record.expires_at + MEMORY;
    let save = async move |tx: &mut Tx| codes::save(tx, &hash, &record, purge_after).await;
    Ok(app.db.write(save).await?)
}

/// Issues tokens for the response itself.
///
/// They have a grant of their own, because a code beside them may be redeemed or not.
async fn through_the_browser(
    app: &App,
    now: Timestamp,
    checked: &CheckedRequest,
    signed_in: &SignedIn,
    code: Option<String>,
) -> Result<Response, Failure> {
    let (request, client) = (&checked.request, &checked.client.client);
    let grant = grant(checked, signed_in);
    let token = match request.response_type.has_token() {
        false => None,
        true => {
            let draft = Draft::of_authorization(app, &checked.catalogue, now).await?;
            let token = draft.of_grant(client, &grant, &grant.granted.scope);
            Some((token.map_err(|error| Failure::Internal(error.to_string()))?, draft))
        }
    };
    let stored = token.as_ref().map(|(token, draft)| (token.clone(), draft.stored(token)));
    store_grant(app, now, checked, &grant, stored).await?;
    let mut response = Response::new();
    let mut access_token = None;
    if let Some((token, draft)) = &token {
        let text = draft.finish(app, client, token, Some(&grant.authentication))?;
        response.push(("access_token", text.clone()));
        response.push(("token_type", token.token_type().as_str().to_owned()));
        response.push(("expires_in", token.lifetime().to_string()));
        response.push(("scope", token.granted.scope.to_string()));
        access_token = Some(text);
    }
    if request.response_type.has_id_token() {
        let hashes = IdTokenHashes { access_token: access_token.as_deref(), code: code.as_deref() };
        response.push(("id_token", id_token(app, now, checked, &grant, hashes).await?));
    }
    response.extend(code.map(|code| ("code", code)));
    app.counters.issue_implicitly();
    Ok(response)
}

async fn store_grant(
    app: &App,
    now: Timestamp,
    checked: &CheckedRequest,
    grant: &Grant,
    token: Option<(AccessToken, Option<Hash>)>,
) -> Result<(), Failure> {
    let (grant, version) = (grant.clone(), checked.client.client.version);
    // An application that learned about the session must be notified of its end.
    let session_expires_at = now + app.config.sessions.lifetime.seconds();
    let expires_at =
        token.as_ref().map_or(session_expires_at, |(token, _)| token.expires_at.max(session_expires_at));
    let save = async move |tx: &mut Tx| {
        if !grants::save_for_browser(tx, &grant, version, expires_at, now).await? {
            return Ok(false);
        }
        if let Some((token, Some(hash))) = &token {
            access_tokens::save_in(tx.batch(), hash, token).execute().await?;
        }
        Ok(true)
    };
    match app.db.write(save).await? {
        true => Ok(()),
        false => Err(Failure::Busy("a client or session that has just changed")),
    }
}

async fn id_token(
    app: &App,
    now: Timestamp,
    checked: &CheckedRequest,
    grant: &Grant,
    hashes: IdTokenHashes<'_>,
) -> Result<String, Failure> {
    let Some(signer) = Signer::of(app, &checked.client.client, now).await? else {
        return Err(Failure::Internal(format!("the client {} may not have an ID Token", grant.client)));
    };
    let source = grant.id_token(checked.request.nonce.as_deref());
    match checked.request.response_type {
        ResponseType::IdToken => signer.sign_alone(&source, hashes, &grant.granted.scope).await,
        _ => signer.sign(&source, hashes).await,
    }
}
