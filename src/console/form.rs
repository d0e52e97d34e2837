//! Forms: their fields, what came in them as JSON, and what is wrong with it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::error::ConsoleError;
use super::same::Same;
use crate::http::general_error::FaultyMember;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::strict_json::{self, JsonFlaw};
use crate::operations::shell_word::shell_word;
use crate::representation::settings::{ObjectSettings, Setting};

/// The deepest nesting of JSON in a field; the rules of the member may allow less.
const MAX_DEPTH: usize = 100;

/// A field of a form, which is a member of an object of the management API.
pub(super) struct FieldSpec {
    /// The name of the member.
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    /// The table that says what the member does.
    pub(super) of: &'static ObjectSettings,
    pub(super) input: Input,
    pub(super) is_required: bool,
    /// The option of the command, and what a command has in its place if the member has no value. Empty: none.
    pub(super) option: (&'static str, &'static str),
}

impl FieldSpec {
    /// A field for a member of the objects that this table describes, which may stay empty.
    pub(super) const fn of(
        of: &'static ObjectSettings,
        name: &'static str,
        label: &'static str,
        input: Input,
        option: (&'static str, &'static str),
    ) -> Self {
        Self { name, label, of, input, is_required: false, option }
    }

    /// The field, which must not stay empty.
    pub(super) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// What the setting does, in sentences.
    pub(super) fn sentences(&self) -> String {
        self.of.find(self.name).map(Setting::sentences).unwrap_or_default()
    }

    /// What the setting does, and how it is typed.
    pub(super) fn help(&self) -> String {
        let sentences = self.sentences();
        if matches!(self.input, Input::Lines) { format!("{sentences} One on each line.") } else { sentences }
    }
}

/// How a member is typed.
#[derive(Clone, Copy)]
pub(super) enum Input {
    /// One line of text. Empty is no value.
    Line,
    /// One line that is not shown: neither what is typed nor what was typed before. Empty is no value.
    Hidden,
    /// A list of texts, one on each line.
    Lines,
    /// Words with spaces between them.
    Words,
    /// Any JSON. Empty is no value.
    Json,
    /// A whole number. Empty is no value.
    Number,
    Switch,
    /// One of these words, each with its meaning. The empty one is no value.
    Choice(&'static [(&'static str, &'static str)]),
    /// Any of these words.
    Flags(&'static [(&'static str, &'static str)]),
    /// `none`, `scopes`, or a list of names.
    Claims,
    /// A time in UTC. Empty is no value.
    Time,
}

/// What is in the fields of a form, as text.
pub(super) type FieldValues = BTreeMap<&'static str, Vec<String>>;

/// A group of fields under a heading.
pub(super) type Group = (&'static str, &'static [FieldSpec]);

/// A form as the template shows it.
#[derive(Serialize, Default)]
pub(super) struct FormView {
    /// The path below the public URL.
    pub(super) path: String,
    pub(super) submit: String,
    pub(super) tone: &'static str,
    pub(super) groups: Vec<GroupView>,
    /// What is wrong with fields, in their order: the form says it above them, too.
    pub(super) faults: Vec<FieldFault>,
    pub(super) hidden: Vec<(&'static str, String)>,
    /// Whether the form can be checked without being done.
    pub(super) has_check: bool,
    pub(super) cancel: Option<String>,
    pub(super) same: Option<Same>,
}

/// What is wrong with a field.
#[derive(Serialize)]
pub(super) struct FieldFault {
    place: usize,
    label: &'static str,
    error: String,
}

/// A group of fields.
#[derive(Serialize)]
pub(super) struct GroupView {
    title: &'static str,
    fields: Vec<FieldView>,
}

/// A field.
#[derive(Serialize)]
struct FieldView {
    name: &'static str,
    /// Among the fields of the form: its id on the page. A name would make the page of a client too large.
    place: usize,
    label: &'static str,
    help: String,
    is: &'static str,
    value: String,
    options: Vec<OptionView>,
    error: Option<String>,
    is_required: bool,
}

#[derive(Serialize)]
struct OptionView {
    value: &'static str,
    label: &'static str,
    is_chosen: bool,
}

impl FormView {
    /// A form with these groups of fields and these values.
    pub(super) fn of(
        path: impl Into<String>,
        submit: impl Into<String>,
        groups: &[Group],
        (values, faults): (&FieldValues, &[FaultyMember]),
    ) -> Self {
        let mut place = 0..;
        let mut field = |spec| FieldView::of(spec, place.next().unwrap_or_default(), values, faults);
        let group =
            |(title, specs): &Group| GroupView { title, fields: specs.iter().map(&mut field).collect() };
        let groups: Vec<GroupView> = groups.iter().map(group).collect();
        let fault = |field: &FieldView| {
            Some(FieldFault { place: field.place, label: field.label, error: field.error.clone()? })
        };
        Self {
            path: path.into(),
            submit: submit.into(),
            tone: "primary",
            faults: groups.iter().flat_map(|group| &group.fields).filter_map(fault).collect(),
            groups,
            ..Self::default()
        }
    }

    /// A form without fields: a button that destroys something.
    pub(super) fn danger(
        path: impl Into<String>,
        submit: impl Into<String>,
        cancel: impl Into<String>,
    ) -> Self {
        Self {
            path: path.into(),
            submit: submit.into(),
            tone: "danger",
            cancel: Some(cancel.into()),
            ..Self::default()
        }
    }
}

impl FieldView {
    fn of(spec: &FieldSpec, place: usize, values: &FieldValues, faults: &[FaultyMember]) -> Self {
        let given = values.get(spec.name).map(Vec::as_slice).unwrap_or_default();
        let options = match spec.input {
            Input::Choice(words) | Input::Flags(words) => words,
            _ => &[],
        };
        let is = match spec.input {
            Input::Line | Input::Words | Input::Claims => "line",
            Input::Hidden => "hidden",
            Input::Lines => "lines",
            Input::Json => "json",
            Input::Number => "number",
            Input::Switch => "switch",
            Input::Choice(_) => "choice",
            Input::Flags(_) => "flags",
            Input::Time => "time",
        };
        let chosen = |value: &str| match given {
            [] => value.is_empty(),
            given => given.iter().any(|given| given == value),
        };
        let option = |&(value, label): &(&'static str, &'static str)| OptionView {
            value,
            label,
            is_chosen: chosen(value),
        };
        let about_this: Vec<&str> = faults
            .iter()
            .filter(|fault| member_of(&fault.field) == spec.name)
            .map(|fault| fault.description.as_str())
            .collect();
        Self {
            name: spec.name,
            place,
            label: spec.label,
            help: spec.help(),
            is,
            value: if matches!(spec.input, Input::Hidden) { String::new() } else { given.join("\n") },
            options: options.iter().map(option).collect(),
            error: (!about_this.is_empty()).then(|| about_this.join("; ")),
            is_required: spec.is_required,
        }
    }
}

/// The member that a JSON Pointer is about, without its language.
fn member_of(field: &str) -> &str {
    let member = field.strip_prefix('/').unwrap_or(field).split('/').next().unwrap_or_default();
    member.split('#').next().unwrap_or(member)
}

/// Faults that no field of the form shows.
pub(super) fn elsewhere<'f>(groups: &[Group], faults: &'f [FaultyMember]) -> Vec<&'f str> {
    let is_shown = |fault: &FaultyMember| {
        groups.iter().flat_map(|(_, specs)| specs.iter()).any(|spec| member_of(&fault.field) == spec.name)
    };
    faults.iter().filter(|fault| !is_shown(fault)).map(|fault| fault.description.as_str()).collect()
}

fn all<'g>(groups: &'g [Group]) -> impl Iterator<Item = &'static FieldSpec> + use<'g> {
    groups.iter().flat_map(|(_, specs)| specs.iter())
}

/// What the fields show of an object.
pub(super) fn values_of(groups: &[Group], object: &Value) -> FieldValues {
    all(groups).map(|spec| (spec.name, texts(spec.input, &object[spec.name]))).collect()
}

/// The value of a field. Empty if it did not come.
pub(super) fn field<'f>(form: &'f Params, name: &str) -> &'f str {
    let mut values = form.pairs().iter().filter(|(key, _)| key == name);
    values.next().map_or("", |(_, value)| value.trim())
}

/// What came in the fields.
pub(super) fn values_in(groups: &[Group], form: &Params) -> FieldValues {
    let came = |spec: &'static FieldSpec| {
        let values = form.pairs().iter().filter(|(name, _)| name == spec.name);
        let values = values.map(|(_, value)| value.replace("\r\n", "\n")).filter(|value| !value.is_empty());
        (spec.name, values.collect())
    };
    all(groups).map(came).collect()
}

fn texts(input: Input, value: &Value) -> Vec<String> {
    match (input, value) {
        (_, Value::Null) | (Input::Switch, Value::Bool(false)) => Vec::new(),
        (Input::Json, value) => match value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(Map::is_empty)
        {
            true => Vec::new(),
            false => vec![serde_json::to_string_pretty(value).unwrap_or_default()],
        },
        (Input::Lines, Value::Array(list)) => {
            let lines: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            if lines.is_empty() { Vec::new() } else { vec![lines.join("\n")] }
        }
        (Input::Claims, Value::Array(list)) => {
            vec![list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")]
        }
        (_, Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        (Input::Time, Value::String(time)) => vec![time.get(..16).unwrap_or(time).to_owned()],
        (_, Value::String(text)) if text.is_empty() => Vec::new(),
        (_, Value::String(text)) => vec![text.clone()],
        (_, other) => vec![other.to_string()],
    }
}

/// The members that the fields say.
///
/// # Errors
/// If a field that needs a number or JSON has something else.
pub(super) fn members(groups: &[Group], values: &FieldValues) -> Result<Map<String, Value>, ConsoleError> {
    let (members, faults) = readable(groups, values);
    if faults.is_empty() { Ok(members) } else { Err(faults.into()) }
}

/// The members that can be read from the fields, and what is wrong with the other fields.
pub(super) fn readable(groups: &[Group], values: &FieldValues) -> (Map<String, Value>, Vec<FaultyMember>) {
    let (mut members, mut faults) = (Map::new(), Vec::new());
    for spec in all(groups) {
        let given = values.get(spec.name).map(Vec::as_slice).unwrap_or_default();
        match member(spec.input, given) {
            Ok(value) => drop(members.insert(spec.name.to_owned(), value)),
            Err(sentence) => faults.push(FaultyMember {
                field: format!("/{}", spec.name),
                reason: Reason::ApiMemberInvalid,
                description: sentence.to_owned(),
            }),
        }
    }
    (members, faults)
}

fn member(input: Input, given: &[String]) -> Result<Value, &'static str> {
    let text = given.first().map(|text| text.trim()).unwrap_or_default();
    let words = || text.split_whitespace().map(Value::from).collect::<Vec<_>>();
    Ok(match input {
        Input::Switch => (text == "true").into(),
        Input::Flags(_) => given.to_vec().into(),
        Input::Lines => {
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect()
        }
        Input::Words => text.split_whitespace().collect::<Vec<_>>().join(" ").into(),
        _ if text.is_empty() => Value::Null,
        Input::Line | Input::Hidden | Input::Choice(_) => text.into(),
        Input::Claims if matches!(text, "none" | "scopes") => text.into(),
        Input::Claims => words().into(),
        Input::Json => strict_json::read(text.as_bytes(), MAX_DEPTH).map_err(|wrong| match wrong.flaw {
            JsonFlaw::Twice => "it has an object with the same member twice",
            _ => "it must be JSON",
        })?,
        Input::Number => text.parse::<i64>().map_err(|_| "it must be a whole number")?.into(),
        Input::Time if text.len() == 16 => format!("{text}:00Z").into(),
        Input::Time => text.into(),
    })
}

/// The members whose fields differ from what they showed before: a merge patch.
pub(super) fn changed(
    groups: &[Group],
    before: &FieldValues,
    members: &Map<String, Value>,
) -> Map<String, Value> {
    let inputs: BTreeMap<&str, Input> = all(groups).map(|spec| (spec.name, spec.input)).collect();
    let differs = |name: &str, value: &Value| {
        let Some(input) = inputs.get(name) else { return false };
        let earlier = before.get(name).map(Vec::as_slice).unwrap_or_default();
        let (mut earlier, mut now) = (earlier.to_vec(), texts(*input, value));
        earlier.sort();
        now.sort();
        earlier != now
    };
    let changed = members.iter().filter(|(name, value)| differs(name, value));
    changed.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The members that have a value: a new object.
pub(super) fn given(members: Map<String, Value>) -> Map<String, Value> {
    let has_value = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => true,
    };
    members.into_iter().filter(|(_, value)| has_value(value)).collect()
}

/// The options of a command that say the same as these members. `None` if no option says one of them.
pub(super) fn options(groups: &[Group], members: &Map<String, Value>) -> Option<String> {
    let mut options = String::new();
    for spec in all(groups) {
        let (set, unset) = spec.option;
        let Some(value) = members.get(spec.name).filter(|_| !set.is_empty()) else { continue };
        let repeated = matches!(spec.input, Input::Lines | Input::Flags(_));
        match value {
            Value::Array(list) if !list.is_empty() && repeated => {
                options.extend(list.iter().filter_map(Value::as_str).map(|text| given_as(set, text)));
            }
            Value::Array(list) if !list.is_empty() => {
                let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
                options.push_str(&given_as(set, &words.join(" ")));
            }
            Value::Null | Value::Array(_) if unset.is_empty() => return None,
            Value::Null | Value::Array(_) => options.push_str(&format!(" {unset}")),
            Value::String(text) => options.push_str(&given_as(set, text)),
            Value::Object(_) => options.push_str(&format!(" {set} FILE")),
            // The only numbers are times, in seconds.
            Value::Number(number) => options.push_str(&format!(" {set} {number}s")),
            Value::Bool(is_on) => options.push_str(&format!(" {set} {is_on}")),
        }
    }
    Some(options)
}

/// An option with its value, which may begin as an option does.
fn given_as(option: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!(" {option}{between}{}", shell_word(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::representation::settings::CLIENT;

    const SPECS: &[FieldSpec] = &[
        spec("name", Input::Line, ("--name", "")),
        spec("uris", Input::Lines, ("--uri", "--no-uris")),
        spec("scope", Input::Words, ("--scope", "")),
        spec("number", Input::Number, ("--number", "--number default")),
        spec("is_on", Input::Switch, ("--is-on", "")),
        spec("types", Input::Flags(&[("a", "A"), ("b", "B")]), ("--type", "")),
        spec("claims", Input::Claims, ("--claims", "")),
        spec("keys", Input::Json, ("--keys", "")),
    ];
    const GROUPS: &[Group] = &[("", SPECS)];

    const fn spec(name: &'static str, input: Input, option: (&'static str, &'static str)) -> FieldSpec {
        FieldSpec::of(&CLIENT, name, name, input, option)
    }

    fn posted(pairs: &[(&str, &str)]) -> Params {
        Params::from_pairs(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn an_object_that_is_sent_back_as_it_was_shown_is_no_change() {
        let object = json!({
            "name": "a'b", "uris": ["https://a", "https://b"], "scope": "x y", "number": 5, "is_on": true,
            "types": ["b"], "claims": ["c", "d"], "keys": { "keys": [] },
        });
        let shown = values_of(GROUPS, &object);
        let members = members(GROUPS, &shown).unwrap();
        assert_eq!(Value::Object(members.clone()), object);
        assert!(changed(GROUPS, &shown, &members).is_empty());
    }

    #[test]
    fn what_differs_is_a_merge_patch_and_options_of_a_command() {
        let before =
            values_of(GROUPS, &json!({ "name": "a", "uris": ["https://a"], "number": 5, "is_on": true }));
        let form = posted(&[
            ("name", " a'b "),
            ("uris", "https://a\r\n\r\n https://b "),
            ("number", ""),
            ("types", "a"),
        ]);
        let members = members(GROUPS, &values_in(GROUPS, &form)).unwrap();
        let patch = changed(GROUPS, &before, &members);
        let expected = json!({
            "name": "a'b", "uris": ["https://a", "https://b"], "number": null, "is_on": false, "types": ["a"],
        });
        assert_eq!(Value::Object(patch.clone()), expected);
        let command =
            r"--name 'a'\''b' --uri https://a --uri https://b --number default --is-on false --type a";
        assert_eq!(options(GROUPS, &patch).unwrap().trim(), command);
    }

    #[test]
    fn a_value_that_looks_like_an_option_stays_a_value_and_not_all_can_be_said_by_options() {
        let said = |members: Value| options(GROUPS, members.as_object().unwrap());
        assert_eq!(said(json!({ "name": "-x" })).as_deref(), Some(" --name=-x"));
        assert_eq!(said(json!({ "uris": ["--a b"] })).as_deref(), Some(" --uri='--a b'"));
        assert_eq!(said(json!({ "uris": [] })).as_deref(), Some(" --no-uris"));
        assert_eq!(said(json!({ "scope": [] })), None);
        assert_eq!(said(json!({ "name": null })), None);
    }

    #[test]
    fn a_value_of_the_wrong_form_is_a_fault_of_its_field() {
        let values = values_in(GROUPS, &posted(&[("number", "five"), ("keys", "{")]));
        let Err(ConsoleError::Refused(refusal)) = members(GROUPS, &values) else { panic!() };
        let fields: Vec<&str> = refusal.members.iter().map(|member| member.field.as_str()).collect();
        assert_eq!(fields, ["/number", "/keys"]);
        assert!(elsewhere(GROUPS, &refusal.members).is_empty());
    }
}
