//! What happens: the same steps at real servers, over HTTP.

use grantor::cache::catalogue::Freshness;
use grantor::oauth::client::{Demand, RefreshTokens};
use grantor::oauth::id::ClientId;
use grantor::oauth::token::refresh::RefreshName;
use reqwest::Method;
use serde_json::json;

use super::model::{Model, Outcome};
use super::step::{Kind, Proof, Step, Verifier};
use crate::api::Api;
use crate::support::dpop::ProofKey;
use crate::support::relying_party::Registration;
use crate::support::server::PASSWORD;
use crate::support::{Answer, Application, Browser, TestServer, VERIFIER};

/// Two APIs, which differ in the form of their tokens.
pub(super) const APIS: [&str; 2] = ["https://opaque.example", "https://jwt.example"];
/// The client that serves them, and so may introspect their tokens.
pub(super) const OBSERVER: &str = "observer";
const OTHER_VERIFIER: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

/// The servers of all histories: one node, or two on one database.
pub(super) struct Nodes {
    pub(super) all: Vec<TestServer>,
    pub(super) observer: Application,
    pub(super) api: Api,
    pub(super) keys: [ProofKey; 2],
}

/// A client and a person of one history, and the tokens that they have got, in the order of the model.
pub(super) struct World<'a> {
    nodes: &'a Nodes,
    kind: Kind,
    client: Application,
    username: String,
    user: String,
    browser: Browser,
    codes: Vec<String>,
    access: Vec<String>,
    refresh: Vec<String>,
}

impl<'a> World<'a> {
    /// The `number` keeps histories apart.
    pub(super) async fn new(nodes: &'a Nodes, kind: Kind, number: usize) -> Self {
        let server = &nodes.all[0];
        let id = format!("client-{number}");
        let mut registration = if kind.is_public() { Registration::spa(&id) } else { Registration::web(&id) };
        registration = registration.scopes("read offline_access");
        if !kind.is_public() {
            registration = registration.pkce(Demand::Off);
        }
        registration.client.dpop = kind.demands_proof().then_some(Demand::Require);
        registration.client.refresh_tokens = (!kind.rotates()).then_some(RefreshTokens::Keep);
        let client = server.register(registration).await;
        let username = format!("person{number}");
        let user = server.user(&username).await.to_string();
        Self {
            nodes,
            kind,
            client,
            username,
            user,
            browser: server.browser(),
            codes: Vec::new(),
            access: Vec::new(),
            refresh: Vec::new(),
        }
    }

    fn node(&self, node: usize) -> &'a TestServer {
        &self.nodes.all[node % self.nodes.all.len()]
    }

    /// Lets all nodes know the client as it is now. They may know it as it was a second ago where that gives no tokens.
    async fn lets_the_second_pass(&self) -> Result<(), String> {
        let id = ClientId::new(self.client.id.as_str());
        for node in &self.nodes.all {
            node.app.cache.client(&id, Freshness::Now).await.map_err(|failure| failure.to_string())?;
        }
        Ok(())
    }

    /// Does a step, and returns its outcome. The model is as it was before the step.
    pub(super) async fn does(&mut self, step: Step, model: &Model) -> Result<Outcome, String> {
        if !model.gives_tokens_if_enabled(step) {
            self.lets_the_second_pass().await?;
        }
        match step {
            Step::Authorize { pkce, offline, jwt } => self.authorize(pkce, offline, jwt, model).await,
            Step::Redeem { code, verifier, proof, node } => {
                let code = self.codes[model.code(code).expect("a code")].clone();
                let verifier = match verifier {
                    Verifier::Missing => None,
                    Verifier::Right => Some(VERIFIER),
                    Verifier::Wrong => Some(OTHER_VERIFIER),
                };
                let mut form = vec![
                    ("grant_type", "authorization_code"),
                    ("code", code.as_str()),
                    ("redirect_uri", self.client.redirect_uri.as_str()),
                ];
                form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
                let answer = self.post("/token", &form, proof, node).await;
                self.tokens(&answer)
            }
            Step::Refresh { token, proof, node } => {
                let token = self.refresh[model.refresh_token(token).expect("a token")].clone();
                let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
                let answer = self.post("/token", &form, proof, node).await;
                self.tokens(&answer)
            }
            Step::RevokeAccessToken { token, node } => {
                let token = self.access[model.access_token(token).expect("a token")].clone();
                Ok(of_oauth(&self.post("/revoke", &[("token", &token)], None, node).await))
            }
            Step::RevokeRefreshToken { token, node } => {
                let token = self.refresh[model.refresh_token(token).expect("a token")].clone();
                Ok(of_oauth(&self.post("/revoke", &[("token", &token)], None, node).await))
            }
            Step::SignOut => {
                self.browser.sign_out().await;
                Ok(Outcome::Done)
            }
            Step::Wait { seconds } => {
                self.nodes.all[0].clock.advance(std::time::Duration::from_secs(seconds));
                Ok(Outcome::Done)
            }
            _ => self.operate(step, model).await,
        }
    }

    /// What the operator does, by the management API.
    async fn operate(&self, step: Step, model: &Model) -> Result<Outcome, String> {
        let (user, client) = (format!("/users/{}", self.user), format!("/clients/{}", self.client.id));
        let disabled = |is: bool| Some(json!({ "disabled": is }));
        let (method, path, body) = match step {
            Step::RevokeGrant { grant } => {
                let token = &self.refresh[model.refresh_token_of(grant).expect("a grant")];
                let (name, _) = RefreshName::parse(token).expect("a refresh token");
                (Method::DELETE, format!("/grants/{}", name.grant_id), None)
            }
            Step::TakeConsent => (Method::DELETE, format!("{user}/consents/{}", self.client.id), None),
            Step::DisableUser => (Method::PATCH, user, disabled(true)),
            Step::EnableUser => (Method::PATCH, user, disabled(false)),
            Step::DeleteUser => (Method::DELETE, user, None),
            Step::DisableClient => (Method::PATCH, client, disabled(true)),
            Step::EnableClient => (Method::PATCH, client, disabled(false)),
            Step::DeleteClient => (Method::DELETE, client, None),
            _ => return Err(format!("{step} is no act of an operator")),
        };
        let answer = self.nodes.api.send(method, &path, &[], body).await;
        match answer.status.as_u16() {
            200 | 204 => Ok(Outcome::Done),
            404 => Ok(Outcome::NotFound),
            _ => Err(format!("{answer:?}")),
        }
    }

    async fn authorize(
        &mut self,
        pkce: bool,
        offline: bool,
        jwt: bool,
        model: &Model,
    ) -> Result<Outcome, String> {
        let scope = if offline { "read offline_access" } else { "read" };
        let mut changes = vec![("scope", scope), ("resource", APIS[usize::from(jwt)])];
        if !pkce {
            changes.extend([("code_challenge", ""), ("code_challenge_method", "")]);
        }
        let mut answer = self.browser.open(&self.client.url_with(&changes)).await;
        if answer.is_sign_in() {
            if !model.must_sign_in() {
                return Err("the person must sign in again".to_owned());
            }
            if model.user != super::model::Standing::Enabled {
                // Each attempt would count as a guess.
                return Ok(Outcome::NoCode);
            }
            let fields = [("username", self.username.as_str()), ("password", PASSWORD)];
            answer = self.browser.submit(&answer, &fields).await;
        }
        if answer.is_consent() {
            answer = self.browser.allow(&answer).await;
        }
        let code = if answer.location().is_some() { answer.get("code") } else { String::new() };
        if code.is_empty() {
            return Ok(Outcome::NoCode);
        }
        self.codes.push(code);
        Ok(Outcome::Code)
    }

    async fn post(&self, path: &str, form: &[(&str, &str)], proof: Proof, node: usize) -> Answer {
        let server = self.node(node);
        let proof = proof.map(|key| self.nodes.keys[key].proof(server));
        let proofs: Vec<&str> = proof.iter().map(String::as_str).collect();
        self.client.post_proven_at(&mut Browser::new(&server.url), path, form, &proofs).await
    }

    /// Keeps the tokens of an answer.
    fn tokens(&mut self, answer: &Answer) -> Result<Outcome, String> {
        if answer.status != 200 {
            return Ok(of_oauth(answer));
        }
        let (access, refresh) = (answer.get("access_token"), answer.get("refresh_token"));
        if access.is_empty() || refresh.is_empty() || self.access.contains(&access) {
            return Err(format!("two tokens, of which the first is new: {answer:?}"));
        }
        self.access.push(access);
        let known = self.refresh.iter().position(|token| *token == refresh);
        if known.is_none() {
            self.refresh.push(refresh);
        }
        Ok(Outcome::Tokens { refresh: known })
    }

    /// Compares what introspection says about every token with the model.
    pub(super) async fn check(&self, model: &Model, step: usize) -> Result<(), String> {
        let at = |index: usize| &self.node(step + index).url;
        for (index, token) in self.access.iter().enumerate() {
            let (found, expected) = (
                is_active(&self.nodes.observer.at(at(index)), token).await?,
                model.is_access_token_active(index),
            );
            if found != expected {
                return Err(format!(
                    "the access token number {index} is active: {found}, and must be: {expected}"
                ));
            }
        }
        // Only the client itself may ask about its refresh tokens, and a public one may not.
        if self.kind.is_public() || model.client != super::model::Standing::Enabled {
            return Ok(());
        }
        for (index, token) in self.refresh.iter().enumerate() {
            let (found, expected) =
                (is_active(&self.client.at(at(index)), token).await?, model.is_refresh_token_active(index));
            if found != expected {
                return Err(format!(
                    "the refresh token number {index} is active: {found}, and must be: {expected}"
                ));
            }
        }
        Ok(())
    }
}

async fn is_active(caller: &Application, token: &str) -> Result<bool, String> {
    let answer = caller.post("/introspect", &[("token", token)]).await;
    match answer.status.as_u16() {
        200 => answer.json()["active"].as_bool().ok_or_else(|| format!("{answer:?}")),
        _ => Err(format!("{answer:?}")),
    }
}

/// The outcome of a request of the client that gives no tokens.
fn of_oauth(answer: &Answer) -> Outcome {
    const KNOWN: [&str; 4] = ["invalid_grant", "invalid_client", "invalid_dpop_proof", "invalid_request"];
    if answer.status == 200 {
        return Outcome::Done;
    }
    let error = answer.get("error");
    Outcome::Refused(KNOWN.into_iter().find(|known| *known == error).unwrap_or("an error that no step has"))
}
