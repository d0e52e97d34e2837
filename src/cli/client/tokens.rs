//! `--token-format`, `--resource`, `--access-token-lifetime` and `--may-act`.

use super::super::{Desk, Trouble};
use crate::config::Span;
use crate::oauth::grant::resource::normal;
use crate::oauth::id::ClientId;
use crate::store::db::{Conn, DbError};
use crate::store::{clients, resources};

/// The lifetime of an access token in seconds. It is at most the time for which the signing key is published.
pub(in crate::cli) fn lifetime(desk: &Desk, text: &str) -> Result<i64, Trouble> {
    let longest = desk.config.keys.keep_published.seconds();
    let seconds = Span::parse(text)
        .map(Span::seconds)
        .ok_or_else(|| format!("the lifetime {text:?} is not a length of time; write 30s, 10m, 8h or 7d"))?;
    if !(1..=longest).contains(&seconds) {
        return Err(format!(
            "an access token lives between 1s and {longest}s, for which keys.keep_published publishes its key"
        )
        .into());
    }
    Ok(seconds)
}

/// Reads the option of an update, in which `default` removes the lifetime. `None`: the option is not given.
pub(in crate::cli) fn new_lifetime(desk: &Desk, text: Option<&str>) -> Result<Option<Option<i64>>, Trouble> {
    match text {
        None => Ok(None),
        Some("default") => Ok(Some(None)),
        Some(text) => lifetime(desk, text).map(|seconds| Some(Some(seconds))),
    }
}

/// The registered URIs of the resources, without duplicates. Every resource must exist.
pub(super) async fn registered(
    conn: &mut Conn,
    named: &[String],
) -> Result<Result<Vec<String>, Trouble>, DbError> {
    let mut found: Vec<String> = Vec::new();
    if named.is_empty() {
        return Ok(Ok(found));
    }
    let known = resources::all(conn).await?;
    for uri in named {
        let Some(resource) = known.iter().find(|known| normal(&known.uri) == normal(uri)) else {
            return Ok(Err(
                format!("there is no resource {uri}; grantor resource create registers one").into()
            ));
        };
        if !found.contains(&resource.uri) {
            found.push(resource.uri.clone());
        }
    }
    Ok(Ok(found))
}

/// Reads the client that may act. It must be able to authenticate.
pub(super) async fn check_actor(
    conn: &mut Conn,
    named: Option<&ClientId>,
) -> Result<Result<(), Trouble>, DbError> {
    let Some(id) = named else { return Ok(Ok(())) };
    match clients::find(conn, id).await? {
        None => Ok(Err(format!("--may-act: there is no client with the id {id}").into())),
        Some(found) if found.client.kind.is_public() => {
            Ok(Err(format!("--may-act: the client {id} is public, and could not prove who acts").into()))
        }
        Some(_) => Ok(Ok(())),
    }
}
