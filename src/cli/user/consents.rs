//! `grantor user consents`.

use std::collections::BTreeSet;

use clap::Args;

use super::super::list::ListOptions;
use super::super::{CliError, OutputOptions};
use crate::oauth::grant::authorization_details::type_of;
use crate::oauth::grant::granted::Granted;
use crate::operations::{consents, users};
use crate::representation::consent::to_json;
use crate::store::consents::ConsentRecord;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// A username, an e-mail address or an id
    user: String,
    #[command(flatten)]
    list: ListOptions,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let context = cli.operations();
        let user = users::find(&context, &options.user).await?.person.id;
        let consents =
            options.list.read(user, async |listing| consents::list(&context, listing).await).await?;
        let header = ["CLIENT", "NAME", "ALLOWED", "REFUSED", "CHANGED"];
        options.output.list((&consents, &options.list), to_json, header, row)
    })
}

fn row(record: &ConsentRecord) -> [String; 5] {
    [
        record.client_id.clone(),
        record.client_name.clone(),
        words(&record.consent.allowed),
        words(&record.consent.refused),
        record.updated_at.iso(),
    ]
}

/// The scopes, the claims, and the types of authorization details in a line, each type once.
pub(in crate::cli) fn words(granted: &Granted) -> String {
    let scopes = granted.scope.names();
    let types: BTreeSet<&str> = granted.details.iter().filter_map(type_of).collect();
    let words: Vec<&str> = scopes.chain(granted.claims.names()).chain(types).collect();
    if words.is_empty() { "-".into() } else { words.join(" ") }
}
