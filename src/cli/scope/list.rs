//! `grantor scope list`.

use clap::Args;

use super::super::list::ListOptions;
use super::super::{CliError, OutputOptions};
use crate::oauth::grant::scope::ScopeRecord;
use crate::operations::scopes;
use crate::representation::scope::to_json;
use crate::store::page::NameFilter;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only scopes with this text in their name, in any spelling
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    #[command(flatten)]
    list: ListOptions,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let context = cli.operations();
        let scopes = options
            .list
            .read(NameFilter { q: options.search.clone() }, async |listing| {
                scopes::list(&context, listing).await
            })
            .await?;
        let row = |scope: &ScopeRecord| {
            let sensitive = if scope.sensitive { "yes" } else { "no" };
            let claims = if scope.claims.is_empty() { "-".into() } else { scope.claims.join(" ") };
            [scope.name.clone(), sensitive.to_owned(), scope.description.as_str().to_owned(), claims]
        };
        let header = ["NAME", "SENSITIVE", "DESCRIPTION", "CLAIMS"];
        let list = options.list.filtered(options.search.is_some());
        options.output.list((&scopes, &list), to_json, header, row)
    })
}
