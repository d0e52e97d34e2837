//! Details that are made from a schema, to try the template of a type with.

use serde_json::{Map, Value, json};

/// How many references are followed. A schema has no loops.
const MAX_DEPTH: usize = 32;

/// Which members a sample has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SampleMembers {
    All,
    Required,
}

/// Details of a type, to try a template with: the `examples` of the schema, or else one with all members that the schema names,
/// and one with only those that are required.
pub fn samples(name: &str, schema: &Value) -> Vec<Value> {
    let examples = schema.get("examples").and_then(Value::as_array).cloned().unwrap_or_default();
    if !examples.is_empty() {
        return examples;
    }
    let sample = |wanted| {
        let mut detail = Sampler { root: schema, wanted }.sample(schema, MAX_DEPTH);
        if !detail.is_object() {
            detail = json!({});
        }
        detail["type"] = name.into();
        detail
    };
    vec![sample(SampleMembers::All), sample(SampleMembers::Required)]
}

struct Sampler<'s> {
    root: &'s Value,
    wanted: SampleMembers,
}

impl<'s> Sampler<'s> {
    fn sample(&self, schema: &'s Value, left: usize) -> Value {
        let Some(left) = left.checked_sub(1) else { return Value::Null };
        if let Some(value) = fixed(schema) {
            return value;
        }
        let parts = self.parts(schema, left);
        if let Some(value) = parts.iter().find_map(|part| fixed(part)) {
            return value;
        }
        let first = |name: &str| parts.iter().find_map(|part| part.get(name));
        match kind(&parts) {
            "object" => Value::Object(self.object(&parts, left)),
            "array" => match first("items") {
                Some(items) => vec![self.sample(items, left)].into(),
                None => json!(["text"]),
            },
            "integer" | "number" => first("minimum").cloned().unwrap_or(json!(1)),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => text(first("format").and_then(Value::as_str)).into(),
        }
    }

    /// The schema, and those that count with it: what it refers to, all of `allOf`, and where all members are wanted, all
    /// alternatives.
    fn parts(&self, schema: &'s Value, left: usize) -> Vec<&'s Value> {
        let mut parts = vec![schema];
        let Some(left) = left.checked_sub(1) else { return parts };
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#'));
        if let Some(target) = target.and_then(|pointer| self.root.pointer(pointer)) {
            parts.extend(self.parts(target, left));
        }
        let alternatives: &[&str] = match self.wanted {
            SampleMembers::All => &["allOf", "anyOf", "oneOf"],
            SampleMembers::Required => &["allOf"],
        };
        for name in alternatives {
            let all = schema.get(*name).and_then(Value::as_array).into_iter().flatten();
            parts.extend(all.flat_map(|part| self.parts(part, left)));
        }
        if self.wanted == SampleMembers::All {
            let branches = ["then", "else"].into_iter().filter_map(|name| schema.get(name));
            parts.extend(branches.flat_map(|part| self.parts(part, left)));
        }
        parts
    }

    fn object(&self, parts: &[&'s Value], left: usize) -> Map<String, Value> {
        let required = |name: &str| {
            let lists = parts.iter().filter_map(|part| part.get("required").and_then(Value::as_array));
            lists.flatten().any(|required| required.as_str() == Some(name))
        };
        let properties = parts.iter().filter_map(|part| part.get("properties").and_then(Value::as_object));
        let wanted =
            properties.flatten().filter(|(name, _)| self.wanted == SampleMembers::All || required(name));
        wanted.map(|(name, schema)| (name.clone(), self.sample(schema, left))).collect()
    }
}

/// The value that a schema names.
fn fixed(schema: &Value) -> Option<Value> {
    let first =
        |name: &str| schema.get(name).and_then(Value::as_array).and_then(|list| list.first()).cloned();
    let named = |name: &str| schema.get(name).cloned();
    named("const").or_else(|| first("enum")).or_else(|| first("examples")).or_else(|| named("default"))
}

/// The type that the parts of a schema have together.
fn kind<'s>(parts: &[&'s Value]) -> &'s str {
    let named = parts.iter().find_map(|part| match part.get("type") {
        Some(Value::String(name)) => Some(name.as_str()),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        _ => None,
    });
    let has = |name: &str| parts.iter().any(|part| part.get(name).is_some());
    named.unwrap_or(match () {
        () if has("properties") => "object",
        () if has("items") => "array",
        () => "string",
    })
}

fn text(format: Option<&str>) -> &'static str {
    match format {
        Some("date") => "2026-11-30",
        Some("date-time") => "2026-11-30T12:00:00Z",
        Some("time") => "12:00:00Z",
        Some("uri" | "uri-reference" | "iri") => "https://example.com/",
        Some("email") => "jane@example.com",
        _ => "text",
    }
}
