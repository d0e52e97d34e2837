//! `/api/v1/clients/{id}/check`: what the server would decide about a request.

use actix_web::{HttpResponse, web};
use serde_json::Value;

use super::super::body;
use super::super::call::respond;
use super::super::reply::ApiReply;
use crate::app::App;
use crate::http::call::Request;
use crate::members::Members;
use crate::oauth::id::ClientId;
use crate::oauth::permission::{Area, Need};
use crate::operations::client_check::{CheckInput, check};

pub async fn create(
    app: web::Data<App>,
    request: Request,
    id: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let mut members = body::read(call, body).await?;
        let input = CheckInput {
            redirect_uri: members.text("redirect_uri"),
            scope: members.text("scope"),
            response_type: members.text("response_type"),
            resources: members.text_or_texts("resource"),
            authorization_details: details(&mut members),
            user: members.text("user"),
            grant_type: members.text("grant_type"),
        };
        if input.user.is_some() {
            // The answer has the claims of this person.
            call.also_needs(Need::read(Area::Users))?;
        }
        let server = (call.app.issuer.as_str(), Some(&*call.app.keys));
        let client = ClientId::new(id.into_inner());
        let check = async |context| check(&context, server, &client, &input).await;
        let checked = body::act(call, members, call.context(), check).await?;
        Ok(ApiReply::ok(checked.to_json(&call.app.issuer)))
    })
    .await
}

/// The JSON of the details, which may also be missing.
fn details(members: &mut Members) -> Option<String> {
    match members.take("authorization_details")? {
        Value::Null => None,
        Value::Array(list) if list.iter().all(Value::is_object) => Some(Value::from(list).to_string()),
        _ => {
            members.wrong("authorization_details", "it must be a list of objects");
            None
        }
    }
}
