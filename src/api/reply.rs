//! Answers of the management API that are not errors.

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entity_tag::{IF_NONE_MATCH, TagCondition};
use super::error::ApiError;
use crate::app::App;
use crate::http::call::Request;
use crate::operations::terms::Version;

/// An answer, which can be kept and given again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ApiReply {
    status: u16,
    /// `None` for 204 and 304.
    body: Option<Value>,
    etag: Option<String>,
    /// The path of the object below the public URL.
    location: Option<String>,
    /// The path and query of the next page of a list, below the public URL.
    next: Option<String>,
    /// Whether the answer was given before, and is given again for an Idempotency-Key.
    #[serde(skip)]
    is_replayed: bool,
}

impl ApiReply {
    fn of(status: StatusCode, body: Option<Value>) -> Self {
        Self { status: status.as_u16(), body, etag: None, location: None, next: None, is_replayed: false }
    }

    /// 200 with an object or a list.
    pub(super) fn ok(body: Value) -> Self {
        Self::of(StatusCode::OK, Some(body))
    }

    /// 201 with a new object, which is at this path below the public URL.
    pub(super) fn created(location: String, body: Value) -> Self {
        Self { location: Some(location), ..Self::of(StatusCode::CREATED, Some(body)) }
    }

    /// The reply with its object as a new one, which is at this path below the public URL.
    pub(super) fn at(self, location: String) -> Self {
        Self { status: StatusCode::CREATED.as_u16(), location: Some(location), ..self }
    }

    /// 201 with something new that has no address of its own.
    pub(super) fn made(body: Value) -> Self {
        Self::of(StatusCode::CREATED, Some(body))
    }

    /// 204.
    pub(super) fn done() -> Self {
        Self::of(StatusCode::NO_CONTENT, None)
    }

    /// The reply with the version of its object.
    pub(super) fn with_version(self, version: &Version) -> Self {
        Self { etag: Some(format!("\"{}\"", version.as_str())), ..self }
    }

    /// The reply with an ETag of its body alone, for what no request changes.
    pub(super) fn with_own_etag(self) -> Self {
        Self { etag: Some("\"body\"".to_owned()), ..self }
    }

    /// The reply with the next page of its list.
    pub(super) fn with_next(self, next: Option<String>) -> Self {
        Self { next, ..self }
    }

    /// The reply as it is given again.
    pub(super) fn replayed(self) -> Self {
        Self { is_replayed: true, ..self }
    }

    /// The reply, or 304 to a GET whose sender has this very answer already (RFC 9110 §13.1.2).
    ///
    /// # Errors
    /// If the condition cannot be read.
    pub(super) fn unless_known(self, request: &Request) -> Result<Self, ApiError> {
        let reply = self.with_whole_etag();
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let Some(etag) = reply.etag.as_deref().filter(|_| is_read) else { return Ok(reply) };
        match TagCondition::of(request, IF_NONE_MATCH)? {
            Some(known) if known.has(etag) => {
                Ok(Self { status: StatusCode::NOT_MODIFIED.as_u16(), body: None, ..reply })
            }
            _ => Ok(reply),
        }
    }

    /// The reply with an ETag that also has a hash of the body: some members change without a change of the settings, such as
    /// when a secret was last used. `If-Match` looks at the version before it. A new object is shown with what is shown only
    /// once, so it keeps its version alone.
    fn with_whole_etag(self) -> Self {
        let is_whole = self.status == StatusCode::OK.as_u16();
        let etag = match (self.etag.as_deref().and_then(|etag| etag.strip_suffix('"')), &self.body) {
            (Some(version), Some(body)) if is_whole => {
                Some(format!("{version}.{}\"", Version::of(body).as_str()))
            }
            _ => return self,
        };
        Self { etag, ..self }
    }

    /// The HTTP response. It is never stored by a cache: some answers have a secret, and all are only for their reader.
    pub(super) fn answer(self, app: &App) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(etag) = self.etag {
            response.insert_header((header::ETAG, etag));
        }
        if let Some(path) = self.location {
            response.insert_header((header::LOCATION, format!("{}{path}", app.issuer)));
        }
        if let Some(next) = self.next {
            response.insert_header((header::LINK, format!("<{}{next}>; rel=\"next\"", app.issuer)));
        }
        if self.is_replayed {
            response.insert_header(("idempotent-replayed", "true"));
        }
        match self.body {
            Some(body) => response.json(body),
            None => response.finish(),
        }
    }
}
