//! Whether this node's clock agrees with the clock of the database and of the other nodes. A node whose clock does not
//! agree deletes nothing and makes no keys.
//!
//! On PostgreSQL the database's clock decides, on SQLite the newest time of another node that still renews its row. A
//! row that no node renews decides nothing: its time may be wrong, and its node may be dead.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Seconds, Timestamp};
use crate::secret::random_id;
use crate::store::clocks::{self, NodeClock, OtherClocks};
use crate::store::db::{Db, DbError, Tx};

/// How often a node renews its row.
pub const RENEW_EVERY: Duration = Duration::from_secs(10);
/// A node whose row has not changed for this many seconds no longer runs.
const RENEWED_WITHIN: Seconds = Seconds::new(40);
/// How far two clocks that agree may be apart, in seconds.
const APART: Seconds = Seconds::new(60);
/// How far a clock must jump ahead, in seconds, before the node doubts it.
const JUMP: Seconds = Seconds::new(86_400);
/// How long the node doubts a clock that jumped, in seconds.
const DOUBT: Seconds = Seconds::new(3600);

/// What is known about this node's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClockVerdict {
    /// No other clock contradicts it.
    Agrees,
    /// The row of another node contradicts it, and it is not known yet whether that node runs.
    Unclear,
    /// It is `by` seconds ahead (or behind, if negative) of `other`.
    Differs { by: Seconds, other: String },
    /// It moved ahead by this much at once, and no other node confirms it.
    Jumped { by: Seconds },
}

/// The clock of this node, and what it was compared with. Clones share their content.
#[derive(Clone, Debug)]
pub struct ClockWatch(Arc<WatchState>);

#[derive(Debug)]
struct WatchState {
    node: String,
    /// Whether it writes what its clock says: a command ends too soon for others to compare.
    renews: bool,
    db: Db,
    clock: Clock,
    observed: Mutex<Observed>,
}

/// What this process has seen so far. Spans count from its start, by a clock that is never set.
#[derive(Clone, Debug)]
struct Observed {
    nodes: HashMap<String, SeenNode>,
    /// The time and the span at the last look.
    last: Option<(Timestamp, Seconds)>,
    /// By how much the clock jumped, and at which span.
    jump: Option<(Seconds, Seconds)>,
    verdict: ClockVerdict,
}

#[derive(Clone, Debug)]
struct SeenNode {
    time: Timestamp,
    seen_at: Seconds,
    /// The span at which its row was last seen to have changed.
    renewed_at: Option<Seconds>,
}

/// This node's clock at one look.
#[derive(Clone, Copy, Debug)]
struct OwnClock {
    now: Timestamp,
    span: Seconds,
    /// How far it is ahead of the database's.
    ahead: Option<Seconds>,
}

impl ClockVerdict {
    /// Whether rows may be deleted by this clock.
    pub fn may_delete(&self) -> bool {
        *self == Self::Agrees
    }

    /// Whether keys may be made by this clock.
    pub fn may_make_keys(&self) -> bool {
        matches!(self, Self::Agrees | Self::Jumped { .. })
    }

    /// Whether a node with this clock should get requests.
    pub fn is_ready(&self) -> bool {
        !matches!(self, Self::Differs { .. })
    }
}

impl fmt::Display for ClockVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agrees => f.write_str("this node's clock agrees with the others"),
            Self::Unclear => f.write_str("another node left another time, and may still run"),
            Self::Differs { by, other } if *by < Seconds::ZERO => {
                write!(f, "this node's clock is {} seconds behind that of {other}", Seconds::ZERO - *by)
            }
            Self::Differs { by, other } => {
                write!(f, "this node's clock is {by} seconds ahead of that of {other}")
            }
            Self::Jumped { by } => {
                write!(
                    f,
                    "this node's clock has moved ahead by {by} seconds at once, and no other node confirms it"
                )
            }
        }
    }
}

impl ClockWatch {
    /// Watches the clock of this process, which is a node of the database.
    pub fn new(db: &Db, clock: &Clock) -> Self {
        Self::of(db, clock, true)
    }

    /// Watches the clock of a command, which compares and leaves nothing behind.
    pub fn of_a_command(db: &Db, clock: &Clock) -> Self {
        Self::of(db, clock, false)
    }

    fn of(db: &Db, clock: &Clock, renews: bool) -> Self {
        let observed =
            Observed { nodes: HashMap::new(), last: None, jump: None, verdict: ClockVerdict::Unclear };
        let (db, clock) = (db.for_the_node(), clock.clone());
        Self(Arc::new(WatchState { node: random_id(), renews, db, clock, observed: Mutex::new(observed) }))
    }

    /// Compares the clocks now and, if this one is good, writes what it says. Logs what has changed.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn look(&self) -> Result<ClockVerdict, DbError> {
        let state = &self.0;
        let (now, span) = state.clock.now_and_uptime();
        let before = self.observed(|observed| observed.clone());
        let (seen, own, clock) = (before.clone(), state.node.clone(), state.clock.clone());
        let (engine, renews) = (state.db.engine(), state.renews);
        let compare = async move |tx: &mut Tx| {
            let others = clocks::read(tx, engine, &own).await?;
            let ahead = others.database.map(|database| clock.ahead_of(now, database));
            let after = seen.clone().seeing(&others, OwnClock { now, span, ahead });
            if renews && after.verdict == ClockVerdict::Agrees {
                clocks::renew(tx, &own, now).await?;
            }
            Ok(after)
        };
        let after: Observed = state.db.write(compare).await?;
        note(&before, &after, now);
        let verdict = after.verdict.clone();
        self.observed(|observed| *observed = after);
        Ok(verdict)
    }

    /// What the last look found.
    pub fn verdict(&self) -> ClockVerdict {
        self.observed(|observed| observed.verdict.clone())
    }

    fn observed<T>(&self, with: impl FnOnce(&mut Observed) -> T) -> T {
        with(&mut self.0.observed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observed {
    /// What is known after one more look.
    fn seeing(mut self, others: &OtherClocks, own: OwnClock) -> Self {
        let newest = others.nodes.iter().map(|other| other.time).filter(|time| *time <= own.now).max();
        let expected = match self.last {
            Some((time, span)) => Some(time + (own.span - span)),
            None => newest,
        };
        let by = expected.map_or(Seconds::ZERO, |expected| own.now - expected);
        // A clock that was good and has not been set since stays good, whatever time a new row contains.
        let is_steady = self.verdict == ClockVerdict::Agrees && !differs(by);
        if by > JUMP {
            self.jump = Some((by, own.span));
        } else if Seconds::ZERO - by > APART {
            // The clock was set back, so the jump no longer matters.
            self.jump = None;
        }
        self.nodes = others.nodes.iter().map(|other| self.seen(other, own.span)).collect();
        self.last = Some((own.now, own.span));
        self.verdict = self.judged(own, is_steady);
        self
    }

    fn seen(&self, other: &NodeClock, span: Seconds) -> (String, SeenNode) {
        let seen = match self.nodes.get(&other.node) {
            None => SeenNode { time: other.time, seen_at: span, renewed_at: None },
            Some(before) if before.time == other.time => before.clone(),
            Some(before) => SeenNode { time: other.time, renewed_at: Some(span), ..before.clone() },
        };
        (other.node.clone(), seen)
    }

    fn judged(&mut self, own: OwnClock, is_steady: bool) -> ClockVerdict {
        let span = own.span;
        let running = self.nodes.iter().filter(|(_, other)| other.runs(span));
        let newest = running.max_by_key(|(_, other)| other.time);
        let compared = match (own.ahead, newest) {
            (Some(by), _) => Some((by, "the database".to_owned())),
            (None, Some((node, other))) => Some((own.now - other.time, format!("the node {node}"))),
            (None, None) => None,
        };
        if let Some((by, other)) = &compared
            && differs(*by)
        {
            // If the other clock disappears, that does not make this one right.
            self.jump = (*by > Seconds::ZERO).then_some((*by, span));
            return ClockVerdict::Differs { by: *by, other: other.clone() };
        }
        let knows = is_steady || compared.is_some();
        let mut unclear = self.nodes.values().filter(|other| other.may_run(span));
        if !knows && unclear.any(|other| differs(own.now - other.time)) {
            return ClockVerdict::Unclear;
        }
        // Another node that runs, and agrees, confirms a jump.
        if newest.is_some_and(|(_, other)| !differs(own.now - other.time)) {
            self.jump = None;
        }
        match self.jump {
            Some((by, since)) if span - since < DOUBT => ClockVerdict::Jumped { by },
            _ => {
                self.jump = None;
                ClockVerdict::Agrees
            }
        }
    }
}

impl SeenNode {
    fn runs(&self, span: Seconds) -> bool {
        self.renewed_at.is_some_and(|renewed_at| span - renewed_at < RENEWED_WITHIN)
    }

    /// Whether the node may run: its row has not been watched for long enough to know that it does not.
    fn may_run(&self, span: Seconds) -> bool {
        self.renewed_at.is_none() && span - self.seen_at < RENEWED_WITHIN
    }
}

/// Whether two clocks that are `by` seconds apart contradict each other.
fn differs(by: Seconds) -> bool {
    by > APART || Seconds::ZERO - by > APART
}

/// Logs a new verdict, and times that lie ahead and that no node renews.
fn note(before: &Observed, after: &Observed, now: Timestamp) {
    match &after.verdict {
        verdict if *verdict == before.verdict => {}
        ClockVerdict::Agrees | ClockVerdict::Unclear => {}
        ClockVerdict::Differs { .. } if matches!(before.verdict, ClockVerdict::Differs { .. }) => {}
        verdict @ ClockVerdict::Differs { .. } => tracing::error!(
            "{verdict}: this node is not ready, deletes nothing and makes no keys until the clocks agree"
        ),
        verdict @ ClockVerdict::Jumped { .. } => tracing::warn!(
            "{verdict}: it deletes nothing for an hour. If the clock is right, grantor clock forget ends \
             the wait at the next start"
        ),
    }
    let left = |(node, seen): &(&String, &SeenNode)| {
        seen.time - now > APART && seen.renewed_at.is_none() && !before.nodes.contains_key(*node)
    };
    for (node, seen) in after.nodes.iter().filter(left) {
        tracing::warn!(
            "the node {node} left the time {}, which is ahead of this node's clock. If no such node runs, its clock was \
             wrong; grantor clock forget deletes the times of dead nodes",
            seen.time.iso()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn nodes(rows: &[(&str, i64)]) -> OtherClocks {
        let nodes = rows
            .iter()
            .map(|(node, time)| NodeClock { node: (*node).into(), time: Timestamp::from_unix(*time) });
        OtherClocks { database: None, nodes: nodes.collect() }
    }

    fn own(now: i64, span: i64) -> OwnClock {
        OwnClock { now: Timestamp::from_unix(now), span: Seconds::new(span), ahead: None }
    }

    fn fresh() -> Observed {
        Observed { nodes: HashMap::new(), last: None, jump: None, verdict: ClockVerdict::Unclear }
    }

    #[test]
    fn a_node_alone_agrees_with_itself() {
        let seen = fresh().seeing(&nodes(&[]), own(1000, 0));
        assert_eq!(seen.verdict, ClockVerdict::Agrees);
        assert_eq!(seen.seeing(&nodes(&[]), own(1010, 10)).verdict, ClockVerdict::Agrees);
    }

    #[test]
    fn a_node_that_renews_its_time_decides_and_one_that_does_not_is_dead_after_40_seconds() {
        for ahead in [-200, 61, 400 * DAY] {
            let seen = fresh().seeing(&nodes(&[("a", 1000)]), own(1000 + ahead, 0));
            assert!(!seen.verdict.may_delete(), "{ahead}");
            let renewed = seen.clone().seeing(&nodes(&[("a", 1010)]), own(1010 + ahead, 10));
            let differs = ClockVerdict::Differs { by: Seconds::new(ahead), other: "the node a".into() };
            assert_eq!(renewed.verdict, differs);
            let seen = seen.seeing(&nodes(&[("a", 1000)]), own(1039 + ahead, 39));
            assert!(!seen.verdict.may_delete(), "{ahead}");
            let seen = seen.seeing(&nodes(&[("a", 1000)]), own(1040 + ahead, 40));
            assert_eq!(seen.verdict.may_delete(), ahead < DAY, "{ahead}: {:?}", seen.verdict);
        }
        let close = fresh().seeing(&nodes(&[("a", 1000)]), own(1060, 0));
        assert_eq!(close.seeing(&nodes(&[("a", 1010)]), own(1070, 10)).verdict, ClockVerdict::Agrees);
    }

    #[test]
    fn a_jump_is_doubted_for_an_hour_unless_a_running_node_confirms_it() {
        let seen = fresh().seeing(&nodes(&[]), own(1000, 0));
        let jumped = seen.clone().seeing(&nodes(&[]), own(1011 + DAY, 10));
        assert_eq!(jumped.verdict, ClockVerdict::Jumped { by: Seconds::new(DAY + 1) });
        assert_eq!(seen.seeing(&nodes(&[]), own(1010 + DAY, 10)).verdict, ClockVerdict::Agrees);
        let later = jumped.clone().seeing(&nodes(&[]), own(1011 + DAY + 3599, 3609));
        assert!(matches!(later.verdict, ClockVerdict::Jumped { .. }));
        assert_eq!(later.seeing(&nodes(&[]), own(1011 + DAY + 3600, 3610)).verdict, ClockVerdict::Agrees);
        let confirmed = jumped
            .seeing(&nodes(&[("a", 1020 + DAY)]), own(1021 + DAY, 20))
            .seeing(&nodes(&[("a", 1030 + DAY)]), own(1031 + DAY, 30));
        assert_eq!(confirmed.verdict, ClockVerdict::Agrees);
    }

    #[test]
    fn a_clock_that_was_good_does_not_doubt_itself_because_of_a_new_node() {
        let seen = fresh().seeing(&nodes(&[]), own(1000, 0));
        let seen = seen.seeing(&nodes(&[("a", 10)]), own(1010, 10));
        assert_eq!(seen.verdict, ClockVerdict::Agrees);
        let set_back = seen.seeing(&nodes(&[("a", 1015)]), own(500, 20));
        assert!(!set_back.verdict.may_delete(), "{:?}", set_back.verdict);
    }

    #[test]
    fn a_clock_that_was_wrong_is_doubted_after_the_other_node_is_gone() {
        let seen = fresh().seeing(&nodes(&[("a", 1000)]), own(5000, 0));
        let differs = seen.seeing(&nodes(&[("a", 1010)]), own(5010, 10));
        assert!(matches!(differs.verdict, ClockVerdict::Differs { .. }));
        let alone = differs.seeing(&nodes(&[("a", 1010)]), own(5060, 60));
        assert_eq!(alone.verdict, ClockVerdict::Jumped { by: Seconds::new(4000) });
        let right = alone.seeing(&nodes(&[("a", 1010)]), own(1080, 80));
        assert_eq!(right.verdict, ClockVerdict::Agrees, "it was set back");
    }

    #[test]
    fn the_clock_of_the_database_decides_over_everything_that_nodes_left() {
        let others = OtherClocks { database: Some(Timestamp::from_unix(1000)), ..nodes(&[("a", 9_000_000)]) };
        let with = |ahead: i64| OwnClock { ahead: Some(Seconds::new(ahead)), ..own(1000 + ahead, 0) };
        for (ahead, agrees) in [(0, true), (60, true), (-60, true), (61, false), (-61, false)] {
            assert_eq!(fresh().seeing(&others, with(ahead)).verdict.may_delete(), agrees, "{ahead}");
        }
    }
}
