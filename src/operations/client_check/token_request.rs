//! The rules of token requests without a code.

use super::preview::{GrantSource, Granting, TokenPreview};
use super::rehearsal::Rehearsal;
use crate::oauth::client::GrantType;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::authorization_details::AuthorizationDetails;
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::resource;
use crate::oauth::grant::scope::Scope;
use crate::oauth::grant::{UserStatus, may_issue};
use crate::oauth::identity::claims::Person;
use crate::oauth::identity::group;
use crate::oauth::request::ServerContext;
use crate::oauth::request::backchannel;

/// The value of the parameters of a backchannel request that its sender is free to choose.
const CHOSEN: &str = "check";

impl<'a> Rehearsal<'a> {
    /// The rules of a refresh. It continues what was allowed before, by whichever grant of the client gives refresh tokens.
    pub(super) fn refresh(&mut self) -> Option<TokenPreview> {
        let client = &self.known.client;
        let may_use = |grant: &GrantType| client.may_use(*grant).is_ok();
        let grants = [GrantType::AuthorizationCode, GrantType::DeviceCode, GrantType::Ciba];
        let grant = grants.into_iter().find(may_use).unwrap_or(GrantType::AuthorizationCode);
        self.note("grant_type", self.grant(grant));
        match grant {
            GrantType::AuthorizationCode => self.authorization(),
            // The rules of a backchannel request are not those of a refresh.
            _ => self.allowed_elsewhere(),
        }
    }

    /// The rules of a request for what a person has allowed at a device, or by whatever a refresh continues.
    pub(super) fn allowed_elsewhere(&mut self) -> Option<TokenPreview> {
        self.profile();
        self.sender();
        let details = self.named_details()?;
        let scope = self.scope(&details)?;
        self.of_person(scope, details, GrantSource::Person)
    }

    /// The rules of a client that acts for itself.
    pub(super) fn client_credentials(&mut self) -> Option<TokenPreview> {
        self.profile();
        self.sender();
        let details = self.named_details()?;
        let scope = self.scope(&details)?;
        let resources = self.noted_resources(self.only_resource())?;
        self.algorithms(&resources);
        let granted = Granted::new(scope, resources, Default::default(), details);
        let params = self.params.clone();
        self.tokens(&Granting { granted, person: None, source: GrantSource::TokenRequest(&params) })
    }

    /// The rules of an exchange, as far as they do not depend on the subject token (RFC 8693 §2).
    pub(super) fn exchange(&mut self) -> Option<TokenPreview> {
        self.profile();
        self.sender();
        let note = "the server also checks the subject token: its scope and its person limit the new token";
        self.note("subject_token", Ok(((), note.to_owned())));
        let details = self.named_details()?;
        let scope = match &self.input.scope {
            Some(_) => self.scope(&details)?,
            None => {
                let scope = self.known.client.scopes.clone();
                let note = format!("what the subject token has of the scopes of the client: {scope}");
                self.note("scope", Ok((scope, note)))?
            }
        };
        self.of_person(scope, details, GrantSource::SubjectToken)
    }

    /// The rules of a backchannel request (`backchannel::validate`), and of the tokens that follow from it. The request that is
    /// checked counts as signed, and as one that names its person.
    pub(super) fn backchannel(&mut self) -> Option<TokenPreview> {
        self.profile();
        self.backchannel_form();
        self.sender();
        let params = self.params.clone().only(|name| backchannel::PARAMETERS.contains(&name));
        let (client, catalogue) = (&self.known.client, &self.known.catalogue);
        let scope =
            backchannel::scope(client, &params, catalogue).map(|scope| (scope.clone(), scope.to_string()));
        let scope = self.note("scope", scope);
        let details = self.named_details();
        let (scope, details) = (scope?, details?);
        let chosen = ["login_hint", "binding_message", "client_notification_token"];
        let whole = chosen.into_iter().fold(params, |params, name| params.with(name, CHOSEN));
        let context = ServerContext {
            catalogue,
            issuer: self.known.issuer,
            demands: self.demands(),
            algorithms: self.known.context.config.token_algorithms(),
        };
        let tokens = self.of_person(scope, details, GrantSource::Person);
        match backchannel::validate(client, &whole, &context) {
            Ok(_) => tokens,
            Err(error) => {
                self.note_unless_known("request", &error);
                None
            }
        }
    }

    /// What is demanded of the form of a backchannel request. The request that is checked counts as one that has it.
    fn backchannel_form(&mut self) {
        let (client, demands) = (&self.known.client, self.demands());
        let profile = client.profile(&demands);
        if client.must_sign_backchannel(&demands) || profile.is_fapi() {
            let note = "required: the client must sign the request, and send it in the parameter request";
            let signs = client.check_can_sign_backchannel(&demands);
            self.note("request_object", signs.map(|()| ((), note.to_owned())));
        }
        if profile.is_fapi() && self.input.authorization_details.is_none() {
            let name = profile.as_str();
            let note = format!(
                "required: the profile {name} demands it in each request without authorization_details"
            );
            self.note("binding_message", Ok(((), note)));
        }
    }

    /// The authorization details that the request names; empty without any. `None` if they are refused.
    fn named_details(&mut self) -> Option<AuthorizationDetails> {
        match &self.input.authorization_details {
            Some(_) => self.details(),
            None => Some(AuthorizationDetails::default()),
        }
    }

    /// The rules of a request for a person's token.
    fn of_person(
        &mut self,
        scope: Scope,
        details: AuthorizationDetails,
        source: GrantSource<'_>,
    ) -> Option<TokenPreview> {
        let (known, params) = (self.known, self.params.clone());
        let asked = (&scope, &details.placed(&known.catalogue));
        let authorized = || self.registered().authorized(&params, &known.client, asked);
        let resources = match source {
            // A token is for one API.
            GrantSource::SubjectToken => resource::named(&params, "resource").and_then(|_| authorized()),
            _ => authorized(),
        };
        let resources = self.noted_resources(resources)?;
        self.algorithms(&resources);
        let person = self.allowed_person(&scope)?;
        let granted = Granted::new(scope, resources, Default::default(), details);
        self.tokens(&Granting { granted, person: Some(person), source })
    }

    /// The APIs of a request, with a step if it names any or is refused because of them.
    pub(super) fn noted_resources(
        &mut self,
        resources: Result<Vec<String>, OAuthError>,
    ) -> Option<Vec<String>> {
        match (self.input.resources.is_empty(), resources) {
            (true, Ok(uris)) => Some(uris),
            (true, Err(error)) => {
                self.note_unless_known("request", &error);
                None
            }
            (false, resources) => self.note("resource", resources.map(|uris| (uris.clone(), uris.join(" ")))),
        }
    }

    /// The resource that a token request names for itself, if it names one, as a list.
    pub(super) fn only_resource(&self) -> Result<Vec<String>, OAuthError> {
        let Some(uri) = resource::named(&self.params, "resource")? else { return Ok(Vec::new()) };
        let resource = self.registered().named(&uri, &self.known.client)?;
        Ok(resource.map(|resource| resource.uri.clone()).into_iter().collect())
    }

    /// The person whose token it is, if the account may have one.
    pub(super) fn allowed_person(&mut self, scope: &Scope) -> Option<&'a Person> {
        let known = self.known;
        let user = known.user.as_ref()?;
        let claims = serde_json::to_string(&user.person.claims).unwrap_or_default();
        let status = UserStatus::new(user.disabled_at.is_none().then_some(claims), false);
        let required = group::required(&known.client, scope, &known.catalogue);
        let may = may_issue(&status, &required).map_err(|error| error.about(&user.person.id));
        self.note("user", may.map(|()| ((), format!("{} may have tokens", user.person.username))))?;
        Some(&user.person)
    }
}
