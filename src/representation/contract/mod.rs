//! The operations of the management API: what each needs, takes and answers. A request is checked by its operation here, and
//! the document and the reference are made from the same, so they cannot differ.

mod access;
mod audit;
mod clients;
mod configuration;
mod people;
mod webhooks;

use super::settings::{Form, ObjectSettings};
use crate::oauth::permission::{Access, Need};

/// A method at an address of the management API.
#[derive(Clone, Copy, Debug)]
pub struct ApiOperation {
    /// Its name for programs, such as `listClients`.
    pub id: &'static str,
    /// HEAD has no operation of its own.
    pub method: &'static str,
    /// The path of the route, as in the route table.
    pub path: &'static str,
    /// Its name for people, such as `List clients`.
    pub summary: &'static str,
    /// More sentences.
    pub note: Option<&'static str>,
    /// `None` if everyone may.
    pub need: Option<Need>,
    /// The parameters of the query, beside those that all such operations have.
    pub parameters: &'static [QueryParameter],
    pub body: BodyKind,
    pub answer: AnswerKind,
    /// Whether answers have an ETag, and requests that change something may have If-Match.
    pub has_versions: bool,
    /// Whether something that is stored can be in the way.
    pub can_conflict: bool,
    /// The command that does the same.
    pub command: Option<&'static str>,
    /// A body as JSON, if the sample of its object cannot be sent.
    pub example: Option<&'static str>,
}

/// A parameter of the query.
#[derive(Clone, Copy, Debug)]
pub struct QueryParameter {
    pub name: &'static str,
    pub form: Form,
    /// What it does, in a sentence without its full stop.
    pub sentence: &'static str,
}

/// The body that a request has.
#[derive(Clone, Copy, Debug)]
pub enum BodyKind {
    None,
    /// No members, so there may also be no body.
    Empty,
    /// An object to create, or the members of an act.
    Whole(&'static ObjectSettings),
    /// An object that replaces another one. With `If-None-Match: *` it is created, if the operation can do that.
    Replacement(&'static ObjectSettings),
    /// A merge patch (RFC 7396).
    Patch(&'static ObjectSettings),
    /// The bytes of a picture.
    Picture,
}

/// The media types of pictures.
pub const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/// The answer of an operation that was done.
#[derive(Clone, Copy, Debug)]
pub enum AnswerKind {
    /// 200 with a page of a list.
    List(&'static ObjectSettings),
    /// The same, of a list that grows at its end: its cursor is the parameter `after`.
    Log(&'static ObjectSettings),
    /// 200 with an object.
    One(&'static ObjectSettings),
    /// 201 with a new object, and its address.
    Created(&'static ObjectSettings),
    /// 201 with something new that has no address.
    Made(&'static ObjectSettings),
    /// 200 with the object that was replaced, or 201 with a new one.
    Put(&'static ObjectSettings),
    /// 204.
    Done,
    /// 200 with the document.
    Document,
}

/// A part of the API: its name, what it is about, and its operations.
#[derive(Debug)]
pub struct ApiSection {
    pub name: &'static str,
    pub sentence: &'static str,
    pub operations: &'static [ApiOperation],
}

/// All parts of the API, in the order of the reference.
pub static SECTIONS: &[ApiSection] = &[
    clients::SECTION,
    people::SECTION,
    access::GRANTS,
    configuration::SCOPES,
    configuration::RESOURCES,
    configuration::AUTHORIZATION_TYPES,
    configuration::ISSUERS,
    access::KEYS,
    access::DELIVERIES,
    access::PINGS,
    audit::SECTION,
    webhooks::SECTION,
    access::API_KEYS,
    audit::DOCUMENT,
];

/// All operations, in the order of the reference.
pub fn operations() -> impl Iterator<Item = &'static ApiOperation> {
    SECTIONS.iter().flat_map(|section| section.operations)
}

/// Finds the operation of a request. `None` if the route has no such method.
pub fn find(method: &str, path: &str) -> Option<&'static ApiOperation> {
    let method = if method == "HEAD" { "GET" } else { method };
    operations().find(|operation| operation.path == path && operation.method == method)
}

impl ApiOperation {
    const fn new(method: &'static str, path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            method,
            path,
            summary,
            note: None,
            need: None,
            parameters: &[],
            body: BodyKind::None,
            answer: AnswerKind::Done,
            has_versions: false,
            can_conflict: false,
            command: None,
            example: None,
        }
    }

    /// GET of a list.
    const fn list(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        of: &'static ObjectSettings,
    ) -> Self {
        Self { answer: AnswerKind::List(of), ..Self::new("GET", path, id, summary) }
    }

    /// GET of an object.
    const fn show(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        of: &'static ObjectSettings,
    ) -> Self {
        Self { answer: AnswerKind::One(of), ..Self::new("GET", path, id, summary) }
    }

    /// POST that creates an object.
    const fn create(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        of: &'static ObjectSettings,
    ) -> Self {
        Self {
            body: BodyKind::Whole(of),
            answer: AnswerKind::Created(of),
            can_conflict: true,
            ..Self::new("POST", path, id, summary)
        }
    }

    /// PUT that creates or replaces an object.
    const fn put(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        of: &'static ObjectSettings,
    ) -> Self {
        Self {
            body: BodyKind::Replacement(of),
            answer: AnswerKind::Put(of),
            can_conflict: true,
            ..Self::new("PUT", path, id, summary)
        }
    }

    /// PATCH of an object.
    const fn patch(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        of: &'static ObjectSettings,
    ) -> Self {
        Self {
            body: BodyKind::Patch(of),
            answer: AnswerKind::One(of),
            can_conflict: true,
            ..Self::new("PATCH", path, id, summary)
        }
    }

    const fn delete(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self { can_conflict: true, ..Self::new("DELETE", path, id, summary) }
    }

    const fn needs(self, need: Need) -> Self {
        Self { need: Some(need), ..self }
    }

    /// The object has versions.
    const fn versioned(self) -> Self {
        Self { has_versions: true, ..self }
    }

    const fn note(self, note: &'static str) -> Self {
        Self { note: Some(note), ..self }
    }

    const fn command(self, command: &'static str) -> Self {
        Self { command: Some(command), ..self }
    }

    const fn parameters(self, parameters: &'static [QueryParameter]) -> Self {
        Self { parameters, ..self }
    }

    const fn example(self, example: &'static str) -> Self {
        Self { example: Some(example), ..self }
    }

    /// Whether the request may only be rehearsed, with `dry_run=true`.
    pub fn can_be_rehearsed(&self) -> bool {
        self.need.is_some_and(|need| need.access == Access::Write)
    }

    /// Whether an Idempotency-Key makes the request safe to repeat.
    pub fn takes_idempotency_key(&self) -> bool {
        self.method == "POST" && self.can_be_rehearsed()
    }

    /// Whether the request may have If-Match.
    pub fn takes_if_match(&self) -> bool {
        self.has_versions && matches!(self.method, "PUT" | "PATCH" | "DELETE")
    }

    /// Whether the request may have If-None-Match with the ETags that its sender knows.
    pub fn takes_if_none_match(&self) -> bool {
        self.has_versions && self.method == "GET"
    }

    /// Whether the request changes something that has no ETag, so that no ETag in If-Match can be the right one.
    pub fn refuses_if_match(&self) -> bool {
        self.can_be_rehearsed() && !self.takes_if_match()
    }

    /// The parameter that has the cursor of a list. `None` if the answer is no list.
    pub fn cursor(&self) -> Option<&'static str> {
        match self.answer {
            AnswerKind::List(_) => Some("cursor"),
            AnswerKind::Log(_) => Some("after"),
            _ => None,
        }
    }

    /// The table of the members of the body.
    pub fn body_settings(&self) -> Option<&'static ObjectSettings> {
        match self.body {
            BodyKind::None | BodyKind::Empty | BodyKind::Picture => None,
            BodyKind::Whole(of) | BodyKind::Replacement(of) | BodyKind::Patch(of) => Some(of),
        }
    }

    /// The names of the variable parts of the path.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}

/// `q`, which searches in names.
const fn search(sentence: &'static str) -> QueryParameter {
    QueryParameter { name: "q", form: Form::Text, sentence }
}

const fn filter(name: &'static str, form: Form, sentence: &'static str) -> QueryParameter {
    QueryParameter { name, form, sentence }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_has_a_name_and_an_address_of_its_own() {
        let all: Vec<&ApiOperation> = operations().collect();
        let names: BTreeSet<&str> = all.iter().map(|operation| operation.id).collect();
        let places: BTreeSet<_> = all.iter().map(|operation| (operation.method, operation.path)).collect();
        assert_eq!((names.len(), places.len()), (all.len(), all.len()));
    }
}
