//! `grantor client delete`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::{Desk, Manner, Trouble, block_on};
use super::show::find;
use super::unknown;
use crate::oauth::grant::Ended;
use crate::oauth::id::ClientId;
use crate::store::db::{DbError, Tx};
use crate::store::{access_tokens, clients, codes, device_codes, grants, logos};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The client_id
    id: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let id = ClientId::new(&options.id);
        let name = find(&desk, &id).await?.client.metadata.name;
        options.question.ask(&format!(
            "Delete the client {id} ({name}) with its secrets, tokens and what people have allowed it?"
        ))?;
        let (key, now) = (id.clone(), desk.now);
        let work = async move |tx: &mut Tx| {
            let Some(record) = clients::find_record(tx, &key).await? else { return Ok(false) };
            clients::delete(tx, &key).await?;
            // A client that is registered under this id one day has nothing to do with these.
            codes::delete_of_client(tx, &key).await?;
            device_codes::delete_of_client(tx, &key).await?;
            grants::revoke_of_client(tx, &key, Ended::ClientDeleted, now).await?;
            access_tokens::delete_of_client(tx, &key).await?;
            if let Some(logo) = &record.client.links.logo {
                logos::delete_unused(tx, logo).await?;
            }
            Ok(true)
        };
        if !desk.db.write::<_, DbError, _>(work).await? {
            return Err(unknown(&id));
        }
        options.manner.say(json!({ "client_id": id.as_str() }), format!("deleted the client {id}"))
    })
}
