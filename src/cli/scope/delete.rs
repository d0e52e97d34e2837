//! `grantor scope delete`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::{Desk, Manner, Trouble, block_on};
use super::unknown;
use crate::oauth::grant::scope::OPENID;
use crate::oauth::id::ClientId;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::{clients, scopes};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The scope's name
    name: String,
    /// Take it from the clients that may ask for it
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let (name, force) = (options.name.clone(), options.force);
        let key = name.clone();
        let look = async move |conn: &mut Conn| deletable(conn, &key, force).await;
        let allowed = desk.db.read::<Result<_, Trouble>, DbError, _>(look).await??;
        let from = if allowed.is_empty() { String::new() } else { format!("from {} and ", list(&allowed)) };
        options
            .question
            .ask(&format!("Delete the scope {name}, {from}from all that people have allowed?"))?;
        let key = name.clone();
        let work = async move |tx: &mut Tx| {
            let allowed = match deletable(tx, &key, force).await? {
                Ok(allowed) => allowed,
                Err(trouble) => return Ok(Err(trouble)),
            };
            clients::take_scope(tx, &key).await?;
            scopes::delete(tx, &key).await?;
            Ok(Ok(allowed))
        };
        let taken_from = desk.db.write::<Result<_, Trouble>, DbError, _>(work).await??;
        let ids: Vec<&str> = taken_from.iter().map(ClientId::as_str).collect();
        let from = if ids.is_empty() { String::new() } else { format!(", also from {}", list(&taken_from)) };
        options
            .manner
            .say(json!({ "name": name, "taken_from": ids }), format!("deleted the scope {name}{from}"))
    })
}

/// The clients that a scope is to be taken from; the error says why it stays.
async fn deletable(
    conn: &mut Conn,
    name: &str,
    force: bool,
) -> Result<Result<Vec<ClientId>, Trouble>, DbError> {
    if name == OPENID {
        return Ok(Err("the scope openid stays: applications sign people in with it".into()));
    }
    if scopes::find(conn, name).await?.is_none() {
        return Ok(Err(unknown(name)));
    }
    let allowed = clients::list_allowed(conn, name).await?;
    if !allowed.is_empty() && !force {
        let clients = list(&allowed);
        return Ok(Err(
            format!("the scope {name} is allowed to {clients}; --force takes it from them").into()
        ));
    }
    Ok(Ok(allowed))
}

/// Ids in a sentence, the first ten of them by name.
fn list(ids: &[ClientId]) -> String {
    let named: Vec<&str> = ids.iter().take(10).map(ClientId::as_str).collect();
    match ids.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
