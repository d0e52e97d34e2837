//! `grantor resource delete`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::{Desk, Manner, Trouble, block_on};
use super::unknown;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::{clients, resources};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The resource's URI
    uri: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let uri = options.uri.clone();
        let key = uri.clone();
        let find = async move |conn: &mut Conn| resources::find(conn, &key).await;
        desk.db.read::<_, DbError, _>(find).await?.ok_or_else(|| unknown(&uri))?;
        options
            .question
            .ask(&format!("Delete the resource {uri}? Applications get no more tokens for it"))?;
        let key = uri.clone();
        // Without its only resource a client might name any: what it is registered for is not to grow by this.
        let delete = async move |tx: &mut Tx| {
            let registered = clients::list_of_resource(tx, &key).await?;
            if let Some(first) = registered.first() {
                return Ok(Err(Trouble::from(format!(
                    "the client {first} is registered for the resource {key}; change it with client update first"
                ))));
            }
            resources::delete(tx, &key).await.map(Ok)
        };
        if !desk.db.write::<Result<bool, Trouble>, DbError, _>(delete).await?? {
            return Err(unknown(&uri));
        }
        options.manner.say(json!({ "resource": uri }), format!("deleted the resource {uri}"))
    })
}
