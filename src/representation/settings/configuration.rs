//! The members of scopes, resources, authorization types and trusted issuers.

use super::words::{assertion_audiences, signing_algorithms, token_formats};
use super::{Form, Given, ObjectSettings, Setting, Shown};

/// A scope.
pub static SCOPE: ObjectSettings = ObjectSettings {
    name: "Scope",
    sentence: "Something that a person can allow an application.",
    command: Some("scope create"),
    members: &[
        name("name", Form::Text, "The scope's name, as applications send it").option("<NAME>"),
        Setting::new(
            "description",
            Form::TextByLanguage,
            "What the consent page says about the scope, for example \"Read your calendar\"",
        )
        .required()
        .option("--description"),
        Setting::new(
            "consequence",
            Form::TextByLanguage,
            "What follows for the person from allowing the scope, for example \"It can move your money.\"; the consent page says \
             it if the scope is sensitive",
        )
        .may_be_unset()
        .option("--consequence"),
        Setting::new(
            "sensitive",
            Form::Flag,
            "Only give the scope to an application that names it in its request",
        )
        .option("--sensitive"),
        Setting::new(
            "required",
            Form::Flag,
            "Do not let people leave the scope out on the consent page of an application that allows partial consent",
        )
        .option("--required"),
        Setting::new(
            "claims",
            Form::TextList,
            "A claim about the person that applications receive with the scope",
        )
        .option("--claim"),
        Setting::new(
            "access_token_lifetime",
            Form::Seconds,
            "The longest lifetime of an access token with the scope, such as 1m",
        )
        .may_be_unset()
        .note("In JSON, a number of seconds. Without it, there is no limit.")
        .option("--access-token-lifetime"),
        Setting::new(
            "required_group",
            Form::Text,
            "Only people in this group can give the scope to an application",
        )
        .may_be_unset()
        .option("--require-group"),
    ],
};

/// A resource.
pub static RESOURCE: ObjectSettings = ObjectSettings {
    name: "Resource",
    sentence: "An API that tokens are for.",
    command: Some("resource create"),
    members: &[
        name(
            "resource",
            Form::Uri,
            "The URI by which applications name the API; it is also the audience of its tokens",
        )
        .option("<URI>"),
        Setting::new("scope", Form::Scope, "The scopes that belong to the API, separated by spaces")
            .option("--scope"),
        Setting::new(
            "clients",
            Form::TextList,
            "A client that may introspect tokens for the API, usually the API itself",
        )
        .option("--client"),
        Setting::new(
            "token_format",
            Form::Word(token_formats),
            "The format of access tokens for the API: a jwt that the API verifies itself, or opaque",
        )
        .option("--token-format"),
        Setting::new("token_alg", Form::Word(signing_algorithms), "The algorithm that signs JWTs for the API")
            .may_be_unset()
            .note("Without it, tokens.access_token_alg of the configuration decides. Clients with a FAPI profile get no token with RS256.")
            .option("--token-alg"),
        Setting::new(
            "access_token_lifetime",
            Form::Seconds,
            "The lifetime of access tokens for the API, such as 5m; clients and scopes may shorten it",
        )
        .may_be_unset()
        .note("In JSON, a number of seconds. Without it, the server decides.")
        .option("--access-token-lifetime"),
    ],
};

/// An authorization type.
pub static AUTHORIZATION_TYPE: ObjectSettings = ObjectSettings {
    name: "AuthorizationType",
    sentence: "A type of authorization details: something that applications ask for in words of their own (RFC 9396).",
    command: Some("authorization-type create"),
    members: &[
        name("name", Form::Text, "The type, as applications send it").option("<NAME>"),
        Setting::new("schema", Form::Schema, "The JSON Schema (2020-12) that each detail of the type must fit")
            .required()
            .note(
                "It is about the whole detail, with its type, and refers to nothing outside of itself. Its patterns have no \
                 look-around and no back-references.",
            )
            .option("--schema"),
        Setting::new(
            "template",
            Form::TextByLanguage,
            "The sentence on the consent page, for example \"Pay {{ amount }} to {{ to }}\", with members of the detail",
        )
        .required()
        .option("--template"),
        Setting::new(
            "resources",
            Form::UriList,
            "A resource that the locations of details may name; they may then name no others",
        )
        .note("Without any, they may name every resource that the application may use.")
        .option("--resource"),
        Setting::new(
            "always_ask",
            Form::Flag,
            "Ask people about each request, whatever they have allowed before, also for an application of the operator",
        )
        .option("--always-ask"),
    ],
};

/// A trusted issuer.
pub static ISSUER: ObjectSettings = ObjectSettings {
    name: "TrustedIssuer",
    sentence: "Another server whose tokens may say who a person is.",
    command: Some("issuer create"),
    members: &[
        name("issuer", Form::Text, "The iss of the issuer's tokens, exactly as written in them").option("<ISSUER>"),
        Setting::new("jwks", Form::JwkSet, "The public keys of the issuer, as a JWK Set")
            .may_be_unset()
            .note("An issuer has either this or jwks_uri.")
            .option("--jwks"),
        Setting::new(
            "jwks_uri",
            Form::Uri,
            "The address of the issuer's public keys; the server reads them when it needs them",
        )
        .may_be_unset()
        .option("--jwks-uri"),
        Setting::new(
            "scope",
            Form::Scope,
            "The scopes that the issuer's tokens can lead to at most, separated by spaces",
        )
        .required()
        .option("--scope"),
        Setting::new("clients", Form::TextList, "A client that may present the issuer's tokens")
            .required()
            .option("--client"),
        Setting::new(
            "assertion_audience",
            Form::Word(assertion_audiences),
            "The audience that the issuer's tokens may have: only the issuer of this server, or also the token endpoint, which is legacy",
        )
        .option("--assertion-audience"),
    ],
};

/// The link of a subject of a trusted issuer to a user.
pub static SUBJECT: ObjectSettings = ObjectSettings {
    name: "LinkedSubject",
    sentence: "A subject of a trusted issuer, and the user that it is linked to.",
    command: Some("issuer link"),
    members: &[
        Setting::new("subject", Form::Text, "The sub of the issuer's tokens about this person")
            .required()
            .option("<SUBJECT>"),
        Setting::new(
            "user",
            Form::Text,
            "The user that the subject is linked to: a username, an e-mail address or an id",
        )
        .required()
        .shown(Shown::Never)
        .option("--user"),
        Setting::by_server("user_id", Form::Text, "The id of the user"),
        Setting::by_server("username", Form::Text, "The username"),
    ],
};

const fn name(name: &'static str, form: Form, sentence: &'static str) -> Setting {
    Setting { null: super::Null::Never, ..Setting::new(name, form, sentence) }
        .given(Given::Name { is_required: true })
}
