//! `/api/v1/issuers/{issuer}/subjects`: the users that an issuer means by its subjects.

use actix_web::{HttpResponse, web};

use super::body;
use super::call::respond;
use super::condition;
use super::idempotency;
use super::listing;
use super::named;
use super::reply::ApiReply;
use crate::app::App;
use crate::http::call::Request;
use crate::oauth::grant::trusted_issuer::TrustedIssuer;
use crate::operations::Context;
use crate::operations::trusted_issuers;
use crate::representation::address::segment;
use crate::representation::trusted_issuer::subject_to_json;
use crate::store::trusted_issuers::SubjectRecord;

pub async fn list(app: web::Data<App>, request: Request, issuer: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        let listing = listing::of(call, issuer.into_inner())?;
        let context = call.context();
        trusted_issuers::find(&context, &listing.filter).await?;
        Ok(listing::reply(call, &trusted_issuers::list_subjects(&context, listing).await?, subject_to_json))
    })
    .await
}

pub async fn create(
    app: web::Data<App>,
    request: Request,
    issuer: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (mut members, bytes) = body::read_with_bytes(call, body).await?;
        let (subject, user) = (members.required_text("subject"), members.required_text("user"));
        let issuer = issuer.into_inner();
        let at = format!("{}/subjects/{}", named::address::<TrustedIssuer>(&issuer), segment(&subject));
        let link = async |context: Context<'_>| {
            trusted_issuers::find(&context, &issuer).await?;
            trusted_issuers::link_subject(&context, &issuer, &subject, &user).await
        };
        let shown = move |link: &SubjectRecord| {
            ApiReply::created(at.clone(), subject_to_json(link))
                .with_version(&trusted_issuers::link_version(link))
        };
        idempotency::once(call, (members, bytes), link, shown).await
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, path: web::Path<(String, String)>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let link = trusted_issuers::find_subject(&call.context(), &path.0, &path.1).await?;
        Ok(ApiReply::ok(subject_to_json(&link)).with_version(&trusted_issuers::link_version(&link)))
    })
    .await
}

pub async fn delete(
    app: web::Data<App>,
    request: Request,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let (issuer, subject) = path.into_inner();
        trusted_issuers::unlink_subject(&condition::context(call)?, &issuer, &subject).await?;
        Ok(ApiReply::done())
    })
    .await
}
