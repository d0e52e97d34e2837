//! `/api/v1/users/{id}/sessions`.

use actix_web::{HttpResponse, web};

use super::super::call::respond;
use super::super::listing;
use super::super::reply::ApiReply;
use super::existing;
use crate::app::App;
use crate::http::call::Request;
use crate::oauth::id::SessionId;
use crate::operations::fault::Fault;
use crate::operations::sessions;
use crate::representation::session::to_json;

pub async fn list(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        let listing = listing::of(call, ())?;
        let listing = listing.with(Some(existing(&call.context(), &id).await?.person.id));
        Ok(listing::reply(call, &sessions::list(&call.context(), listing).await?, to_json))
    })
    .await
}

pub async fn end_all(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let user = existing(&call.context(), &id).await?.person.id;
        sessions::end_of_user(&call.context(), &user).await?;
        Ok(ApiReply::done())
    })
    .await
}

pub async fn end(app: web::Data<App>, request: Request, path: web::Path<(String, String)>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let (user, session) = path.into_inner();
        let (user, session) = (existing(&call.context(), &user).await?.person.id, SessionId::new(session));
        // The user of a session never changes.
        if sessions::find(&call.context(), &session).await?.user_id != user.as_str() {
            let sentence = format!("the user {user} has no session with the id {session}");
            return Err(Fault::not_found(sentence).into());
        }
        sessions::end(&call.context(), &session).await?;
        Ok(ApiReply::done())
    })
    .await
}
