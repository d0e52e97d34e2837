//! `/api/v1/users`.

pub mod consents;
pub mod passwords;
pub mod sessions;

use actix_web::{HttpResponse, web};

use super::body;
use super::call::{ApiCall, respond};
use super::condition;
use super::error::ApiError;
use super::idempotency;
use super::listing;
use super::reply::ApiReply;
use crate::app::App;
use crate::failure::Denied;
use crate::http::call::Request;
use crate::members::Members;
use crate::members::user::{self as members, ChangedUserMembers};
use crate::oauth::id::UserId;
use crate::oauth::identity::role::Role;
use crate::operations::Context;
use crate::operations::fault::Faults;
use crate::operations::password_links::{self, PasswordLink};
use crate::operations::user_codes::{HashedUserCode, UserCodeChange};
use crate::operations::users::{self, HashedPassword, NewUser};
use crate::representation::user::to_json;
use crate::store::users::{UserColumn, UserFilter, UserRecord};

/// What a list takes as `role`.
const ROLES: &[(&str, Option<Role>)] = &[
    ("owner", Some(Role::Owner)),
    ("operator", Some(Role::Operator)),
    ("auditor", Some(Role::Auditor)),
    ("none", None),
];

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let filter = UserFilter {
            q: call.parameter("q"),
            disabled: call.flag("disabled"),
            role: call.one_of("role", ROLES),
            order: call.one_of("sort", UserColumn::ORDERS).unwrap_or_default(),
        };
        let listing = listing::of(call, filter)?;
        Ok(listing::reply(call, &users::list(&call.context(), listing).await?, to_json))
    })
    .await
}

pub async fn create(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (mut members, bytes) = body::read_with_bytes(call, body).await?;
        let policy = call.app.config.passwords.policy();
        let mut new = members::read_new(&mut members, policy);
        let is_right = !members.has_faults();
        let passwords = &call.app.passwords;
        let user_code = match new.user_code.filter(|_| is_right) {
            Some(code) => Some(HashedUserCode::new(passwords, &code).await?),
            None => None,
        };
        let user = NewUser { username: new.username, claims: new.claims, role: new.role, user_code };
        let Some(password) = new.password.take().filter(|_| is_right) else {
            let invite = async |context| password_links::invite(&context, user).await;
            return idempotency::once(call, (members, bytes), invite, shown_invited(call)).await;
        };
        let names = members::names(&user.username, &user.claims);
        let create = async |context| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let password = HashedPassword::new(passwords, policy, password, &names).await?;
            users::create(&context, user, password).await
        };
        idempotency::once(call, (members, bytes), create, shown_created).await
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        Ok(shown(&existing(&call.context(), &id).await?))
    })
    .await
}

pub async fn put(
    app: web::Data<App>,
    request: Request,
    id: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let condition = condition::of_put(call.request)?;
        let mut members = body::read(call, body).await?;
        let versions = condition.replaced("users")?;
        let changed = members::read_replacement(&mut members, &id);
        changed_to(call, &id, (members, changed), condition::replacing(call, versions)).await
    })
    .await
}

pub async fn patch(
    app: web::Data<App>,
    request: Request,
    id: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let context = condition::context(call)?;
        let mut members = body::read_patch(call, body).await?;
        let changed = members::read_patch(&mut members);
        changed_to(call, &id, (members, changed), context).await
    })
    .await
}

pub async fn delete(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let context = condition::context(call)?;
        users::delete(&context, &existing(&call.context(), &id).await?.person.id).await?;
        Ok(ApiReply::done())
    })
    .await
}

/// Changes a user as a body says, and answers with the user as it is now.
async fn changed_to<'a>(
    call: &ApiCall<'a>,
    id: &str,
    (members, changed): (Members, ChangedUserMembers),
    context: Context<'a>,
) -> Result<ApiReply, ApiError> {
    let ChangedUserMembers { mut changes, user_code } = changed;
    let user_code = user_code.filter(|_| !members.has_faults());
    let update = async |context| {
        existing(&context, id).await?;
        if let Some(code) = user_code {
            changes.user_code = UserCodeChange::to(&call.app.passwords, code.as_ref()).await?;
        }
        users::update(&context, id, changes).await
    };
    Ok(shown(&body::act(call, members, context, update).await?.outcome))
}

/// Finds the user of an address, which has the id. Operations also take names, so this comes before each of them.
async fn existing(context: &Context<'_>, id: &str) -> Result<UserRecord, Denied<Faults>> {
    users::find_by_id(context, &UserId::new(id)).await
}

fn shown(user: &UserRecord) -> ApiReply {
    ApiReply::ok(to_json(user)).with_version(&users::version(user))
}

fn shown_created(user: &UserRecord) -> ApiReply {
    ApiReply::created(format!("/api/v1/users/{}", user.person.id), to_json(user))
        .with_version(&users::version(user))
}

/// The answer for a user who has no password yet, with the link. A rehearsal leaves the link out.
fn shown_invited(call: &ApiCall<'_>) -> impl Fn(&PasswordLink) -> ApiReply + Send + Sync + use<> {
    let link_to_json = passwords::link_to_json(call);
    move |link: &PasswordLink| {
        let mut body = to_json(&link.user);
        if let (Some(body), Some(members)) = (body.as_object_mut(), link_to_json(link).as_object_mut()) {
            body.append(members);
        }
        ApiReply::created(format!("/api/v1/users/{}", link.user.person.id), body)
            .with_version(&users::version(&link.user))
    }
}
