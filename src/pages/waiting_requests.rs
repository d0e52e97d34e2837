//! The requests of applications that wait for the people who are signed in with a browser (CIBA).

use std::sync::Arc;

use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::clock::Timestamp;
use crate::failure::Failure;
use crate::http::call::Call;
use crate::oauth::grant::backchannel::BackchannelRequest;
use crate::oauth::request::interaction::SignedIn;
use crate::store::backchannel_requests;
use crate::store::clients::StoredClient;
use crate::store::db::Conn;

/// The most requests of one person that a page lists. How many can wait at once is configured, and much less.
const MOST: i64 = 50;

/// A request that waits, the client that asks, and the person's place among those who are signed in.
pub(super) struct AnswerableRequest {
    pub(super) request: BackchannelRequest,
    pub(super) client: Arc<StoredClient>,
    pub(super) person: usize,
}

/// Returns the requests that these people can answer now, the newest first.
pub(super) async fn find(
    app: &App,
    call: &Call,
    people: &[SignedIn],
) -> Result<Vec<AnswerableRequest>, Failure> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let (users, now): (Vec<_>, Timestamp) = (people.iter().map(|here| here.user.clone()).collect(), call.now);
    let find = async move |conn: &mut Conn| {
        let mut found = Vec::new();
        for (person, user) in users.iter().enumerate() {
            let waiting = backchannel_requests::waiting_of(conn, user, now, MOST).await?;
            found.extend(waiting.into_iter().map(|request| (person, request)));
        }
        Ok(found)
    };
    let mut waiting = Vec::new();
    for (person, request) in app.db.read(find).await? {
        let client = app.cache.client(&request.client, Freshness::Cached).await?;
        if let Some(client) = client.filter(|client| request.check(&client.client, now).is_ok()) {
            waiting.push(AnswerableRequest { request, client, person });
        }
    }
    waiting.sort_by_key(|waiting| std::cmp::Reverse(waiting.request.created_at));
    Ok(waiting)
}

/// Returns how many requests these people can answer now.
pub(super) async fn count(app: &App, call: &Call, people: &[SignedIn]) -> Result<usize, Failure> {
    Ok(find(app, call, people).await?.len())
}

/// Returns how many minutes ago the application asked.
pub(super) fn minutes_since(request: &BackchannelRequest, now: Timestamp) -> i64 {
    (now - request.created_at).as_i64().max(0) / 60
}

/// Returns for how many more minutes the request can be answered.
pub(super) fn minutes_left(request: &BackchannelRequest, now: Timestamp) -> i64 {
    (request.expires_at - now).as_i64().max(0) / 60
}
