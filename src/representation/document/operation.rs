//! An operation in the document: its parameters, its body, and its answers.

use serde_json::{Value, json};
use utoipa::openapi::content::{Content, ContentBuilder};
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{
    AdditionalProperties, Array, Object, ObjectBuilder, Ref, Schema, SchemaType, Type,
};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{RefOr, Required};

use super::headers::{always, of_all, sometimes};
use super::samples::{answer_sample, body_sample, body_text, path_sample};
use super::schema::{Use, of_form};
use super::{API_KEY, OAUTH, errors};
use crate::operations::list::MAX_PAGE_SIZE;
use crate::representation::address::segment;
use crate::representation::contract::{AnswerKind, ApiOperation, BodyKind, PICTURES, SECTIONS};
use crate::representation::settings::{Form, ObjectSettings};

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// The value of a condition with ETags (RFC 9110 §13.1).
const ENTITY_TAGS: &str = r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#;

/// The operation as the document has it.
pub(super) fn operation(operation: &ApiOperation) -> Operation {
    let mut built = OperationBuilder::new()
        .operation_id(Some(operation.id))
        .summary(Some(operation.summary))
        .description(Some(description(operation)))
        .request_body(request_body(operation));
    for section in SECTIONS {
        if section.operations.iter().any(|of| of.id == operation.id) {
            built = built.tag(section.name);
        }
    }
    for parameter in parameters(operation) {
        built = built.parameter(parameter);
    }
    built = match operation.need {
        // An empty list of requirements: none.
        None => built.securities(Some([SecurityRequirement::default()])),
        Some(need) => built
            .security(SecurityRequirement::new(API_KEY, Vec::<String>::new()))
            .security(SecurityRequirement::new(OAUTH, [need.scope()])),
    };
    for (status, response) in responses(operation) {
        built = built.response(status, response);
    }
    for status in error_statuses(operation) {
        if let Some(known) = errors::find(status) {
            built = built.response(status, Ref::from_response_name(known.name));
        }
    }
    built.build()
}

fn description(operation: &ApiOperation) -> String {
    let needs = operation.need.map(|need| format!("Needs the scope `{}`.", need.scope()));
    let parts = [operation.note.map(str::to_owned), needs];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn parameters(operation: &ApiOperation) -> Vec<Parameter> {
    let text = || RefOr::T(Schema::Object(Object::with_type(Type::String)));
    let mut all: Vec<Parameter> = Vec::new();
    for name in operation.path_parameters() {
        let schema = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
        let sentence = format!("{}. Reserved characters are percent-encoded.", path_sentence(name));
        let parameter = parameter(ParameterIn::Path, name, &sentence).schema(Some(schema));
        all.push(
            parameter.required(Required::True).example(Some(path_sample(operation, name).into())).build(),
        );
    }
    if let Some(cursor) = operation.cursor() {
        let limit =
            ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(MAX_PAGE_SIZE));
        let limit = limit.default(Some(json!(50)));
        all.push(query("limit", "The number of items on a page").schema(Some(limit)).build());
        all.push(query(cursor, "The value of next in the answer before").schema(Some(text())).build());
    }
    for own in operation.parameters {
        all.push(query(own.name, own.sentence).schema(Some(of_form(own.form, false))).build());
    }
    if operation.can_be_rehearsed() {
        let sentence = "Check everything, answer as the request would be answered, and keep nothing";
        all.push(query("dry_run", sentence).schema(Some(of_form(Form::Flag, false))).build());
    }
    all.extend(headers(operation));
    all
}

fn headers(operation: &ApiOperation) -> Vec<Parameter> {
    let text = |pattern: Option<&str>| ObjectBuilder::new().schema_type(Type::String).pattern(pattern);
    let header = |name: &str, sentence: &str, pattern: Option<&str>| {
        parameter(ParameterIn::Header, name, sentence).schema(Some(text(pattern))).build()
    };
    let mut all = Vec::new();
    if operation.takes_if_match() {
        let sentence = "ETags: the object must still have one of these versions; * is any version";
        all.push(header("If-Match", sentence, Some(ENTITY_TAGS)));
    }
    if operation.takes_if_none_match() {
        let sentence = "ETags: if the object has one of these versions, the answer is 304; * is any version";
        all.push(header("If-None-Match", sentence, Some(ENTITY_TAGS)));
    }
    if matches!(operation.answer, AnswerKind::Put(_)) {
        all.push(header("If-None-Match", "*: the object must not exist. PUT needs this or If-Match", None));
    }
    if operation.takes_idempotency_key() {
        let sentence =
            "A random text. For a day, the same request with it gets the same answer, and is done once";
        all.push(header("Idempotency-Key", sentence, None));
    }
    all
}

fn parameter(place: ParameterIn, name: &str, sentence: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(sentence))
}

fn query(name: &str, sentence: &str) -> ParameterBuilder {
    parameter(ParameterIn::Query, name, sentence)
}

/// What a variable part of a path is.
fn path_sentence(name: &str) -> &'static str {
    match name {
        "secret" => "The id of the secret",
        "session" => "The id of the session",
        "client" => "The client_id",
        "name" => "The name of the scope",
        "uri" => "The URI of the resource",
        "issuer" => "The iss of the issuer",
        "subject" => "The sub of the subject",
        "kid" => "The kid of the key",
        "scheme" => "The colour scheme in which the logo is shown: light or dark",
        _ => "The id of the object",
    }
}

fn request_body(operation: &ApiOperation) -> Option<RequestBody> {
    let (schema, types): (Schema, &[&str]) = match operation.body {
        BodyKind::None => return None,
        BodyKind::Empty => {
            let nothing = ObjectBuilder::new().schema_type(Type::Object);
            let nothing = nothing.additional_properties(Some(AdditionalProperties::FreeForm(false)));
            (Schema::Object(nothing.build()), &[JSON])
        }
        BodyKind::Picture => {
            (Schema::Object(ObjectBuilder::new().schema_type(SchemaType::AnyValue).build()), &PICTURES)
        }
        BodyKind::Whole(of) => return Some(body(&named(Use::New, of), operation, &[JSON])),
        BodyKind::Replacement(of) => return Some(body(&named(Use::Replacement, of), operation, &[JSON])),
        BodyKind::Patch(of) => return Some(body(&named(Use::Patch, of), operation, &[MERGE_PATCH, JSON])),
    };
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let body =
        types.iter().fold(RequestBodyBuilder::new(), |body, kind| body.content(*kind, content.clone()));
    let is_required = matches!(operation.body, BodyKind::Picture);
    Some(body.required(Some(if is_required { Required::True } else { Required::False })).build())
}

fn named(usage: Use, of: &ObjectSettings) -> Ref {
    Ref::from_schema_name(usage.name(of))
}

fn body(schema: &Ref, operation: &ApiOperation, types: &[&str]) -> RequestBody {
    let content = ContentBuilder::new().schema(Some(schema.clone())).example(body_sample(operation)).build();
    let body =
        types.iter().fold(RequestBodyBuilder::new(), |body, kind| body.content(*kind, content.clone()));
    body.required(Some(Required::True)).build()
}

/// The answers of a request that was done.
fn responses(operation: &ApiOperation) -> Vec<(&'static str, Response)> {
    let schema = |usage: Use, of: &ObjectSettings| RefOr::from(named(usage, of));
    let sample = |status| answer_sample(operation, status);
    match operation.answer {
        AnswerKind::List(of) | AnswerKind::Log(of) => {
            let page = page(of, matches!(operation.answer, AnswerKind::List(_)));
            let next = sometimes("The address of the next page, with rel=\"next\".");
            let response = answer("A page of the list.", Some((page, sample("200")))).header("Link", next);
            vec![("200", response.build())]
        }
        AnswerKind::One(of) => {
            let response = answer(of.sentence, Some((schema(Use::Answer, of), sample("200"))));
            let response = if operation.takes_idempotency_key() { replayed(response) } else { response };
            let shown = ("200", versioned(operation, response).build());
            match operation.takes_if_none_match() {
                true => vec![shown, ("304", known())],
                false => vec![shown],
            }
        }
        AnswerKind::Created(of) | AnswerKind::Made(of) => vec![("201", created(operation, of))],
        AnswerKind::Put(of) => {
            let replaced = answer("The object was replaced.", Some((schema(Use::Answer, of), sample("200"))));
            vec![("200", versioned(operation, replaced).build()), ("201", created(operation, of))]
        }
        AnswerKind::Done => vec![("204", answer("It is done.", None).build())],
        AnswerKind::Document => vec![("200", document()), ("304", unchanged())],
    }
}

fn created(operation: &ApiOperation, of: &ObjectSettings) -> Response {
    let schema = RefOr::from(named(Use::Creation, of));
    let response = answer("It was created.", Some((schema, answer_sample(operation, "201"))));
    let response = match operation.answer {
        AnswerKind::Made(_) => response,
        _ => response.header("Location", always("The address of the new object.")),
    };
    let response = if operation.takes_idempotency_key() { replayed(response) } else { response };
    versioned(operation, response).build()
}

fn replayed(response: ResponseBuilder) -> ResponseBuilder {
    let sentence = "true: the answer was given before, and is given again for the Idempotency-Key.";
    response.header("Idempotent-Replayed", sometimes(sentence))
}

fn versioned(operation: &ApiOperation, response: ResponseBuilder) -> ResponseBuilder {
    match operation.has_versions {
        true => response.header("ETag", always("The version of the object, for If-Match and If-None-Match.")),
        false => response,
    }
}

fn answer(sentence: &str, content: Option<(RefOr<Schema>, Option<Value>)>) -> ResponseBuilder {
    let mut response = ResponseBuilder::new().description(sentence);
    for (name, header) in of_all() {
        response = response.header(name, header);
    }
    match content {
        Some((schema, example)) => {
            let content: Content = ContentBuilder::new().schema(Some(schema)).example(example).build();
            response.content(JSON, content)
        }
        None => response,
    }
}

/// A page of a list. The `next` of a log is there also at its end.
fn page(of: &ObjectSettings, can_end: bool) -> RefOr<Schema> {
    let kind = match can_end {
        true => SchemaType::Array(vec![Type::String, Type::Null]),
        false => SchemaType::Type(Type::String),
    };
    let next = ObjectBuilder::new().schema_type(kind).description(Some("The cursor of the next page"));
    let page = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("items", Array::new(named(Use::Answer, of)))
        .required("items")
        .property("next", next)
        .required("next")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    RefOr::T(Schema::Object(page.build()))
}

fn known() -> Response {
    let response = answer("The object has an ETag that If-None-Match names.", None);
    response.header("ETag", always("The version of the object.")).build()
}

fn document() -> Response {
    let schema = ObjectBuilder::new().schema_type(Type::Object);
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new()
        .description("The document.")
        .header("X-Request-Id", always("Names the request, in the log, too."))
        .header("Cache-Control", always("How long the document may be kept."))
        .header("ETag", always("The version of the document, for If-None-Match."))
        .content(JSON, content)
        .build()
}

fn unchanged() -> Response {
    ResponseBuilder::new()
        .description("The document still has the ETag that If-None-Match names.")
        .header("ETag", always("The version of the document."))
        .build()
}

/// The statuses of errors that the operation can have.
pub fn error_statuses(operation: &ApiOperation) -> Vec<&'static str> {
    if matches!(operation.answer, AnswerKind::Document) {
        // 404 if the request comes from a network that may not use the API.
        return vec!["400", "404", "429", "500", "503"];
    }
    let mut statuses = vec!["400", "401", "403", "404"];
    if operation.can_conflict || operation.takes_idempotency_key() {
        statuses.push("409");
    }
    if operation.takes_if_match() || operation.refuses_if_match() {
        statuses.push("412");
    }
    if !matches!(operation.body, BodyKind::None) {
        statuses.extend(["413", "415"]);
    }
    statuses.extend(["429", "500", "503"]);
    statuses
}

/// The path of the operation with the ids of its sample.
fn sample_path(operation: &ApiOperation) -> String {
    operation.path_parameters().fold(operation.path.to_owned(), |path, name| {
        let id = segment(path_sample(operation, name));
        path.replace(&format!("{{{name}}}"), &id)
    })
}

/// A request of the operation, as a command of curl.
pub fn curl(operation: &ApiOperation, issuer: &str) -> String {
    let url = format!("{issuer}{}", sample_path(operation));
    let mut parts = vec!["curl".to_owned()];
    if operation.method != "GET" && !(operation.method == "POST" && body_sample(operation).is_some()) {
        parts.push(format!("-X {}", operation.method));
    }
    if operation.need.is_some() {
        parts.push("-H \"Authorization: Bearer $KEY\"".to_owned());
    }
    if matches!(operation.answer, AnswerKind::Put(_)) {
        parts.push("-H 'If-None-Match: *'".to_owned());
    } else if matches!(operation.body, BodyKind::Replacement(_)) {
        parts.push("-H 'If-Match: *'".to_owned());
    }
    if let Some(body) = body_text(operation) {
        let kind = if matches!(operation.body, BodyKind::Patch(_)) { MERGE_PATCH } else { JSON };
        parts.push(format!("-H 'Content-Type: {kind}'"));
        parts.push(format!("-d '{body}'"));
    }
    if matches!(operation.body, BodyKind::Picture) {
        parts.push("-H 'Content-Type: image/png'".to_owned());
        parts.push("--data-binary @logo.png".to_owned());
    }
    parts.push(match operation.id {
        "revokeGrants" => format!("'{url}?user=mW1lSnXlY0a3hOQ7cLrT2g'"),
        _ => url,
    });
    let mut lines = vec![parts.remove(0)];
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.len() + part.len() < 60 => {
                line.push(' ');
                line.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    lines.join(" \\\n  ")
}
