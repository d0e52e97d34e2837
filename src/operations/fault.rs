//! Why an operation was refused: what is wrong with its input, in sentences for the caller.

use std::borrow::Cow;

use crate::failure::Denied;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The member of the input that is wrong, such as `redirect_uris` or `client_name#de`. `None` if the fault is not about
    /// one member.
    pub member: Option<Cow<'static, str>>,
    pub kind: FaultKind,
    /// Names no command-line option. Other members appear in backquotes.
    pub sentence: String,
}

/// The kind of a fault. The API answers 400, 403, 404, 409 or 412.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The input is not valid, whatever is stored.
    Invalid,
    /// The object does not exist.
    NotFound,
    /// The object already exists, or the act contradicts what is stored.
    Conflict,
    /// The act was asked for on the condition that the object has a version, and it has another one.
    OtherVersion,
    /// The actor may not do this.
    Forbidden,
}

/// The faults for which an operation was refused: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Fault {
    /// The value of `member` is not valid.
    pub fn invalid(member: impl Into<Cow<'static, str>>, sentence: impl Into<String>) -> Self {
        Self { member: Some(member.into()), kind: FaultKind::Invalid, sentence: sentence.into() }
    }

    /// The object that the operation is about does not exist.
    pub fn not_found(sentence: impl Into<String>) -> Self {
        Self { member: None, kind: FaultKind::NotFound, sentence: sentence.into() }
    }

    /// The same fault about a member of the input: what the member names does not exist.
    #[must_use]
    pub fn of_member(self, member: &'static str) -> Self {
        Self { member: Some(member.into()), ..self }
    }

    /// The actor may not do this.
    pub fn forbidden(sentence: impl Into<String>) -> Self {
        Self { member: None, kind: FaultKind::Forbidden, sentence: sentence.into() }
    }

    /// The act contradicts what is stored.
    pub fn conflict(member: impl Into<Option<&'static str>>, sentence: impl Into<String>) -> Self {
        Self { member: member.into().map(Cow::from), kind: FaultKind::Conflict, sentence: sentence.into() }
    }
}

impl Faults {
    /// Refuses if there is a fault.
    ///
    /// # Errors
    /// The faults, in their order.
    pub fn refuse_if_any(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self(faults)) }
    }

    /// The faults that `others` have, too; if they share no fault, a fault with this sentence.
    #[must_use]
    pub fn shared_with(self, others: &Self, otherwise: &str) -> Self {
        let shared: Vec<Fault> = self.0.into_iter().filter(|fault| others.0.contains(fault)).collect();
        match shared.is_empty() {
            true => Fault::conflict(None, otherwise).into(),
            false => Self(shared),
        }
    }

    /// The same faults, all of this kind.
    #[must_use]
    pub fn as_kind(self, kind: FaultKind) -> Self {
        Self(self.0.into_iter().map(|fault| Fault { kind, ..fault }).collect())
    }

    /// At least one.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// The kind of the first fault, which decides the status of the answer.
    pub fn kind(&self) -> FaultKind {
        self.0.first().map_or(FaultKind::Invalid, |fault| fault.kind)
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl From<Fault> for Denied<Faults> {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault.into())
    }
}

impl From<Faults> for Denied<Faults> {
    fn from(faults: Faults) -> Self {
        Self::Refused(faults)
    }
}
