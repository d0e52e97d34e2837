//! Records who asked the management API or the console for what they may not do.

use std::sync::Arc;

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::call::Request;
use super::error_status::status_at_resource;
use crate::app::App;
use crate::oauth::error::OAuthError;
use crate::oauth::withheld::without_credentials;
use crate::operations::actor::{Actor, ActorKind};
use crate::operations::event::{Act, Event, ObjectKind};

/// Records in the audit trail that somebody asked for what they may not do, if that is why the request was refused. The
/// event's object is who asked.
pub fn record_forbidden(app: &App, request: &Request, actor: &Arc<Actor>, error: &OAuthError) {
    if status_at_resource(error) != StatusCode::FORBIDDEN {
        return;
    }
    let kind = match actor.kind {
        ActorKind::ApiKey => ObjectKind::ApiKey,
        ActorKind::Client => ObjectKind::Client,
        _ => ObjectKind::User,
    };
    let asked = format!("{} {}", request.method(), without_credentials(&request.path));
    let event = Event::new(Act::ManagementForbidden, kind, actor.id.clone().unwrap_or_default())
        .because(error.reason.word())
        .changing(Value::Null, json!({ "request": asked }));
    app.audit.refused(event, actor.clone(), request.now);
}
