//! Headers of answers.

use serde_json::json;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::schema::{Object, Type};

use super::keywords;

/// A header that every such answer has.
pub(super) fn always(sentence: &str) -> Header {
    text(sentence).extensions(Some(keywords([("required", json!(true))]))).build()
}

/// A header that some answers have.
pub(super) fn sometimes(sentence: &str) -> Header {
    text(sentence).build()
}

fn text(sentence: &str) -> HeaderBuilder {
    HeaderBuilder::new().schema(Some(Object::with_type(Type::String))).description(Some(sentence))
}

/// The headers of every answer.
pub(super) fn of_all() -> [(&'static str, Header); 2] {
    [
        ("X-Request-Id", always("Names the request, in the log, too.")),
        ("Cache-Control", always("no-store: answers are only for their reader.")),
    ]
}
