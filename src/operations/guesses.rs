//! Whether a guess at a secret may be checked now. It is counted in the database before anything is hashed or looked up.

use std::collections::HashMap;

use super::Context;
use crate::cache::row_budgets::{Counting, Draw};
use crate::clock::{Seconds, Timestamp};
use crate::config::Limits;
use crate::failure::Failure;
use crate::network::Networks;
use crate::oauth::id::{ClientId, UserId};
use crate::oauth::identity::guessing::{GuessCount, Limit, WRONG_IN_KNOWN_BROWSER};
use crate::oauth::identity::known_browser::KnownBrowser;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::guesses::{self, MOST_BUCKETS};

/// How many wrong secrets of one client may come from one network.
const CLIENT_SECRETS: Limit = Limit::Rate { most: 10, every: Seconds::new(6) };

/// A guess, with the buckets in which it counts.
#[derive(Clone, Debug)]
pub struct Guess {
    always: Vec<Bucket>,
    lanes: Option<Lanes>,
}

#[derive(Clone, Debug)]
struct Bucket {
    name: String,
    limit: Limit,
}

/// Two buckets; a guess counts in one of them. So networks that guess cannot use up the room of networks that have not
/// guessed.
#[derive(Clone, Debug)]
struct Lanes {
    /// For a guess whose first bucket is still empty.
    newcomers: Bucket,
    others: Bucket,
}

/// A guess that was counted and may be checked.
#[derive(Clone, Debug)]
#[must_use]
pub struct CountedGuess {
    buckets: Vec<(String, Seconds)>,
    /// What counted the rows of the buckets; `None` if there were rows for all of them before.
    rows: Option<Counting>,
}

/// What to store for a guess that every bucket takes.
struct Judged {
    counts: Vec<(String, GuessCount)>,
    buckets: Vec<(String, Seconds)>,
    makes_rows: bool,
}

/// The answer to a guess.
#[derive(Debug)]
pub enum Admission {
    Counted(CountedGuess),
    /// The guess was not counted and must not be checked. There is room for it after this time.
    Wait(Seconds),
}

impl Guess {
    /// A guess at the password of an account. `account` names the account, the same for each of its names.
    pub fn password(limits: &Limits, account: &str, from: &Networks) -> Self {
        let bucket = |name: String, limit: Limit| Bucket { name, limit };
        let account_limit = Limit::hourly(limits.account_passwords.into());
        Self {
            always: vec![
                bucket(
                    format!("password {account} {}", from.site),
                    Limit::Delay { free: limits.free_passwords.into() },
                ),
                bucket(
                    format!("password network {}", from.network),
                    Limit::hourly(limits.network_passwords.into()),
                ),
            ],
            lanes: Some(Lanes {
                newcomers: bucket(format!("password new {account}"), account_limit),
                others: bucket(format!("password again {account}"), account_limit),
            }),
        }
    }

    /// A guess at the password of an account in a browser in which somebody has signed in to it before. It counts in
    /// that browser only, and guesses from elsewhere do not count there.
    pub fn in_known_browser(browser: &KnownBrowser) -> Self {
        let limit = Limit::Total { most: WRONG_IN_KNOWN_BROWSER, until: browser.ends_at() };
        Self { always: vec![Bucket { name: format!("password browser {}", browser.id), limit }], lanes: None }
    }

    /// A guess at a chosen secret of a client. It counts only for the client and the network together: everyone knows the
    /// id of a client, and no one must be able to keep the client from its tokens.
    pub fn client_secret(client: &ClientId, from: &Networks) -> Self {
        let name = format!("client secret {client} {}", from.site);
        Self { always: vec![Bucket { name, limit: CLIENT_SECRETS }], lanes: None }
    }

    /// A guess at the code of a device, by a user who is signed in. There are 20^8 codes: with a thousand of them waiting,
    /// which is the default of `limits.device_codes`, an account guesses one in about fifty years, and a network full of
    /// accounts in about ten months. A code that a person mistypes is another device's in one of 25 million cases.
    pub fn user_code(user: &UserId, from: &Networks) -> Self {
        let bucket =
            |name, most, every| Bucket { name, limit: Limit::Rate { most, every: Seconds::new(every) } };
        Self {
            always: vec![
                bucket(format!("user_code {user}"), 10, 60),
                bucket(format!("user_code network {}", from.network), 1000, 1),
            ],
            lanes: None,
        }
    }

    /// A guess at the user code of a person (CIBA), by a client. A client needs more than three months
    /// on average for a code of four digits. It uses up only a part of the person's room, so other clients go on.
    pub fn code_of_person(user: &UserId, client: &ClientId) -> Self {
        let bucket =
            |name, most, every| Bucket { name, limit: Limit::Rate { most, every: Seconds::new(every) } };
        Self {
            always: vec![
                bucket(format!("code of person {user} {client}"), 5, 1800),
                bucket(format!("code of person {user}"), 30, 600),
            ],
            lanes: None,
        }
    }

    /// The buckets in which this guess counts, after the guesses that are stored.
    fn buckets(&self, stored: &HashMap<String, GuessCount>) -> Vec<&Bucket> {
        let mut buckets: Vec<&Bucket> = self.always.iter().collect();
        if let Some(lanes) = &self.lanes {
            let first = self.always.first().and_then(|first| stored.get(&first.name));
            let has_guessed = first.is_some_and(|first| first.count > 0);
            buckets.push(if has_guessed { &lanes.others } else { &lanes.newcomers });
        }
        buckets
    }

    fn names(&self) -> Vec<&str> {
        let lanes = self.lanes.iter().flat_map(|lanes| [&lanes.newcomers, &lanes.others]);
        self.always.iter().chain(lanes).map(|bucket| bucket.name.as_str()).take(MOST_BUCKETS).collect()
    }

    /// What to store if all buckets take the guess; otherwise how long to wait.
    async fn judge(&self, conn: &mut Conn, now: Timestamp) -> Result<Result<Judged, Seconds>, DbError> {
        let stored = guesses::find(conn, &self.names(), now).await?;
        let buckets = self.buckets(&stored);
        let mut wait = Seconds::ZERO;
        let mut judged = Judged { counts: Vec::new(), buckets: Vec::new(), makes_rows: false };
        for bucket in buckets {
            let before = stored.get(&bucket.name).copied();
            judged.makes_rows |= before.is_none();
            match bucket.limit.count(before, now) {
                Ok(count) => {
                    judged.counts.push((bucket.name.clone(), count));
                    judged.buckets.push((bucket.name.clone(), bucket.limit.span_of_one()));
                }
                Err(longer) => wait = wait.max(longer),
            }
        }
        Ok(if wait > Seconds::ZERO { Err(wait) } else { Ok(judged) })
    }
}

/// Counts a guess, if there is room for it. With `limits.enabled = false` there is always room, and nothing is counted.
/// `draw` is for the rows that a guess makes if it is the first in a bucket.
///
/// When many guesses arrive at once, at any number of nodes, only those that there is room for are counted. A guess that
/// has to wait costs a read and no write.
///
/// # Errors
/// Only failures.
pub async fn count(context: &Context<'_>, guess: Guess, draw: Draw) -> Result<Admission, Failure> {
    if !context.config.limits.enabled {
        return Ok(Admission::Counted(CountedGuess { buckets: Vec::new(), rows: None }));
    }
    let now = context.now;
    let (first, counting) = (guess.clone(), draw.counting());
    let look = async move |conn: &mut Conn| match first.judge(conn, now).await? {
        Ok(judged) if judged.makes_rows => counting.look(conn).await,
        judged => Ok(judged.map(drop)),
    };
    if let Err(wait) = context.db.read(look).await? {
        return Ok(Admission::Wait(wait));
    }
    let counting = draw.counting();
    let write = async move |tx: &mut Tx| {
        let judged = match guess.judge(tx, now).await? {
            Ok(judged) => judged,
            Err(wait) => return Ok(Admission::Wait(wait)),
        };
        if judged.makes_rows
            && let Err(wait) = counting.count(tx).await?
        {
            return Ok(Admission::Wait(wait));
        }
        guesses::save(tx, &judged.counts).await?;
        let rows = judged.makes_rows.then(|| counting.clone());
        Ok(Admission::Counted(CountedGuess { buckets: judged.buckets, rows }))
    };
    let admission = context.db.write(write).await?;
    if matches!(&admission, Admission::Counted(CountedGuess { rows: Some(_), .. })) {
        draw.stored();
    }
    Ok(admission)
}

impl CountedGuess {
    /// Takes the guess back in a transaction, because it was right. Its rows no longer count as those of a stranger.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn take_back(&self, tx: &mut Tx) -> Result<(), DbError> {
        if !self.buckets.is_empty() {
            guesses::take_back(tx, &self.buckets).await?;
        }
        match &self.rows {
            Some(rows) => rows.take_back(tx).await,
            None => Ok(()),
        }
    }

    /// Takes the guess back, because it was right or could not be checked.
    ///
    /// # Errors
    /// Only failures.
    pub async fn forget(self, context: &Context<'_>) -> Result<(), Failure> {
        if self.buckets.is_empty() {
            return Ok(());
        }
        // A guess that could not be checked may be a stranger's, so its rows still count.
        let take_back = async move |tx: &mut Tx| guesses::take_back(tx, &self.buckets).await;
        Ok(context.db.write(take_back).await?)
    }
}
