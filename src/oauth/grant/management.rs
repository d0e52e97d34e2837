//! The management API of this server as a resource (RFC 8707). It exists on every server, without being registered.

use crate::oauth::client::TokenFormat;
use crate::oauth::grant::resource::Resource;
use crate::oauth::grant::scope::{OFFLINE_ACCESS, OPENID, Scope};
use crate::oauth::permission::{is_management_scope, management_scopes};

/// Returns the URI of the management API of the server with this issuer.
pub fn uri(issuer: &str) -> String {
    format!("{issuer}/api/v1")
}

/// Returns the resource. Its tokens are opaque, because only this server reads them.
pub fn resource(issuer: &str) -> Resource {
    let scopes: Vec<String> = management_scopes().collect();
    Resource {
        uri: uri(issuer),
        version: 1,
        scopes: Scope::from_stored(&scopes.join(" ")),
        format: TokenFormat::Opaque,
        algorithm: None,
        access_token_lifetime: None,
        servers: Vec::new(),
    }
}

/// Whether a scope has names of the management API.
pub fn has_any(scope: &Scope) -> bool {
    scope.names().any(is_management_scope)
}

/// Whether a token with this scope can only be for the management API: it has names of it, and beside them none of another
/// API.
pub fn is_the_only_one(scope: &Scope) -> bool {
    let is_of_no_api = |name: &str| name == OPENID || name == OFFLINE_ACCESS;
    has_any(scope) && scope.names().all(|name| is_management_scope(name) || is_of_no_api(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_scope_without_names_of_other_apis_is_for_the_management_api() {
        for (scope, expected) in [
            ("grantor.read", true),
            ("grantor.clients.write offline_access openid", true),
            ("grantor.read read", false),
            ("grantor.read profile", false),
            ("openid", false),
            ("", false),
        ] {
            assert_eq!(is_the_only_one(&Scope::from_stored(scope)), expected, "{scope}");
        }
    }
}
