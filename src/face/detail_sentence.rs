//! The sentence that a page says about authorization details: a template of the operator, with values of an application.
//!
//! The template is for text, and not for HTML. Each value stays apart from the words around it, so that the page can escape and
//! isolate it.

use std::io;

use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use super::value_meaning;
use super::view::{DetailMember, SentencePart, ValueMeaning};

/// How many steps a template may take.
const FUEL: u64 = 5_000;
/// The longest sentence in bytes; the values in it can be as long as a whole request.
const MAX_LENGTH: usize = 16 * 1024;
const TOO_LONG: &str = "the sentence is too long";

/// Noncharacters, which no template and no value has: the begin and the end of a value, and the begin of a truth value.
const BEGIN: char = '\u{fdd0}';
const END: char = '\u{fdd1}';
const TRUTH: char = '\u{fdd2}';

/// Returns the sentence about a detail, with each value of the detail as a part of its own.
///
/// # Errors
/// Why the template cannot be used: it is not valid, names a member that the detail does not have, or shows a list or an object
/// as a whole.
pub fn parts(template: &str, detail: &serde_json::Value) -> Result<Vec<SentencePart>, String> {
    if template.contains([BEGIN, END, TRUTH]) {
        return Err("it has characters that are not for texts".to_owned());
    }
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(FUEL));
    environment.set_formatter(|out, _, value| match shown(value) {
        Some(text) => write!(out, "{BEGIN}{text}{END}").map_err(|error| {
            Error::new(ErrorKind::WriteFailure, "the sentence cannot be written").with_source(error)
        }),
        None => Err(Error::new(
            ErrorKind::BadSerialization,
            "a list, an object or null cannot be shown; name a member of it",
        )),
    });
    let mut sentence = Bounded(Vec::new());
    let rendered = environment.template_from_str(template).and_then(|template| {
        template.render_captured_to(Value::from(Serde(detail)), &mut sentence).map(drop)
    });
    rendered.map_err(|error| words(&error))?;
    let sentence = String::from_utf8(sentence.0).map_err(|error| error.to_string())?;
    match split(&sentence) {
        parts if parts.iter().all(|part| part.text.trim().is_empty()) => {
            Err("the sentence is empty".to_owned())
        }
        parts => Ok(parts),
    }
}

/// Returns every member of a detail that is not an object or a list, with its path, such as `instructedAmount.currency`.
pub fn members(detail: &serde_json::Value) -> Vec<DetailMember> {
    let mut members = Vec::new();
    collect(detail, &mut String::new(), &mut members);
    members
}

fn collect(value: &serde_json::Value, path: &mut String, members: &mut Vec<DetailMember>) {
    use serde_json::Value as Json;
    let mut below = |name: &str, value: &Json| {
        let length = path.len();
        if length > 0 {
            path.push('.');
        }
        path.push_str(name);
        collect(value, path, members);
        path.truncate(length);
    };
    match value {
        Json::Object(object) if !object.is_empty() => {
            object.iter().for_each(|(name, value)| below(name, value));
        }
        Json::Array(list) if !list.is_empty() => {
            list.iter().enumerate().for_each(|(at, value)| below(&(at + 1).to_string(), value));
        }
        value => {
            let (text, meaning) = match value {
                Json::String(text) => (text.clone(), value_meaning::of_text(text)),
                Json::Bool(answer) => (answer.to_string(), value_meaning::of_answer(*answer)),
                other => (other.to_string(), ValueMeaning::default()),
            };
            members.push(DetailMember { name: path.clone(), value: text, meaning });
        }
    }
}

/// A value as text. `None` for a value that is not one text.
fn shown(value: &Value) -> Option<String> {
    match value.kind() {
        // Only an expression such as `x if y` that says nothing gets here; a missing name is an error before.
        ValueKind::Undefined => Some(String::new()),
        // As in JSON, and as in the list of members.
        ValueKind::Bool => Some(format!("{TRUTH}{}", value.is_true())),
        ValueKind::String | ValueKind::Number => {
            Some(value.to_string().chars().filter(|c| !matches!(*c, BEGIN | END | TRUTH)).collect())
        }
        _ => None,
    }
}

/// Text of the template and values, alternating.
fn split(sentence: &str) -> Vec<SentencePart> {
    let mut parts = Vec::new();
    let mut add = |text: &str, is_value: bool| {
        let (text, meaning) = match (text.strip_prefix(TRUTH), is_value) {
            (Some(truth), _) => (truth, value_meaning::of_answer(truth == "true")),
            (None, true) => (text, value_meaning::of_text(text)),
            (None, false) => (text, ValueMeaning::default()),
        };
        if !text.is_empty() {
            parts.push(SentencePart { text: text.to_owned(), is_value, meaning });
        }
    };
    for piece in sentence.split(BEGIN) {
        match piece.split_once(END) {
            Some((value, text)) => {
                add(value, true);
                add(text, false);
            }
            None => add(piece, false),
        }
    }
    parts
}

/// What is wrong, in one line.
fn words(error: &Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "it takes too many steps".to_owned(),
        // Nothing but the longest sentence makes writing fail.
        (ErrorKind::WriteFailure, _) => TOO_LONG.to_owned(),
        (ErrorKind::UndefinedError, detail) => {
            let named = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
            format!("it names a member that not every detail has{named}; put it into {{% if … %}}")
        }
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    }
}

/// Keeps what is written, up to the longest sentence.
struct Bounded(Vec<u8>);

impl io::Write for &mut Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_LENGTH {
            return Err(io::Error::other(TOO_LONG));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sentence(template: &str, detail: &serde_json::Value) -> Result<String, String> {
        let shown = |part: SentencePart| match part.is_value {
            true => format!("[{}]", part.text),
            false => part.text,
        };
        parts(template, detail).map(|parts| parts.into_iter().map(shown).collect())
    }

    #[test]
    fn values_stay_apart_from_the_words_of_the_template() {
        let detail = json!({ "amount": { "value": "12.50", "n": 7, "final": true }, "to": "<b>Shop\u{fdd1}</b>", "tags": ["a", "b"] });
        for (template, expected) in [
            ("Pay {{ amount.value }} to {{ to }}.", "Pay [12.50] to [<b>Shop</b>]."),
            ("{{ amount.final }}", "[true]"),
            ("{{ to|safe }}", "[<b>Shop</b>]"),
            ("{{ to ~ '!' }}", "[<b>Shop</b>!]"),
            ("<i>{{ amount.n }}</i>", "<i>[7]</i>"),
            ("{% if amount.final %}Once{% endif %}", "Once"),
            ("{% if other %}{{ other }}{% else %}Nothing{% endif %}", "Nothing"),
            ("{% for tag in tags %}{{ tag }} {% endfor %}", "[a] [b] "),
            ("{{ tags|join(', ') }}", "[a, b]"),
            ("{% filter upper %}x{{ to }}{% endfilter %}", "XBSHOPB"),
        ] {
            let found = sentence(template, &detail);
            match template.contains("filter") {
                // What a filter returns is one value.
                true => assert!(found.unwrap().starts_with("[X")),
                false => assert_eq!(found.as_deref(), Ok(expected), "{template}"),
            }
        }
    }

    #[test]
    fn a_template_that_cannot_say_everything_is_an_error() {
        let detail = json!({ "amount": { "value": "12.50" }, "none": null, "text": "x".repeat(6000) });
        for (template, why) in [
            ("{{ other }}", "not every detail has"),
            ("{{ amount.currency }}", "not every detail has"),
            ("{{ amount }}", "cannot be shown"),
            ("{{ none }}", "cannot be shown"),
            ("{{ amount.value", "syntax error"),
            ("{% if amount %}", "syntax error"),
            ("{% if false %}x{% endif %}", "is empty"),
            ("{{ text }}{{ text }}{{ text }}", TOO_LONG),
            (
                "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
                "too many steps",
            ),
            ("{% include 'x' %}", "template"),
            ("\u{fdd0}{{ amount.value }}", "characters"),
        ] {
            let found = sentence(template, &detail).unwrap_err();
            assert!(found.contains(why), "{template}: {found}");
        }
    }

    #[test]
    fn every_member_of_a_detail_is_listed_with_its_path() {
        let detail = json!({ "type": "t", "a": { "b": [1, "x"], "c": null }, "d": {}, "e": [] });
        let listed: Vec<(String, String)> =
            members(&detail).into_iter().map(|member| (member.name, member.value)).collect();
        let expected =
            [("a.b.1", "1"), ("a.b.2", "x"), ("a.c", "null"), ("d", "{}"), ("e", "[]"), ("type", "t")];
        let expected: Vec<(String, String)> =
            expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(listed, expected);
    }
}
