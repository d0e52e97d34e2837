//! `/api/v1/clients/{id}/check`: what the server would decide about a request.

use actix_web::{HttpResponse, web};

use super::super::body;
use super::super::call::respond;
use super::super::reply::ApiReply;
use super::READ;
use crate::app::App;
use crate::http::call::Request;
use crate::oauth::id::ClientId;
use crate::oauth::permission::{Area, Need};
use crate::operations::client_check::{CheckInput, check};
use crate::representation::settings;

pub async fn create(
    app: web::Data<App>,
    request: Request,
    id: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, READ, async |call| {
        call.end_of_query()?;
        let mut members = body::read(call, body, &settings::CHECK_REQUEST).await?;
        let input = CheckInput {
            redirect_uri: members.text("redirect_uri"),
            scope: members.text("scope"),
            response_type: members.text("response_type"),
            resources: members.text("resource").into_iter().collect(),
            user: members.text("user"),
            grant_type: members.text("grant_type"),
        };
        members.end()?;
        if input.user.is_some() {
            // The answer has the claims of this person.
            call.also_needs(Need::read(Area::Users))?;
        }
        let server = (call.app.issuer.as_str(), Some(&*call.app.keys));
        let checked = check(&call.context(), server, &ClientId::new(id.into_inner()), &input).await?;
        Ok(ApiReply::ok(checked.to_json(&call.app.issuer)))
    })
    .await
}
