//! The JSON Schema of a type: what a schema may be, and whether a detail fits it.
//!
//! A schema is compiled in this process and used on what strangers send. So it may only refer to itself, has no loops and a
//! bounded size, and its patterns run in linear time.

use std::collections::HashMap;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

/// The largest schema, as JSON text, in bytes.
const MAX_BYTES: usize = 32 * 1024;
/// The deepest nesting, which a body of the management API can have, too.
const MAX_DEPTH: usize = 14;
/// The largest number of values in a schema after each reference is replaced by what it refers to.
const MAX_WEIGHT: usize = 5_000;
/// How many references may lead from one to the next.
const MAX_CHAIN: usize = 16;
/// The largest compiled pattern, and the largest table that it may use, in bytes.
const MAX_PATTERN: usize = 256 * 1024;

/// The only dialect of JSON Schema that types can use.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The keywords that can lead out of the schema, or whose meaning depends on how it was reached.
const FORBIDDEN: [&str; 6] =
    ["$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor"];

/// A compiled schema.
pub(super) struct DetailSchema(Validator);

/// Where a detail does not fit its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaFault {
    /// The JSON Pointer of the value; empty for the whole detail.
    pub pointer: String,
    /// What the schema demands, without the value.
    pub what: String,
}

impl DetailSchema {
    /// Compiles a schema.
    ///
    /// # Errors
    /// Why the schema is not valid.
    pub(super) fn compile(schema: &Value) -> Result<Self, String> {
        let patterns = PatternOptions::regex().size_limit(MAX_PATTERN).dfa_size_limit(MAX_PATTERN);
        let built = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .offline()
            .should_validate_formats(true)
            .with_pattern_options(patterns)
            .build(schema);
        built.map(Self).map_err(|error| match error.instance_path().as_str() {
            "" => error.to_string(),
            pointer => format!("{error} (at {pointer})"),
        })
    }

    /// Whether a detail with this `type` may fit: the schema does not refuse the type itself.
    pub(super) fn takes_type(&self, name: &str) -> bool {
        let detail = serde_json::json!({ "type": name });
        self.0.iter_errors(&detail).all(|error| error.instance_path().as_str() != "/type")
    }

    /// Checks a detail.
    ///
    /// # Errors
    /// The first fault.
    pub(super) fn check(&self, detail: &Value) -> Result<(), SchemaFault> {
        self.0.validate(detail).map_err(|error| SchemaFault {
            pointer: error.instance_path().as_str().to_owned(),
            what: error.masked().to_string(),
        })
    }
}

/// Checks a schema before it is registered.
///
/// # Errors
/// A sentence for the operator.
pub fn check(schema: &Value) -> Result<(), String> {
    let Value::Object(members) = schema else { return Err("a schema is a JSON object".to_owned()) };
    if schema.to_string().len() > MAX_BYTES {
        return Err(format!("a schema has {MAX_BYTES} bytes at most"));
    }
    if members.get("$schema").is_some_and(|named| !is_dialect(named)) {
        return Err(format!("the $schema of a type is {DIALECT}, or left out"));
    }
    check_depth(schema, MAX_DEPTH)?;
    References { root: schema, chain: Vec::new(), weights: HashMap::new() }.weight(schema)?;
    let is_closed = members.get("additionalProperties") == Some(&Value::Bool(false));
    if is_closed && members.get("properties").is_none_or(|known| known.get("type").is_none()) {
        return Err("the schema is about the whole detail: with additionalProperties false, its properties need type, \
                    and locations if a detail may have them"
            .to_owned());
    }
    DetailSchema::compile(schema).map_err(|why| format!("the schema cannot be used: {why}")).map(drop)
}

fn is_dialect(named: &Value) -> bool {
    named.as_str().is_some_and(|named| named.trim_end_matches('#') == DIALECT)
}

fn check_depth(value: &Value, left: usize) -> Result<(), String> {
    let children: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        _ => return Ok(()),
    };
    match left.checked_sub(1) {
        None => Err(format!("a schema is nested at most {MAX_DEPTH} levels deep")),
        Some(left) => children.into_iter().try_for_each(|child| check_depth(child, left)),
    }
}

/// The references of a schema, followed one after the other.
struct References<'s> {
    root: &'s Value,
    /// The references that lead to the value that is looked at.
    chain: Vec<&'s str>,
    /// The weights of what was referred to before.
    weights: HashMap<&'s str, usize>,
}

impl<'s> References<'s> {
    /// How many values a part of the schema has, with what it refers to in place of each reference.
    fn weight(&mut self, value: &'s Value) -> Result<usize, String> {
        let mut weight: usize = 1;
        match value {
            Value::Array(items) => {
                for item in items {
                    weight = weight.saturating_add(self.weight(item)?);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    weight = weight.saturating_add(self.weight(member)?);
                    if let Value::String(text) = member {
                        weight = weight.saturating_add(self.reference(name, text)?);
                    }
                }
            }
            _ => {}
        }
        match weight > MAX_WEIGHT {
            true => Err(format!("a schema has at most {MAX_WEIGHT} parts, with what $ref refers to")),
            false => Ok(weight),
        }
    }

    /// The weight of what a member refers to; 0 if the member is no reference.
    fn reference(&mut self, name: &str, to: &'s str) -> Result<usize, String> {
        if FORBIDDEN.contains(&name) {
            return Err(format!("a schema of a type cannot use {name}"));
        }
        if name != "$ref" {
            return Ok(0);
        }
        if let Some(known) = self.weights.get(to) {
            return Ok(*known);
        }
        let Some(pointer) = to.strip_prefix('#').filter(|rest| rest.is_empty() || rest.starts_with('/'))
        else {
            return Err(format!("the $ref {to:?} leads out of the schema; only #/… is possible"));
        };
        if self.chain.contains(&to) || pointer.is_empty() {
            return Err(format!("the $ref {to:?} leads back to itself"));
        }
        if self.chain.len() >= MAX_CHAIN {
            return Err(format!("more than {MAX_CHAIN} references lead from one to the next"));
        }
        let Some(target) = self.root.pointer(pointer) else {
            return Err(format!("the $ref {to:?} leads to nothing"));
        };
        self.chain.push(to);
        let weight = self.weight(target)?;
        self.chain.pop();
        self.weights.insert(to, weight);
        Ok(weight)
    }
}
