//! Errors of the general API: JSON with `message`, which is also a problem document (RFC 9457) for those who prefer it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use serde_json::{Value, json};

use super::call::Call;
use super::error_status::{RETRY_AFTER, error_uri, retry_after, status_at_resource};
use crate::app::App;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;

/// A member of a body that is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultyMember {
    /// Where it is in the body, as a JSON Pointer (RFC 6901).
    pub field: String,
    pub reason: Reason,
    pub description: String,
}

impl FaultyMember {
    /// Whether the fault is at this place, in a part of it, or in something that it is a part of.
    pub fn overlaps(&self, place: &str) -> bool {
        let is_in = |part: &str, whole: &str| {
            part.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        is_in(&self.field, place) || is_in(place, &self.field)
    }

    /// Adds to the `known` faults those of `found` at other places: what could not be read is missing for what looks for others.
    pub fn add_others(known: &mut Vec<Self>, found: Vec<Self>) {
        let mut others = found;
        others.retain(|other| known.iter().all(|one| !other.overlaps(&one.field)));
        known.extend(others);
    }
}

/// An error without a reason: `message` has the status, `description` the details.
pub fn plain(call: &Call, status: StatusCode, description: &str) -> HttpResponse {
    answered(call, status, None, json!({ "description": description }))
}

/// A refusal with its reason, and every faulty member.
pub fn refusal(app: &App, call: &Call, error: &OAuthError, members: &[FaultyMember]) -> HttpResponse {
    let status = status_at_resource(error);
    let docs = error_uri(app, error);
    let mut body = json!({
        "description": error.description,
        "reason": error.reason.word(),
        "docs": docs,
    });
    if !members.is_empty() {
        let shown = |member: &FaultyMember| {
            json!({
                "field": member.field,
                "reason": member.reason.word(),
                "description": member.description,
            })
        };
        body["errors"] = members.iter().map(shown).collect();
    }
    call.set_reason(error.reason);
    let mut response = answered(call, status, Some((error.reason, &docs)), body);
    if let Some(wait) = retry_after(status, error) {
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}

/// The answer with the members that every error has.
fn answered(
    call: &Call,
    status: StatusCode,
    reason: Option<(Reason, &str)>,
    mut body: Value,
) -> HttpResponse {
    body["message"] = format!("{} {}", status.as_u16(), name(status)).into();
    body["request_id"] = call.id.as_str().into();
    let mut response = HttpResponse::build(status);
    response.reason(name(status));
    response.insert_header((header::CACHE_CONTROL, "no-store")).append_header((header::VARY, "Accept"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
    }
    if !call.prefers_problems() {
        return response.json(body);
    }
    body["type"] = reason.map_or("about:blank", |(_, docs)| docs).into();
    body["title"] = reason.map_or(name(status), |(reason, _)| reason.title()).into();
    body["status"] = status.as_u16().into();
    body["detail"] = body["description"].clone();
    response.content_type("application/problem+json").body(body.to_string())
}

/// The name of a status (RFC 9110 §15).
pub(super) fn name(status: StatusCode) -> &'static str {
    match status {
        // The library still has the name of RFC 7231.
        StatusCode::PAYLOAD_TOO_LARGE => "Content Too Large",
        _ => status.canonical_reason().unwrap_or("Error"),
    }
}
