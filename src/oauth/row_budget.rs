//! How many rows strangers may make the server store: from one network, and in all.
//!
//! A row counts until it has ended. So the number of rows is bounded at every moment, however fast they are made.

use crate::clock::{Seconds, Timestamp};

/// A row that a request makes before anyone has proven to be a user or a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// The request of a device that waits for a person.
    DeviceCode,
    /// The request of an application for a person who answers elsewhere. It counts for the application.
    BackchannelRequest,
    /// An account that a person creates.
    SignUp,
    /// The counts of a guess at a secret.
    Guess,
    /// An authorization request that is stored because it is too large for the browser, or a pushed one of a public client
    /// that got an error before a person did anything.
    Flow,
    /// A pushed request that is too large for its `request_uri`.
    PushedRequest,
    /// A request that a person who is not signed in has cancelled.
    Cancelled,
}

/// The number of spans into which the lifetime of rows is divided: rows are counted by the span in which they end.
const SPANS: i64 = 8;

/// How many rows of one kind there may be at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowBudget {
    /// From one network, while there are few rows in all.
    pub per_network: i64,
    pub in_all: i64,
    /// For how long a row counts.
    pub lifetime: Seconds,
}

impl RowKind {
    pub const ALL: &[Self] = &[
        Self::DeviceCode,
        Self::BackchannelRequest,
        Self::SignUp,
        Self::Guess,
        Self::Flow,
        Self::PushedRequest,
        Self::Cancelled,
    ];

    /// The word for this kind in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::DeviceCode => "device_code",
            Self::BackchannelRequest => "backchannel_request",
            Self::SignUp => "sign_up",
            Self::Guess => "guess",
            Self::Flow => "flow",
            Self::PushedRequest => "pushed_request",
            Self::Cancelled => "cancelled",
        }
    }
}

impl RowBudget {
    /// The number of rows that one network may hold when all networks together hold `held`; 0 if they hold all.
    ///
    /// It falls with the square of what is left: with half of the total left, to a quarter. So the networks that hold most
    /// have to wait first, and a new network finds room until the end. It takes several hundred networks to use up the
    /// defaults.
    pub fn allowance(self, held: i64) -> i64 {
        let left = i128::from(self.in_all.saturating_sub(held));
        if left <= 0 {
            return 0;
        }
        let square = i128::from(self.in_all) * i128::from(self.in_all);
        // Rounded up, so that a network finds room until the end.
        let part = (i128::from(self.per_network) * left * left + square - 1) / square;
        i64::try_from(part).unwrap_or(self.per_network).clamp(1, self.per_network.max(1))
    }

    /// Until when a row that is made at `now` counts: its lifetime, and at most an eighth of it longer.
    pub fn counts_until(self, now: Timestamp) -> Timestamp {
        let span = (self.lifetime.as_i64() / SPANS).max(1);
        let next = now.as_unix().div_euclid(span).saturating_add(1).saturating_mul(span);
        Timestamp::from_unix(next) + self.lifetime
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: RowBudget = RowBudget { per_network: 100, in_all: 1000, lifetime: Seconds::new(600) };

    #[test]
    fn a_network_may_hold_less_the_more_all_networks_hold() {
        for (held, allowance) in
            [(0, 100), (1, 100), (500, 25), (900, 1), (999, 1), (1000, 0), (2000, 0), (i64::MAX, 0)]
        {
            assert_eq!(BUDGET.allowance(held), allowance, "{held}");
        }
        assert_eq!(RowBudget { per_network: 1000, ..BUDGET }.allowance(0), 1000);
    }

    #[test]
    fn one_after_another_hundreds_of_networks_find_room() {
        let (mut held, mut networks) = (0, 0);
        while BUDGET.allowance(held) > 0 {
            let mut own = 0;
            while own < BUDGET.allowance(held) {
                (own, held) = (own + 1, held + 1);
            }
            networks += 1;
        }
        assert_eq!(held, 1000, "never more");
        assert!(networks > 150, "{networks}");
    }

    #[test]
    fn a_row_counts_for_its_lifetime_and_at_most_an_eighth_longer() {
        for second in 0..200 {
            let now = Timestamp::from_unix(1_700_000_000 + second);
            let counted = BUDGET.counts_until(now) - now;
            assert!(counted > Seconds::new(600) && counted <= Seconds::new(675), "{counted:?}");
        }
        let short = RowBudget { lifetime: Seconds::new(1), ..BUDGET };
        assert_eq!(short.counts_until(Timestamp::from_unix(5)), Timestamp::from_unix(7));
    }
}
