//! `grantor client check`.

use clap::Args;

use super::super::explain::paragraphs;
use super::super::table::table;
use super::super::{CliError, OutputOptions};
use crate::keys::master::ServerKeys;
use crate::oauth::client::SubjectType;
use crate::oauth::client::health::PolicyHealth;
use crate::oauth::id::ClientId;
use crate::operations::client_check::{self, CheckInput, CheckStep, ClientCheck, StepOutcome, TokenPreview};
use crate::operations::clients;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The client_id
    id: String,
    /// The address to which the answer would be sent; the first registered one without this option
    #[arg(long, value_name = "URI")]
    redirect_uri: Option<String>,
    /// The scopes that the application asks for, separated by spaces
    #[arg(long, value_name = "\"a b\"")]
    scope: Option<String>,
    /// The response type; code without this option
    #[arg(long, value_name = "TYPE")]
    response_type: Option<String>,
    /// An API that the token is for; may be given several times
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    /// The authorization details that the application asks for, as JSON
    #[arg(long, value_name = "JSON")]
    authorization_details: Option<String>,
    /// The person who would sign in: an id, a username or an e-mail address; the tokens are then shown, too
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Check a token request of this grant type, such as client_credentials or ciba; without this option, an authorization
    /// request
    #[arg(long, value_name = "GRANT")]
    grant_type: Option<String>,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let context = cli.operations();
        let id = ClientId::new(options.id.as_str());
        let input = CheckInput {
            redirect_uri: options.redirect_uri.clone(),
            scope: options.scope.clone(),
            response_type: options.response_type.clone(),
            resources: options.resources.clone(),
            authorization_details: options.authorization_details.clone(),
            user: options.user.clone(),
            grant_type: options.grant_type.clone(),
        };
        let client = clients::find(&context, &id).await?.client;
        let keys = match client.subject_type {
            SubjectType::Pairwise => ServerKeys::find(&cli.config, &cli.db).await?,
            SubjectType::Public => None,
        };
        let issuer = cli.config.issuer(cli.config.listen.port());
        let check = client_check::check(&context, (&issuer, keys.as_ref()), &id, &input).await?;
        options.output.say(check.to_json(&issuer), text(&check, &issuer))
    })
}

fn text(check: &ClientCheck, issuer: &str) -> String {
    let rows: Vec<[String; 3]> = check.steps.iter().map(row).collect();
    let refused = check.steps.iter().filter_map(|step| match &step.outcome {
        StepOutcome::Passed(_) => None,
        StepOutcome::Refused(explanation) => Some(paragraphs(explanation, issuer)),
    });
    let tokens = check.tokens.as_ref().map(TokenPreview::to_json);
    let tokens = tokens.map(|tokens| format!("What the application would get:\n{tokens:#}"));
    let verdict =
        if check.is_allowed() { "The request would be accepted." } else { "The request would be refused." };
    let parts = [table(["STEP", "RESULT", "WHY"], &rows), verdict.to_owned()];
    parts.into_iter().chain(refused).chain(reported(check)).chain(tokens).collect::<Vec<_>>().join("\n\n")
}

/// The demands that are only reported; `None` if no demand is.
fn reported(check: &ClientCheck) -> Option<String> {
    let row = |known: &PolicyHealth| {
        [known.policy.as_str().to_owned(), known.verdict.as_str().to_owned(), known.sentence.clone()]
    };
    let rows: Vec<[String; 3]> = check.reported.iter().map(row).collect();
    (!rows.is_empty()).then(|| table(["ONLY REPORTED", "VERDICT", "WHY"], &rows))
}

fn row(step: &CheckStep) -> [String; 3] {
    match &step.outcome {
        StepOutcome::Passed(note) => [step.name.to_owned(), "passed".to_owned(), note.clone()],
        StepOutcome::Refused(explanation) => {
            [step.name.to_owned(), "refused".to_owned(), explanation.description.clone()]
        }
    }
}
