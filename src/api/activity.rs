//! `/api/v1/activity`: what the server did in each hour.

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::call::respond;
use super::reply::ApiReply;
use crate::app::App;
use crate::http::call::Request;
use crate::operations::activity;

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (since, until) = (call.time("since"), call.time("until"));
        call.end_of_query()?;
        let hours = activity::hours(&call.context(), since, until).await?;
        let items: Value = hours.iter().map(|(at, hour)| hour.to_json(*at)).collect();
        Ok(ApiReply::ok(json!({ "items": items })))
    })
    .await
}
