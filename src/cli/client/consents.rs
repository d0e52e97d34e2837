//! `grantor client consents`.

use clap::Args;

use super::super::list::ListOptions;
use super::super::user::consents::words;
use super::super::{CliError, OutputOptions};
use crate::oauth::id::ClientId;
use crate::operations::consents;
use crate::representation::consent::to_json;
use crate::store::consents::ConsentRecord;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The client_id
    id: String,
    #[command(flatten)]
    list: ListOptions,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let context = cli.operations();
        let client = ClientId::new(&options.id);
        let consents = options
            .list
            .read(client, async |listing| consents::list_of_client(&context, listing).await)
            .await?;
        let header = ["USER", "USER ID", "ALLOWED", "REFUSED", "CHANGED"];
        options.output.list((&consents, &options.list), to_json, header, row)
    })
}

fn row(record: &ConsentRecord) -> [String; 5] {
    [
        record.username.clone(),
        record.user_id.clone(),
        words(&record.consent.allowed),
        words(&record.consent.refused),
        record.updated_at.iso(),
    ]
}
