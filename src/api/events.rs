//! `/api/v1/events`: the audit trail.

use actix_web::{HttpResponse, web};

use super::call::respond;
use super::listing;
use crate::app::App;
use crate::http::call::Request;
use crate::operations::events::{self, EventFilter, to_json};

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let filter = EventFilter {
            user: call.parameter("user"),
            client: call.parameter("client"),
            act: call.parameter("act"),
            actor: call.parameter("actor"),
            since: call.time("since"),
            until: call.time("until"),
        };
        let listing = listing::of(call, filter)?;
        Ok(listing::reply(call, &events::list(&call.context(), listing).await?, to_json))
    })
    .await
}
