//! Access tokens for the management API: who acts with one, and what the token permits.

use std::sync::Arc;

use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::clock::Timestamp;
use crate::failure::{Denied, Failure};
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::management;
use crate::oauth::identity::role::Role;
use crate::oauth::permission::Permissions;
use crate::oauth::reason::Reason;
use crate::oauth::token::bearer::{PresentedToken, check_for_resource};
use crate::oauth::token::binding::Binding;
use crate::operations::actor::{Actor, ActorKind, Authority};
use crate::store::clients::StoredClient;
use crate::store::db::Conn;
use crate::store::users::{self, UserRecord};
use crate::tokens::access_token;

/// The one who acts with an access token.
#[derive(Clone, Debug)]
pub struct TokenHolder {
    pub actor: Actor,
    /// What the scope of the token permits. The role of a person may permit less.
    pub by_scope: Permissions,
    /// The client that the token was issued to.
    pub client: Arc<StoredClient>,
    /// What the token is bound to. The caller checks that the sender of the request proves it.
    pub binding: Option<Binding>,
}

/// Returns the one who acts with an access token: the person that the token was issued for, or else its client. The
/// permissions are those of the token's scope, within what the client is registered for now, and within the person's
/// present role; they may be empty. The address and the id of the request are left to the caller.
///
/// # Errors
/// If the token is not known, has expired, was revoked, is for another resource than `{issuer}/api/v1`, or its person or
/// client is disabled or gone.
pub async fn holder_of(app: &App, token: &str, now: Timestamp) -> Result<TokenHolder, Denied<OAuthError>> {
    let Some((presented, user)) = find(app, token, now).await? else {
        return Err(Reason::BearerUnknown.because("the access token is not known here").into());
    };
    check_for_resource(&presented, &management::uri(&app.issuer), now)?;
    let token = &presented.token;
    let Some(client) = app.cache.client(&token.client_id, Freshness::Cached).await? else {
        return Err(Reason::BearerRevoked.because("the client of the access token is gone").into());
    };
    let stored = client;
    let client = &stored.client;
    let permitted = Permissions::of(&token.granted.scope).within(&Permissions::of(&client.scopes));
    let actor = match (&token.user_id, user) {
        (None, _) => of_client(client, permitted.clone()),
        (Some(_), Some(user)) if user.disabled_at.is_none() => of_person(&user, client, &permitted),
        (person @ Some(_), _) => {
            let error =
                Reason::BearerRevoked.because("the account of the access token is disabled at present");
            return Err(error.about(person.as_ref()).into());
        }
    };
    Ok(TokenHolder { actor, by_scope: permitted, client: stored, binding: presented.token.binding })
}

fn of_client(client: &Client, permitted: Permissions) -> Actor {
    Actor {
        id: Some(client.id.to_string()),
        name: Some(client.name.as_str().to_owned()),
        authority: Authority::Limited(permitted),
        ..Actor::of(ActorKind::Client)
    }
}

fn of_person(user: &UserRecord, client: &Client, permitted: &Permissions) -> Actor {
    let limit = user.role.map(Role::limit).unwrap_or_default();
    Actor {
        id: Some(user.person.id.to_string()),
        name: Some(user.person.username.clone()),
        client: Some(client.id.to_string()),
        authority: Authority::Limited(permitted.within(&limit)),
        ..Actor::of(ActorKind::PersonByClient)
    }
}

/// The token and the user that it was issued for, as the database has them now; `None` if the token is not known.
async fn find(
    app: &App,
    token: &str,
    now: Timestamp,
) -> Result<Option<(PresentedToken, Option<UserRecord>)>, Failure> {
    let Some(read) = access_token::read(app, token, now).await? else { return Ok(None) };
    let live = app.live_sessions(now);
    let find = async move |conn: &mut Conn| {
        let Some(presented) = read.find(conn, live).await? else { return Ok(None) };
        let user = match &presented.token.user_id {
            None => None,
            Some(user) => users::find_by_id(conn, user.as_str()).await?,
        };
        Ok(Some((presented, user)))
    };
    Ok(app.db.read(find).await?)
}
