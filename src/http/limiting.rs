//! The limits of requests, for one call: first its network is counted, and later the client or the person instead.

use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use super::call::Call;
use crate::app::App;
use crate::failure::Failure;
use crate::limits::{Class, Limited, RequestSender, WINDOW};
use crate::network::Network;
use crate::oauth::error::OAuthError;
use crate::oauth::id::{ClientId, UserId};
use crate::oauth::reason::Reason;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// Counts a request for its network, before anything of it is read or looked up.
///
/// # Errors
/// If the network has sent too many.
pub(super) fn admit(app: &App, call: &Call, method: &Method) -> Result<(), Failure> {
    let Some(class) = call.route.class else { return Ok(()) };
    // A script cannot read a refused preflight, so preflights do not count with the requests that they ask for.
    let class = if method == Method::OPTIONS { Class::Metadata } else { class };
    app.rate_limits.count_network(class, Network::of(call.address)).map_err(Failure::Limited)?;
    call.set_counted(class);
    Ok(())
}

/// Takes a request out of the count of its network, if the database could not be used: clients that fetch much could not
/// prove themselves, and would have to wait after the outage.
pub(super) fn forgive_outage(app: &App, call: &Call) {
    if call.met_an_outage()
        && let Some(class) = call.take_counted()
    {
        app.rate_limits.give_back(class, Network::of(call.address));
    }
}

/// Counts a request for its client and no longer for its network, because the client has authenticated. Only the first
/// call for a request counts.
///
/// # Errors
/// If the client has sent too many.
pub fn client_is_proven(app: &App, call: &Call, client: &ClientId) -> Result<(), Failure> {
    let Some(class) = call.take_counted() else { return Ok(()) };
    app.rate_limits.give_back(class, Network::of(call.address));
    app.rate_limits.count_client(class, client.as_str()).map_err(Failure::Limited)
}

/// Counts a request for a person's account and no longer for its network, because its access token is valid. Only the
/// first call for a request counts.
///
/// # Errors
/// If too many came for the account.
pub fn token_is_valid(app: &App, call: &Call, user: &UserId) -> Result<(), Failure> {
    let Some(class) = call.take_counted() else { return Ok(()) };
    app.rate_limits.give_back(class, Network::of(call.address));
    app.rate_limits.count_account(class, user.as_str()).map_err(Failure::Limited)
}

/// How many requests one counts as that makes the server use a private RSA key for a stranger. It takes as long as about so
/// many refused requests.
const WEIGHT_OF_A_PRIVATE_KEY: u32 = 10;

/// Counts a request of a stranger for its network as ten requests, because the server is about to use a private RSA key for it.
/// Nothing more is counted for a client that has authenticated or a person who is signed in: they have limits of their own.
///
/// # Errors
/// If the network has sent too many.
pub fn use_private_key(app: &App, call: &Call) -> Result<(), Failure> {
    let Some(class) = call.counted() else { return Ok(()) };
    let network = Network::of(call.address);
    app.rate_limits.count_more(class, network, WEIGHT_OF_A_PRIVATE_KEY - 1).map_err(Failure::Limited)
}

/// Counts a request for the accounts of the people who are signed in with its browser, beside its network. Only the first
/// call with anyone counts.
///
/// # Errors
/// If too many came for one of the accounts.
pub fn count_accounts<'u>(
    app: &App,
    call: &Call,
    users: impl Iterator<Item = &'u UserId>,
) -> Result<(), Failure> {
    let mut users = users.peekable();
    if users.peek().is_none() {
        return Ok(());
    }
    let Some(class) = call.take_counted() else { return Ok(()) };
    for user in users {
        app.rate_limits.count_account(class, user.as_str()).map_err(Failure::Limited)?;
    }
    Ok(())
}

/// The refusal of a request that exceeds a limit.
pub(super) fn refusal(limited: &Limited) -> OAuthError {
    let Limited { quota, wait, .. } = limited;
    let (reason, sender) = match limited.sender {
        RequestSender::Network | RequestSender::Site => (Reason::LimitsNetwork, "this network"),
        RequestSender::Client => (Reason::LimitsClient, "this client"),
        RequestSender::Account => (Reason::LimitsAccount, "this account"),
    };
    let unit = if wait.as_i64() == 1 { "second" } else { "seconds" };
    let description =
        format!("{sender} sent more than {quota} such requests in a minute; try again in {wait} {unit}");
    reason.because(description).after(*wait)
}

/// Adds the headers about the limit that a request exceeds, as draft-ietf-httpapi-ratelimit-headers has them since its
/// version 09: the name of the policy, its quota and window, what remains of it, and the seconds until there is more.
pub(super) fn describe(limited: &Limited, headers: &mut HeaderMap) {
    let sender = match limited.sender {
        RequestSender::Network => "",
        RequestSender::Site => "-site",
        RequestSender::Client => "-client",
        RequestSender::Account => "-account",
    };
    let (class, quota, wait) = (limited.class.name(), limited.quota, limited.wait);
    for (name, value) in [
        (POLICY, format!("\"{class}{sender}\";q={quota};w={WINDOW}")),
        (STATE, format!("\"{class}{sender}\";r=0;t={wait}")),
    ] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}
