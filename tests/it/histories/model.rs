//! What must happen: a client, a person, and what was issued, without a database and without a network.

use super::step::{Back, Kind, Proof, Step, Verifier};

const CODE_LIFETIME: i64 = 60;
const ACCESS_LIFETIME: i64 = 600;
const GRACE: i64 = 10;
const IDLE: i64 = 8 * 3600;
const SESSION_LIFETIME: i64 = 7 * 24 * 3600;
/// The use of a session is noted at most this often.
const NOTED_EVERY: i64 = 60;
const MOST_ANSWERS_AGAIN: u32 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Enabled,
    Disabled,
    Deleted,
}

#[derive(Clone)]
struct Session {
    seen: i64,
    expires: i64,
    ended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CodeState {
    Open,
    /// It was used up by a request that was refused.
    UsedUp,
    /// Its grant began.
    Redeemed(usize),
    Deleted,
}

#[derive(Clone)]
struct Code {
    session: usize,
    pkce: bool,
    offline: bool,
    expires: i64,
    state: CodeState,
}

#[derive(Clone)]
struct Grant {
    session: usize,
    offline: bool,
    bound: Proof,
    generation: u32,
    rotated: i64,
    answered_again: u32,
    revoked: bool,
}

#[derive(Clone)]
struct AccessToken {
    grant: usize,
    expires: i64,
    revoked: bool,
}

#[derive(Clone)]
struct RefreshToken {
    grant: usize,
    generation: u32,
}

/// What a step must lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The step is not possible now, and is left out.
    Impossible,
    Done,
    Code,
    /// A page or an error, and no code.
    NoCode,
    /// New tokens. `refresh`: the index of the refresh token that comes back, if it is one that was issued before.
    Tokens {
        refresh: Option<usize>,
    },
    /// An error of an OAuth endpoint.
    Refused(&'static str),
    NotFound,
}

#[derive(Clone)]
pub(super) struct Model {
    kind: Kind,
    now: i64,
    pub(super) client: Standing,
    pub(super) user: Standing,
    has_consent: bool,
    sessions: Vec<Session>,
    signed_in: Option<usize>,
    codes: Vec<Code>,
    grants: Vec<Grant>,
    access: Vec<AccessToken>,
    refresh: Vec<RefreshToken>,
}

const INVALID_GRANT: Outcome = Outcome::Refused("invalid_grant");

impl Model {
    pub(super) fn new(kind: Kind, now: i64) -> Self {
        Self {
            kind,
            now,
            client: Standing::Enabled,
            user: Standing::Enabled,
            has_consent: false,
            sessions: Vec::new(),
            signed_in: None,
            codes: Vec::new(),
            grants: Vec::new(),
            access: Vec::new(),
            refresh: Vec::new(),
        }
    }

    /// The index of the code that a step is about; `None` if there is no code yet.
    pub(super) fn code(&self, back: Back) -> Option<usize> {
        back.of(self.codes.len())
    }

    pub(super) fn access_token(&self, back: Back) -> Option<usize> {
        back.of(self.access.len())
    }

    pub(super) fn refresh_token(&self, back: Back) -> Option<usize> {
        back.of(self.refresh.len())
    }

    /// The first refresh token of the grant that a step is about.
    pub(super) fn refresh_token_of(&self, grant: Back) -> Option<usize> {
        let grant = grant.of(self.grants.len())?;
        self.refresh.iter().position(|token| token.grant == grant)
    }

    /// Whether the person must sign in before anything else.
    pub(super) fn must_sign_in(&self) -> bool {
        !self.signed_in.is_some_and(|session| self.is_live(session))
    }

    fn is_live(&self, session: usize) -> bool {
        let Session { seen, expires, ended } = self.sessions[session];
        !ended && self.now < expires && self.now - seen < IDLE
    }

    /// Whether a grant has not ended with its session.
    fn holds(&self, grant: &Grant) -> bool {
        !grant.revoked && (grant.offline || self.is_live(grant.session))
    }

    pub(super) fn is_access_token_active(&self, token: usize) -> bool {
        let AccessToken { grant, expires, revoked } = self.access[token];
        let both = self.client == Standing::Enabled && self.user == Standing::Enabled;
        both && !revoked && self.now < expires && self.holds(&self.grants[grant])
    }

    pub(super) fn is_refresh_token_active(&self, token: usize) -> bool {
        let RefreshToken { grant, generation } = self.refresh[token];
        let grant = &self.grants[grant];
        self.user == Standing::Enabled && self.holds(grant) && generation == grant.generation
    }

    fn note_use(&mut self, session: usize) {
        let session = &mut self.sessions[session];
        if self.now - session.seen >= NOTED_EVERY {
            session.seen = self.now;
        }
    }

    /// Does a step, and says what the server must answer.
    pub(super) fn does(&mut self, step: Step) -> Outcome {
        match step {
            Step::Authorize { pkce, offline, .. } => self.authorize(pkce, offline),
            Step::Redeem { code, verifier, proof, .. } => match self.code(code) {
                Some(code) => self.redeem(code, verifier, proof),
                None => Outcome::Impossible,
            },
            Step::Refresh { token, proof, .. } => match self.refresh_token(token) {
                Some(token) => self.refresh(token, proof),
                None => Outcome::Impossible,
            },
            Step::RevokeAccessToken { token, .. } => match self.access_token(token) {
                Some(_) if self.client != Standing::Enabled => Outcome::Refused("invalid_client"),
                Some(token) => {
                    self.access[token].revoked = true;
                    Outcome::Done
                }
                None => Outcome::Impossible,
            },
            Step::RevokeRefreshToken { token, .. } => match self.refresh_token(token) {
                Some(_) if self.client != Standing::Enabled => Outcome::Refused("invalid_client"),
                Some(token) => self.revoke(self.refresh[token].grant),
                None => Outcome::Impossible,
            },
            Step::RevokeGrant { grant } => match grant.of(self.grants.len()) {
                Some(grant) if self.both_exist() => self.revoke(grant),
                _ => Outcome::Impossible,
            },
            Step::SignOut => self.sign_out(),
            Step::TakeConsent => self.take_consent(),
            Step::Wait { seconds } => {
                self.now += i64::try_from(seconds).expect("a short time");
                Outcome::Done
            }
            _ => self.change(step),
        }
    }

    /// Whether a step gives tokens if the client is enabled. If it is not, no node may give any, also if it knew the
    /// client as enabled a moment ago.
    pub(super) fn gives_tokens_if_enabled(&self, step: Step) -> bool {
        let mut enabled = Self { client: Standing::Enabled, ..self.clone() };
        self.client != Standing::Deleted && matches!(enabled.does(step), Outcome::Tokens { .. })
    }

    fn both_exist(&self) -> bool {
        self.client != Standing::Deleted && self.user != Standing::Deleted
    }

    fn authorize(&mut self, pkce: bool, offline: bool) -> Outcome {
        let is_answered = self.client == Standing::Enabled && (pkce || !self.kind.is_public());
        if !is_answered || self.user != Standing::Enabled {
            return Outcome::NoCode;
        }
        if self.must_sign_in() {
            let expires = self.now + SESSION_LIFETIME;
            self.sessions.push(Session { seen: self.now, expires, ended: false });
            self.signed_in = Some(self.sessions.len() - 1);
        }
        let session = self.signed_in.expect("signed in");
        self.note_use(session);
        self.has_consent = true;
        let expires = self.now + CODE_LIFETIME;
        self.codes.push(Code { session, pkce, offline, expires, state: CodeState::Open });
        Outcome::Code
    }

    /// Why the token endpoint refuses the client, whatever it asks for.
    fn refusal(&self, proof: Proof) -> Option<Outcome> {
        if self.client != Standing::Enabled {
            return Some(Outcome::Refused("invalid_client"));
        }
        (self.kind.demands_proof() && proof.is_none()).then_some(Outcome::Refused("invalid_dpop_proof"))
    }

    fn redeem(&mut self, code: usize, verifier: Verifier, proof: Proof) -> Outcome {
        if let Some(refusal) = self.refusal(proof) {
            return refusal;
        }
        match self.codes[code].state {
            CodeState::Open => {}
            CodeState::Redeemed(grant) => {
                self.grants[grant].revoked = true;
                return INVALID_GRANT;
            }
            CodeState::UsedUp | CodeState::Deleted => return INVALID_GRANT,
        }
        self.codes[code].state = CodeState::UsedUp;
        let Code { session, pkce, offline, expires, .. } = self.codes[code];
        let fits = matches!((pkce, verifier), (true, Verifier::Right) | (false, Verifier::Missing));
        if self.user != Standing::Enabled || !self.is_live(session) || self.now >= expires || !fits {
            return INVALID_GRANT;
        }
        self.grants.push(Grant {
            session,
            offline,
            bound: proof.filter(|_| self.kind.is_public()),
            generation: 0,
            rotated: self.now,
            answered_again: 0,
            revoked: false,
        });
        let grant = self.grants.len() - 1;
        self.codes[code].state = CodeState::Redeemed(grant);
        self.refresh.push(RefreshToken { grant, generation: 0 });
        self.issue(grant, None)
    }

    fn issue(&mut self, grant: usize, refresh: Option<usize>) -> Outcome {
        self.access.push(AccessToken { grant, expires: self.now + ACCESS_LIFETIME, revoked: false });
        Outcome::Tokens { refresh }
    }

    fn refresh(&mut self, token: usize, proof: Proof) -> Outcome {
        if let Some(refusal) = self.refusal(proof) {
            return refusal;
        }
        let RefreshToken { grant: at, generation } = self.refresh[token];
        let now = self.now;
        let grant = &mut self.grants[at];
        if self.user == Standing::Deleted || grant.revoked {
            return INVALID_GRANT;
        }
        let is_valid = generation == grant.generation;
        let was_last = generation + 1 == grant.generation;
        let may_be_lost =
            was_last && now - grant.rotated < GRACE && grant.answered_again < MOST_ANSWERS_AGAIN;
        if !is_valid && !may_be_lost {
            grant.revoked = true;
            return INVALID_GRANT;
        }
        let is_wrong_key = grant.bound.is_some() && grant.bound != proof;
        let (session, offline) = (grant.session, grant.offline);
        if is_wrong_key || self.user != Standing::Enabled || !(offline || self.is_live(session)) {
            return INVALID_GRANT;
        }
        if !offline {
            self.note_use(session);
        }
        let grant = &mut self.grants[at];
        if self.kind.is_public() {
            grant.bound = grant.bound.or(proof);
        }
        if !is_valid {
            grant.answered_again += 1;
        } else if self.kind.rotates() {
            (grant.generation, grant.rotated, grant.answered_again) = (generation + 1, now, 0);
            self.refresh.push(RefreshToken { grant: at, generation: generation + 1 });
            return self.issue(at, None);
        }
        let current = self.grants[at].generation;
        let again = self.refresh.iter().position(|token| token.grant == at && token.generation == current);
        self.issue(at, again)
    }

    fn revoke(&mut self, grant: usize) -> Outcome {
        self.grants[grant].revoked = true;
        Outcome::Done
    }

    fn sign_out(&mut self) -> Outcome {
        let Some(session) = self.signed_in.take_if(|session| *session < self.sessions.len()) else {
            return Outcome::Impossible;
        };
        if !self.is_live(session) {
            return Outcome::Impossible;
        }
        self.sessions[session].ended = true;
        let of_session = self.grants.iter_mut().filter(|grant| grant.session == session && !grant.offline);
        of_session.for_each(|grant| grant.revoked = true);
        Outcome::Done
    }

    fn take_consent(&mut self) -> Outcome {
        if !self.both_exist() {
            return Outcome::Impossible;
        }
        if !std::mem::take(&mut self.has_consent) {
            return Outcome::NotFound;
        }
        self.end_everything();
        Outcome::Done
    }

    /// Ends all grants, and the codes that can still be redeemed.
    fn end_everything(&mut self) {
        self.grants.iter_mut().for_each(|grant| grant.revoked = true);
        for code in
            self.codes.iter_mut().filter(|code| code.state == CodeState::Open && self.now < code.expires)
        {
            code.state = CodeState::Deleted;
        }
    }

    /// What the operator does to the person and to the client.
    fn change(&mut self, step: Step) -> Outcome {
        let (before, after) = match step {
            Step::DisableUser => (Standing::Enabled, Standing::Disabled),
            Step::EnableUser => (Standing::Disabled, Standing::Enabled),
            Step::DisableClient => (Standing::Enabled, Standing::Disabled),
            Step::EnableClient => (Standing::Disabled, Standing::Enabled),
            _ => (Standing::Deleted, Standing::Deleted),
        };
        let is_user = matches!(step, Step::DisableUser | Step::EnableUser | Step::DeleteUser);
        let standing = if is_user { &mut self.user } else { &mut self.client };
        let is_possible = if after == Standing::Deleted { *standing != before } else { *standing == before };
        if !is_possible {
            return Outcome::Impossible;
        }
        *standing = after;
        if is_user && after != Standing::Enabled {
            self.sessions.iter_mut().for_each(|session| session.ended = true);
            self.signed_in = None;
            // The others work again as soon as the person is enabled.
            self.grants.iter_mut().filter(|grant| !grant.offline).for_each(|grant| grant.revoked = true);
        }
        if after == Standing::Deleted {
            self.end_everything();
        }
        Outcome::Done
    }
}
