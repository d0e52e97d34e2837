//! The parameter, and the schemas of types.

use proptest::prelude::*;
use serde_json::json;

use super::schema::{DetailSchema, SchemaFault};
use super::*;
use crate::oauth::grant::authorization_details::authorization_type::{
    AuthorizationType, KnownAuthorizationTypes, RegisteredType,
};
use crate::oauth::grant::resource::BesideScope as _;

fn reason(text: &str) -> Reason {
    AuthorizationDetails::parse(text).unwrap_err().reason
}

fn parse(text: &str) -> AuthorizationDetails {
    AuthorizationDetails::parse(text).unwrap()
}

#[test]
fn the_parameter_is_a_list_of_objects_with_a_type() {
    let good =
        AuthorizationDetails::parse(r#"[{"type": "a", "b": [1, {"c": null}]}, {"type": "a"}]"#).unwrap();
    assert_eq!(good.iter().count(), 2);
    for text in [
        "",
        "{}",
        "[]",
        "[",
        "null",
        "[null]",
        "[[]]",
        r#"{"type": "a"}"#,
        r#"[{"types": "a"}]"#,
        r#"[{"type": 7}]"#,
        r#"[{"type": ""}]"#,
        r#"[{"type": "a"}] x"#,
        r#"[{"type": "a", "type": "b"}]"#,
        r#"[{"type": "a", "b": {"c": 1, "c": 2}}]"#,
        r#"[{"type": "a", "b": 1e999}]"#,
    ] {
        assert_eq!(reason(text), Reason::DetailsMalformed, "{text}");
    }
    let many = |count: usize| format!("[{}]", vec![r#"{"type":"a"}"#; count].join(","));
    assert!(AuthorizationDetails::parse(&many(MAX_DETAILS)).is_ok());
    assert_eq!(reason(&many(MAX_DETAILS + 1)), Reason::DetailsTooMany);
    assert_eq!(reason(&many(10_000)), Reason::DetailsTooMany);
    let deep =
        |levels: usize| format!(r#"[{{"type": "a", "b": {}{}}}]"#, "[".repeat(levels), "]".repeat(levels));
    assert!(AuthorizationDetails::parse(&deep(MAX_DEPTH - 2)).is_ok());
    assert_eq!(reason(&deep(MAX_DEPTH - 1)), Reason::DetailsMalformed);
    assert_eq!(reason(&deep(100_000)), Reason::DetailsMalformed);
}

#[test]
fn a_text_that_people_could_not_read_as_it_is_is_refused_with_its_place() {
    for (text, place) in [
        (
            r#"[{"type": "a"}, {"type": "b", "c": [{"d~/": "x\u202e001"}]}]"#,
            "the element 1 of authorization_details at /c/0/d~0~1 ",
        ),
        (r#"[{"type": "a", "b": "one\ntwo"}]"#, "at /b "),
        (r#"[{"type": "a", "b": "\u0000"}]"#, "at /b "),
        (r#"[{"type": "a", "b": {"\u2066": 1}}]"#, "at /b "),
        (r#"[{"type": "a\u200f"}]"#, "at /type "),
        (r#"[{"type": "a", "to": "Merchant\u200b A"}]"#, "at /to "),
        (r#"[{"type": "a", "to": "Mer\u00adchant"}]"#, "at /to "),
        (r#"[{"type": "a", "amount": "1\udb40\udc31"}]"#, "at /amount "),
        (r#"[{"type": "a", "to": "   "}]"#, "at /to "),
        (r#"[{"type": "a", "to": "\u2800"}]"#, "at /to "),
    ] {
        let error = AuthorizationDetails::parse(text).unwrap_err();
        assert_eq!(error.reason, Reason::DetailsText);
        assert!(error.description.contains(place), "{}", error.description);
    }
    for number in ["123456789012345678901234567890", "-18446744073709551616", "1e16"] {
        let error =
            AuthorizationDetails::parse(&format!(r#"[{{"type": "a", "b": [{number}]}}]"#)).unwrap_err();
        assert_eq!(error.reason, Reason::DetailsMalformed, "{number}");
    }
    assert!(AuthorizationDetails::parse(r#"[{"type": "a", "b": [18446744073709551615, 12.5]}]"#).is_ok());
    let hebrew = r#"[{"type": "a", "to": "יומן <b>"}]"#;
    assert!(AuthorizationDetails::parse(hebrew).is_ok(), "other scripts and HTML are text");
}

#[test]
fn details_are_narrowed_by_leaving_some_out() {
    let granted = parse(r#"[{"type": "a", "x": {"p": 1, "q": "2"}}, {"type": "b"}]"#);
    let same = parse(r#"[{"x": {"q": "2", "p": 1}, "type": "a"}]"#);
    assert_eq!(same.clone().within(&granted).unwrap(), same);
    for wider in [
        r#"[{"type": "a"}]"#,
        r#"[{"type": "a", "x": {"p": 1}}]"#,
        r#"[{"type": "a", "x": {"p": 1.0, "q": "2"}}]"#,
        r#"[{"type": "b"}, {"type": "c"}]"#,
        r#"[{"type": "b"}, {"type": "b"}]"#,
    ] {
        assert_eq!(parse(wider).within(&granted).unwrap_err().reason, Reason::DetailsWidened, "{wider}");
    }
    let twice = parse(r#"[{"type": "b"}, {"type": "a"}, {"type": "b"}]"#);
    assert_eq!(parse(r#"[{"type": "b"}, {"type": "b"}]"#).within(&twice).unwrap().iter().count(), 2);
    assert_eq!(twice.without(&parse(r#"[{"type": "b"}]"#)), parse(r#"[{"type": "a"}, {"type": "b"}]"#));
    assert_eq!(twice.and(&parse(r#"[{"type": "b"}, {"type": "c"}]"#)).iter().count(), 4, "b twice, a and c");
    let both = granted.and(&parse(r#"[{"type": "b"}, {"type": "c"}]"#));
    assert_eq!(both.iter().filter_map(type_of).collect::<Vec<_>>(), ["a", "b", "c"]);
    let many = (0..MAX_REMEMBERED + 5).map(|n| json!({ "type": "a", "n": n })).collect();
    let kept = AuthorizationDetails::default().and(&AuthorizationDetails::of(many));
    assert_eq!(kept.iter().next(), Some(&json!({ "type": "a", "n": 5 })));
}

struct Types(Vec<RegisteredType>);

impl KnownAuthorizationTypes for Types {
    fn authorization_type(&self, name: &str) -> Option<&RegisteredType> {
        self.0.iter().find(|known| known.record.name == name)
    }

    fn authorization_type_names(&self) -> Vec<String> {
        self.0.iter().map(|known| known.record.name.clone()).collect()
    }
}

/// The types a, which belongs to no API, d to one and e to two.
fn types() -> Types {
    let known = |name: &str, resources: &[&str]| {
        let resources = resources.iter().map(|uri| (*uri).to_owned()).collect();
        RegisteredType::new(AuthorizationType {
            name: name.to_owned(),
            resources,
            ..AuthorizationType::default()
        })
    };
    Types(vec![
        known("a", &[]),
        known("d", &["https://one.example"]),
        known("e", &["https://one.example", "https://two.example"]),
    ])
}

#[test]
fn a_token_has_the_details_for_its_audience() {
    let details = parse(
        r#"[{"type": "a"}, {"type": "b", "locations": ["https://one.example"]},
            {"type": "c", "locations": ["https://two.example/", "https://one.example/"]}, {"type": "d"}, {"type": "e"}]"#,
    );
    let (types, names) = (types(), |details: AuthorizationDetails| {
        details.iter().filter_map(type_of).map(str::to_owned).collect::<Vec<_>>()
    });
    let placed = details.placed(&types);
    assert_eq!(names(placed.for_audience("https://one.example/")), ["a", "b", "c", "d", "e"]);
    assert_eq!(names(placed.for_audience("https://two.example")), ["a", "c", "e"]);
    assert_eq!(names(placed.for_audience("https://id.example")), ["a"]);
    assert!(placed.check_all_for("https://one.example").is_ok());
    assert_eq!(placed.check_all_for("https://two.example").unwrap_err().reason, Reason::DetailsLocation);
    assert_eq!(placed.only_location(), None);
}

#[test]
fn a_detail_names_the_only_api_of_its_type_and_of_several_the_request_names_one() {
    let types = types();
    let (one, either, anywhere) = (
        parse(r#"[{"type": "d"}, {"type": "a"}]"#),
        parse(r#"[{"type": "e"}]"#),
        parse(r#"[{"type": "a"}]"#),
    );
    assert_eq!(one.placed(&types).only_location(), Some("https://one.example"));
    assert_eq!(one.placed(&types).named(), ["https://one.example"]);
    assert_eq!((either.placed(&types).only_location(), either.placed(&types).named()), (None, vec![]));
    assert!(either.placed(&types).check_named(&["https://two.example/"]).is_ok());
    for named in [&[][..], &["https://three.example"]] {
        let refused = either.placed(&types).check_named(named).unwrap_err();
        assert_eq!(refused.reason, Reason::DetailsLocation);
    }
    assert!(anywhere.placed(&types).check_named(&[]).is_ok());
}

fn refusal(schema: &Value) -> String {
    check_schema(schema).unwrap_err()
}

#[test]
fn a_schema_refers_to_nothing_outside_and_has_a_bounded_size() {
    let within = json!({ "type": "object", "properties": { "a": { "$ref": "#/$defs/a" } }, "$defs": { "a": { "type": "string" } } });
    assert_eq!(check_schema(&within), Ok(()));
    let (mut bomb, mut chain) = (serde_json::Map::new(), serde_json::Map::new());
    bomb.insert("d0".into(), json!({ "type": "string" }));
    for n in 1..14 {
        let before = format!("#/$defs/d{}", n - 1);
        bomb.insert(format!("d{n}"), json!({ "allOf": vec![json!({ "$ref": before }); 3] }));
    }
    for n in 0..20 {
        chain.insert(format!("d{n}"), json!({ "$ref": format!("#/$defs/d{}", n + 1) }));
    }
    chain.insert("d20".into(), json!({}));
    let mut deep = json!({});
    for _ in 0..20 {
        deep = json!({ "not": deep });
    }
    for (schema, why) in [
        (json!(true), "is a JSON object"),
        (json!({ "$schema": "http://json-schema.org/draft-07/schema#" }), "2020-12"),
        (json!({ "$ref": "https://evil.example/schema.json" }), "leads out of the schema"),
        (json!({ "$ref": "file:///etc/passwd" }), "leads out of the schema"),
        (json!({ "properties": { "a": { "$ref": "other.json#/a" } } }), "leads out of the schema"),
        (json!({ "$ref": "#" }), "leads back to itself"),
        (json!({ "properties": { "a": { "$ref": "#/properties" } } }), "leads back to itself"),
        (
            json!({ "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } } }),
            "leads back to itself",
        ),
        (json!({ "$ref": "#/$defs/none" }), "leads to nothing"),
        (json!({ "$id": "https://evil.example/" }), "cannot use $id"),
        (json!({ "properties": { "a": { "$dynamicRef": "#x" } } }), "cannot use $dynamicRef"),
        (json!({ "$ref": "#/$defs/d13", "$defs": bomb }), "at most 5000 parts"),
        (json!({ "$ref": "#/$defs/d0", "$defs": chain }), "references lead from one to the next"),
        (deep, "levels deep"),
        (json!({ "description": "x".repeat(40_000) }), "bytes at most"),
        (json!({ "type": "thing" }), "cannot be used"),
        (json!({ "properties": { "a": { "pattern": "(?=a)b" } } }), "cannot be used"),
        (json!({ "properties": { "a": { "pattern": "(a)\\1" } } }), "cannot be used"),
        (json!({ "properties": { "a": { "pattern": "((a{1000}){1000}){1000}" } } }), "cannot be used"),
        (json!({ "type": "object", "additionalProperties": false }), "its properties need type"),
    ] {
        let found = refusal(&schema);
        assert!(found.contains(why), "{schema}: {found}");
    }
}

#[test]
fn a_pattern_takes_linear_time() {
    let schema = json!({ "properties": { "a": { "type": "string", "pattern": "^(a+)+$" } } });
    assert_eq!(check_schema(&schema), Ok(()));
    let compiled = DetailSchema::compile(&schema).unwrap();
    let evil = json!({ "a": format!("{}!", "a".repeat(8_000)) });
    // With a pattern that backtracks, this would not come to an end.
    assert!(compiled.check(&evil).is_err());
}

#[test]
fn a_fault_names_the_place_and_repeats_no_value() {
    let schema = json!({ "type": "object", "required": ["amount"], "properties": { "amount": { "type": "object", "properties": {
        "value": { "type": "string", "pattern": "^[0-9]+$" } } } } });
    let known = RegisteredType::new(AuthorizationType { schema, ..AuthorizationType::default() });
    let fault = |detail: Value| known.check(&detail).unwrap_err();
    let SchemaFault { pointer, what } = fault(json!({ "type": "a", "amount": { "value": 12.5 } }));
    assert_eq!((pointer.as_str(), what.as_str()), ("/amount/value", "value is not of type \"string\""));
    assert!(!fault(json!({ "amount": { "value": "hunter2" } })).what.contains("hunter2"));
    assert!(fault(json!({ "type": "a" })).what.contains("amount"));
    assert_eq!(known.check(&json!({ "amount": { "value": "12" } })), Ok(()));
}

#[test]
fn samples_have_all_members_or_those_that_every_detail_has() {
    let schema = json!({
        "type": "object", "required": ["amount", "to"],
        "allOf": [{ "$ref": "#/$defs/base" }],
        "properties": {
            "amount": { "$ref": "#/$defs/amount" },
            "note": { "type": "string" },
            "when": { "format": "date" },
            "tags": { "type": "array", "items": { "enum": ["x"] } },
        },
        "$defs": {
            "base": { "required": ["id"], "properties": { "id": { "type": "integer", "minimum": 3 } } },
            "amount": { "required": ["value"], "properties": { "value": {}, "currency": { "const": "EUR" } } },
        },
    });
    let all = json!({ "type": "t", "id": 3, "amount": { "value": "text", "currency": "EUR" }, "note": "text",
                      "when": "2026-11-30", "tags": ["x"] });
    let least = json!({ "type": "t", "id": 3, "amount": { "value": "text" } });
    assert_eq!(samples("t", &schema), [all, least]);
    let example = json!({ "type": "t", "x": 1 });
    assert_eq!(samples("t", &json!({ "examples": [example] })), [example]);
}

/// Any JSON of limited size.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no others", |n| n.is_finite()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map("[a-z$~/]{0,6}", inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in "\\PC{0,200}") {
        let _ = AuthorizationDetails::parse(&text);
    }

    #[test]
    fn what_is_parsed_comes_back_equal_and_is_within_itself(mut members in proptest::collection::vec(any_json(), 0..4)) {
        for (n, detail) in members.iter_mut().enumerate().filter(|(_, detail)| detail.is_object()) {
            detail["type"] = format!("t{n}").into();
        }
        if let Ok(details) = AuthorizationDetails::parse(&Value::from(members).to_string()) {
            let again = AuthorizationDetails::parse(&details.to_json()).unwrap();
            prop_assert_eq!(&again, &details);
            prop_assert_eq!(again.within(&details).unwrap(), details);
        }
    }

    #[test]
    fn any_schema_is_compiled_or_refused_and_judges_any_detail(schema in any_json(), detail in any_json()) {
        let schema = json!({ "properties": { "a": schema } });
        if check_schema(&schema).is_ok() {
            let _ = DetailSchema::compile(&schema).unwrap().check(&json!({ "type": "t", "a": detail }));
            samples("t", &schema);
        }
    }
}
