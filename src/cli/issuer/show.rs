//! `grantor issuer show`.

use clap::Args;

use super::super::table::{card, table};
use super::super::{CliError, OutputOptions, list};
use crate::oauth::grant::trusted_issuer::{IssuerKeys, TrustedIssuer};
use crate::operations::trusted_issuers;
use crate::representation::trusted_issuer::{audience, clients, subject_to_json, to_json};
use crate::store::trusted_issuers::SubjectRecord;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The iss of the issuer's tokens
    issuer: String,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let context = cli.operations();
        let issuer = trusted_issuers::find(&context, &options.issuer).await?;
        let read = async |listing| trusted_issuers::list_subjects(&context, listing).await;
        let links = list::all(options.issuer.clone(), read).await?;
        let mut details = to_json(&issuer);
        details["links"] = links.iter().map(subject_to_json).collect();
        options.output.say(details, to_text(&issuer, &links))
    })
}

fn to_text(issuer: &TrustedIssuer, links: &[SubjectRecord]) -> String {
    let mut text = card(&[
        ("issuer", issuer.issuer.clone()),
        ("keys", keys(issuer)),
        ("scope", issuer.scopes.to_string()),
        ("audience", audience(issuer).to_owned()),
        ("clients", clients(issuer).join(" ")),
    ]);
    if !links.is_empty() {
        let row = |link: &SubjectRecord| [link.subject.clone(), link.username.clone(), link.user_id.clone()];
        let rows: Vec<_> = links.iter().map(row).collect();
        text.push_str("\n\n");
        text.push_str(&table(["SUBJECT", "USER", "ID"], &rows));
    }
    text
}

/// Describes where the public keys of the issuer are.
pub(super) fn keys(issuer: &TrustedIssuer) -> String {
    match &issuer.keys {
        IssuerKeys::Here(_) => "registered".to_owned(),
        IssuerKeys::At(uri) => uri.clone(),
    }
}
