//! The last refused requests, and why each was refused.

use super::Context;
use super::clients::takes_another;
use super::cure::Facts;
use super::explanation::{ExplainedRefusal, Explanation};
use super::fault::{Fault, Faults};
use super::list::{self, Cursor, List, Listing};
use crate::failure::Denied;
use crate::store::db::Conn;
use crate::store::page::Page;
use crate::store::refusals::{self, KeptRefusal, RefusalFilter};
use crate::store::{clients, users};

const CURSOR: Cursor = Cursor::of("refusals");

/// Returns a page of the refusals, the newest first.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<RefusalFilter>,
) -> Result<List<KeptRefusal>, Denied<Faults>> {
    let key = |row: &KeptRefusal| (row.created_at, row.id.clone());
    list::read(context, CURSOR, listing, refusals::list, key).await
}

/// Finds the newest refusal that the filter matches, and explains it.
///
/// # Errors
/// If no refusal matches.
pub async fn find(context: &Context<'_>, filter: RefusalFilter) -> Result<ExplainedRefusal, Denied<Faults>> {
    let is_on = context.config.explain.is_on();
    let demands = context.config.oauth.demands();
    context
        .read(async move |conn: &mut Conn| {
            let page = Page { filter: filter.clone(), after: None, limit: 1 };
            let newest = refusals::list(conn, &page).await?.into_iter().next();
            let refusal = newest.ok_or_else(|| Fault::not_found(not_found(&filter, is_on)))?;
            let client = match &refusal.client {
                Some(id) => clients::find_record(conn, id).await?,
                None => None,
            };
            let user = match &refusal.user {
                Some(id) => users::find_by_id(conn, id.as_str()).await?,
                None => None,
            };
            let facts = Facts {
                detail: None,
                client: client.as_ref().map(|record| &record.client),
                takes_secret: client.as_ref().is_some_and(|record| takes_another(record).is_ok()),
                user: user.as_ref(),
                demands,
            };
            let explanation = Explanation::of_kept(&refusal, facts);
            let username = user.map(|user| user.person.username);
            Ok::<_, Denied<Faults>>(ExplainedRefusal { refusal, explanation, username })
        })
        .await
}

fn not_found(filter: &RefusalFilter, is_on: bool) -> String {
    if !is_on {
        return "refused requests are not kept, because explain.retention is 0".to_owned();
    }
    match &filter.request_id {
        Some(_) => "no refused request with this id is kept: it was not refused, is too old, or came in a flood of which only \
                    the first requests are kept"
            .to_owned(),
        None => "no refused request is kept that matches".to_owned(),
    }
}
