//! `grantor client add-secret`, `update-secret` and `remove-secret`. Together they replace a secret without an outage.

use clap::Args;
use serde_json::json;

use super::super::end::end;
use super::super::question::Question;
use super::super::secret::ChosenSecretOptions;
use super::super::{CliContext, CliError, OutputOptions, say};
use crate::clock::{Seconds, Timestamp};
use crate::config::Span;
use crate::oauth::id::ClientId;
use crate::operations::clients::{self as operations, ChosenSecret, SecretRemoval, SecretSource};
use crate::secret::Secret;

#[derive(Args)]
pub(in crate::cli) struct Add {
    /// The client_id
    id: String,
    #[command(flatten)]
    secret: ChosenSecretOptions,
    /// When the secret expires, counted from now, for example 30d; without this option, it does not expire
    #[arg(long, value_name = "TIME", value_parser = lifetime)]
    expires_in: Option<Span>,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Args)]
pub(in crate::cli) struct Update {
    /// The client_id
    id: String,
    /// The secret's id
    secret_id: String,
    /// When the secret ends: a length of time from now, such as 7d, a time such as 2027-01-31T12:00:00Z, or never
    #[arg(long, value_name = "TIME")]
    expires: String,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Args)]
pub(in crate::cli) struct Remove {
    /// The client_id
    id: String,
    /// The secret's id
    secret_id: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

fn lifetime(text: &str) -> Result<Span, String> {
    let span = Span::parse(text).filter(|span| span.seconds() > Seconds::ZERO);
    span.ok_or_else(|| "write a length of time such as 30m, 8h or 30d".into())
}

/// The source of a secret: the chosen one, or a random generator without one.
pub(super) async fn source(cli: &CliContext, chosen: Option<Secret>) -> Result<SecretSource, CliError> {
    let Some(text) = chosen else { return Ok(SecretSource::Generated) };
    Ok(SecretSource::Chosen(ChosenSecret::new(&cli.passwords()?, text).await?))
}

pub(super) fn add(options: &Add) -> Result<(), CliError> {
    let chosen = options.secret.read()?;
    options.output.common.run(async |cli| {
        let client = ClientId::new(&options.id);
        let expires_at = options.expires_in.map(|span| cli.now + span.seconds());
        let source = source(&cli, chosen).await?;
        let added = operations::add_secret(&cli.operations(), &client, source, expires_at).await?.outcome;
        let generated = added.generated.as_ref().map(|secret| secret.expose().as_str());
        let (id, until) = (added.id, expires_at.map(Timestamp::iso));
        if options.output.json {
            let mut json = json!({ "client_id": client.as_str(), "secret_id": id, "expires_at": until });
            if let Some(generated) = generated {
                json["client_secret"] = generated.into();
            }
            return say(json);
        }
        let until = until.map(|time| format!(", which ends at {time}")).unwrap_or_default();
        say(format!("added the secret {id} to the client {client}{until}"))?;
        generated.map_or(Ok(()), |secret| say(format!("the secret, which is shown only now: {secret}")))
    })
}

pub(super) fn update(options: &Update) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let (client, id, end) =
            (ClientId::new(&options.id), &options.secret_id, end(&options.expires, cli.now)?);
        operations::set_secret_end(&cli.operations(), &client, id, end).await?;
        let until = end.map(Timestamp::iso);
        let said = match &until {
            Some(time) => format!("the secret {id} of the client {client} ends at {time}"),
            None => format!("the secret {id} of the client {client} does not end by itself"),
        };
        options
            .output
            .say(json!({ "client_id": client.as_str(), "secret_id": id, "expires_at": until }), said)
    })
}

pub(super) fn remove(options: &Remove) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let (context, client, id) = (cli.operations(), ClientId::new(&options.id), &options.secret_id);
        let removal = operations::check_remove_secret(&context, &client, id).await?;
        options.question.ask(&match removal {
            SecretRemoval::OfOne => {
                format!("Remove the secret {id} of the client {client}? Requests that use it will be refused.")
            }
            SecretRemoval::OfTheLast => format!(
                "Remove the last live secret of the client {client}? It gets no tokens until it has another one."
            ),
        })?;
        operations::remove_secret(&context, &client, id, removal).await?;
        options.output.say(
            json!({ "client_id": client.as_str(), "secret_id": id }),
            format!("removed the secret {id} of the client {client}"),
        )
    })
}
