//! The OpenAPI 3.1 document of the management API, made from its operations and the table of settings.

mod errors;
mod headers;
mod operation;
mod samples;
mod schema;

use serde_json::{Value, json};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{HttpMethod, PathItem, Paths};
use utoipa::openapi::security::{
    AuthorizationCode, ClientCredentials, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Scopes, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, InfoBuilder, OpenApiBuilder, Server};

use super::contract::{self, ApiOperation, SECTIONS};
use super::settings;
use crate::oauth::permission::management_scopes;
use crate::secret::Hash;

pub use errors::{DocumentedError, documented_errors, error_sample};
pub use operation::{curl, error_statuses};
pub use samples::{answer_text, body_sample};

/// The name of the security scheme of API keys.
const API_KEY: &str = "apiKey";
/// The name of the security scheme of access tokens.
const OAUTH: &str = "oauth2";

/// The document, as it is served.
#[derive(Clone, Debug)]
pub struct ApiDocument {
    pub value: Value,
    pub text: String,
    /// The entity tag of the text. It is a weak one, because the text may be compressed on its way.
    pub etag: String,
}

impl ApiDocument {
    /// The document of a server with this public URL that has these routes: the path of each, with its methods.
    pub fn new<'a>(issuer: &str, routes: impl Iterator<Item = (&'a str, Vec<&'a str>)>) -> Self {
        let mut paths = Paths::new();
        for (path, methods) in routes {
            for operation in methods.into_iter().filter_map(|method| find(method, path)) {
                if let Some(method) = method_of(operation) {
                    let item = PathItem::new(method, operation::operation(operation));
                    let path = operation.path;
                    match paths.paths.get_mut(path) {
                        Some(known) => known.merge_operations(item),
                        None => drop(paths.paths.insert(path.to_owned(), item)),
                    }
                }
            }
        }
        let info = InfoBuilder::new()
            .title("Grantor management API")
            .version(env!("CARGO_PKG_VERSION"))
            .description(Some(ABOUT))
            .build();
        let tag = |section: &contract::ApiSection| {
            TagBuilder::new().name(section.name).description(Some(section.sentence)).build()
        };
        let document = OpenApiBuilder::new()
            .info(info)
            .servers(Some([Server::new(issuer)]))
            .paths(paths)
            .components(Some(components(issuer)))
            .tags(Some(SECTIONS.iter().map(tag)))
            .build();
        // Sorted, so that every node has the same text.
        let value = serde_json::to_value(&document).unwrap_or_default();
        let text = value.to_string();
        let etag = format!("W/\"{}\"", Hash::of(&text).to_text());
        Self { value, text, etag }
    }
}

const ABOUT: &str = "Everything that an operator does with clients, people, scopes and keys. Each object in an answer has \
                     exactly the members that are listed here; a later version may add members. Unknown members of bodies and \
                     unknown parameters are refused. HEAD is answered wherever GET is. dry_run=true checks everything and \
                     keeps nothing.";

/// HEAD is not listed: it is answered wherever GET is (RFC 9110 §9.3.2).
fn find(method: &str, path: &str) -> Option<&'static ApiOperation> {
    if method == "HEAD" { None } else { contract::find(method, path) }
}

fn method_of(operation: &ApiOperation) -> Option<HttpMethod> {
    match operation.method {
        "GET" => Some(HttpMethod::Get),
        "POST" => Some(HttpMethod::Post),
        "PUT" => Some(HttpMethod::Put),
        "PATCH" => Some(HttpMethod::Patch),
        "DELETE" => Some(HttpMethod::Delete),
        _ => None,
    }
}

fn components(issuer: &str) -> Components {
    let mut components = Components::new();
    for (name, schema) in settings::ALL.iter().flat_map(|of| schema::schemas(of)) {
        components.schemas.insert(name, schema.into());
    }
    for (name, schema) in errors::schemas() {
        components.schemas.insert(name.to_owned(), schema.into());
    }
    for (name, response) in errors::responses(issuer) {
        components.responses.insert(name.to_owned(), response.into());
    }
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("grantor_sk_…")
        .description(Some("An API key: grantor api-key create"))
        .build();
    components.add_security_scheme(API_KEY, SecurityScheme::Http(key));
    let scopes: Scopes = management_scopes().map(|scope| (scope.clone(), scope_sentence(&scope))).collect();
    let flows = [
        Flow::AuthorizationCode(AuthorizationCode::new(
            format!("{issuer}/authorize"),
            format!("{issuer}/token"),
            scopes.clone(),
        )),
        Flow::ClientCredentials(ClientCredentials::new(format!("{issuer}/token"), scopes)),
    ];
    let about = format!(
        "An access token of this server for the resource {issuer}/api/v1. For a person, it permits no more than the person's role."
    );
    components.add_security_scheme(OAUTH, SecurityScheme::OAuth2(OAuth2::with_description(flows, about)));
    components
}

/// What a scope of the API permits, in a sentence.
pub fn scope_sentence(scope: &str) -> String {
    let what = |area: &str| match area {
        "clients" => "clients, their secrets, and deliveries of logout notices and pings",
        "users" => "people, their sessions, consents and one-time links",
        "grants" => "grants",
        "keys" => "signing keys",
        "audit" => "the audit trail, and refused requests",
        "config" => "scopes, resources, authorization types, trusted issuers and webhooks",
        _ => "",
    };
    let verb = |access: &str| if access == "write" { "Read and change" } else { "Read" };
    let words: Vec<&str> = scope.split('.').skip(1).collect();
    match words.as_slice() {
        // The trail never changes.
        ["audit", "write"] => format!("Read {}, as grantor.audit.read does.", what("audit")),
        [area, access] => format!("{} {}.", verb(access), what(area)),
        [access] => format!("{} everything, and API keys.", verb(access)),
        _ => String::new(),
    }
}

/// Keywords that the types of the document do not have.
fn keywords<const N: usize>(keywords: [(&str, Value); N]) -> Extensions {
    keywords.into_iter().collect()
}

/// JSON that is written in this program. `null` if it is not JSON, which a test would find.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(json!(null))
}
