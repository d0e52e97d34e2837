//! Schemas of objects: in answers, and in bodies.

use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, ArrayItems, KnownFormat, Object, ObjectBuilder, OneOfBuilder, Ref,
    Schema, SchemaFormat, SchemaType, Type,
};

use super::keywords;
use crate::representation::contract::{self, AnswerKind, BodyKind};
use crate::representation::settings::{Form, Given, Null, ObjectSettings, Setting, Shown};

/// Where a schema is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Answer,
    /// The answer to the request that created the object.
    Creation,
    New,
    Replacement,
    Patch,
}

impl Use {
    /// The name of the schema of an object.
    pub(super) fn name(self, of: &ObjectSettings) -> String {
        match self {
            Self::Answer => of.name.to_owned(),
            Self::Creation => format!("Created{}", of.name),
            Self::New => format!("New{}", of.name),
            Self::Replacement => format!("{}Replacement", of.name),
            Self::Patch => format!("{}Patch", of.name),
        }
    }

    fn is_answer(self) -> bool {
        matches!(self, Self::Answer | Self::Creation)
    }
}

/// The schemas of an object that operations need, with their names.
pub(super) fn schemas(of: &'static ObjectSettings) -> Vec<(String, Schema)> {
    let mut uses = Vec::new();
    for operation in contract::operations() {
        match operation.answer {
            AnswerKind::List(it) | AnswerKind::Log(it) | AnswerKind::One(it) if same(it, of) => {
                uses.push(Use::Answer);
            }
            AnswerKind::Put(it) if same(it, of) => uses.extend([Use::Answer, Use::Creation]),
            AnswerKind::Created(it) | AnswerKind::Made(it) if same(it, of) => uses.push(Use::Creation),
            _ => {}
        }
        match operation.body {
            BodyKind::Whole(it) if same(it, of) => uses.push(Use::New),
            BodyKind::Replacement(it) if same(it, of) => uses.push(Use::Replacement),
            BodyKind::Patch(it) if same(it, of) => uses.push(Use::Patch),
            _ => {}
        }
    }
    uses.dedup();
    let mut schemas: Vec<(String, Schema)> = Vec::new();
    for usage in uses {
        let name = usage.name(of);
        if schemas.iter().all(|(known, _)| *known != name) {
            schemas.push((name, object(of, usage)));
        }
    }
    schemas
}

fn same(one: &ObjectSettings, other: &ObjectSettings) -> bool {
    one.name == other.name
}

/// The schema of an object.
fn object(of: &'static ObjectSettings, usage: Use) -> Schema {
    let mut object = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(of.sentence))
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    let mut in_languages = serde_json::Map::new();
    for member in of.members {
        let Some(is_required) = presence(member, usage) else { continue };
        object = object.property(member.name, property(member, usage));
        if is_required {
            object = object.required(member.name);
        }
        if member.has_languages() {
            let text = json!({ "type": may_be_null("string", is_nullable_in_language(usage)) });
            in_languages.insert(format!("^{}#[A-Za-z0-9-]+$", member.name), text);
        }
    }
    if !in_languages.is_empty() {
        object = object.extensions(Some(keywords([("patternProperties", Value::Object(in_languages))])));
    }
    Schema::Object(object.build())
}

/// Whether an object must have the member. `None` if it cannot have it.
fn presence(member: &Setting, usage: Use) -> Option<bool> {
    match usage {
        Use::Answer => match member.shown {
            Shown::Always => Some(true),
            Shown::Sometimes => Some(false),
            Shown::Once | Shown::Never => None,
        },
        Use::Creation => match member.shown {
            Shown::Always => Some(true),
            // A rehearsal leaves it out.
            Shown::Sometimes | Shown::Once => Some(false),
            Shown::Never => None,
        },
        Use::New => match member.given {
            Given::ByServer => None,
            Given::Required => Some(true),
            Given::Optional => Some(false),
            Given::Name { is_required } | Given::AtCreation { is_required } => Some(is_required),
        },
        // What only the server sets is ignored, so that an object can be sent back as it was read.
        Use::Replacement => match (member.given, member.shown) {
            (Given::ByServer, Shown::Always | Shown::Sometimes) => Some(false),
            (Given::ByServer, _) => None,
            (Given::Required, _) => Some(true),
            _ => Some(false),
        },
        Use::Patch => match member.given {
            Given::ByServer | Given::AtCreation { .. } => None,
            _ => Some(false),
        },
    }
}

fn is_nullable_in_language(usage: Use) -> bool {
    !usage.is_answer()
}

/// The schema of a member.
fn property(member: &Setting, usage: Use) -> RefOr<Schema> {
    if usage == Use::Replacement && member.is_by_server() {
        let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue).read_only(true);
        return any.description(Some(member.sentences())).into();
    }
    let is_nullable = match member.null {
        Null::Never => false,
        Null::InBodies => !usage.is_answer(),
        Null::InWholeBodies => matches!(usage, Use::New | Use::Replacement),
        Null::InAnswers => usage.is_answer(),
        Null::Anywhere => true,
    };
    let mut schema = of_form(member.form, is_nullable);
    let text = Some(member.sentences());
    match &mut schema {
        RefOr::T(Schema::Object(object)) => object.description = text,
        RefOr::T(Schema::Array(array)) => array.description = text,
        RefOr::T(Schema::OneOf(one_of)) => one_of.description = text,
        RefOr::Ref(reference) => reference.description = member.sentences(),
        RefOr::T(_) => {}
    }
    schema
}

fn may_be_null(name: &str, is_nullable: bool) -> Value {
    if is_nullable { json!([name, "null"]) } else { json!(name) }
}

fn typed(kind: Type, is_nullable: bool) -> ObjectBuilder {
    let kind = match is_nullable {
        true => SchemaType::Array(vec![kind, Type::Null]),
        false => SchemaType::Type(kind),
    };
    ObjectBuilder::new().schema_type(kind)
}

fn list(items: impl Into<ArrayItems>, is_nullable: bool) -> RefOr<Schema> {
    let kind = match is_nullable {
        true => SchemaType::Array(vec![Type::Array, Type::Null]),
        false => SchemaType::Type(Type::Array),
    };
    RefOr::T(Schema::Array(ArrayBuilder::new().items(items).schema_type(kind).build()))
}

fn format(name: &str) -> Option<SchemaFormat> {
    Some(SchemaFormat::Custom(name.to_owned()))
}

fn words(words: Vec<&'static str>, is_nullable: bool) -> Object {
    let mut all: Vec<Value> = words.into_iter().map(Value::from).collect();
    if is_nullable {
        all.push(Value::Null);
    }
    typed(Type::String, is_nullable).enum_values(Some(all)).build()
}

/// The schema of a value of this form.
pub(super) fn of_form(form: Form, is_nullable: bool) -> RefOr<Schema> {
    let text = || typed(Type::String, is_nullable);
    let one = |object: ObjectBuilder| RefOr::T(Schema::Object(object.build()));
    match form {
        Form::Text | Form::TextByLanguage | Form::Scope | Form::Colour => one(text()),
        Form::Uri | Form::UriByLanguage => one(text().format(format("uri"))),
        Form::Secret => one(text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))),
        Form::Time => one(text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))),
        Form::Word(known) => RefOr::T(Schema::Object(words(known(), is_nullable))),
        Form::WordList(known) => list(words(known(), false), is_nullable),
        Form::TextOrList => text_or_list(is_nullable),
        Form::TextList => list(Object::with_type(Type::String), is_nullable),
        Form::UriList => {
            list(ObjectBuilder::new().schema_type(Type::String).format(format("uri")), is_nullable)
        }
        Form::Flag => one(typed(Type::Boolean, is_nullable)),
        Form::Number | Form::Seconds => {
            one(typed(Type::Integer, is_nullable).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64))))
        }
        Form::JwkSet => one(jwk_set(is_nullable)),
        Form::ClaimChoice => claim_choice(is_nullable),
        Form::Claims | Form::Schema => one(typed(Type::Object, is_nullable)),
        Form::AnyObjectList => list(Object::with_type(Type::Object), is_nullable),
        Form::Any => one(ObjectBuilder::new().schema_type(SchemaType::AnyValue)),
        Form::Ranges => list(
            ArrayBuilder::new().items(Object::with_type(Type::Integer)).min_items(Some(2)).max_items(Some(2)),
            is_nullable,
        ),
        Form::Object(of) => nested(of, is_nullable),
        Form::ObjectList(of) => list(nested(of, false), is_nullable),
    }
}

fn jwk_set(is_nullable: bool) -> ObjectBuilder {
    let keys = list(Object::with_type(Type::Object), false);
    typed(Type::Object, is_nullable).property("keys", keys).required("keys")
}

fn text_or_list(is_nullable: bool) -> RefOr<Schema> {
    let one_of = OneOfBuilder::new()
        .item(Object::with_type(Type::String))
        .item(list(Object::with_type(Type::String), false));
    let one_of = if is_nullable { one_of.item(Object::with_type(Type::Null)) } else { one_of };
    RefOr::T(Schema::OneOf(one_of.build()))
}

fn claim_choice(is_nullable: bool) -> RefOr<Schema> {
    let one_of = OneOfBuilder::new()
        .item(words(vec!["none", "scopes"], false))
        .item(list(Object::with_type(Type::String), false));
    let one_of = if is_nullable { one_of.item(Object::with_type(Type::Null)) } else { one_of };
    RefOr::T(Schema::OneOf(one_of.build()))
}

/// An object inside of an answer. One that has a schema of its own is named.
fn nested(of: &'static ObjectSettings, is_nullable: bool) -> RefOr<Schema> {
    let is_named = contract::operations().any(|operation| match operation.answer {
        AnswerKind::List(it) | AnswerKind::Log(it) | AnswerKind::One(it) | AnswerKind::Put(it) => {
            same(it, of)
        }
        _ => false,
    });
    let schema: RefOr<Schema> = match is_named {
        true => Ref::from_schema_name(of.name).into(),
        false => object(of, Use::Answer).into(),
    };
    if !is_nullable {
        return schema;
    }
    let one_of = OneOfBuilder::new().item(schema).item(Object::with_type(Type::Null));
    RefOr::T(Schema::OneOf(one_of.build()))
}
