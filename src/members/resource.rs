//! The members of a resource in a body.

use super::Members;
use crate::clock::Seconds;
use crate::oauth::client::TokenFormat;
use crate::oauth::grant::resource::Resource;
use crate::oauth::grant::scope::Scope;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::operations::list_change::ListChange;
use crate::operations::resources::ResourceChanges;

/// Reads a resource to create under this URI, or one that replaces it. What is wrong is noted with the members.
pub fn new(members: &mut Members, uri: String) -> Resource {
    let given = changes(members);
    Resource {
        uri,
        version: 1,
        scopes: Scope::from_stored(&given.scopes.new_members().join(" ")),
        format: given.format.unwrap_or(TokenFormat::Jwt),
        algorithm: given.algorithm.flatten(),
        access_token_lifetime: given.access_token_lifetime.flatten(),
        servers: given.servers.new_members().to_vec(),
    }
}

/// The changes that give a resource all the members of this one.
pub fn whole(resource: Resource) -> ResourceChanges {
    ResourceChanges {
        scopes: ListChange::Replace(resource.scopes.names().map(str::to_owned).collect()),
        servers: ListChange::Replace(resource.servers),
        format: Some(resource.format),
        algorithm: Some(resource.algorithm),
        access_token_lifetime: Some(resource.access_token_lifetime),
    }
}

/// Reads a merge patch of a resource (RFC 7396). What is wrong is noted with the members.
pub fn changes(members: &mut Members) -> ResourceChanges {
    let formats: Vec<&str> = TokenFormat::ALL.iter().map(|known| known.as_str()).collect();
    let format = members.changed_word("token_format", &formats, TokenFormat::parse);
    let algorithms: Vec<&str> = SigningAlgorithm::ALL.iter().map(|known| known.as_str()).collect();
    let lifetime = members.changed_number("access_token_lifetime");
    ResourceChanges {
        scopes: members.scope_change("scope"),
        servers: members.clients("clients"),
        format: format.map(|format| format.unwrap_or(TokenFormat::Jwt)),
        algorithm: members.changed_word("token_alg", &algorithms, SigningAlgorithm::parse),
        access_token_lifetime: lifetime.map(|number| number.map(Seconds::new)),
    }
}
