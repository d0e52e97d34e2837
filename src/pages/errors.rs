//! The error reference, to which every `error_uri` leads. It is generated from the table of reasons.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use minijinja::{Value, context};

use crate::app::App;
use crate::face::language::Language;
use crate::face::templates::Reader;
use crate::face::text_names::{ERROR_SENTENCES, WAYS, named};
use crate::face::view::Way;
use crate::http::answer;
use crate::http::call::{Call, Request};
use crate::oauth::error_code::ErrorCode;
use crate::oauth::reason::{Example, Reason, Responsible};
use crate::oauth::request::params::Params;

/// The largest number of characters of a search. The rest is ignored.
const MAX_SEARCH_LENGTH: usize = 100;

/// The list of all errors with their reasons, or of those that match a search.
pub async fn index(app: web::Data<App>, request: Request) -> HttpResponse {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let query: String =
        query.one("q").ok().flatten().unwrap_or_default().trim().chars().take(MAX_SEARCH_LENGTH).collect();
    if query.is_empty() {
        let codes: Vec<Value> = ErrorCode::ALL.iter().copied().map(described).collect();
        return app.pages.show_value(english(&request), StatusCode::OK, "errors.html", context! { codes });
    }
    let (found, all_words) = search(&query);
    let found: Vec<Value> = found.into_iter().map(listed).collect();
    app.pages.show_value(
        english(&request),
        StatusCode::OK,
        "search.html",
        context! { query, found, all_words },
    )
}

/// The page of one error or of one reason.
pub async fn show(app: web::Data<App>, request: Request, word: web::Path<String>) -> HttpResponse {
    if let Some(reason) = Reason::find(&word) {
        return app.pages.show_value(english(&request), StatusCode::OK, "reason.html", explained(reason));
    }
    if let Some(code) = ErrorCode::ALL.iter().copied().find(|code| code.as_str() == *word) {
        return app.pages.show_value(english(&request), StatusCode::OK, "code.html", code_explained(code));
    }
    let index = Way::Here { text: const { named(&WAYS, "errors") }, href: format!("{}/errors", app.issuer) };
    answer::page_not_found(
        &app,
        &request,
        const { named(&ERROR_SENTENCES, "reference-not-found") },
        Some(index),
    )
}

/// The reference is for developers, and in English.
fn english(call: &Call) -> Reader<'_> {
    Reader { language: Language::English, here: None, ..call.reader() }
}

fn listed(reason: Reason) -> Value {
    context! { word => reason.word(), what => reason.what(), code => reason.code().as_str() }
}

fn described(code: ErrorCode) -> Value {
    let reasons: Vec<Value> = reasons_of(code).map(listed).collect();
    context! { code => code.as_str(), meaning => code.meaning(), section => code.section(), reasons }
}

fn reasons_of(code: ErrorCode) -> impl Iterator<Item = Reason> {
    Reason::ALL.iter().copied().filter(move |reason| reason.code() == code)
}

fn explained(reason: Reason) -> Value {
    let code = reason.code();
    let in_order: Vec<Reason> = ErrorCode::ALL.iter().copied().flat_map(reasons_of).collect();
    let (previous, next) = neighbours(&in_order, reason);
    let related: Vec<Value> = reason.related().into_iter().map(listed).collect();
    context! {
        word => reason.word(),
        what => reason.what(),
        fix => reason.fix(),
        who => sentence(reason.who()),
        example => shown(reason.example()),
        code => described(code),
        related,
        previous => previous.map(Reason::word),
        next => next.map(Reason::word),
    }
}

fn code_explained(code: ErrorCode) -> Value {
    let mut who: Vec<Responsible> = Vec::new();
    for one in reasons_of(code).flat_map(Reason::who) {
        if !who.contains(one) {
            who.push(*one);
        }
    }
    let (previous, next) = neighbours(ErrorCode::ALL, code);
    let usual = code.usual();
    context! {
        code => described(code),
        who => sentence(&who),
        advice => code.advice(),
        redirected => code.is_redirected().then(|| redirected(code)),
        answered => code.is_answered().then(|| answered(code)),
        usual => listed(usual),
        example => shown(usual.example()),
        previous => previous.map(ErrorCode::as_str),
        next => next.map(ErrorCode::as_str),
    }
}

/// What the application receives in the query of its redirect URI, one parameter per line.
fn redirected(code: ErrorCode) -> String {
    let reason = code.usual();
    format!(
        "HTTP/1.1 303 See Other\nLocation: https://app.example.com/callback\n?error={}\n\
         &error_description={}\n&error_uri=https://id.example.com/errors/{}\n&state=made-up-state\n\
         &iss=https://id.example.com",
        code.as_str(),
        description(reason).replace(' ', "+"),
        reason.word(),
    )
}

/// What a program receives as JSON.
fn answered(code: ErrorCode) -> String {
    let reason = code.usual();
    format!(
        "HTTP/1.1 {} {}\nContent-Type: application/json\n\n{{\n  \"error\": \"{}\",\n  \
         \"error_description\": \"{}\",\n  \"error_uri\": \"https://id.example.com/errors/{word}\",\n  \
         \"reason\": \"{word}\",\n  \"request_id\": \"made-up-request-id\"\n}}",
        code.status(),
        StatusCode::from_u16(code.status())
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default(),
        code.as_str(),
        description(reason),
        word = reason.word(),
    )
}

/// The text as in an `error_description`: without a full stop.
fn description(reason: Reason) -> &'static str {
    reason.what().trim_end_matches('.')
}

/// The lines of both requests. Each says whether it is only in one request, and whether the example is about it.
fn shown(example: Example) -> Value {
    let lines = |text: &str, other: &str| -> Vec<Value> {
        let others: Vec<&str> = other.lines().collect();
        text.lines()
            .map(|line| {
                let differs = !line.is_empty() && !others.contains(&line);
                context! { text => line, differs, remark => line.starts_with("# ") }
            })
            .collect()
    };
    let Example { before, after } = example;
    context! { before => lines(before, after), after => lines(after, before) }
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

/// Returns the reasons that contain the most words of the search, and whether they contain all of them.
fn search(query: &str) -> (Vec<Reason>, bool) {
    let query = query.to_lowercase();
    // If the search is exactly the name of a reason, only that reason is shown.
    if let Some(reason) = Reason::find(query.trim()) {
        return (vec![reason], true);
    }
    let words: Vec<&str> = query.split_whitespace().collect();
    let hits = |reason: &Reason| {
        let (code, all) = (reason.code(), [reason.word(), reason.what(), reason.fix()]);
        let text = [all.join(" "), code.as_str().to_owned()].join(" ").to_lowercase();
        words.iter().filter(|word| text.contains(**word)).count()
    };
    let scored: Vec<(usize, Reason)> = Reason::ALL.iter().map(|reason| (hits(reason), *reason)).collect();
    let most = scored.iter().map(|(hits, _)| *hits).max().unwrap_or_default();
    let found = scored.into_iter().filter(|(hits, _)| *hits > 0 && *hits == most);
    (found.map(|(_, reason)| reason).collect(), most == words.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_finds_reasons_with_all_words_or_else_with_most() {
        assert_eq!(search("code.expired"), (vec![Reason::CodeExpired], true));
        assert_eq!(search("trailing SLASH"), (vec![Reason::RedirectUriPath], true));
        let (found, all) = search("localhost unheard-of");
        assert!(found.contains(&Reason::RedirectUriHost) && !all);
        assert_eq!(search("unheard-of"), (Vec::new(), false));
        assert!(search("invalid_grant").0.contains(&Reason::RefreshTokenReused));
    }

    #[test]
    fn every_code_has_an_example_reason_and_a_way_to_be_sent() {
        for &code in ErrorCode::ALL {
            assert_eq!(code.usual().code(), code);
            assert!(code.is_redirected() || code.is_answered(), "{code:?}");
        }
    }

    #[test]
    fn the_first_and_last_page_have_one_neighbour() {
        assert_eq!(neighbours(&[1, 2, 3], 1), (None, Some(2)));
        assert_eq!(neighbours(&[1, 2, 3], 3), (Some(2), None));
    }
}
