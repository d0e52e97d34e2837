//! `/bc-authorize`: an application asks for a person, who answers on a device of their own (OpenID Client-Initiated Backchannel
//! Authentication Core 1.0 §7).

mod object;
mod person;
mod user_code;

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::client_auth;
use crate::app::App;
use crate::cache::decision::View;
use crate::cache::row_budgets::Draw;
use crate::clock::Seconds;
use crate::failure::{Denied, Failure};
use crate::http::call::{Call, Request};
use crate::oauth::client::GrantType;
use crate::oauth::client::demand::Demanded;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::backchannel::{BackchannelAnswer, BackchannelRequest, HOUR};
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::oauth::reason::Reason;
use crate::oauth::request::ServerContext;
use crate::oauth::request::backchannel::{AskedBackchannel, PARAMETERS, validate};
use crate::oauth::request::params::Params;
use crate::oauth::request::request_object::SignedRequest;
use crate::oauth::row_budget::RowKind;
use crate::operations::backchannel::{announce, sealed_ping};
use crate::operations::guesses::CountedGuess;
use crate::secret::{Hash, random_id, random_token};
use crate::store::backchannel_requests::{self, NewBackchannelRequest};
use crate::store::clients::StoredClient;
use crate::store::db::Tx;
use crate::store::used_assertions;
use person::{Named, PersonProofs};

/// For how many seconds after its end a request is reported as expired; later it is unknown.
const MEMORY: Seconds = HOUR;

/// The response (§7.3).
#[derive(Serialize)]
struct BackchannelResponse {
    auth_req_id: String,
    expires_in: Seconds,
    interval: Seconds,
}

/// A checked request of a client that has authenticated. The person is not looked up yet.
struct Checked {
    client: Arc<StoredClient>,
    asked: AskedBackchannel,
    named: Named,
    /// The request object that it came in.
    object: Option<SignedRequest>,
}

/// What the request proves. Each part is verified only once.
#[derive(Default)]
struct RequestProofs {
    signature: object::ObjectVerdict,
    person: PersonProofs,
}

pub async fn post(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    match begin(&app, &request, body).await {
        Ok(begun) => HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(begun),
        Err(denied) => client_auth::refusal(&app, &request, denied).await,
    }
}

async fn begin(
    app: &App,
    request: &Request,
    body: web::Payload,
) -> Result<BackchannelResponse, Denied<OAuthError>> {
    let params = client_auth::read_form(request, body).await?;
    // Read first, because this notes the client.
    let credentials = client_auth::credentials(request, &params);
    params.check(&["request"])?;
    let (mut credentials, mut proofs) = (credentials?, RequestProofs::default());
    let decided = app.cache.decide(async |view| {
        let client = credentials.authenticate(app, request, view).await?;
        client.client.may_use(GrantType::Ciba)?;
        check(app, request, (&client, &params), view, &mut proofs).await
    });
    let checked = decided.await?;
    let client = checked.client.client.id.clone();
    let user = person::find(app, &checked).await?;
    request.set_user(&user);
    let about = |denied: Denied<OAuthError>| match denied {
        Denied::Refused(error) => Denied::Refused(error.about(&user)),
        failed @ Denied::Failed(_) => failed,
    };
    let guess = user_code::check(app, request, &checked, &user).await.map_err(about)?;
    let draw = app.draw(RowKind::BackchannelRequest, format!("client {client}"), request.now).await?;
    let id = format!("gbr_{}", random_token());
    let lifetime = app.config.ciba.lifetime(checked.asked.requested_expiry);
    let new = new_request(app, request, &checked, (&id, user.clone()), lifetime)?;
    let is_signed = checked.object.is_some();
    store(app, request, (new, checked.object), guess, draw).await.map_err(about)?;
    app.report(&checked.client.client, &[(Demanded::Jar, is_signed)], request.now);
    Ok(BackchannelResponse {
        auth_req_id: id,
        expires_in: lifetime,
        interval: app.config.ciba.poll_interval.seconds(),
    })
}

/// Checks the parameters, those of the request object if there is one, and what they prove.
async fn check(
    app: &App,
    call: &Call,
    (client, outside): (&Arc<StoredClient>, &Params),
    view: &View<'_>,
    proofs: &mut RequestProofs,
) -> Result<Checked, Denied<OAuthError>> {
    let object = object::resolve(app, call, &client.client, outside, &mut proofs.signature).await?;
    let catalogue = view.catalogue().await?;
    let known = ServerContext {
        catalogue: &*catalogue,
        issuer: &app.issuer,
        demands: app.config.oauth.demands(),
        algorithms: app.config.token_algorithms(),
    };
    let params = match &object {
        Some(object) => object.params.clone(),
        None => outside.clone().only(|name| PARAMETERS.contains(&name)),
    };
    let asked = validate(&client.client, &params, &known)?;
    let named = person::named(app, call, &client.client, &asked.hint, &mut proofs.person).await?;
    Ok(Checked { client: client.clone(), asked, named, object })
}

fn new_request(
    app: &App,
    call: &Call,
    checked: &Checked,
    (id, user): (&str, UserId),
    lifetime: Seconds,
) -> Result<NewBackchannelRequest, Failure> {
    let (asked, grant) = (&checked.asked, GrantId::new(random_id()));
    let ping = |token: &String| sealed_ping(&app.keys, &grant, id, token);
    let sealed_ping = asked.notification_token.as_ref().map(ping).transpose()?;
    let expires_at = call.now + lifetime;
    let request = BackchannelRequest {
        grant,
        client: checked.client.client.id.clone(),
        user,
        granted: asked.granted.clone(),
        binding_message: asked.binding_message.clone(),
        address: call.address.to_string(),
        created_at: call.now,
        expires_at,
        answer: BackchannelAnswer::Awaited,
    };
    Ok(NewBackchannelRequest {
        hash: Hash::of(id),
        request,
        interval: app.config.ciba.poll_interval.seconds(),
        purge_after: expires_at + MEMORY,
        sealed_ping,
    })
}

/// Stores the request, unless too many requests ask for the person.
async fn store(
    app: &App,
    call: &Call,
    (new, object): (NewBackchannelRequest, Option<SignedRequest>),
    guess: Option<CountedGuess>,
    draw: Draw,
) -> Result<(), Denied<OAuthError>> {
    let (limits, counting, now) = (app.config.person_limits(), draw.counting(), call.now);
    let link = format!("{}/approve/{}", app.issuer, new.request.grant);
    let since = now - HOUR - app.config.ciba.max_lifetime();
    let used = object.map(|object| (name_of(&new.request.client, &object.id), object.expires_at));
    let save = async move |tx: &mut Tx| {
        let request = &new.request;
        if let Some(guess) = &guess {
            guess.take_back(tx).await?;
        }
        if let Some(limits) = &limits {
            let of = (&request.user, &request.client);
            limits.check(&backchannel_requests::load(tx, of, since, now).await?, now)?;
        }
        if let Some((name, until)) = &used
            && !used_assertions::consume(tx, name, *until).await?
        {
            return Err(Reason::RequestObjectReplayed.because("the request object was used before").into());
        }
        if let Err(wait) = counting.count(tx).await? {
            return Err(too_many().after(wait).into());
        }
        backchannel_requests::save(tx, &new).await?;
        Ok::<_, Denied<OAuthError>>(announce(tx, request, &link).await?)
    };
    let is_announced = app.db.decide(save).await?;
    draw.stored();
    if is_announced {
        app.webhooks.wake();
    }
    Ok(())
}

/// Identifies a request object: a hash of its client and the client's name for it. A client id has no NUL.
fn name_of(client: &ClientId, id: &str) -> Hash {
    Hash::of(&format!("backchannel\0{client}\0{id}"))
}

fn too_many() -> OAuthError {
    Reason::BackchannelTooMany.because("too many requests of this client, or in all, wait for people")
}
