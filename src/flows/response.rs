//! Authorization responses by response type (OpenID Connect Core §3.1.2.5, §3.2.2.5, §3.3.2.5).

use crate::app::App;
use crate::audit::Issuance;
use crate::cache::catalogue::Freshness;
use crate::clock::Timestamp;
use crate::failure::Failure;
use crate::flows::CheckedRequest;
use crate::http::call::Call;
use crate::oauth::grant::code::Code;
use crate::oauth::grant::{Grant, Parties};
use crate::oauth::id::GrantId;
use crate::oauth::request::interaction::SignedIn;
use crate::oauth::request::response_type::ResponseType;
use crate::oauth::request::return_address::ReturnAddress;
use crate::oauth::token::{AccessToken, IssuedFor};
use crate::secret::{Hash, random_id, random_token};
use crate::store::db::{Batch, DbError, Tx};
use crate::store::flows::{self, FlowKey};
use crate::store::{access_tokens, codes, grants};
use crate::tokens::access_token::Draft;
use crate::tokens::id_token::{IdTokenHashes, Signer};

/// The parameters of a response, except `state` and `iss`.
pub(super) type Response = Vec<(&'static str, String)>;

/// A request that is about to be answered.
pub(super) struct Answering<'a> {
    pub(super) checked: &'a CheckedRequest,
    pub(super) return_to: &'a ReturnAddress,
    pub(super) signed_in: &'a SignedIn,
    /// The flow that waited for the person, which is answered once; `None` if nothing waited.
    pub(super) flow: Option<&'a FlowKey>,
}

/// What became of a transaction that stores an answer.
enum Stored {
    Saved,
    /// The flow has an answer already, so nothing was stored.
    AnsweredBefore,
    /// The client or the session has changed, or a scope or a type was deleted, so nothing was stored.
    Stale,
}

/// Issues what the request asks for. `None` if its flow has an answer already.
pub(super) async fn make(
    app: &App,
    call: &Call,
    answering: &Answering<'_>,
) -> Result<Option<Response>, Failure> {
    let now = call.now;
    let response_type = answering.checked.request.response_type;
    if !response_type.has_code() {
        return through_the_browser(app, call, answering, None).await;
    }
    let code = format!("gac_{}", random_token());
    match store_code(app, now, answering, &code).await? {
        Stored::Saved => {}
        Stored::AnsweredBefore => return Ok(None),
        Stored::Stale => return Err(Failure::Busy("a scope or type that was just deleted")),
    }
    match response_type {
        ResponseType::Code => Ok(Some(vec![("code", code)])),
        // The code has answered the flow.
        _ => through_the_browser(app, call, &Answering { flow: None, ..*answering }, Some(code)).await,
    }
}

/// Whether a transaction may answer the flow: it has no answer yet, and gets this one.
async fn is_first(tx: &mut Tx, flow: Option<&FlowKey>, now: Timestamp) -> Result<bool, DbError> {
    match flow {
        Some(flow) => flows::answer(tx, flow, now).await,
        None => Ok(true),
    }
}

/// The result of a transaction that has stored nothing, because what was decided is out of date. The flow stays open.
async fn stale(tx: &mut Tx, flow: Option<&FlowKey>) -> Result<Stored, DbError> {
    if let Some(flow) = flow {
        flows::take_answer_back(tx, flow).await?;
    }
    Ok(Stored::Stale)
}

/// A new grant, for a code or for tokens that pass through the browser.
fn grant(checked: &CheckedRequest, signed_in: &SignedIn) -> Grant {
    let request = &checked.request;
    let parties = Parties {
        client: request.client_id.clone(),
        user: signed_in.user.clone(),
        session: signed_in.session.clone(),
    };
    let granted = checked.granted_to(signed_in);
    Grant::new(GrantId::new(random_id()), parties, granted, signed_in.authentication.clone())
}

async fn store_code(
    app: &App,
    now: Timestamp,
    answering: &Answering<'_>,
    code: &str,
) -> Result<Stored, Failure> {
    let (hash, tokens) = (Hash::of(code), &app.config.tokens);
    let request = &answering.checked.request;
    let record = Code {
        grant: Grant { binding: request.binding.clone(), ..grant(answering.checked, answering.signed_in) },
        redirect_uri: answering.return_to.as_str().to_owned(),
        challenge: request.challenge.clone(),
        nonce: request.nonce.clone(),
        expires_at: now + tokens.code_lifetime.seconds(),
    };
    let withdrawals = answering.checked.catalogue.withdrawals();
    match try_to_store(app, now, answering.flow, (&hash, &record), withdrawals).await? {
        Stored::Stale => {}
        stored => return Ok(stored),
    }
    // Most likely, another name was deleted.
    let catalogue = app.cache.catalogue(Freshness::Now).await?;
    match catalogue.has_all(&record.grant.granted) {
        true => try_to_store(app, now, answering.flow, (&hash, &record), catalogue.withdrawals()).await,
        false => Ok(Stored::Stale),
    }
}

/// Stores a code, unless a scope or a type was deleted since their number was `withdrawals`.
async fn try_to_store(
    app: &App,
    now: Timestamp,
    flow: Option<&FlowKey>,
    (hash, record): (&Hash, &Code),
    withdrawals: i64,
) -> Result<Stored, Failure> {
    let (flow, hash, record) = (flow.cloned(), *hash, record.clone());
    let purge_after = record.expires_at + codes::MEMORY;
    let save = async move |tx: &mut Tx| {
        if !is_first(tx, flow.as_ref(), now).await? {
            return Ok(Stored::AnsweredBefore);
        }
        match codes::save(tx, &hash, &record, purge_after, withdrawals).await? {
            true => Ok(Stored::Saved),
            false => stale(tx, flow.as_ref()).await,
        }
    };
    Ok(app.db.write(save).await?)
}

/// Issues tokens for the response itself.
///
/// They have a grant of their own, because a code beside them may be redeemed or not.
async fn through_the_browser(
    app: &App,
    call: &Call,
    answering: &Answering<'_>,
    code: Option<String>,
) -> Result<Option<Response>, Failure> {
    let now = call.now;
    let checked = answering.checked;
    let (request, client) = (&checked.request, &checked.client.client);
    let grant = grant(checked, answering.signed_in);
    let token = match request.response_type.has_token() {
        false => None,
        true => {
            let draft = Draft::of_authorization(app, &checked.catalogue, now).await?;
            let token = draft.of_grant(client, &grant, &grant.granted.scope);
            Some((token.map_err(|error| Failure::Internal(error.to_string()))?, draft))
        }
    };
    let stored = token.as_ref().map(|(token, draft)| (token.clone(), draft.stored(token)));
    match store_grant(app, now, answering, &grant, stored).await? {
        Stored::Saved => {}
        Stored::AnsweredBefore => return Ok(None),
        Stored::Stale => return Err(Failure::Busy("a client or session that has just changed")),
    }
    let mut response = Response::new();
    let mut access_token = None;
    if let Some((token, draft)) = &token {
        let text = draft.finish(app, client, token, Some(&grant.authentication))?;
        response.push(("access_token", text.clone()));
        response.push(("token_type", token.token_type().as_str().to_owned()));
        response.push(("expires_in", token.lifetime().to_string()));
        let scope = Some(token.granted.scope.to_string()).filter(|scope| !scope.is_empty());
        response.extend(scope.map(|scope| ("scope", scope)));
        access_token = Some(text);
    }
    if request.response_type.has_id_token() {
        let hashes = IdTokenHashes { access_token: access_token.as_deref(), code: code.as_deref() };
        response.push(("id_token", id_token(app, now, checked, &grant, hashes).await?));
    }
    response.extend(code.map(|code| ("code", code)));
    app.counters.issue_implicitly();
    app.activity.issued_implicitly(client, &grant.granted.scope.to_string(), now);
    if app.config.audit.issuances {
        app.audit.issued(issuance(call, &grant));
    }
    Ok(Some(response))
}

/// An answer with tokens, for the audit trail.
fn issuance(call: &Call, grant: &Grant) -> Issuance {
    Issuance {
        at: call.now,
        grant_type: "implicit",
        client: grant.client.clone(),
        is_proven: false,
        issued_for: IssuedFor { user: Some(grant.user.clone()), grant: Some(grant.id.clone()) },
        scope: grant.granted.scope.to_string(),
        address: call.address,
        request_id: call.id.clone(),
    }
}

async fn store_grant(
    app: &App,
    now: Timestamp,
    answering: &Answering<'_>,
    grant: &Grant,
    token: Option<(AccessToken, Option<Hash>)>,
) -> Result<Stored, Failure> {
    let (grant, checked) = (grant.clone(), answering.checked);
    let known = (checked.client.client.version, checked.catalogue.withdrawals());
    let flow = answering.flow.cloned();
    // An application that learned about the session must learn of its end, too.
    let session_expires_at = now + app.config.sessions.lifetime.seconds();
    let expires_at =
        token.as_ref().map_or(session_expires_at, |(token, _)| token.expires_at.max(session_expires_at));
    let save = async move |tx: &mut Tx| {
        if !is_first(tx, flow.as_ref(), now).await? {
            return Ok(Stored::AnsweredBefore);
        }
        if !grants::save_for_browser(tx, &grant, known, expires_at, now).await? {
            return stale(tx, flow.as_ref()).await;
        }
        if let Some((token, Some(hash))) = &token {
            tx.run(access_tokens::save_in(Batch::new(), hash, token)).await?;
        }
        Ok(Stored::Saved)
    };
    Ok(app.db.write(save).await?)
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
    signer.sign(&source, &grant.granted.scope, hashes).await
}
