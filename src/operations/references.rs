//! Checks that what an object names exists: scopes, and clients that can authenticate.

use strsim::osa_distance;

use super::fault::Fault;
use crate::oauth::client::console::is_console;
use crate::oauth::grant::scope::Scope;
use crate::oauth::id::ClientId;
use crate::store::db::{Conn, DbError};
use crate::store::{clients, scopes};

/// One fault for each scope that does not exist.
pub(super) async fn scope_faults(conn: &mut Conn, scope: &Scope) -> Result<Vec<Fault>, DbError> {
    let mut faults = Vec::new();
    for name in scope.names() {
        if scopes::find(conn, name).await?.is_none() {
            let advice = advice(conn, name).await?;
            let sentence = format!("there is no scope with the name {name}; {advice}");
            faults.push(Fault::invalid("scope", sentence));
        }
    }
    Ok(faults)
}

/// What to do about the name of a scope that does not exist.
async fn advice(conn: &mut Conn, name: &str) -> Result<String, DbError> {
    let parts: Vec<&str> = name.split(',').filter(|part| !part.is_empty()).collect();
    if name.contains(',') {
        return Ok(match parts.as_slice() {
            [] | [_] => "separate scopes by spaces, without commas".to_owned(),
            parts => format!("separate scopes by spaces, as in \"{}\"", parts.join(" ")),
        });
    }
    let known = scopes::all(conn).await?;
    let similar = known.iter().map(|known| (osa_distance(&known.name, name), &known.name)).min();
    Ok(match similar {
        Some((distance, similar)) if distance <= MAX_TYPOS && distance < name.len() / 2 => {
            format!("did you mean {similar}?")
        }
        _ => "create it first".to_owned(),
    })
}

/// The largest number of mistakes in a name that is still recognized.
const MAX_TYPOS: usize = 2;

/// Returns one fault for each client of the list `clients` that does not exist, or that is public and so cannot prove who it
/// is. `why` completes the sentence: what the client could not prove.
pub(super) async fn client_faults(
    conn: &mut Conn,
    ids: &[ClientId],
    why: &str,
) -> Result<Vec<Fault>, DbError> {
    let mut faults = Vec::new();
    for (n, id) in ids.iter().enumerate() {
        let wrong = unsuitable(conn, id, why).await?;
        faults.extend(wrong.map(|sentence| Fault::invalid(format!("clients/{n}"), sentence)));
    }
    Ok(faults)
}

/// Returns why no client with this id can prove what `why` says: it does not exist, or it is public. The client of the console
/// does not exist for those who name it.
pub(super) async fn unsuitable(conn: &mut Conn, id: &ClientId, why: &str) -> Result<Option<String>, DbError> {
    Ok(match clients::find(conn, id).await?.filter(|_| !is_console(id)) {
        None => Some(format!("there is no client with the id {id}")),
        Some(found) if found.client.kind.is_public() => {
            Some(format!("the client {id} is public, and could not prove {why}"))
        }
        Some(_) => None,
    })
}

/// The names of clients, sorted and without duplicates.
pub(super) fn each_once(mut ids: Vec<ClientId>) -> Vec<ClientId> {
    ids.sort();
    ids.dedup();
    ids
}
