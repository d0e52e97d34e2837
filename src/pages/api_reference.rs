//! The reference of the management API: the same operations and settings as its document, for people.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use minijinja::{Value, context};
use serde_json::Value as Json;

use crate::app::App;
use crate::face::language::Language;
use crate::face::templates::Reader;
use crate::oauth::permission::management_scopes;
use crate::representation::contract::{
    AnswerKind, ApiOperation, ApiSection, BodyKind, QueryParameter, SECTIONS,
};
use crate::representation::document::{
    DocumentedError, answer_text, body_sample, curl, documented_errors, error_sample, error_statuses,
    scope_sentence,
};
use crate::representation::settings::{Form, Given, ObjectSettings, Setting, Shown};

/// The page.
pub async fn show(app: web::Data<App>) -> HttpResponse {
    let reader = Reader { language: Language::English, here: None };
    let mut response = app.pages.show_value(reader, StatusCode::OK, "api.html", contents(&app.issuer));
    // It says nothing about anyone, and changes only with the program.
    let kept = header::HeaderValue::from_static("public, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, kept);
    response
}

fn contents(issuer: &str) -> Value {
    let scopes: Vec<Value> = management_scopes()
        .map(|scope| context! { sentence => scope_sentence(&scope), name => scope })
        .collect();
    let error = |error: &DocumentedError| {
        let reasons: Vec<Value> =
            error.reasons.iter().map(|reason| context! { word => reason.word() }).collect();
        context! { status => error.status, text => error.text, reasons }
    };
    let statuses: Vec<Value> = documented_errors().iter().map(error).collect();
    let sections: Vec<Value> = SECTIONS.iter().map(|of| section(of, issuer)).collect();
    context! { sections, scopes, statuses, error => pretty(&error_sample(issuer)) }
}

fn section(of: &'static ApiSection, issuer: &str) -> Value {
    let operations: Vec<Value> = of.operations.iter().map(|of| operation(of, issuer)).collect();
    let mut objects: Vec<&'static ObjectSettings> = Vec::new();
    for operation in of.operations {
        for object in [operation.body_settings(), answered(operation)].into_iter().flatten() {
            if objects.iter().all(|known| known.name != object.name) {
                objects.push(object);
            }
        }
    }
    let objects: Vec<Value> = objects.into_iter().map(object).collect();
    let anchor = of.name.to_lowercase().replace(' ', "-");
    context! { name => of.name, sentence => of.sentence, anchor, operations, objects }
}

/// The object of an answer.
fn answered(operation: &ApiOperation) -> Option<&'static ObjectSettings> {
    match operation.answer {
        AnswerKind::List(of) | AnswerKind::Log(of) | AnswerKind::One(of) => Some(of),
        AnswerKind::Created(of) | AnswerKind::Made(of) | AnswerKind::Put(of) => Some(of),
        AnswerKind::Done | AnswerKind::Document => None,
    }
}

/// The anchor of an object.
fn anchor(of: &ObjectSettings) -> String {
    format!("object-{}", of.name)
}

fn object(of: &'static ObjectSettings) -> Value {
    let members: Vec<Value> = of.members.iter().map(member).collect();
    context! { name => of.name, sentence => of.sentence, anchor => anchor(of), members }
}

fn member(of: &'static Setting) -> Value {
    let kind = match of.given {
        Given::ByServer if of.shown == Shown::Once => format!("{}, once", kind_of(of.form)),
        Given::ByServer => format!("{}, read only", kind_of(of.form)),
        _ => kind_of(of.form),
    };
    let is_required = matches!(
        of.given,
        Given::Required | Given::Name { is_required: true } | Given::AtCreation { is_required: true }
    );
    context! {
        name => of.name,
        kind,
        sentence => of.sentences(),
        words => words_of(of.form),
        required => is_required,
        option => of.option,
    }
}

fn parameter(of: &QueryParameter) -> Value {
    context! {
        name => of.name,
        kind => kind_of(of.form),
        sentence => format!("{}.", of.sentence),
        words => words_of(of.form),
    }
}

fn words_of(form: Form) -> Vec<&'static str> {
    match form {
        Form::Word(words) | Form::WordList(words) => words(),
        _ => Vec::new(),
    }
}

/// The type of a value, in words.
fn kind_of(form: Form) -> String {
    let kind = match form {
        Form::Text | Form::Secret => "text",
        Form::TextByLanguage => "text, by language",
        Form::Uri => "address",
        Form::UriByLanguage => "address, by language",
        Form::Colour => "colour",
        Form::Word(_) => "word",
        Form::WordList(_) => "list of words",
        Form::Scope => "names with spaces between them",
        Form::TextList => "list of texts",
        Form::TextOrList => "text or list of texts",
        Form::UriList => "list of addresses",
        Form::Flag => "true or false",
        Form::Number => "number",
        Form::Seconds => "seconds",
        Form::Time => "time",
        Form::JwkSet => "JWK Set",
        Form::ClaimChoice => "none, scopes or a list",
        Form::Claims => "object",
        Form::Schema => "JSON Schema",
        Form::AnyObjectList => "list of objects",
        Form::Any => "any value",
        Form::Ranges => "list of places",
        Form::Object(of) => return format!("object with {}", names(of)),
        Form::ObjectList(of) => return format!("list of objects with {}", names(of)),
    };
    kind.to_owned()
}

fn names(of: &ObjectSettings) -> String {
    of.members.iter().map(|member| member.name).collect::<Vec<_>>().join(", ")
}

fn operation(of: &'static ApiOperation, issuer: &str) -> Value {
    let mut headers = Vec::new();
    if of.takes_if_match() {
        headers.push("If-Match");
    }
    if of.takes_if_none_match() {
        headers.push("If-None-Match");
    }
    if matches!(of.answer, AnswerKind::Put(_)) {
        headers.push("If-None-Match: *");
    }
    if of.takes_idempotency_key() {
        headers.push("Idempotency-Key");
    }
    if of.can_be_rehearsed() {
        headers.push("?dry_run=true");
    }
    let json = answers(of).iter().rev().find_map(|(status, ..)| answer_text(of, status));
    context! {
        id => of.id,
        method => of.method,
        path => of.path,
        summary => of.summary,
        note => of.note,
        scope => of.need.map(|need| need.scope()),
        parameters => parameters(of),
        headers,
        body => body(of),
        answers => answers(of).into_iter().map(|(status, text, object)| {
            context! { status, text, link => object.map(anchor) }
        }).collect::<Vec<_>>(),
        errors => error_statuses(of),
        curl => curl(of, issuer),
        command => of.command,
        json => json.or_else(|| body_sample(of).as_ref().map(pretty)),
    }
}

fn parameters(of: &'static ApiOperation) -> Vec<Value> {
    let of_list = of.cursor().map(|cursor| {
        let limit =
            QueryParameter { name: "limit", form: Form::Number, sentence: "The number of items on a page" };
        [
            limit,
            QueryParameter {
                name: cursor,
                form: Form::Text,
                sentence: "The value of next in the answer before",
            },
        ]
    });
    of.parameters.iter().chain(of_list.iter().flatten()).map(parameter).collect()
}

fn body(of: &'static ApiOperation) -> Option<Value> {
    let required = |of: &'static ObjectSettings, with_names: bool| -> Vec<&'static str> {
        let is_required = |given: Given| match given {
            Given::Required => true,
            Given::Name { is_required } | Given::AtCreation { is_required } => is_required && with_names,
            Given::ByServer | Given::Optional => false,
        };
        of.members.iter().filter(|member| is_required(member.given)).map(|member| member.name).collect()
    };
    let linked = |of: &'static ObjectSettings, required: Vec<&'static str>| {
        context! { link => anchor(of), name => of.name, required }
    };
    match of.body {
        BodyKind::None => None,
        BodyKind::Empty | BodyKind::Picture => Some(context! { required => Vec::<&str>::new() }),
        BodyKind::Whole(object) => Some(linked(object, required(object, true))),
        BodyKind::Replacement(object) => Some(linked(object, required(object, false))),
        BodyKind::Patch(object) => Some(linked(object, Vec::new())),
    }
}

/// The statuses of a request that was done, each with its text and the object in the answer.
fn answers(of: &'static ApiOperation) -> Vec<(&'static str, &'static str, Option<&'static ObjectSettings>)> {
    match of.answer {
        AnswerKind::List(object) | AnswerKind::Log(object) => {
            vec![("200", "a page of the list", Some(object))]
        }
        AnswerKind::One(object) if of.takes_if_none_match() => {
            vec![("200", object.name, Some(object)), ("304", "if the ETag is known", None)]
        }
        AnswerKind::One(object) => vec![("200", object.name, Some(object))],
        AnswerKind::Created(object) | AnswerKind::Made(object) => vec![("201", object.name, Some(object))],
        AnswerKind::Put(object) => {
            vec![("200", object.name, Some(object)), ("201", "if it is new", None)]
        }
        AnswerKind::Done => vec![("204", "without a body", None)],
        AnswerKind::Document => vec![("200", "the document", None), ("304", "it is unchanged", None)],
    }
}

fn pretty(json: &Json) -> String {
    serde_json::to_string_pretty(json).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::representation::contract;

    #[test]
    fn every_anchor_of_the_page_is_there_once() {
        let of_sections = SECTIONS.iter().map(|of| of.name.to_lowercase().replace(' ', "-"));
        let of_operations = contract::operations().map(|of| of.id.to_owned());
        let all: Vec<String> = of_sections.chain(of_operations).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }
}
