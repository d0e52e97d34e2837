//! `DELETE /api/v1/scopes/{name}`, which may take the scope from those who have it. Its other methods are those of every named
//! object.

use actix_web::{HttpResponse, web};

use super::call::respond;
use super::condition;
use super::reply::ApiReply;
use crate::app::App;
use crate::http::call::Request;
use crate::oauth::permission::{Area, Need};
use crate::operations::scope_deletion::{self, InUse};

pub async fn delete(app: web::Data<App>, request: Request, name: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        let in_use = if call.flag("force") == Some(true) { InUse::TakeAway } else { InUse::Refuse };
        call.end_of_query()?;
        if in_use == InUse::TakeAway {
            // It changes the clients that have the scope.
            call.also_needs(Need::write(Area::Clients))?;
        }
        scope_deletion::delete(&condition::context(call)?, &name, in_use).await?;
        Ok(ApiReply::done())
    })
    .await
}
