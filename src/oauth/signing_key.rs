//! The life of this server's keys: which key signs, which are published, and when a new one is due. The keys by which it
//! decrypts what is encrypted for it live in the same way.

use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::clock::{Seconds, Timestamp};
use crate::oauth::client::vocabulary::KeyManagement;
use crate::oauth::word::word;

/// For how many seconds readers may cache the published keys.
pub const JWKS_MAX_AGE: Seconds = Seconds::new(3600);

/// The signature algorithms of this server (RFC 7518 §3.1, RFC 8037 §3.1). `Ed25519` is the new name of what `EdDSA` was mostly
/// used for (RFC 9864 §2.2). The two have keys of their own, because a token and its key must have the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "UPPERCASE")]
pub enum SigningAlgorithm {
    Rs256,
    Ps256,
    Es256,
    #[strum(serialize = "EdDSA")]
    EdDsa,
    #[strum(serialize = "Ed25519")]
    Ed25519,
}

word!(SigningAlgorithm);

impl SigningAlgorithm {
    /// Whether its keys are RSA keys.
    pub fn is_rsa(self) -> bool {
        matches!(self, Self::Rs256 | Self::Ps256)
    }
}

/// What a key of this server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// It signs tokens.
    Signing(SigningAlgorithm),
    /// It decrypts request objects.
    Encryption(KeyManagement),
}

impl KeyAlgorithm {
    /// All that a configuration can name.
    pub fn all() -> impl Iterator<Item = Self> {
        let signing = SigningAlgorithm::ALL.iter().copied().map(Self::Signing);
        signing.chain(KeyManagement::FOR_CLIENTS.iter().copied().map(Self::Encryption))
    }

    /// The registered word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signing(algorithm) => algorithm.as_str(),
            Self::Encryption(algorithm) => algorithm.as_str(),
        }
    }

    /// What a new key does, for a sentence. `when`: when it takes over, such as `from …`. A key decrypts as soon as it is
    /// published.
    pub fn takes_over(self, when: &str) -> String {
        match self {
            Self::Signing(_) => format!("signs {when}"),
            Self::Encryption(_) => format!("decrypts at once, and is the one to encrypt for {when}"),
        }
    }

    /// Reads a word. `None` if no key of this server can have the algorithm.
    pub fn parse(word: &str) -> Option<Self> {
        Self::all().find(|known| known.as_str() == word)
    }
}

impl From<SigningAlgorithm> for KeyAlgorithm {
    fn from(algorithm: SigningAlgorithm) -> Self {
        Self::Signing(algorithm)
    }
}

impl std::fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The data of a key that decides about its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The thumbprint of the key (RFC 7638).
    pub kid: String,
    pub algorithm: KeyAlgorithm,
    pub created_at: Timestamp,
    /// When it takes over from the key before it.
    pub signs_from: Timestamp,
    /// When an operator took it out of use.
    pub retired_at: Option<Timestamp>,
}

impl KeyRecord {
    /// The order in which keys take over; it is total even for keys from the same second.
    fn rank(&self) -> (Timestamp, Timestamp, &str) {
        (self.signs_from, self.created_at, &self.kid)
    }

    /// Whether the key takes over from the keys before it: not if it was retired before it signed.
    fn takes_over(&self) -> bool {
        self.retired_at.is_none_or(|at| at >= self.signs_from)
    }
}

/// The state of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum KeyState {
    /// Published; signs later.
    Next,
    Signing,
    /// Published, because tokens that it signed are still valid.
    Former,
    /// No longer published: all tokens that it signed have expired.
    Ended,
    /// Taken out of use by an operator, and not published.
    Retired,
}

impl KeyState {
    /// The word for a signing key. The API has it for every key.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The word that people see for a key with this algorithm. All published keys decrypt; the current one is the one to encrypt
    /// for.
    pub fn word_for(self, algorithm: KeyAlgorithm) -> &'static str {
        match (self, algorithm) {
            (Self::Signing, KeyAlgorithm::Encryption(_)) => "current",
            _ => self.as_str(),
        }
    }

    /// Whether the key is in the JWK Set.
    pub fn is_published(self) -> bool {
        matches!(self, Self::Next | Self::Signing | Self::Former)
    }
}

/// A key that must be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueKey {
    pub algorithm: KeyAlgorithm,
    pub signs_from: Timestamp,
    /// When the newest usable key begins to sign. If there is a newer one when the key is stored, another node was
    /// faster.
    pub after: Option<Timestamp>,
}

/// The times in the life of a key, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// How long a key signs; 0 means until an operator rotates.
    pub rotate_every: Seconds,
    /// How long a key is published before it signs: longer than readers cache the previous keys.
    pub publish_before: Seconds,
    /// How long a key is published after its last signature: until everything that it signed has expired.
    pub keep_published: Seconds,
}

impl Schedule {
    /// The state of `key` among all `keys` at this time.
    pub fn state(&self, keys: &[KeyRecord], key: &KeyRecord, now: Timestamp) -> KeyState {
        if key.retired_at.is_some() {
            return KeyState::Retired;
        }
        let Some(current) = signing(keys, key.algorithm, now) else { return KeyState::Next };
        match key.rank().cmp(&current.rank()) {
            std::cmp::Ordering::Equal => KeyState::Signing,
            std::cmp::Ordering::Greater => KeyState::Next,
            std::cmp::Ordering::Less if now < self.published_until(keys, key) => KeyState::Former,
            std::cmp::Ordering::Less => KeyState::Ended,
        }
    }

    /// When the publication of a key ends; [`Timestamp::MAX`] as long as no other key takes over.
    pub fn published_until(&self, keys: &[KeyRecord], key: &KeyRecord) -> Timestamp {
        let later = of(keys, key.algorithm).filter(|other| other.takes_over() && other.rank() > key.rank());
        let taken_over = later.map(|other| other.signs_from).min();
        taken_over.map_or(Timestamp::MAX, |at| at + self.keep_published)
    }

    /// The key of an algorithm that must be made now; `None` if no new key is due.
    pub fn due(&self, keys: &[KeyRecord], algorithm: KeyAlgorithm, now: Timestamp) -> Option<DueKey> {
        let Some(newest) = in_use(keys, algorithm).max_by_key(|key| key.rank()) else {
            return Some(self.in_time(keys, algorithm, now));
        };
        let ends = newest.signs_from + self.rotate_every;
        if self.rotate_every == Seconds::ZERO || ends - self.publish_before > now {
            return None;
        }
        Some(self.in_time(keys, algorithm, now))
    }

    /// A new key that is published before it signs; the first key of an algorithm signs at once.
    pub fn in_time(&self, keys: &[KeyRecord], algorithm: KeyAlgorithm, now: Timestamp) -> DueKey {
        let newest = in_use(keys, algorithm).map(|key| key.signs_from).max();
        let wait = if newest.is_some() { self.publish_before } else { Seconds::ZERO };
        DueKey { algorithm, signs_from: now + wait, after: newest }
    }

    /// A new key that signs at once.
    pub fn at_once(&self, keys: &[KeyRecord], algorithm: KeyAlgorithm, now: Timestamp) -> DueKey {
        let newest = in_use(keys, algorithm).map(|key| key.signs_from).max();
        // A second later than the current key, because the order of two keys from one second would be unclear.
        let since = signing(keys, algorithm, now)
            .map_or(now, |current| now.max(current.signs_from + Seconds::new(1)));
        DueKey { algorithm, signs_from: since, after: newest }
    }
}

/// The key of an algorithm that signs now, or that others are to encrypt for; `None` if the algorithm has no key.
pub fn signing(keys: &[KeyRecord], algorithm: KeyAlgorithm, now: Timestamp) -> Option<&KeyRecord> {
    let current = in_use(keys, algorithm).filter(|key| key.signs_from <= now).max_by_key(|key| key.rank());
    // If our clock is behind that of the node that made the first key, this key still signs.
    current.or_else(|| in_use(keys, algorithm).min_by_key(|key| key.rank()))
}

/// The key of an algorithm that signs next; `None` if no key waits for its turn.
pub fn next(keys: &[KeyRecord], algorithm: KeyAlgorithm, now: Timestamp) -> Option<&KeyRecord> {
    let current = signing(keys, algorithm, now)?;
    in_use(keys, algorithm).filter(|key| key.rank() > current.rank()).min_by_key(|key| key.rank())
}

fn of(keys: &[KeyRecord], algorithm: KeyAlgorithm) -> impl Iterator<Item = &KeyRecord> {
    keys.iter().filter(move |key| key.algorithm == algorithm)
}

fn in_use(keys: &[KeyRecord], algorithm: KeyAlgorithm) -> impl Iterator<Item = &KeyRecord> {
    of(keys, algorithm).filter(|key| key.retired_at.is_none())
}

#[cfg(test)]
mod tests {
    use super::KeyState::{Ended, Former, Next, Retired, Signing};
    use super::*;

    const SCHEDULE: Schedule = Schedule {
        rotate_every: Seconds::new(1000),
        publish_before: Seconds::new(100),
        keep_published: Seconds::new(50),
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    fn key(kid: &str, signs_from: i64, retired_at: Option<i64>) -> KeyRecord {
        KeyRecord {
            kid: kid.into(),
            algorithm: SigningAlgorithm::Es256.into(),
            created_at: at(0),
            signs_from: at(signs_from),
            retired_at: retired_at.map(at),
        }
    }

    fn due(signs_from: i64, after: Option<i64>) -> DueKey {
        DueKey { algorithm: SigningAlgorithm::Es256.into(), signs_from: at(signs_from), after: after.map(at) }
    }

    #[test]
    fn a_key_is_published_signs_stays_and_ends() {
        let two = [key("a", 0, None), key("b", 1000, None)];
        // It was retired before it signed, so it never took over from a.
        let never = [key("a", 0, None), key("b", 1000, Some(950)), key("c", 1100, None)];
        // It has signed, so a's tokens end as if it were still there.
        let once = [key("a", 0, None), key("b", 1000, Some(1020)), key("c", 1020, None)];
        let same = [key("a", 0, None), key("b", 1000, None), key("c", 1000, None)];
        let table: [(&[KeyRecord], i64, &[KeyState]); 12] = [
            (&two[..1], 0, &[Signing]),
            (&two[..1], 999_999, &[Signing]),
            (&two[..1], -5, &[Signing]),
            (&two, 999, &[Signing, Next]),
            (&two, 1000, &[Former, Signing]),
            (&two, 1049, &[Former, Signing]),
            (&two, 1050, &[Ended, Signing]),
            (&never, 1099, &[Signing, Retired, Next]),
            (&never, 1149, &[Former, Retired, Signing]),
            (&once, 1049, &[Former, Retired, Signing]),
            (&once, 1050, &[Ended, Retired, Signing]),
            (&same, 1000, &[Former, Former, Signing]),
        ];
        for (keys, now, states) in table {
            let found: Vec<_> = keys.iter().map(|key| SCHEDULE.state(keys, key, at(now))).collect();
            assert_eq!(found, states, "{keys:?} at {now}");
            let of_another = signing(keys, SigningAlgorithm::Rs256.into(), at(now));
            assert_eq!(of_another, None);
        }
    }

    #[test]
    fn the_first_key_signs_at_once_and_others_are_published_first() {
        let es = SigningAlgorithm::Es256.into();
        let due = |signs_from, after| Some(due(signs_from, after));
        let one = [key("a", 0, None)];
        let two = [key("a", 0, None), key("b", 1000, None)];
        let retired = [key("a", 0, None), key("b", 1000, Some(950))];
        let table: [(&[KeyRecord], i64, Option<DueKey>); 8] = [
            (&[], 7, due(7, None)),
            (&[key("a", 0, Some(5))], 7, due(7, None)),
            (&one, 899, None),
            (&one, 900, due(1000, Some(0))),
            // The server was off in between; the new key is still published first.
            (&one, 5000, due(5100, Some(0))),
            (&two, 1899, None),
            (&two, 1900, due(2000, Some(1000))),
            (&retired, 960, due(1060, Some(0))),
        ];
        for (keys, now, expected) in table {
            assert_eq!(SCHEDULE.due(keys, es, at(now)), expected, "{keys:?} at {now}");
        }
        let never = Schedule { rotate_every: Seconds::ZERO, ..SCHEDULE };
        assert_eq!(never.due(&one, es, at(1_000_000)), None);
        assert_eq!(never.due(&[], es, at(7)), due(7, None));
    }

    #[test]
    fn a_key_made_to_sign_now_follows_the_current_one() {
        let es = SigningAlgorithm::Es256.into();
        let keys = [key("a", 0, None), key("b", 1000, None), key("c", 1100, None)];
        for (keys, now, expected) in [
            (&keys[..0], 7, due(7, None)),
            (&keys[..2], 999, due(999, Some(1000))),
            (&keys[..2], 1000, due(1001, Some(1000))),
            (&keys, 1050, due(1050, Some(1100))),
        ] {
            assert_eq!(SCHEDULE.at_once(keys, es, at(now)), expected);
        }
    }

    #[test]
    fn the_next_key_is_the_first_waiting_one() {
        let keys = [key("a", 0, None), key("b", 1000, Some(1)), key("c", 1100, None), key("d", 1200, None)];
        let kid = |now| next(&keys, SigningAlgorithm::Es256.into(), at(now)).map(|key| key.kid.as_str());
        assert_eq!([kid(5), kid(1100), kid(1200)], [Some("c"), Some("d"), None]);
    }

    #[test]
    fn a_key_of_each_algorithm_has_its_own_word() {
        for algorithm in KeyAlgorithm::all() {
            assert_eq!(KeyAlgorithm::parse(algorithm.as_str()), Some(algorithm));
        }
        for word in ["A128KW", "none", ""] {
            assert_eq!(KeyAlgorithm::parse(word), None, "{word}");
        }
    }

    #[test]
    fn algorithms_have_the_names_of_the_rfcs() {
        for &algorithm in SigningAlgorithm::ALL {
            assert_eq!(SigningAlgorithm::parse(algorithm.as_str()), Some(algorithm));
        }
        for word in ["none", "HS256", "rs256", "", "ES256K"] {
            assert_eq!(SigningAlgorithm::parse(word), None);
        }
    }
}
