//! The JSON body of a request, member by member, so that every faulty member is named at once: those that cannot be read, and
//! those that the operation refuses.

use actix_web::http::header;
use actix_web::web;
use serde_json::{Map, Value};

use super::call::ApiCall;
use super::error::{ACCEPT_PATCH, ACCEPT_POST, ApiError, WrongInput, media_type};
use super::json;
use crate::failure::Denied;
use crate::http::form;
use crate::members::Members;
use crate::oauth::reason::Reason;
use crate::operations::Context;
use crate::operations::fault::Faults;
use crate::representation::contract::PICTURES;
use crate::representation::settings::ObjectSettings;

const JSON: &str = "application/json";

/// Reads the body of a POST or PUT.
///
/// # Errors
/// If it is not one JSON object, or too large.
pub(super) async fn read(call: &ApiCall<'_>, body: web::Payload) -> Result<Members, ApiError> {
    Ok(read_with_bytes(call, body).await?.0)
}

/// Reads the body of a POST as [`read`] does. Returns it also as it came.
///
/// # Errors
/// Those of [`read`].
pub(super) async fn read_with_bytes(
    call: &ApiCall<'_>,
    body: web::Payload,
) -> Result<(Members, web::BytesMut), ApiError> {
    if !form::has_media_type(call.request, &[JSON]) {
        return Err(media_type(ACCEPT_POST, JSON));
    }
    whole(call, body).await
}

/// Reads the body of a POST as [`read_with_bytes`] does. It may also be empty, without a media type.
///
/// # Errors
/// Those of [`read`].
pub(super) async fn read_if_any(
    call: &ApiCall<'_>,
    body: web::Payload,
) -> Result<(Members, web::BytesMut), ApiError> {
    if call.request.headers().contains_key(header::CONTENT_TYPE) {
        return read_with_bytes(call, body).await;
    }
    let bytes = form::read_whole(call.request, body).await?;
    if !bytes.is_empty() {
        return Err(media_type(ACCEPT_POST, JSON));
    }
    Ok((members_of(call, Map::new()), bytes))
}

/// Reads the body of a PATCH: a JSON Merge Patch (RFC 7396).
///
/// # Errors
/// If it is not one JSON object, or too large.
pub(super) async fn read_patch(call: &ApiCall<'_>, body: web::Payload) -> Result<Members, ApiError> {
    const TYPES: [&str; 2] = ["application/merge-patch+json", "application/json"];
    if !form::has_media_type(call.request, &TYPES) {
        return Err(media_type(ACCEPT_PATCH, &TYPES.join(", ")));
    }
    Ok(whole(call, body).await?.0)
}

/// Reads a picture of at most this number of bytes.
///
/// # Errors
/// If the body has another media type than a picture, or is too large.
pub(super) async fn picture(
    call: &ApiCall<'_>,
    body: web::Payload,
    most: usize,
) -> Result<Vec<u8>, ApiError> {
    if !form::has_media_type(call.request, &PICTURES) {
        return Err(media_type(header::ACCEPT, &PICTURES.join(", ")));
    }
    Ok(form::read_up_to(call.request, body, most).await?.to_vec())
}

/// Does an act with what the members of a body say. If the body or the query is wrong, the act is only rehearsed, so that the
/// refusal also names what the operation finds: members that do not fit together, and what does not exist.
///
/// # Errors
/// Everything that is wrong with the body and the query, or those of the operation.
pub(super) async fn act<'a, T>(
    call: &ApiCall<'a>,
    members: Members,
    context: Context<'a>,
    act: impl AsyncFnOnce(Context<'a>) -> Result<T, Denied<Faults>>,
) -> Result<T, ApiError> {
    match end(call, members) {
        Ok(()) => Ok(act(context).await?),
        Err(wrong) => Err(wrong.refused(act(call.rehearsal()).await.err())),
    }
}

/// Checks that the query and the body have nothing that is unknown or cannot be read.
///
/// # Errors
/// If anything is wrong, with everything that is wrong.
pub(super) fn end(call: &ApiCall<'_>, members: Members) -> Result<(), WrongInput> {
    match (call.end_of_query(), members.end()) {
        (Ok(()), Ok(())) => Ok(()),
        (query, members) => {
            Err(WrongInput { query: query.err(), members: members.err().unwrap_or_default() })
        }
    }
}

async fn whole(call: &ApiCall<'_>, body: web::Payload) -> Result<(Members, web::BytesMut), ApiError> {
    let bytes = form::read_whole(call.request, body).await?;
    let object = json::object(&bytes).map_err(|sentence| Reason::ApiJsonMalformed.because(sentence))?;
    Ok((members_of(call, object), bytes))
}

/// The members of the body that this operation takes.
fn members_of(call: &ApiCall<'_>, object: Map<String, Value>) -> Members {
    Members::of(call.operation.body_settings().unwrap_or(&EMPTY), object)
}

/// An object without members.
static EMPTY: ObjectSettings =
    ObjectSettings { name: "Empty", sentence: "Nothing.", command: None, members: &[] };
