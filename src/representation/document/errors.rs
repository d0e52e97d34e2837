//! Errors in the document: what they look like, and for which reasons each status comes.

use serde_json::{Value, json};
use utoipa::openapi::content::{Content, ContentBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{
    AdditionalProperties, Array, Object, ObjectBuilder, Ref, Schema, SchemaFormat, Type,
};

use super::headers::{always, of_all, sometimes};
use crate::oauth::reason::Reason;

/// A status of a request that was not done: its name in the document, its text, and the reasons for it.
pub struct DocumentedError {
    pub status: &'static str,
    pub(super) name: &'static str,
    pub text: &'static str,
    pub reasons: &'static [Reason],
}

/// Every status of an error.
static STATUSES: [DocumentedError; 11] = [
    DocumentedError {
        status: "400",
        name: "BadRequest",
        text: "Bad Request",
        reasons: &[
            Reason::ApiMemberInvalid,
            Reason::ApiMemberMissing,
            Reason::ApiMemberUnknown,
            Reason::ApiJsonMalformed,
            Reason::ApiParameterInvalid,
            Reason::ApiParameterUnknown,
            Reason::ApiConditionMissing,
            Reason::ParameterRepeated,
            Reason::ParameterMalformed,
            Reason::RequestMalformed,
        ],
    },
    DocumentedError {
        status: "401",
        name: "Unauthorized",
        text: "Unauthorized",
        reasons: &[
            Reason::ApiCredentialMissing,
            Reason::ApiCredentialWrong,
            Reason::ApiKeyExpired,
            Reason::BearerExpired,
            Reason::BearerBound,
            Reason::BearerRevoked,
            Reason::BearerAudience,
            Reason::BearerBound,
            Reason::BearerUnbound,
            Reason::DpopMissing,
            Reason::DpopRepeated,
            Reason::DpopMalformed,
            Reason::DpopAlgorithm,
            Reason::DpopKey,
            Reason::DpopSignature,
            Reason::DpopMethod,
            Reason::DpopUrl,
            Reason::DpopTime,
            Reason::DpopReplayed,
            Reason::DpopToken,
            Reason::DpopNonceMissing,
            Reason::DpopNonceOld,
        ],
    },
    DocumentedError {
        status: "403",
        name: "Forbidden",
        text: "Forbidden",
        reasons: &[Reason::ApiScopeMissing, Reason::ApiForbidden],
    },
    DocumentedError { status: "404", name: "NotFound", text: "Not Found", reasons: &[Reason::ApiNotFound] },
    DocumentedError {
        status: "409",
        name: "Conflict",
        text: "Conflict",
        reasons: &[Reason::ApiConflict, Reason::ApiIdempotencyKeyReused],
    },
    DocumentedError {
        status: "412",
        name: "PreconditionFailed",
        text: "Precondition Failed",
        reasons: &[Reason::ApiOtherVersion],
    },
    DocumentedError {
        status: "413",
        name: "ContentTooLarge",
        text: "Content Too Large",
        reasons: &[Reason::RequestTooLarge],
    },
    DocumentedError {
        status: "415",
        name: "UnsupportedMediaType",
        text: "Unsupported Media Type",
        reasons: &[Reason::RequestMediaType],
    },
    DocumentedError {
        status: "429",
        name: "TooManyRequests",
        text: "Too Many Requests",
        reasons: &[
            Reason::LimitsNetwork,
            Reason::LimitsClient,
            Reason::LimitsAccount,
            Reason::ApiIdempotencyKeysTooMany,
        ],
    },
    DocumentedError {
        status: "500",
        name: "InternalServerError",
        text: "Internal Server Error",
        reasons: &[Reason::ServerFailed],
    },
    DocumentedError {
        status: "503",
        name: "ServiceUnavailable",
        text: "Service Unavailable",
        reasons: &[Reason::ServerBusy],
    },
];

/// Every status of an error, in their order.
pub fn documented_errors() -> &'static [DocumentedError] {
    &STATUSES
}

/// An example of an error.
pub fn error_sample(issuer: &str) -> Value {
    sample(&STATUSES[0], issuer)
}

/// The status with this number.
pub(super) fn find(status: &str) -> Option<&'static DocumentedError> {
    STATUSES.iter().find(|known| known.status == status)
}

/// The schemas of errors.
pub(super) fn schemas() -> [(&'static str, Schema); 3] {
    [
        ("Error", Schema::Object(error().description(Some("Why a request was not done.")).build())),
        ("Problem", Schema::Object(problem())),
        ("FaultyMember", Schema::Object(faulty_member())),
    ]
}

fn text(sentence: &str) -> Object {
    ObjectBuilder::new().schema_type(Type::String).description(Some(sentence)).build()
}

fn reason() -> Object {
    let words = STATUSES.iter().flat_map(|status| status.reasons).map(|reason| reason.word());
    let sentence = "Why, as a word that never changes its meaning. Missing only if there is no such address.";
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .description(Some(sentence))
        .build()
}

fn error() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("message", text("The status, such as 404 Not Found"))
        .required("message")
        .property("description", text("What is wrong, in a sentence"))
        .required("description")
        .property("reason", reason())
        .property("errors", Array::new(Ref::from_schema_name("FaultyMember")))
        .property("request_id", text("Names the request, in the log, too"))
        .required("request_id")
        .property("docs", uri("The page of this server that explains the reason"))
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

fn uri(sentence: &str) -> Object {
    let format = SchemaFormat::Custom("uri".to_owned());
    ObjectBuilder::new().schema_type(Type::String).format(Some(format)).description(Some(sentence)).build()
}

fn problem() -> Object {
    error()
        .description(Some("The same as a problem document (RFC 9457), for those who prefer it."))
        .property("type", text("The same as docs"))
        .required("type")
        .property("title", text("The reason as a heading"))
        .required("title")
        .property("status", Object::with_type(Type::Integer))
        .required("status")
        .property("detail", text("The same as description"))
        .required("detail")
        .build()
}

fn faulty_member() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("A member of the body that is not valid."))
        .property("field", text("Where it is in the body, as a JSON Pointer"))
        .required("field")
        .property("reason", reason())
        .required("reason")
        .property("description", text("What is wrong with it"))
        .required("description")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .build()
}

/// The answers with errors, by their names in the document.
pub(super) fn responses(issuer: &str) -> impl Iterator<Item = (&'static str, Response)> {
    STATUSES.iter().map(move |status| (status.name, response(status, issuer)))
}

fn response(status: &DocumentedError, issuer: &str) -> Response {
    let reasons: Vec<String> =
        status.reasons.iter().map(|reason| format!("* `{}`: {}", reason.word(), reason.title())).collect();
    let mut response =
        ResponseBuilder::new().description(format!("{}\n\n{}", status.text, reasons.join("\n")));
    for (name, header) in of_all() {
        response = response.header(name, header);
    }
    response = match status.status {
        "401" => response.header("WWW-Authenticate", always("Names the scope that would be enough.")),
        "403" => response.header("WWW-Authenticate", sometimes("Names the scope that would be enough.")),
        "409" => response.header("Retry-After", sometimes("After how many seconds to try again.")),
        "415" => response
            .header("Accept-Post", sometimes("The media type that POST and PUT take."))
            .header("Accept-Patch", sometimes("The media types that PATCH takes.")),
        "429" | "503" => response.header("Retry-After", always("After how many seconds to try again.")),
        _ => response,
    };
    response
        .content("application/json", content("Error", sample(status, issuer)))
        .content("application/problem+json", content("Problem", problem_sample(status, issuer)))
        .build()
}

fn content(schema: &str, example: Value) -> Content {
    ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).example(Some(example)).build()
}

/// An example of an error with this status.
fn sample(status: &DocumentedError, issuer: &str) -> Value {
    let Some(reason) = status.reasons.first() else { return Value::Null };
    let mut sample = json!({
        "message": format!("{} {}", status.status, status.text),
        "description": reason.what().trim_end_matches('.'),
        "reason": reason.word(),
        "request_id": "01JC0T8Q5W7XK3M9B2N4P6R8SV",
        "docs": format!("{issuer}/errors/{}", reason.word()),
    });
    if status.status == "400" {
        let sentence = "an address must not have a fragment";
        sample["description"] = sentence.into();
        sample["errors"] =
            json!([{ "field": "/redirect_uris/0", "reason": reason.word(), "description": sentence }]);
    }
    sample
}

fn problem_sample(status: &DocumentedError, issuer: &str) -> Value {
    let mut sample = sample(status, issuer);
    sample["type"] = sample["docs"].clone();
    sample["title"] = status.reasons.first().map(|reason| reason.title()).into();
    sample["status"] = status.status.parse::<u16>().ok().into();
    sample["detail"] = sample["description"].clone();
    sample
}
