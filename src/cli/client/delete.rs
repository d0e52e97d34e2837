//! `grantor client delete`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::{Manner, Trouble};
use crate::oauth::id::ClientId;
use crate::operations::clients;

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
    options.manner.common.run(async |desk| {
        let id = ClientId::new(&options.id);
        let name = clients::find(&desk.operations(), &id).await?.client.metadata.name;
        options
            .question
            .ask(&format!("Delete the client {id} ({name}) with its secrets, tokens and consents?"))?;
        clients::delete(&desk.operations(), &id).await?;
        options.manner.say(json!({ "client_id": id.as_str() }), format!("deleted the client {id}"))
    })
}
