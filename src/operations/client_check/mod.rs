//! A dry run of a request, by the rules that the server uses for real ones: nothing is stored, signed or issued.

mod assertion;
mod preview;
mod rehearsal;
mod sender;
mod token_request;

use serde_json::{Value, json};

use super::Context;
use super::client_health;
use super::clients::existing;
use super::explanation::Explanation;
use super::fault::{Fault, Faults};
use crate::cache::catalogue::Catalogue;
use crate::clock::Seconds;
use crate::failure::Denied;
use crate::keys::master::ServerKeys;
use crate::oauth::client::health::PolicyHealth;
use crate::oauth::client::{Client, GrantType};
use crate::oauth::grant::consent::Consent;
use crate::oauth::grant::management;
use crate::oauth::id::ClientId;
use crate::store::db::Conn;
use crate::store::users::UserRecord;
use crate::store::{consents, users};
use assertion::ClientIssuers;
pub use preview::TokenPreview;
use rehearsal::Rehearsal;

/// The request to check. What it leaves out is as in a usual request of the client.
#[derive(Clone, Debug, Default)]
pub struct CheckInput {
    /// `None`: the first registered one.
    pub redirect_uri: Option<String>,
    pub scope: Option<String>,
    /// `None`: `code`.
    pub response_type: Option<String>,
    pub resources: Vec<String>,
    /// The JSON of the parameter `authorization_details`.
    pub authorization_details: Option<String>,
    /// The person who would sign in: an id, a username or an e-mail address.
    pub user: Option<String>,
    /// `None`: an authorization request.
    pub grant_type: Option<String>,
}

/// The decision about a request, step by step.
#[derive(Clone, Debug)]
pub struct ClientCheck {
    pub client: ClientId,
    pub steps: Vec<CheckStep>,
    /// What the client would get. `None` if a step is refused, or the request needs a person and names none.
    pub tokens: Option<TokenPreview>,
    /// The demands on the client that are only reported, and whether requiring them would have refused requests.
    pub reported: Vec<PolicyHealth>,
}

/// A rule, and what it decides about the request.
#[derive(Clone, Debug)]
pub struct CheckStep {
    /// What the rule is about, such as `redirect_uri`.
    pub name: &'static str,
    pub outcome: StepOutcome,
}

/// What a rule decides.
#[derive(Clone, Debug)]
pub enum StepOutcome {
    /// The request passes; in a few words, why or with what.
    Passed(String),
    Refused(Box<Explanation>),
}

impl ClientCheck {
    /// Whether no step is refused.
    pub fn is_allowed(&self) -> bool {
        self.steps.iter().all(|step| matches!(step.outcome, StepOutcome::Passed(_)))
    }

    /// The decision as JSON. `issuer`: the address of the server, which has the error reference.
    pub fn to_json(&self, issuer: &str) -> Value {
        let steps: Value = self.steps.iter().map(|step| step.to_json(issuer)).collect();
        json!({
            "client_id": self.client,
            "allowed": self.is_allowed(),
            "steps": steps,
            "tokens": self.tokens.as_ref().map(TokenPreview::to_json),
            "reported": self.reported.iter().map(PolicyHealth::to_json).collect::<Value>(),
        })
    }
}

impl CheckStep {
    fn to_json(&self, issuer: &str) -> Value {
        match &self.outcome {
            StepOutcome::Passed(note) => json!({ "step": self.name, "outcome": "passed", "note": note }),
            StepOutcome::Refused(explanation) => {
                let mut json = explanation.to_json(issuer);
                json["step"] = self.name.into();
                json["outcome"] = "refused".into();
                json
            }
        }
    }
}

/// Everything that the rules need, as the database has it now.
struct Known<'a> {
    context: &'a Context<'a>,
    issuer: &'a str,
    keys: Option<&'a ServerKeys>,
    client: Client,
    catalogue: Catalogue,
    user: Option<UserRecord>,
    /// What the person has answered to the client before.
    consent: Option<Consent>,
    /// Read for a request with an assertion alone.
    issuers: ClientIssuers,
    reported: Vec<PolicyHealth>,
}

/// Decides about a request without making it. `issuer` is the address of the server. `keys` are needed for the `sub` of a
/// client with pairwise subjects; without them the tokens have none.
///
/// # Errors
/// If the client or the user does not exist.
pub async fn check(
    context: &Context<'_>,
    (issuer, keys): (&str, Option<&ServerKeys>),
    client: &ClientId,
    input: &CheckInput,
) -> Result<ClientCheck, Denied<Faults>> {
    let (id, named, resource) = (client.clone(), input.user.clone(), management::resource(issuer));
    let has_assertion = input.grant_type.as_deref().and_then(GrantType::named) == Some(GrantType::JwtBearer);
    let read = async move |conn: &mut Conn| {
        let client = existing(conn, &id).await?.client;
        let catalogue = Catalogue::read(conn, resource.clone(), Seconds::ZERO, None).await?;
        let user = match &named {
            None => None,
            Some(name) => Some(users::find_record(conn, name).await?.ok_or_else(no_user)?),
        };
        let consent = match &user {
            None => None,
            Some(user) => consents::find(conn, &user.person.id, &client.id).await?,
        };
        let issuers = match has_assertion {
            true => ClientIssuers::read(conn, &client.id, user.as_ref().map(|user| &user.person.id)).await?,
            false => ClientIssuers::default(),
        };
        Ok::<_, Denied<Faults>>((client, catalogue, user, consent, issuers))
    };
    let (client, catalogue, user, consent, issuers) = context.read(read).await?;
    let reported = client_health::reported(context, &client.id).await?;
    let known = Known { context, issuer, keys, client, catalogue, user, consent, issuers, reported };
    Ok(Rehearsal::of(&known, input).run())
}

/// A user that the request to check names is a part of it, and not of its address.
fn no_user() -> Fault {
    Fault::invalid("user", "no user has this id, username or e-mail address")
}
