//! How much is left of the budgets for rows that strangers make.
//!
//! The rows of a network are counted in the transaction that stores the row. The rows of all networks are read at most
//! once a second, and again after this node has used up an eighth of what was left; what the node itself stores in
//! between is counted here. So no row of the database changes with every request, and up to eight nodes keep the total:
//! together they may exceed it by a row each.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::catalogue::MAX_AGE;
use super::fresh::Fresh;
use crate::clock::{Seconds, Timestamp};
use crate::failure::Failure;
use crate::oauth::row_budget::{RowBudget, RowKind};
use crate::store::db::{Conn, Db, DbError, Tx};
use crate::store::row_budgets::{self, HeldRows};

/// The total is read again after one part in this many of what was left is used up.
const PARTS: i64 = 8;

/// What this node knows about the budget of each kind.
#[derive(Default)]
pub struct RowBudgets {
    device_codes: Arc<Tally>,
    backchannel_requests: Arc<Tally>,
    sign_ups: Arc<Tally>,
    guesses: Arc<Tally>,
    flows: Arc<Tally>,
    pushed_requests: Arc<Tally>,
    cancelled: Arc<Tally>,
}

#[derive(Default)]
struct Tally {
    total: Fresh<Total, Arc<Failure>>,
    /// The rows that this node has stored since its start.
    made: AtomicI64,
    /// The rows that this node may be storing now.
    pending: AtomicI64,
    turn: Arc<Mutex<()>>,
}

/// The total, as it was read.
struct Total {
    held: HeldRows,
    at: Timestamp,
    /// What this node had stored before the read.
    made_before: i64,
}

/// The permission to store one row, if its network still holds less than its share.
pub struct Draw {
    rule: Option<CountingRule>,
    tally: Option<Arc<Tally>>,
    turn: Option<OwnedMutexGuard<()>>,
}

/// Counts the row in the transaction that stores it.
#[derive(Clone, Debug)]
pub struct Counting(Option<CountingRule>);

#[derive(Clone, Debug)]
struct CountingRule {
    kind: RowKind,
    network: String,
    /// The number of rows that the network may hold.
    allowance: i64,
    until: Timestamp,
    now: Timestamp,
    /// When the first row of any network ends.
    first_end: Option<Timestamp>,
}

impl RowBudgets {
    /// Draws on the budget for one row of a network, which is named by a text.
    ///
    /// # Errors
    /// Only failures.
    pub async fn draw(
        &self,
        db: &Db,
        (kind, budget): (RowKind, RowBudget),
        network: String,
        now: Timestamp,
    ) -> Result<Draw, Failure> {
        let tally = self.tally(kind);
        let read = async |since| tally.total(db, (kind, budget), since, now).await.map_err(Failure::Shared);
        let recently = Instant::now().checked_sub(MAX_AGE).unwrap_or_else(Instant::now);
        let total = read(recently).await?;
        let (mut draw, unread) = tally.begin(&total);
        let left = total.left(budget);
        if left <= 0 || unread.saturating_mul(PARTS) <= left {
            return Ok(draw.with(budget, (kind, network), &total, unread, now));
        }
        // Little is left for what this node is storing now, so its rows are stored one after another.
        drop(draw);
        let turn = tally.turn.clone().lock_owned().await;
        let total = read(Instant::now()).await?;
        let (next, unread) = tally.begin(&total);
        draw = next;
        draw.turn = Some(turn);
        Ok(draw.with(budget, (kind, network), &total, unread, now))
    }

    fn tally(&self, kind: RowKind) -> &Arc<Tally> {
        match kind {
            RowKind::DeviceCode => &self.device_codes,
            RowKind::BackchannelRequest => &self.backchannel_requests,
            RowKind::SignUp => &self.sign_ups,
            RowKind::Guess => &self.guesses,
            RowKind::Flow => &self.flows,
            RowKind::PushedRequest => &self.pushed_requests,
            RowKind::Cancelled => &self.cancelled,
        }
    }
}

impl Tally {
    /// The total, read at `since` or later.
    async fn total(
        &self,
        db: &Db,
        (kind, budget): (RowKind, RowBudget),
        since: Instant,
        now: Timestamp,
    ) -> Result<Arc<Total>, Arc<Failure>> {
        let is_good = |total: &Total| {
            total.at >= now && self.made_since(total).saturating_mul(PARTS) <= total.left(budget).max(0)
        };
        let read = async || {
            let made_before = self.made.load(Ordering::Relaxed);
            let held = async move |conn: &mut Conn| row_budgets::held(conn, kind, now).await;
            let held = db.read(held).await.map_err(|error| Arc::new(error.into()))?;
            Ok(Total { held, at: now, made_before })
        };
        self.total.get(since, is_good, read).await.map(|(total, _)| total)
    }

    /// Begins to store a row. Returns also the number of rows of this node that are not in the total, without this one.
    fn begin(self: &Arc<Self>, total: &Total) -> (Draw, i64) {
        let others = self.pending.fetch_add(1, Ordering::Relaxed);
        let draw = Draw { rule: None, tally: Some(self.clone()), turn: None };
        (draw, self.made_since(total) + others)
    }

    /// The rows that this node has stored since the total was read.
    fn made_since(&self, total: &Total) -> i64 {
        self.made.load(Ordering::Relaxed) - total.made_before
    }
}

impl Total {
    fn left(&self, budget: RowBudget) -> i64 {
        budget.in_all.saturating_sub(self.held.count)
    }
}

impl Draw {
    /// A row that is never refused and not counted.
    pub fn unlimited() -> Self {
        Self { rule: None, tally: None, turn: None }
    }

    fn with(
        mut self,
        budget: RowBudget,
        (kind, network): (RowKind, String),
        total: &Total,
        unread: i64,
        now: Timestamp,
    ) -> Self {
        self.rule = Some(CountingRule {
            kind,
            network,
            allowance: budget.allowance(total.held.count + unread),
            until: budget.counts_until(now),
            now,
            first_end: total.held.first_end,
        });
        self
    }

    /// What counts the row.
    pub fn counting(&self) -> Counting {
        Counting(self.rule.clone())
    }

    /// Reports that the row was stored.
    pub fn stored(self) {
        if let Some(tally) = &self.tally {
            tally.made.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Draw {
    fn drop(&mut self) {
        if let Some(tally) = &self.tally {
            tally.pending.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Counting {
    /// Counts the row. Must be in the transaction that stores the row.
    ///
    /// The inner `Err` is the time to wait, at least a second: the network holds its share, and nothing was counted.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn count(&self, tx: &mut Tx) -> Result<Result<(), Seconds>, DbError> {
        let Some(rule) = &self.0 else { return Ok(Ok(())) };
        let of = (rule.kind, rule.network.as_str());
        if row_budgets::count(tx, of, rule.allowance, rule.until, rule.now).await? {
            return Ok(Ok(()));
        }
        let held = row_budgets::held_by(tx, of, rule.now).await?;
        Ok(Err(rule.wait(held)))
    }

    /// Whether there is room for the row. It is not counted. The inner `Err` is as in [`Self::count`].
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn look(&self, conn: &mut Conn) -> Result<Result<(), Seconds>, DbError> {
        let Some(rule) = &self.0 else { return Ok(Ok(())) };
        let held = row_budgets::held_by(conn, (rule.kind, &rule.network), rule.now).await?;
        Ok(if held.count < rule.allowance { Ok(()) } else { Err(rule.wait(held)) })
    }

    /// Removes the row from the count.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn take_back(&self, tx: &mut Tx) -> Result<(), DbError> {
        let Some(rule) = &self.0 else { return Ok(()) };
        row_budgets::take_back(tx, (rule.kind, &rule.network), rule.until).await
    }
}

impl CountingRule {
    /// Until the first row of the network ends. A network without rows waits for the first row of any network.
    fn wait(&self, held: HeldRows) -> Seconds {
        let end = held.first_end.or(self.first_end).unwrap_or(self.now);
        (end - self.now).max(Seconds::new(1))
    }
}
