//! The command that lifts the cause of a refusal, with the real names in it.

use crate::oauth::client::demand::Demands;
use crate::oauth::client::profile::Profile;
use crate::oauth::client::{AuthMethod, Client, GrantType};
use crate::oauth::detail::Detail;
use crate::oauth::grant::resource::check_uri;
use crate::oauth::identity::claims::Person;
use crate::oauth::reason::Reason;
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::oauth::request::response_type::ResponseType;

/// A command for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cure {
    /// One line for a shell. What a stranger sent is quoted in it.
    pub command: String,
    /// What the operator must know before.
    pub caution: Option<&'static str>,
}

/// What is known about a refusal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub(super) detail: Option<&'a Detail>,
    /// The client as it is registered now.
    pub(super) client: Option<&'a Client>,
    pub(super) user: Option<&'a Person>,
    /// What the server demands of clients without settings of their own.
    pub(super) demands: Demands,
}

const WHOSE_ADDRESS: &str = "first make sure that this address belongs to the application: it came from the network, and people's \
                             sign-ins will be sent there";
const WHOSE_TOKENS: &str = "first make sure that the API verifies the server's algorithms: from then on they sign its tokens for every application";
const WHOSE_SCOPE: &str = "first make sure that the application may have this access";

/// Returns the command that would let a request like the refused one pass. `None` if the mistake is not the operator's,
/// or no single command lifts it.
pub(super) fn cure(reason: Reason, facts: &Facts<'_>) -> Option<Cure> {
    let cure = |command: Option<String>, caution| Some(Cure { command: command?, caution });
    let profile = facts.profile();
    match reason {
        // The profile of the client does not allow what the command would set.
        Reason::ChallengeMissing | Reason::ResponseTypeNotAllowed if profile != Profile::None => None,
        Reason::ClientMethodNotAllowed | Reason::AssertionAudience if profile.is_fapi() => None,
        Reason::RedirectUriNoneRegistered
        | Reason::RedirectUriScheme
        | Reason::RedirectUriHost
        | Reason::RedirectUriPort
        | Reason::RedirectUriPath => cure(address(facts, "--add-redirect-uri"), Some(WHOSE_ADDRESS)),
        Reason::LogoutRedirectUri => {
            cure(address(facts, "--add-post-logout-redirect-uri"), Some(WHOSE_ADDRESS))
        }
        Reason::ScopeForbidden => cure(scopes(facts), Some(WHOSE_SCOPE)),
        Reason::ScopeUnknown => cure(
            unknown_scope(facts),
            Some(
                "first make sure that the name is not misspelt; then allow the application to use the scope",
            ),
        ),
        Reason::ClientGrantNotAllowed => cure(grant(facts), None),
        Reason::ResponseTypeNotAllowed => cure(response_types(facts), None),
        Reason::ClientMethodNotAllowed => {
            cure(auth_method(facts), Some("this is the only method that the client may use from then on"))
        }
        Reason::ClientSecretWrong => cure(
            facts.id().map(|id| format!("grantor client add-secret {id}")),
            Some("it makes a new secret, which the application has to use; no one can read the old one"),
        ),
        Reason::ClientDisabled => cure(facts.update("--enable"), None),
        Reason::ChallengeMissing => cure(
            facts.client.filter(|client| !client.kind.is_public()).and_then(|_| facts.update("--pkce off")),
            Some("it is better to switch on PKCE in the application"),
        ),
        Reason::AssertionAudience => cure(token_endpoint(facts), None),
        Reason::ResourceUnknown => cure(
            unknown_resource(facts),
            Some("first make sure that this is the address of an API of yours; --scope names its scopes"),
        ),
        Reason::ResourceNotAllowed => cure(resource(facts), None),
        Reason::ResourceAlgorithm => cure(token_algorithm(facts), Some(WHOSE_TOKENS)),
        Reason::DetailsTypeForbidden => cure(authorization_type(facts), None),
        Reason::UserDisabled | Reason::SubjectDisabled => {
            cure(facts.username().map(|name| format!("grantor user enable {name}")), None)
        }
        Reason::UserGroup | Reason::SubjectGroup => cure(group(facts), Some(WHOSE_SCOPE)),
        _ => cure(without_names(reason), None),
    }
}

impl Facts<'_> {
    /// The client's id as a word of a shell.
    fn id(&self) -> Option<String> {
        argument(self.client?.id.as_str())
    }

    fn profile(&self) -> Profile {
        self.client.map_or(Profile::None, |client| client.profile(&self.demands))
    }

    fn username(&self) -> Option<String> {
        argument(&self.user?.username)
    }

    fn update(&self, options: &str) -> Option<String> {
        Some(format!("grantor client update {} {options}", self.id()?))
    }

    /// The value that came, if it is whole.
    fn came(&self) -> Option<&str> {
        let detail = self.detail.filter(|detail| !detail.is_cut())?;
        detail.came.as_deref()
    }

    /// The names that differ, if they are whole.
    fn differing(&self) -> Option<&str> {
        let (_, names) = self.detail?.differs.as_ref()?;
        (!names.ends_with("...")).then_some(names)
    }
}

/// The address that came, if the client may register it.
fn address(facts: &Facts<'_>, option: &str) -> Option<String> {
    let (came, client) = (facts.came()?, facts.client?);
    RegisteredUri::register_for(came, client.kind, &client.allowed_schemes).ok()?;
    facts.update(&format!("{option} {}", argument(came)?))
}

fn scopes(facts: &Facts<'_>) -> Option<String> {
    facts.update(&format!("--add-scope {}", argument(facts.differing()?)?))
}

fn unknown_scope(facts: &Facts<'_>) -> Option<String> {
    let name = facts.differing()?.split(' ').next()?;
    let description = argument(&format!("What {name} lets an application do"))?;
    Some(format!("grantor scope create {} --description {description}", argument(name)?))
}

/// The types of the client, and the one that came.
fn authorization_type(facts: &Facts<'_>) -> Option<String> {
    let own = facts.client?.authorization_details_types.iter().map(String::as_str);
    let all: Option<Vec<String>> = own.chain(facts.came()).map(argument).collect();
    let options: Vec<String> = all?.into_iter().map(|name| format!("--authorization-type {name}")).collect();
    facts.update(&options.join(" "))
}

fn unknown_resource(facts: &Facts<'_>) -> Option<String> {
    let uri = facts.came().filter(|uri| check_uri(uri).is_ok())?;
    Some(format!("grantor resource create {}", argument(uri)?))
}

fn grant(facts: &Facts<'_>) -> Option<String> {
    let (grant, client) = (GrantType::parse(facts.came()?)?, facts.client?);
    let cannot_have_it = client.kind.is_public() && grant.needs_proof();
    if cannot_have_it || client.grants.contains(&grant) {
        return None;
    }
    facts.update(&format!("--add-grant {}", grant.as_str()))
}

/// The option replaces those before, so it is given for each.
fn response_types(facts: &Facts<'_>) -> Option<String> {
    let (asked, client) = (ResponseType::parse(facts.came()?)?, facts.client?);
    let others = client.response_types.iter().filter(|other| **other != asked);
    let options: Option<Vec<String>> = others
        .chain([&asked])
        .map(|known| Some(format!("--response-type {}", argument(known.as_str())?)))
        .collect();
    facts.update(&options?.join(" "))
}

/// A method with a secret. The others need keys, too.
fn auth_method(facts: &Facts<'_>) -> Option<String> {
    let method = AuthMethod::parse(facts.came()?)?;
    matches!(method, AuthMethod::Basic | AuthMethod::Post)
        .then(|| facts.update(&format!("--auth-method {}", method.as_str())))?
}

fn token_endpoint(facts: &Facts<'_>) -> Option<String> {
    let issuer = facts.detail?.registered.first()?;
    let is_endpoint = facts.came()?.strip_prefix(issuer.as_str()) == Some("/token");
    is_endpoint.then(|| facts.update("--assertion-audience token-endpoint"))?
}

/// Only for a client with a list of resources: another one may name those of which it has a scope.
fn resource(facts: &Facts<'_>) -> Option<String> {
    let is_listed = !facts.client?.resources.is_empty();
    is_listed.then(|| facts.update(&format!("--add-resource {}", argument(facts.came()?)?)))?
}

/// The server's choice in place of the API's own, if a profile of the client allows it.
fn token_algorithm(facts: &Facts<'_>) -> Option<String> {
    let uri = facts.differing().filter(|uri| check_uri(uri).is_ok())?;
    Some(format!("grantor resource update {} --token-alg default", argument(uri)?))
}

fn group(facts: &Facts<'_>) -> Option<String> {
    let group = facts.detail?.registered.first()?;
    Some(format!("grantor user update {} --add-group {}", facts.username()?, argument(group)?))
}

/// The command of the error reference, if no made-up name is in it.
fn without_names(reason: Reason) -> Option<String> {
    const MADE_UP: [&str; 4] = ["calendar", "reports", "alice", "example.com"];
    let command = reason.command()?;
    (!MADE_UP.iter().any(|name| command.contains(name))).then(|| command.to_owned())
}

/// A value as one word of a shell. `None` if a command would take it for an option.
fn argument(value: &str) -> Option<String> {
    let is_plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/' | b':' | b'@' | b'+' | b',')
    };
    let fits = !value.is_empty() && !value.starts_with('-') && !value.chars().any(char::is_control);
    fits.then(|| match value.bytes().all(is_plain) {
        true => value.to_owned(),
        false => format!("'{}'", value.replace('\'', r"'\''")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client::{ClientKind, example};
    use crate::oauth::detail::DetailSubject;

    #[test]
    fn what_a_stranger_sent_is_one_word_of_the_shell() {
        assert_eq!(argument("https://a.example/cb"), Some("https://a.example/cb".into()));
        assert_eq!(argument("https://a.example/$(id)?a=b&c"), Some("'https://a.example/$(id)?a=b&c'".into()));
        assert_eq!(argument("a'; rm -rf /;'"), Some(r"'a'\''; rm -rf /;'\'''".into()));
        assert_eq!(argument("`id`"), Some("'`id`'".into()));
        assert_eq!(argument("--disable"), None);
        assert_eq!(argument(""), None);
        assert_eq!(argument("a\nb"), None);
    }

    #[test]
    fn no_command_sets_what_the_profile_of_the_client_does_not_allow() {
        let detail = Detail::of(DetailSubject::Audience)
            .came("https://id.example/token")
            .registered(["https://id.example"]);
        let client = example(ClientKind::Web);
        let of = |reason, profile| {
            let demands = Demands { profile, ..Demands::NOTHING };
            cure(reason, &Facts { detail: Some(&detail), client: Some(&client), user: None, demands })
                .is_some()
        };
        for profile in [Profile::None, Profile::OAuth21, Profile::Fapi2] {
            assert_eq!(of(Reason::AssertionAudience, profile), !profile.is_fapi(), "{profile:?}");
            assert_eq!(of(Reason::ChallengeMissing, profile), profile == Profile::None, "{profile:?}");
        }
    }
}
