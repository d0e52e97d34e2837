//! `grantor grant revoke`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::user::counted;
use super::super::{CliContext, CliError, OutputOptions};
use crate::oauth::id::{ClientId, GrantId};
use crate::operations::{clients, grants, users};

#[derive(Args)]
#[command(
    override_usage = "grantor grant revoke [OPTIONS] <GRANT_ID>\n       grantor grant revoke [OPTIONS] [--user <USER>] [--client <ID>]"
)]
pub(in crate::cli) struct Options {
    /// The grant's id, as `grant list` shows it; the person's consent is kept
    #[arg(required_unless_present_any = ["user", "client"], conflicts_with_all = ["user", "client"])]
    grant_id: Option<String>,
    /// Revoke everything that this user gave applications, and the consents: a username, an e-mail address or an id
    #[arg(long)]
    user: Option<String>,
    /// Revoke everything that people gave this application, and the consents, by its client_id; with --user only of that
    /// user
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| match (&options.grant_id, &options.user, &options.client) {
        (_, Some(user), Some(client)) => all_of(&cli, options, user, client).await,
        (_, Some(user), None) => all_of_user(&cli, options, user).await,
        (_, None, Some(client)) => all_of_client(&cli, options, &ClientId::new(client)).await,
        (grant, ..) => one(&cli, options, grant.as_deref().unwrap_or_default()).await,
    })
}

async fn one(cli: &CliContext, options: &Options, id: &str) -> Result<(), CliError> {
    let (context, grant) = (cli.operations(), GrantId::new(id));
    let client = grants::find(&context, &grant).await?.client_id;
    options.question.ask(&format!("Revoke the grant {id} of the client {client}?"))?;
    grants::revoke(&context, &grant).await?;
    options.output.say(json!({ "id": id }), format!("revoked the grant {id}"))
}

async fn all_of(cli: &CliContext, options: &Options, user: &str, client: &str) -> Result<(), CliError> {
    let context = cli.operations();
    let user = users::find(&context, user).await?.person;
    let username = &user.username;
    options.question.ask(&format!(
        "Revoke everything that {username} gave the client {client}, including the consent?"
    ))?;
    let revoked = grants::revoke_access(&context, &user.id, &ClientId::new(client)).await?.outcome;
    options.output.say(
        json!({ "user_id": user.id.as_str(), "client_id": client, "grants_revoked": revoked }),
        format!(
            "removed the consent of {username} for the client {client}; revoked {}",
            counted(revoked, "grant")
        ),
    )
}

async fn all_of_user(cli: &CliContext, options: &Options, user: &str) -> Result<(), CliError> {
    let context = cli.operations();
    let user = users::find(&context, user).await?.person;
    let username = &user.username;
    options
        .question
        .ask(&format!("Revoke everything that {username} gave applications, including the consents?"))?;
    let revoked = grants::revoke_all_of_user(&context, &user.id).await?.outcome;
    options.output.say(
        json!({ "user_id": user.id.as_str(), "grants_revoked": revoked }),
        format!("removed the consents of {username}; revoked {}", counted(revoked, "grant")),
    )
}

async fn all_of_client(cli: &CliContext, options: &Options, client: &ClientId) -> Result<(), CliError> {
    let context = cli.operations();
    let client = clients::find(&context, client).await?.client.id;
    options
        .question
        .ask(&format!("Revoke everything that people gave the client {client}, including the consents?"))?;
    let revoked = clients::revoke_all(&context, &client).await?.outcome;
    options.output.say(
        json!({ "client_id": client.as_str(), "grants_revoked": revoked }),
        format!("removed the consents for the client {client}; revoked {}", counted(revoked, "grant")),
    )
}
