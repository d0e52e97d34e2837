//! The next page that a valid authorization request needs, if any.

use crate::clock::{Seconds, Timestamp};
use crate::oauth::client::Client;
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::grant::consent::Consent;
use crate::oauth::id::{SessionId, UserId};
use crate::oauth::identity::authentication::Authentication;
use crate::oauth::identity::group::Groups;
use crate::oauth::identity::user::account_key;
use crate::oauth::reason::Reason;
use crate::oauth::request::{AnswerTo, AuthorizationRequest};

/// A signed-in account, as the database says at this moment.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub session: SessionId,
    pub user: UserId,
    pub username: String,
    /// The sign-in that began the session.
    pub authentication: Authentication,
    pub groups: Groups,
    /// What the person has answered to this client before.
    pub consent: Option<Consent>,
}

/// Whether a person must see a page for each request of the client, whatever was allowed before: the client has no secret,
/// and another program on the device could ask in its name and get the answer (RFC 8252 §8.6).
pub fn asks_each_time(client: &Client, request: &AuthorizationRequest) -> bool {
    match &request.answer_to {
        AnswerTo::Application { return_to, .. } => {
            client.kind.is_public() && !client.may_reuse_consent && !return_to.is_proven()
        }
        // Consent is always asked for.
        AnswerTo::Device(_) | AnswerTo::Backchannel(_) => false,
    }
}

/// What was done for this particular request; empty for a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowProgress {
    /// The session that a sign-in for this request began.
    pub signed_in: Option<SessionId>,
    /// The session in which the person consented to this request.
    pub consented: Option<SessionId>,
    /// The session that the person chose for this request; a sign-in is also a choice.
    pub chosen: Option<SessionId>,
}

impl FlowProgress {
    /// Whether the person has done something for this request on a page that names the application: typed a password, or
    /// answered the question.
    fn has_seen_page(&self, here: &SignedIn) -> bool {
        [&self.signed_in, &self.consented].into_iter().flatten().any(|session| *session == here.session)
    }
}

/// The next step.
#[derive(Clone, Debug)]
pub enum Next<'a> {
    /// The person has to prove who they are.
    Authenticate(Requirement<'a>),
    /// Create an account.
    SignUp,
    /// Choose one of the signed-in accounts.
    SelectAccount,
    Consent(&'a SignedIn),
    Issue(&'a SignedIn),
}

/// What a sign-in has to prove.
#[derive(Clone, Copy, Debug)]
pub struct Requirement<'a> {
    /// The account that has to sign in again. `None`: any account.
    pub account: Option<&'a SignedIn>,
}

/// Decides the next step: choose an account, sign in, consent, or issue. Consent is asked again for a scope that the person
/// has neither allowed nor refused, and each time for a client that [cannot prove who it is](asks_each_time), and for
/// authorization details whose type says so.
///
/// `is_expected`: whether the request accepts this user.
///
/// # Errors
/// If the request forbids the page that would be next (OpenID Connect Core §3.1.2.6), or does not accept the person, or
/// the person is not in a required group or has refused everything.
pub fn next<'a>(
    client: &Client,
    request: &AuthorizationRequest,
    accounts: &'a [SignedIn],
    progress: &FlowProgress,
    is_expected: impl Fn(&UserId) -> bool,
    now: Timestamp,
) -> Result<Next<'a>, OAuthError> {
    let prompt = &request.prompt;
    if prompt.create && progress.signed_in.is_none() {
        return Ok(Next::SignUp);
    }
    let each_time = asks_each_time(client, request);
    let may_skip_consent = |here: &SignedIn| {
        let is_answered = client.first_party
            || here.consent.as_ref().is_some_and(|consent| request.is_answered_by(consent));
        let is_asked =
            || request.always_asked.is_empty() || progress.consented.as_ref() == Some(&here.session);
        is_answered && (!each_time || progress.has_seen_page(here)) && is_asked()
    };
    // Without a page, an application learns nothing about people who have not allowed it anything.
    let may_be_silent =
        |here: &SignedIn| may_skip_consent(here) && request.has_anything_left(here.consent.as_ref());
    let may_be_hinted = |here: &SignedIn| !prompt.none || may_be_silent(here);
    let here = match account(request, accounts, progress, is_expected, may_be_hinted)? {
        AccountChoice::None => None,
        AccountChoice::Several if prompt.none => {
            return Err(Reason::AccountSelectionRequired.because(
                "several accounts are signed in, the request does not say which, and prompt=none forbids to ask",
            ));
        }
        AccountChoice::Several => return Ok(Next::SelectAccount),
        AccountChoice::One(here) => Some(here),
    };
    let Some(signed_in) = here.filter(|here| is_recent(request, here, progress, now)) else {
        return match prompt.none {
            true => {
                Err(Reason::SignInRequired.because("no one is signed in, and prompt=none forbids to ask"))
            }
            false => Ok(Next::Authenticate(Requirement { account: here })),
        };
    };
    let consent_required = || {
        Reason::ConsentRequired
            .because("the person has not consented, and prompt=none forbids to ask")
            .about(&signed_in.user)
    };
    if prompt.none && !may_be_silent(signed_in) {
        return Err(consent_required());
    }
    if let Some(group) = request.required_groups.iter().find(|group| !signed_in.groups.contains(group)) {
        return Err(Reason::UserGroup
            .because(format!(
                "the person is not in the group {}, which the client or a scope requires",
                quoted(group)
            ))
            .with(signed_in.groups.beside(&request.required_groups))
            .about(&signed_in.user));
    }
    let asked = !prompt.consent || progress.consented.as_ref() == Some(&signed_in.session);
    match (asked && may_skip_consent(signed_in), prompt.none) {
        (true, _) if !request.has_anything_left(signed_in.consent.as_ref()) => Err(Reason::ConsentDenied
            .because("the person has refused every scope of the request; prompt=consent asks again")
            .about(&signed_in.user)),
        (true, _) => Ok(Next::Issue(signed_in)),
        (false, false) => Ok(Next::Consent(signed_in)),
        (false, true) => Err(consent_required()),
    }
}

/// The account that a request continues with.
enum AccountChoice<'a> {
    None,
    One(&'a SignedIn),
    Several,
}

/// Finds the account: the one that the person chose, that the request names, that it hints at, or the only one.
fn account<'a>(
    request: &AuthorizationRequest,
    accounts: &'a [SignedIn],
    progress: &FlowProgress,
    is_expected: impl Fn(&UserId) -> bool,
    may_be_hinted: impl Fn(&SignedIn) -> bool,
) -> Result<AccountChoice<'a>, OAuthError> {
    let other_person = || {
        Reason::SignInOtherPerson.because("the person who is signed in is not the one that the request names")
    };
    let chosen = accounts.iter().find(|here| progress.chosen.as_ref() == Some(&here.session));
    if let Some(chosen) = chosen {
        return if is_expected(&chosen.user) {
            Ok(AccountChoice::One(chosen))
        } else {
            Err(other_person().about(&chosen.user))
        };
    }
    if accounts.is_empty() {
        return Ok(AccountChoice::None);
    }
    if request.prompt.select_account {
        return Ok(AccountChoice::Several);
    }
    let expected: Vec<&SignedIn> = accounts.iter().filter(|here| is_expected(&here.user)).collect();
    let hint = request.prompt.login_hint.as_deref().map(account_key);
    let is_hinted = |here: &&&SignedIn| hint.as_deref() == Some(account_key(&here.username).as_str());
    let hinted = expected.iter().filter(|here| may_be_hinted(here)).find(is_hinted);
    match (expected.as_slice(), hinted) {
        ([], _) if request.prompt.none => Err(other_person()),
        ([], _) => Ok(AccountChoice::None),
        ([only], _) | (_, Some(only)) => Ok(AccountChoice::One(only)),
        _ => Ok(AccountChoice::Several),
    }
}

/// Whether the sign-in is as recent as the request requires. A sign-in for this request always is.
fn is_recent(
    request: &AuthorizationRequest,
    signed_in: &SignedIn,
    progress: &FlowProgress,
    now: Timestamp,
) -> bool {
    if progress.signed_in.as_ref() == Some(&signed_in.session) {
        return true;
    }
    let age = now - signed_in.authentication.at;
    // max_age=0 means the same as prompt=login, so even a sign-in in this second is not new enough.
    !request.prompt.login && request.prompt.max_age.is_none_or(|most| most > Seconds::ZERO && age <= most)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::oauth::client::{ClientKind, example};
    use crate::oauth::grant::authorization_details::AuthorizationDetails;
    use crate::oauth::grant::granted::Granted;
    use crate::oauth::grant::scope::Scope;
    use crate::oauth::identity::authentication::Amr;
    use crate::oauth::request::params::Params;
    use crate::oauth::request::partial_consent::Names;
    use crate::oauth::request::pkce::Challenge;
    use crate::oauth::request::prompt::Prompt;
    use crate::oauth::request::response_type::ResponseType;
    use crate::oauth::request::return_address::ReturnAddress;

    fn person(consented: Option<&str>) -> SignedIn {
        SignedIn {
            session: SessionId::new("s"),
            user: UserId::new("u"),
            username: "alice".into(),
            authentication: Authentication::by(Amr::Pwd, Timestamp::from_unix(100)),
            groups: Groups::default(),
            consent: consented.map(|scope| Consent {
                allowed: Granted::of_scope(Scope::from_stored(scope)),
                refused: Granted::default(),
            }),
        }
    }

    fn request(client: &Client, scope: &str, prompt: Prompt) -> AuthorizationRequest {
        let params = Params::from_pairs(vec![("redirect_uri".into(), "https://app.example/cb".into())]);
        AuthorizationRequest {
            client_id: client.id.clone(),
            response_type: ResponseType::Code,
            answer_to: AnswerTo::Application {
                return_to: ReturnAddress::verify(client, &params).unwrap(),
                state: None,
            },
            granted: Granted::of_scope(Scope::from_stored(scope)),
            challenge: None::<Challenge>,
            was_pushed: false,
            was_signed: false,
            nonce: None,
            named: BTreeSet::default(),
            optional: Names::default(),
            always_asked: AuthorizationDetails::default(),
            required_groups: BTreeSet::default(),
            prompt,
            expected: Vec::new(),
            binding: None,
        }
    }

    fn word(next: &Next) -> &'static str {
        match next {
            Next::Authenticate(_) => "sign in",
            Next::SignUp => "sign up",
            Next::SelectAccount => "select",
            Next::Consent(_) => "consent",
            Next::Issue(_) => "issue",
        }
    }

    /// The name of the next step, for a person who signed in at 100.
    fn step(
        client: &Client,
        scope: &str,
        prompt: Prompt,
        person: Option<&SignedIn>,
        done: &FlowProgress,
    ) -> String {
        match next(
            client,
            &request(client, scope, prompt),
            &person.cloned().into_iter().collect::<Vec<_>>(),
            done,
            |_| true,
            Timestamp::from_unix(160),
        ) {
            Ok(next) => word(&next).into(),
            Err(error) => error.code().as_str().into(),
        }
    }

    #[test]
    fn consent_is_asked_once_and_again_when_the_scopes_grow() {
        let client = example(ClientKind::Web);
        let step = |scope: &str, person: Option<&SignedIn>| {
            step(&client, scope, Prompt::default(), person, &FlowProgress::default())
        };
        assert_eq!(step("read", None), "sign in");
        assert_eq!(step("read", Some(&person(None))), "consent");
        assert_eq!(step("read", Some(&person(Some("read")))), "issue");
        assert_eq!(step("read write", Some(&person(Some("read")))), "consent");
    }

    #[test]
    fn a_first_party_application_needs_no_consent_unless_it_requests_it() {
        let client = example(ClientKind::Web).with(|metadata| metadata.first_party = true);
        let step = |prompt: Prompt, person: Option<&SignedIn>| {
            step(&client, "read", prompt, person, &FlowProgress::default())
        };
        assert_eq!(step(Prompt::default(), Some(&person(None))), "issue");
        assert_eq!(step(Prompt::default(), None), "sign in");
        assert_eq!(step(Prompt { consent: true, ..Prompt::default() }, Some(&person(None))), "consent");
    }

    #[test]
    fn requested_pages_are_shown_once() {
        let client = example(ClientKind::Web);
        let (login, consent) =
            (Prompt { login: true, ..Prompt::default() }, Prompt { consent: true, ..Prompt::default() });
        let aged = |max_age| Prompt { max_age: Some(Seconds::new(max_age)), ..Prompt::default() };
        let (alice, here) = (person(Some("read")), Some(SessionId::new("s")));
        let elsewhere = Some(SessionId::new("of another sign-in"));
        for (prompt, page) in
            [(&login, "sign in"), (&aged(0), "sign in"), (&aged(59), "sign in"), (&consent, "consent")]
        {
            let step = |done: FlowProgress| step(&client, "read", prompt.clone(), Some(&alice), &done);
            assert_eq!(step(FlowProgress::default()), page, "{prompt:?}");
            assert_eq!(
                step(FlowProgress {
                    signed_in: elsewhere.clone(),
                    consented: elsewhere.clone(),
                    chosen: None
                }),
                page
            );
            assert_eq!(
                step(FlowProgress { signed_in: here.clone(), consented: here.clone(), chosen: here.clone() }),
                "issue"
            );
        }
        assert_eq!(step(&client, "read", aged(60), Some(&alice), &FlowProgress::default()), "issue");
    }

    #[test]
    fn only_the_person_that_the_hint_names_returns() {
        let client = example(ClientKind::Web);
        let alice = person(Some("read"));
        let step = |prompt: Prompt, expected: &str, here: Option<&SignedIn>, done: &FlowProgress| {
            let request = request(&client, "read", prompt);
            match next(
                &client,
                &request,
                &here.cloned().into_iter().collect::<Vec<_>>(),
                done,
                |user| user.as_str() == expected,
                Timestamp::from_unix(160),
            ) {
                Ok(next) => word(&next).into(),
                Err(error) => error.reason.word().to_owned(),
            }
        };
        let silent = || Prompt { none: true, ..Prompt::default() };
        let (begun, here) = (FlowProgress::default(), Some(&alice));
        assert_eq!(step(Prompt::default(), "u", here, &begun), "issue");
        assert_eq!(step(silent(), "u", here, &begun), "issue");
        assert_eq!(step(Prompt::default(), "other", here, &begun), "sign in");
        assert_eq!(step(silent(), "other", here, &begun), "sign_in.other_person");
        assert_eq!(step(silent(), "other", None, &begun), "sign_in.required");
        let session = Some(SessionId::new("s"));
        let done = FlowProgress { signed_in: session.clone(), consented: None, chosen: session };
        assert_eq!(step(Prompt::default(), "other", here, &done), "sign_in.other_person");
        assert_eq!(step(Prompt::default(), "u", here, &done), "issue");
    }

    #[test]
    fn without_pages_the_application_learns_which_page_is_needed() {
        let client = example(ClientKind::Web);
        let silent = Prompt { none: true, ..Prompt::default() };
        let step = |prompt: &Prompt, person: Option<&SignedIn>| {
            step(&client, "read", prompt.clone(), person, &FlowProgress::default())
        };
        assert_eq!(step(&silent, None), "login_required");
        assert_eq!(step(&silent, Some(&person(None))), "consent_required");
        assert_eq!(step(&silent, Some(&person(Some("read")))), "issue");
        let aged = Prompt { max_age: Some(Seconds::new(59)), ..silent };
        assert_eq!(step(&aged, Some(&person(Some("read")))), "login_required");
    }
}
