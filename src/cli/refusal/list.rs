//! `grantor refusal list`.

use clap::Args;

use super::super::list::ListOptions;
use super::super::{CliError, OutputOptions};
use crate::oauth::id::ClientId;
use crate::operations::explanation::refusal_to_json;
use crate::operations::refusals;
use crate::store::refusals::{KeptRefusal, RefusalFilter};

/// How many rows a list has without `--limit`.
const USUAL: u32 = 50;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only requests of this application, by its client_id
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Only requests that were refused for this reason, such as redirect_uri.path_mismatch
    #[arg(long, value_name = "WORD")]
    reason: Option<String>,
    #[command(flatten)]
    list: ListOptions,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let context = cli.operations();
        let filter = RefusalFilter {
            client: options.client.as_deref().map(ClientId::new),
            reason: options.reason.clone(),
            request_id: None,
        };
        let read = async |listing| refusals::list(&context, listing).await;
        let refusals = options.list.read_at_most(USUAL, filter, read).await?;
        let header = ["TIME", "REQUEST", "CLIENT", "REASON", "ADDRESS", "PATH"];
        let list = options.list.filtered(options.client.is_some() || options.reason.is_some());
        options.output.list((&refusals, &list), refusal_to_json, header, row)
    })
}

fn row(refusal: &KeptRefusal) -> [String; 6] {
    [
        refusal.created_at.iso(),
        refusal.request_id.clone(),
        refusal.client.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
        refusal.reason.clone(),
        refusal.address.clone(),
        refusal.path.clone(),
    ]
}
