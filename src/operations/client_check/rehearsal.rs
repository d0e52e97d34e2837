//! The rules, one after the other, over a request that no one has sent.

use super::preview::{GrantSource, Granting, TokenPreview};
use super::sender::SenderConstraint;
use super::{CheckInput, CheckStep, ClientCheck, Known, StepOutcome};
use crate::oauth::client::demand::{Demanded, Demands};
use crate::oauth::client::profile::Profile;
use crate::oauth::client::{Demand, GrantType};
use crate::oauth::error::OAuthError;
use crate::oauth::grant;
use crate::oauth::grant::authorization_details::{self, AuthorizationDetails, type_of};
use crate::oauth::grant::resource::RegisteredResources;
use crate::oauth::grant::scope::{self, Scope};
use crate::oauth::id::SessionId;
use crate::oauth::identity::authentication::{Amr, Authentication};
use crate::oauth::identity::group::Groups;
use crate::oauth::reason::Reason;
use crate::oauth::request::interaction::{self, FlowProgress, Next, SignedIn};
use crate::oauth::request::params::Params;
use crate::oauth::request::pkce::Challenge;
use crate::oauth::request::received::{Received, Source};
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::oauth::request::response_type::ResponseType;
use crate::oauth::request::return_address::ReturnAddress;
use crate::oauth::request::{self, AuthorizationRequest, ServerContext};
use crate::operations::cure::Facts;
use crate::operations::explanation::Explanation;

/// What a request has that everyone is free to choose: a challenge, a nonce and a state.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const NONCE: &str = "nonce-of-the-request";

/// A request on its way through the rules.
pub(super) struct Rehearsal<'a> {
    pub(super) known: &'a Known<'a>,
    pub(super) input: &'a CheckInput,
    pub(super) params: Params,
    steps: Vec<CheckStep>,
}

impl<'a> Rehearsal<'a> {
    /// The request that `input` describes.
    pub(super) fn of(known: &'a Known<'a>, input: &'a CheckInput) -> Self {
        let first = || known.client.redirect_uris.first().map(|uri| uri.as_str().to_owned());
        let response_type = input.response_type.clone().unwrap_or_else(|| "code".to_owned());
        let has_code = ResponseType::parse(&response_type).is_none_or(ResponseType::has_code);
        let mut pairs = vec![("client_id".to_owned(), known.client.id.to_string())];
        let mut add = |name: &str, value: String| pairs.push((name.to_owned(), value));
        if let Some(grant_type) = &input.grant_type {
            let known = GrantType::named(grant_type).map(GrantType::as_str);
            add("grant_type", known.unwrap_or(grant_type).to_owned());
        }
        if let Some(uri) = input.redirect_uri.clone().or_else(first) {
            add("redirect_uri", uri);
        }
        if let Some(scope) = &input.scope {
            add("scope", scope.clone());
        }
        input.resources.iter().for_each(|uri| add("resource", uri.clone()));
        if let Some(details) = &input.authorization_details {
            add(authorization_details::PARAMETER, details.clone());
        }
        if has_code {
            add("code_challenge", CHALLENGE.to_owned());
            add("code_challenge_method", "S256".to_owned());
        }
        add("response_type", response_type);
        add("nonce", NONCE.to_owned());
        add("state", "state-of-the-request".to_owned());
        Self { known, input, params: Params::from_pairs(pairs), steps: Vec::new() }
    }

    /// Decides.
    pub(super) fn run(mut self) -> ClientCheck {
        self.note("client", self.enabled());
        let grant = self.input.grant_type.as_ref().map(|_| grant::requested_type(&self.params));
        let tokens = match grant {
            None => self.authorization(),
            Some(Err(error)) => self.refused("grant_type", &error),
            Some(Ok(grant)) => {
                let granted = self.note("grant_type", self.grant(grant));
                let tokens = match grant {
                    GrantType::AuthorizationCode => self.authorization(),
                    GrantType::RefreshToken => self.refresh(),
                    GrantType::JwtBearer => self.assertion(),
                    GrantType::ClientCredentials => self.client_credentials(),
                    GrantType::TokenExchange => self.exchange(),
                    GrantType::Ciba => self.backchannel(),
                    GrantType::DeviceCode => self.allowed_elsewhere(),
                };
                granted.and(tokens)
            }
        };
        let is_allowed = self.steps.iter().all(|step| matches!(step.outcome, StepOutcome::Passed(_)));
        ClientCheck {
            client: self.known.client.id.clone(),
            steps: self.steps,
            tokens: tokens.filter(|_| is_allowed),
            reported: self.known.reported.clone(),
        }
    }

    /// Adds a step. Returns what the rule returned, and `None` if it refused.
    pub(super) fn note<T>(
        &mut self,
        name: &'static str,
        result: Result<(T, String), OAuthError>,
    ) -> Option<T> {
        match result {
            Ok((value, note)) => {
                self.steps.push(CheckStep { name, outcome: StepOutcome::Passed(note) });
                Some(value)
            }
            Err(error) => self.refused(name, &error),
        }
    }

    pub(super) fn refused<T>(&mut self, name: &'static str, error: &OAuthError) -> Option<T> {
        let facts = Facts {
            detail: None,
            client: Some(&self.known.client),
            // The request that is checked has no secret.
            takes_secret: false,
            user: self.known.user.as_ref(),
            demands: self.demands(),
        };
        let explanation = Explanation::of(error, facts);
        self.steps.push(CheckStep { name, outcome: StepOutcome::Refused(Box::new(explanation)) });
        None
    }

    fn enabled(&self) -> Result<((), String), OAuthError> {
        match self.known.client.disabled {
            true => Err(Reason::ClientDisabled.because("this client is disabled")),
            false => Ok(((), "it is enabled".to_owned())),
        }
    }

    pub(super) fn grant(&self, grant: GrantType) -> Result<((), String), OAuthError> {
        self.known.client.may_use(grant)?;
        Ok(((), format!("the client may use {}", grant.as_str())))
    }

    /// The rules of an authorization request (`request::validate`), each by itself, so that every mistake is seen at once; and
    /// then all of them together.
    pub(super) fn authorization(&mut self) -> Option<TokenPreview> {
        let (client, params) = (&self.known.client, self.params.clone());
        let address =
            ReturnAddress::verify(client, &params).map(|uri| ((), self.about_address(uri.as_str())));
        self.note("redirect_uri", address);
        let kind = ResponseType::from_request(&client.response_types, &params);
        let kind = self.note("response_type", kind.map(|kind| (kind, kind.as_str().to_owned())));
        if kind.is_none_or(ResponseType::has_code) && self.input.grant_type.is_none() {
            self.note("grant_type", self.grant(GrantType::AuthorizationCode));
        }
        if kind.is_none_or(ResponseType::has_code) {
            self.note("pkce", Ok(((), self.about_pkce())));
        }
        self.profile();
        if let Some(note) = self.about_push() {
            self.note("pushed_request", Ok(((), note)));
        }
        if let Some(note) = self.about_signature() {
            let signs = self.known.client.check_can_sign(&self.demands());
            self.note("request_object", signs.map(|()| ((), note)));
        }
        if kind.is_none_or(ResponseType::has_code) {
            self.sender();
        }
        let details = self.details();
        // What a request gets that names no scope depends on its details.
        let is_open = self.input.authorization_details.is_some() && self.input.scope.is_none();
        if details.is_some() || !is_open {
            let details = details.unwrap_or_default();
            if let Some(scope) = self.scope(&details) {
                self.resources((&scope, &details));
            }
        }
        let received = Received::resolve(Source::Query, params);
        let context = ServerContext {
            catalogue: &self.known.catalogue,
            issuer: self.known.issuer,
            // A check does not say how the request comes.
            demands: Demands { profile: Profile::None, par: Demand::Off, jar: Demand::Off, ..self.demands() },
            algorithms: self.known.context.config.token_algorithms(),
        };
        // A check does not say how the request comes.
        let mut client = client.clone();
        client.par = Some(Demand::Off);
        client.messages.jar = Some(Demand::Off);
        client.metadata.profile = Some(Profile::None);
        match request::validate(&client, &received, &context) {
            Ok(request) => self.person(&request),
            Err(refusal) => {
                self.note_unless_known("request", refusal.error());
                None
            }
        }
    }

    /// A refusal of several rules together, unless one of the steps has already said it.
    pub(super) fn note_unless_known(&mut self, name: &'static str, error: &OAuthError) {
        let word = error.reason.word();
        let is_known = self.steps.iter().any(
            |step| matches!(&step.outcome, StepOutcome::Refused(explanation) if explanation.reason == word),
        );
        if !is_known {
            self.refused::<()>(name, error);
        }
    }

    fn about_address(&self, uri: &str) -> String {
        let is_first = self.input.redirect_uri.is_none();
        let first = self.known.client.redirect_uris.first().map(RegisteredUri::as_str);
        match is_first && first == Some(uri) {
            true => format!("the first registered one, {uri}"),
            false => format!("{uri} is registered"),
        }
    }

    pub(super) fn demands(&self) -> Demands {
        self.known.context.config.oauth.demands()
    }

    /// Whether a request without a challenge would be refused. The request that is checked has one.
    fn about_pkce(&self) -> String {
        let without = self.params.clone().only(|name| !name.starts_with("code_challenge"));
        match Challenge::from_request(&self.known.client, &self.demands(), &without) {
            Ok(_) => "the client may leave it out; with it, only S256".to_owned(),
            Err(_) => "required: the request needs a code_challenge with the method S256".to_owned(),
        }
    }

    /// Checks the registration against the security profile of the client, if it has one.
    pub(super) fn profile(&mut self) {
        let demands = self.demands();
        let profile = self.known.client.profile(&demands);
        if profile != Profile::None {
            let checked = self.known.client.check_profile(&demands);
            self.note(
                "profile",
                checked.map(|()| ((), format!("the registration meets {}", profile.as_str()))),
            );
        }
    }

    /// Whether the request must be pushed; `None` if it need not. The request that is checked counts as pushed.
    fn about_push(&self) -> Option<String> {
        let note = match self.known.client.demand(Demanded::Par, &self.demands()) {
            Demand::Off => return None,
            Demand::Report => "the log notes each request that the client does not push",
            Demand::Require => "required: the client must push the request to /par first",
        };
        Some(note.to_owned())
    }

    /// What the client must prove with its token request, beside who it is. The request that is checked counts as proven.
    pub(super) fn sender(&mut self) {
        let constraint = SenderConstraint::of(&self.known.client, self.known.context.config);
        self.note("sender", constraint.map(|constraint| ((), constraint.to_string())));
    }

    /// What is demanded of the form of the request; `None` if nothing is. The request that is checked counts as signed.
    fn about_signature(&self) -> Option<String> {
        let note = match self.known.client.demand(Demanded::Jar, &self.demands()) {
            Demand::Off => return None,
            Demand::Report => "the log notes each request that the client does not sign",
            Demand::Require => {
                "required: the client must sign the request, and send it in the parameter request"
            }
        };
        Some(note.to_owned())
    }

    /// Checks the authorization details of the request, if it has any.
    pub(super) fn details(&mut self) -> Option<AuthorizationDetails> {
        self.input.authorization_details.as_ref()?;
        let checked = AuthorizationDetails::requested(&self.params).and_then(|details| {
            let details = details.unwrap_or_default();
            details.check(&self.known.client, &self.registered())?;
            let names: Vec<&str> = details.iter().filter_map(type_of).collect();
            let note = names.join(", ");
            Ok((details, note))
        });
        self.note(authorization_details::PARAMETER, checked)
    }

    pub(super) fn scope(&mut self, details: &AuthorizationDetails) -> Option<Scope> {
        let resolve = || {
            let requested = scope::requested(&self.params)?;
            let (client, catalogue) = (&self.known.client, &self.known.catalogue);
            let scope = details.scope_beside(&self.params, &client.scopes, catalogue)?;
            let note = match requested {
                Some(_) => scope.to_string(),
                None if !details.is_empty() => {
                    "none, because the authorization details say what it asks for".into()
                }
                None => format!("{scope}, all that the client may have without naming it"),
            };
            Ok((scope, note))
        };
        let resolved = resolve();
        self.note("scope", resolved)
    }

    pub(super) fn registered(&self) -> RegisteredResources<'a, crate::cache::catalogue::Catalogue> {
        RegisteredResources { resources: &self.known.catalogue, issuer: self.known.issuer }
    }

    /// Checks the APIs that the request names, if it names any, and the algorithms of their tokens.
    fn resources(&mut self, (scope, details): (&Scope, &AuthorizationDetails)) {
        let asked = (scope, &details.placed(&self.known.catalogue));
        let authorized = self.registered().authorized(&self.params, &self.known.client, asked);
        let uris = match self.input.resources.is_empty() {
            true => authorized.ok(),
            false => self.note("resource", authorized.map(|uris| (uris.clone(), uris.join(" ")))),
        };
        if let Some(uris) = uris {
            self.algorithms(&uris);
        }
    }

    /// Checks the algorithms of access tokens, if the profile of the client says which are allowed.
    pub(super) fn algorithms(&mut self, uris: &[String]) {
        let (client, catalogue) = (&self.known.client, &self.known.catalogue);
        let algorithms = self.known.context.config.token_algorithms();
        let profile = client.profile(&algorithms.demands);
        if profile.is_fapi() {
            let checked = algorithms.check(client, uris, catalogue);
            let note = format!("{} allows how access tokens are signed", profile.as_str());
            self.note("token_alg", checked.map(|()| ((), note)));
        }
    }

    /// What the person meets: a disabled account, a group that is missing, a question.
    fn person(&mut self, request: &AuthorizationRequest) -> Option<TokenPreview> {
        let known = self.known;
        let user = known.user.as_ref()?;
        if user.disabled_at.is_some() {
            let error = Reason::UserDisabled.because("the account is disabled").about(&user.person.id);
            return self.refused("user", &error);
        }
        let here = [SignedIn {
            session: SessionId::new("session"),
            user: user.person.id.clone(),
            username: user.person.username.clone(),
            authentication: Authentication::by(Amr::Pwd, known.context.now),
            groups: Groups::of_claims(&serde_json::to_string(&user.person.claims).unwrap_or_default()),
            consent: known.consent.clone(),
        }];
        let progress = FlowProgress { signed_in: Some(here[0].session.clone()), ..FlowProgress::default() };
        let next = interaction::next(&known.client, request, &here, &progress, |_| true, known.context.now);
        let note = match &next {
            Ok(Next::Consent(_)) => "is asked for consent, and gets this after allowing everything",
            Ok(_) => "gets this without a question",
            Err(_) => "",
        };
        let granted = match &next {
            Ok(Next::Consent(_)) => request.granted.clone(),
            _ => request.granted_after(known.consent.as_ref(), &known.catalogue),
        };
        self.note("user", next.map(|_| ((), format!("{} {note}", user.person.username))))?;
        let source = GrantSource::Authorization(request.response_type);
        let granting = Granting { granted, person: Some(&user.person), source };
        self.tokens(&granting)
    }

    pub(super) fn tokens(&mut self, granting: &Granting<'_>) -> Option<TokenPreview> {
        match TokenPreview::of(self.known, granting) {
            Ok(preview) => {
                let note = preview.note();
                self.note("tokens", Ok((preview, note)))
            }
            Err(error) => {
                self.note_unless_known("tokens", &error);
                None
            }
        }
    }
}
