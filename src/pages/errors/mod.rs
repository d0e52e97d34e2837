//! The error reference, to which every `error_uri` leads. It is generated from the table of reasons.

mod contents;
mod example;
mod search;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use minijinja::{Value, context};

use crate::app::App;
use crate::face::language::Language;
use crate::face::templates::Reader;
use crate::http::call::Request;
use crate::oauth::error_code::ErrorCode;
use crate::oauth::reason::{Reason, Responsible};
use crate::oauth::request::params::Params;
use contents::reasons_of;
use search::{Fit, Found, MAX_LENGTH};

/// A code with more reasons than this is divided by their subjects in the index.
const MANY_REASONS: usize = 12;

/// The list of all errors with their reasons, or of those that match a search.
pub async fn index(app: web::Data<App>, request: Request) -> HttpResponse {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let query = bounded(query.one("q").ok().flatten().unwrap_or_default());
    if query.is_empty() {
        let purposes = contents::purposes(with_reasons);
        return page(&app, StatusCode::OK, "errors.html", context! { purposes, anchors => true });
    }
    page(&app, StatusCode::OK, "search.html", found(&query))
}

/// The page of one error or of one reason; for another word, what is similar to it.
pub async fn show(app: web::Data<App>, word: web::Path<String>) -> HttpResponse {
    if let Some(reason) = Reason::find(&word) {
        return page(&app, StatusCode::OK, "reason.html", explained(reason, &app.issuer));
    }
    if let Some(code) = ErrorCode::ALL.iter().copied().find(|code| code.as_str() == *word) {
        return page(&app, StatusCode::OK, "code.html", code_explained(code, &app.issuer));
    }
    let results = found(&bounded(&word));
    page(&app, StatusCode::NOT_FOUND, "search.html", context! { is_address => true, ..results })
}

/// A page of the reference, with its table of contents. The reference is for developers, and in English.
fn page(app: &App, status: StatusCode, template: &str, context: Value) -> HttpResponse {
    let contents = contents::purposes(named);
    let reader = Reader { language: Language::English, here: None };
    let context = context! { contents, longest => MAX_LENGTH, ..context };
    app.pages.show_value(reader, status, template, context)
}

/// The beginning of a search, on one line.
fn bounded(query: &str) -> String {
    query.trim().chars().filter(|c| !c.is_control()).take(MAX_LENGTH).collect()
}

fn found(query: &str) -> Value {
    let results = search::search(query);
    let found: Vec<Value> = results
        .found
        .iter()
        .map(|found| match found {
            Found::Code(code) => context! { what => code.meaning(), ..named(*code) },
            Found::Reason(reason) => {
                context! { what => reason.what(), code => reason.code().as_str(), ..listed(*reason) }
            }
        })
        .collect();
    let fit = match results.fit {
        Fit::Exact => "exact",
        Fit::All => "all",
        Fit::Most => "most",
        Fit::Nearest => "nearest",
    };
    context! { query, found, fit, more => results.more }
}

fn listed(reason: Reason) -> Value {
    context! { word => reason.word(), title => reason.title() }
}

fn named(code: ErrorCode) -> Value {
    context! { word => code.as_str(), title => code.title() }
}

/// The code with its meaning, and its reasons: in the order of the table, or, if there are many, by their subjects.
fn with_reasons(code: ErrorCode) -> Value {
    let reasons: Vec<Reason> = reasons_of(code).collect();
    let is_divided = reasons.len() > MANY_REASONS;
    let groups: Vec<Value> = reasons
        .chunk_by(|one, other| !is_divided || one.subject() == other.subject())
        .map(|group| {
            let reasons: Vec<Value> = group.iter().copied().map(listed).collect();
            context! { subject => group.first().map(|reason| reason.subject()), reasons }
        })
        .collect();
    context! { meaning => code.meaning(), section => code.section(), groups, ..named(code) }
}

fn explained(reason: Reason, issuer: &str) -> Value {
    let code = reason.code();
    let in_order: Vec<Reason> = contents::codes().flat_map(reasons_of).collect();
    let (previous, next) = neighbours(&in_order, reason);
    let related: Vec<Value> = reason.related().into_iter().map(listed).collect();
    context! {
        what => reason.what(),
        fix => reason.fix(),
        who => sentence(reason.who()),
        command => reason.command(),
        example => example::pair(reason.example(), issuer),
        code => context! { meaning => code.meaning(), section => code.section(), ..named(code) },
        related,
        previous => previous.map(listed),
        next => next.map(listed),
        current_code => code.as_str(),
        current => "true",
        ..listed(reason)
    }
}

fn code_explained(code: ErrorCode, issuer: &str) -> Value {
    let mut who: Vec<Responsible> = Vec::new();
    for one in reasons_of(code).flat_map(Reason::who) {
        if !who.contains(one) {
            who.push(*one);
        }
    }
    let in_order: Vec<ErrorCode> = contents::codes().collect();
    let (previous, next) = neighbours(&in_order, code);
    let usual = code.usual();
    context! {
        who => sentence(&who),
        advice => code.advice(),
        redirected => code.is_redirected().then(|| example::redirected(code, issuer)),
        answered => code.is_answered().then(|| example::answered(code, issuer)),
        usual => context! { what => usual.what(), ..listed(usual) },
        example => example::pair(usual.example(), issuer),
        previous => previous.map(named),
        next => next.map(named),
        current_code => code.as_str(),
        current => "page",
        ..with_reasons(code)
    }
}

fn sentence(who: &[Responsible]) -> String {
    let names: Vec<&str> = who.iter().map(|who| who.name()).collect();
    let mut text = names.join(", or ");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text + "."
}

fn neighbours<T: Copy + PartialEq>(all: &[T], one: T) -> (Option<T>, Option<T>) {
    let at = all.iter().position(|other| *other == one);
    let previous = at.and_then(|at| at.checked_sub(1)).and_then(|at| all.get(at)).copied();
    (previous, at.and_then(|at| all.get(at + 1)).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_example_reason_and_a_way_to_be_sent() {
        for &code in ErrorCode::ALL {
            assert_eq!(code.usual().code(), code);
            assert!(code.is_redirected() || code.is_answered(), "{code:?}");
        }
    }

    #[test]
    fn a_search_is_cut_after_its_last_character_and_stays_on_one_line() {
        let longest = "\u{e9}".repeat(MAX_LENGTH);
        assert_eq!(bounded(&longest), longest);
        assert_eq!(bounded(&(longest.clone() + "x")), longest);
        assert_eq!(bounded(" a\0 b\r\nc "), "a bc");
    }

    #[test]
    fn the_first_and_last_page_have_one_neighbour() {
        assert_eq!(neighbours(&[1, 2, 3], 1), (None, Some(2)));
        assert_eq!(neighbours(&[1, 2, 3], 3), (Some(2), None));
    }
}
