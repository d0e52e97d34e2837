//! `/api/v1/events`: the audit trail.

use actix_web::{HttpResponse, web};

use super::call::{ApiCall, respond};
use super::error::ApiError;
use super::listing;
use super::query::invalid;
use crate::app::App;
use crate::clock::Timestamp;
use crate::http::call::Request;
use crate::operations::events::{self, EventFilter, to_json};

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let filter = EventFilter {
            user: call.parameter("user"),
            client: call.parameter("client"),
            act: call.parameter("act"),
            actor: call.parameter("actor"),
            since: time(call, "since")?,
            until: time(call, "until")?,
        };
        let listing = listing::of(call, filter)?;
        Ok(listing::reply(call, &events::list(&call.context(), listing).await?, to_json))
    })
    .await
}

fn time(call: &ApiCall<'_>, name: &str) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = call.parameter(name) else { return Ok(None) };
    let wrong = || invalid(format!("{name} is a time such as 2027-01-31T12:00:00Z (RFC 3339)"));
    Timestamp::parse(&text).map(Some).ok_or_else(wrong)
}
