//! The command that lifts the cause of a refusal, with the real names in it.

use crate::oauth::client::demand::{Demanded, Demands};
use crate::oauth::client::{
    AssertionAudience, AuthMethod, Client, ClientMetadata, Demand, GrantType, registration,
};
use crate::oauth::detail::Detail;
use crate::oauth::grant::resource::check_uri;
use crate::oauth::grant::scope::Scope;
use crate::oauth::permission::is_management_scope;
use crate::oauth::reason::Reason;
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::oauth::request::response_type::ResponseType;
use crate::oauth::withheld::WITHHELD;
use crate::operations::shell_word::shell_word;
use crate::store::users::UserRecord;

/// A command for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cure {
    pub change: CureChange,
    /// One line for a shell. What a stranger sent is quoted in it.
    pub command: String,
    /// What the operator must know before.
    pub caution: &'static str,
}

/// What the command of a cure changes, for other ways to change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CureChange {
    ClientSettings,
    /// The client is enabled.
    ClientState,
    /// The client gets one more secret.
    ClientSecret,
    NewScope,
    NewResource,
    ResourceSettings,
    /// The account is enabled.
    UserState,
    UserGroups,
}

/// What is known about a refusal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub(super) detail: Option<&'a Detail>,
    /// The client as it is registered now.
    pub(super) client: Option<&'a Client>,
    /// Whether the client can get one more secret.
    pub(super) takes_secret: bool,
    pub(super) user: Option<&'a UserRecord>,
    /// What the server demands of clients: a change that they do not allow would only lead to the next refusal.
    pub(super) demands: Demands,
}

const WHOSE_ADDRESS: &str = "first make sure that this address belongs to the application: it came from the network, and people's \
                             sign-ins will be sent there";
const WHOSE_ADDRESS_IN_SECTOR: &str = "first make sure that this address belongs to the application, because people's sign-ins will be \
                                       sent there, and that it is in the list at the client's sector_identifier_uri";
const WHOSE_TOKENS: &str = "first make sure that the API verifies the server's algorithms: from then on they sign its tokens for every application";
const WHOSE_SCOPE: &str = "first make sure that the application may have this access";
const UNKNOWN_SCOPE: &str =
    "first make sure that the name is not misspelt; then allow the application to use the scope";
const UNKNOWN_RESOURCE: &str =
    "first make sure that this is the address of an API of yours; --scope names its scopes";
const ONLY_METHOD: &str = "this is the only method that the client may use from then on";
const NEW_SECRET: &str =
    "it makes a new secret, which the application has to use; no one can read the old one";
const WITHOUT_PKCE: &str = "it is better to switch on PKCE in the application: without it, a code that somebody steals is worth more";
const WIDER_AUDIENCE: &str =
    "it is better that the application names the issuer, because then no other server can use the assertion";
const IN_THE_BROWSER: &str =
    "it is better that the application asks for code: other response types send tokens through the browser";
const WHY_DISABLED: &str = "first find out why it was disabled";

/// Returns the command that lets the refused request pass this check. `None` if the mistake is the application's, if no
/// command lifts it, or if the command would be refused: then the reason's own sentence says what helps.
pub(super) fn cure(reason: Reason, facts: &Facts<'_>) -> Option<Cure> {
    use CureChange as Change;
    let (change, command, caution) = match reason {
        Reason::RedirectUriNoneRegistered
        | Reason::RedirectUriScheme
        | Reason::RedirectUriHost
        | Reason::RedirectUriPort
        | Reason::RedirectUriPath => (Change::ClientSettings, redirect_uri(facts)?, whose_address(facts)),
        Reason::LogoutRedirectUri => (Change::ClientSettings, after_logout(facts)?, WHOSE_ADDRESS),
        Reason::ScopeForbidden => (Change::ClientSettings, scopes(facts)?, WHOSE_SCOPE),
        Reason::ScopeUnknown => (Change::NewScope, unknown_scope(facts)?, UNKNOWN_SCOPE),
        Reason::ClientGrantNotAllowed => (Change::ClientSettings, grant(facts)?, WHOSE_SCOPE),
        Reason::ResponseTypeNotAllowed => (Change::ClientSettings, response_types(facts)?, IN_THE_BROWSER),
        Reason::ClientMethodNotAllowed => (Change::ClientSettings, auth_method(facts)?, ONLY_METHOD),
        Reason::ClientSecretWrong => (Change::ClientSecret, secret(facts)?, NEW_SECRET),
        Reason::ClientDisabled => (Change::ClientState, enabled(facts)?, WHY_DISABLED),
        Reason::ChallengeMissing => (Change::ClientSettings, without_pkce(facts)?, WITHOUT_PKCE),
        Reason::AssertionAudience => (Change::ClientSettings, token_endpoint(facts)?, WIDER_AUDIENCE),
        Reason::ResourceUnknown => (Change::NewResource, unknown_resource(facts)?, UNKNOWN_RESOURCE),
        Reason::ResourceNotAllowed => (Change::ClientSettings, resource(facts)?, WHOSE_SCOPE),
        Reason::ResourceAlgorithm => (Change::ResourceSettings, token_algorithm(facts)?, WHOSE_TOKENS),
        Reason::DetailsTypeForbidden => (Change::ClientSettings, authorization_type(facts)?, WHOSE_SCOPE),
        Reason::UserDisabled | Reason::SubjectDisabled => {
            (Change::UserState, enabled_user(facts)?, WHY_DISABLED)
        }
        Reason::UserGroup | Reason::SubjectGroup => (Change::UserGroups, group(facts)?, WHOSE_SCOPE),
        _ => return None,
    };
    Some(Cure { change, command, caution })
}

impl Facts<'_> {
    /// The client's id as a word of a shell.
    fn id(&self) -> Option<String> {
        argument(self.client?.id.as_str())
    }

    fn username(&self) -> Option<String> {
        argument(&self.user?.person.username)
    }

    /// The command that changes the client. `None` if nothing would change, or if the client's other settings or its profile
    /// do not allow the change.
    fn update(&self, options: &str, change: impl FnOnce(&mut ClientMetadata)) -> Option<String> {
        let changed = self.changed(change)?;
        let is_new = changed.metadata != self.client?.metadata;
        let is_valid =
            registration::check(&changed).is_empty() && changed.check_profile(&self.demands).is_ok();
        let id = self.id()?;
        (is_new && is_valid).then(|| format!("grantor client update {id} {options}"))
    }

    fn changed(&self, change: impl FnOnce(&mut ClientMetadata)) -> Option<Client> {
        let mut changed = self.client?.clone();
        change(&mut changed.metadata);
        Some(changed)
    }

    /// The value that came, if it is kept as it came.
    fn came(&self) -> Option<&str> {
        let detail = self.detail.filter(|detail| detail.is_as_it_came())?;
        detail.came.as_deref()
    }

    /// The names that differ, if they are whole.
    fn differing(&self) -> Option<&str> {
        let (_, names) = self.detail?.differs.as_ref()?;
        (!names.ends_with("...") && !names.contains(WITHHELD)).then_some(names)
    }
}

/// The address that came, if the client may register it.
fn address<'f>(facts: &'f Facts<'_>) -> Option<(&'f str, RegisteredUri)> {
    let (came, client) = (facts.came()?, facts.client?);
    // A command takes such a text for several addresses.
    let is_like_a_list = came.contains(',') && came.matches("://").count() > 1;
    let uri = RegisteredUri::register_for(came, client.kind, &client.allowed_schemes).ok()?;
    (!is_like_a_list).then_some((came, uri))
}

fn redirect_uri(facts: &Facts<'_>) -> Option<String> {
    let (came, uri) = address(facts)?;
    let options = format!("--add-redirect-uri {}", argument(came)?);
    facts.update(&options, |client| add(&mut client.redirect_uris, uri))
}

fn whose_address(facts: &Facts<'_>) -> &'static str {
    let is_in_sector = facts.client.is_some_and(|client| client.sector_identifier_uri.is_some());
    if is_in_sector { WHOSE_ADDRESS_IN_SECTOR } else { WHOSE_ADDRESS }
}

fn after_logout(facts: &Facts<'_>) -> Option<String> {
    let (came, uri) = address(facts)?;
    let options = format!("--add-post-logout-redirect-uri {}", argument(came)?);
    facts.update(&options, |client| add(&mut client.post_logout_redirect_uris, uri))
}

fn add<T: PartialEq>(list: &mut Vec<T>, new: T) {
    if !list.contains(&new) {
        list.push(new);
    }
}

/// Not for the management API: a request of a stranger should not bring an operator to give this server away.
fn scopes(facts: &Facts<'_>) -> Option<String> {
    let names = facts.differing()?;
    let added = Scope::from_stored(names);
    if added.names().any(is_management_scope) {
        return None;
    }
    facts.update(&format!("--add-scope {}", argument(names)?), |client| {
        client.scopes = client.scopes.and(&added);
    })
}

/// For several scopes, one command would not be enough.
fn unknown_scope(facts: &Facts<'_>) -> Option<String> {
    let name = facts.differing()?;
    if name.contains(' ') || is_management_scope(name) {
        return None;
    }
    let description = argument(&format!("What {name} lets an application do"))?;
    Some(format!("grantor scope create {} --description {description}", argument(name)?))
}

/// The types of the client, and the one that came.
fn authorization_type(facts: &Facts<'_>) -> Option<String> {
    let came = facts.came()?;
    let mut types = facts.client?.authorization_details_types.clone();
    add(&mut types, came.to_owned());
    let options: Option<Vec<String>> =
        types.iter().map(|name| Some(format!("--authorization-type {}", argument(name)?))).collect();
    facts.update(&options?.join(" "), |client| client.authorization_details_types = types)
}

fn unknown_resource(facts: &Facts<'_>) -> Option<String> {
    let uri = facts.came().filter(|uri| check_uri(uri).is_ok())?;
    Some(format!("grantor resource create {}", argument(uri)?))
}

fn grant(facts: &Facts<'_>) -> Option<String> {
    let grant = GrantType::parse(facts.came()?)?;
    facts.update(&format!("--add-grant {}", grant.as_str()), |client| add(&mut client.grants, grant))
}

/// The option replaces those before, so it is given for each.
fn response_types(facts: &Facts<'_>) -> Option<String> {
    let asked = ResponseType::parse(facts.came()?)?;
    let mut types = facts.client?.response_types.clone();
    add(&mut types, asked);
    let options: Option<Vec<String>> =
        types.iter().map(|known| Some(format!("--response-type {}", argument(known.as_str())?))).collect();
    facts.update(&options?.join(" "), |client| client.response_types = types)
}

/// A method with the same secret. From a key or a certificate to a secret would be a step back.
fn auth_method(facts: &Facts<'_>) -> Option<String> {
    let sends_secret = |method: &AuthMethod| matches!(method, AuthMethod::Basic | AuthMethod::Post);
    let method = AuthMethod::parse(facts.came()?).filter(sends_secret)?;
    facts.client?.auth_method.filter(sends_secret)?;
    facts.update(&format!("--auth-method {}", method.as_str()), |client| client.auth_method = Some(method))
}

fn secret(facts: &Facts<'_>) -> Option<String> {
    let id = facts.id()?;
    facts.takes_secret.then(|| format!("grantor client add-secret {id}"))
}

fn enabled(facts: &Facts<'_>) -> Option<String> {
    let id = facts.id()?;
    facts.client?.disabled.then(|| format!("grantor client update {id} --enable"))
}

fn enabled_user(facts: &Facts<'_>) -> Option<String> {
    facts.user?.disabled_at?;
    Some(format!("grantor user enable {}", facts.username()?))
}

/// Only for a confidential client whose request had nothing of PKCE: one with a method and no challenge knows PKCE, and
/// does it wrong.
fn without_pkce(facts: &Facts<'_>) -> Option<String> {
    let knows_pkce = facts.detail.is_none_or(|detail| detail.differs.is_some());
    let off = |client: &mut ClientMetadata| client.pkce = Some(Demand::Off);
    if knows_pkce || facts.changed(off)?.must(Demanded::Pkce, &facts.demands) {
        return None;
    }
    facts.update("--pkce off", off)
}

fn token_endpoint(facts: &Facts<'_>) -> Option<String> {
    let issuer = facts.detail?.registered.first()?;
    let is_endpoint = facts.came()?.strip_prefix(issuer.as_str()) == Some("/token");
    let widen =
        |client: &mut ClientMetadata| client.assertion_audience = Some(AssertionAudience::TokenEndpoint);
    is_endpoint.then(|| facts.update("--assertion-audience token-endpoint", widen))?
}

/// Only for a client with a list of resources: another one may name those of which it has a scope.
fn resource(facts: &Facts<'_>) -> Option<String> {
    if facts.client?.resources.is_empty() {
        return None;
    }
    let uri = facts.came()?;
    facts.update(&format!("--add-resource {}", argument(uri)?), |client| {
        add(&mut client.resources, uri.to_owned());
    })
}

/// The server's choice in place of the API's own, if a profile of the client allows it.
fn token_algorithm(facts: &Facts<'_>) -> Option<String> {
    let uri = facts.differing().filter(|uri| check_uri(uri).is_ok())?;
    Some(format!("grantor resource update {} --token-alg default", argument(uri)?))
}

/// All groups that the person lacks. A name with a percent sign may have been escaped, and one with dots may have been cut.
fn group(facts: &Facts<'_>) -> Option<String> {
    let missing = &facts.detail?.registered;
    let is_exact = |group: &String| !group.contains('%') && !group.ends_with("...");
    if missing.is_empty() || !missing.iter().all(is_exact) {
        return None;
    }
    let options: Option<Vec<String>> =
        missing.iter().map(|group| Some(format!("--add-group {}", argument(group)?))).collect();
    Some(format!("grantor user update {} {}", facts.username()?, options?.join(" ")))
}

/// A value as one word of a shell. `None` if a command would take it for an option.
fn argument(value: &str) -> Option<String> {
    let fits = !value.is_empty() && !value.starts_with('-') && !value.chars().any(char::is_control);
    fits.then(|| shell_word(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client::profile::Profile;
    use crate::oauth::client::{ClientKind, example};
    use crate::oauth::detail::DetailSubject;

    #[test]
    fn no_command_has_made_up_names() {
        let demands = Demands::NOTHING;
        let facts = Facts { detail: None, client: None, takes_secret: true, user: None, demands };
        for &reason in Reason::ALL {
            assert_eq!(cure(reason, &facts), None, "{}", reason.word());
        }
    }

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
        let mut client = example(ClientKind::Web);
        client.metadata.auth_method = Some(AuthMethod::PrivateKeyJwt);
        client.metadata.jwks_uri = Some("https://app.example/jwks".to_owned());
        let of = |reason, profile| {
            let demands = Demands { profile, ..Demands::NOTHING };
            let facts = Facts {
                detail: Some(&detail),
                client: Some(&client),
                takes_secret: true,
                user: None,
                demands,
            };
            cure(reason, &facts).is_some()
        };
        for profile in [Profile::None, Profile::OAuth21, Profile::Fapi2] {
            assert_eq!(of(Reason::AssertionAudience, profile), !profile.is_fapi(), "{profile:?}");
            assert_eq!(of(Reason::ChallengeMissing, profile), profile == Profile::None, "{profile:?}");
        }
    }
}
