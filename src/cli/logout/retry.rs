//! `grantor logout retry`.

use clap::Args;
use serde_json::json;

use super::super::{Desk, Manner, Trouble, block_on};
use crate::oauth::id::ClientId;
use crate::store::db::{DbError, Tx};
use crate::store::logout_deliveries;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only to this application, by its client_id
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let (client, now) = (options.client.as_deref().map(ClientId::new), desk.now);
        let retry = async move |tx: &mut Tx| logout_deliveries::retry(tx, client.as_ref(), now).await;
        let count = desk.db.write::<_, DbError, _>(retry).await?;
        let what = if count == 1 { "1 sign-out is".to_owned() } else { format!("{count} sign-outs are") };
        options.manner.say(json!({ "retried": count }), format!("{what} told again by the running server"))
    })
}
