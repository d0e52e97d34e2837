//! `grantor token inspect`.

use clap::Args;
use serde_json::{Value, json};

use super::super::secret::{from_stdin, warn_of_argument};
use super::super::table::card;
use super::super::{CliContext, CliError, OutputOptions};
use crate::jose::JoseError;
use crate::jose::verify::{Expiry, VerifyingKey, verify};
use crate::keys::master::ServerKeys;
use crate::oauth::grant::authorization_details::AuthorizationDetails;
use crate::oauth::id::GrantId;
use crate::oauth::identity::session::LiveSessions;
use crate::oauth::request::params::Params;
use crate::oauth::signing_key::KeyAlgorithm;
use crate::oauth::token::bearer::PresentedToken;
use crate::oauth::token::binding::Binding;
use crate::oauth::token::delegation::{Delegation, TokenActor};
use crate::oauth::token::refresh::RefreshName;
use crate::oauth::token::{ACCESS_TOKEN_PREFIX, JwtClaims, TYP};
use crate::secret::Hash;
use crate::store::db::{Conn, DbError};
use crate::store::grant_records::{self, GrantRecord};
use crate::store::{grants, signing_keys};
use crate::tokens::access_token::{ParsedAccessToken, of_claims};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The token; with -, it is read from standard input and appears in no shell history
    token: String,
    #[command(flatten)]
    output: OutputOptions,
}

/// The largest number of bytes to read.
const MAX_LENGTH: usize = Params::MAX_TOKEN_LENGTH;

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    let token = match options.token.as_str() {
        "-" => {
            let text = from_stdin("the token", MAX_LENGTH)?;
            text.expose().trim().to_owned()
        }
        token => {
            warn_of_argument("an argument shows the token to", "write - and send it to standard input")?;
            token.to_owned()
        }
    };
    options.output.common.run(async |cli| {
        let report = match RefreshName::parse(&token) {
            Some((name, mac)) => refresh_token(&cli, name, &mac, &token).await?,
            None => access_token(&cli, &token).await?,
        };
        options.output.say(report.members, card(&report.shown))
    })
}

/// What is known about a token: names and values for people, in order, and members for programs.
struct TokenReport {
    shown: Vec<(&'static str, String)>,
    members: Value,
}

/// Whether a token is valid, and why not.
struct TokenState {
    shown: String,
    /// For programs.
    word: &'static str,
    /// Why the token was revoked.
    reason: Option<String>,
}

impl TokenState {
    fn new(word: &'static str) -> Self {
        Self { shown: word.to_owned(), word, reason: None }
    }
}

async fn access_token(cli: &CliContext, token: &str) -> Result<TokenReport, CliError> {
    let (shown_kind, kind, read) = match token.starts_with(ACCESS_TOKEN_PREFIX) {
        true => ("access token, opaque", "opaque", ParsedAccessToken::Opaque(Hash::of(token))),
        false => {
            let claims = of_claims(jwt(cli, token).await?);
            ("access token, JWT", "jwt", ParsedAccessToken::Jwt(Box::new(claims)))
        }
    };
    let (PresentedToken { token, is_revoked, .. }, grant) = find_token(cli, read).await?;
    let state = match (is_revoked, cli.now >= token.expires_at) {
        (true, _) => why_not(grant.as_ref()),
        (false, true) => TokenState::new("expired"),
        (false, false) => TokenState::new("live"),
    };
    let Delegation { act, on_behalf_of, exchanged_from, .. } = token.delegation;
    let subject = person(grant.as_ref()).or(on_behalf_of);
    let members = json!({
        "kind": kind,
        "state": state.word,
        "reason": state.reason,
        "client_id": token.client_id.as_str(),
        "subject": subject,
        "scope": token.granted.scope.to_string(),
        "authorization_details": token.granted.details,
        "cnf": token.binding,
        "audience": token.audience,
        "issued_at": token.issued_at.iso(),
        "expires_at": token.expires_at.iso(),
        "actor": act,
        "exchanged_from": exchanged_from.last().map(|from| &from.jti),
        "grant_id": token.grant_id.as_ref().map(GrantId::as_str),
    });
    let mut shown = vec![
        ("kind", shown_kind.to_owned()),
        ("state", state.shown),
        ("client", token.client_id.to_string()),
        ("subject", subject.unwrap_or_else(|| "the client itself".into())),
        ("scope", token.granted.scope.to_string()),
        ("audience", token.audience.unwrap_or_else(|| "this server".into())),
        ("issued at", token.issued_at.iso()),
        ("expires at", token.expires_at.iso()),
    ];
    shown.extend(details(&token.granted.details));
    shown.extend(token.binding.as_ref().map(|binding| ("bound to", bound(binding))));
    shown.extend(act.map(|act| ("actor", acting(&act))));
    shown.extend(exchanged_from.last().map(|from| ("exchanged from", from.jti.clone())));
    shown.extend(token.grant_id.map(|grant| ("grant", grant.to_string())));
    Ok(TokenReport { shown, members })
}

/// Finds an access token, and the grant that it belongs to.
async fn find_token(
    cli: &CliContext,
    read: ParsedAccessToken,
) -> Result<(PresentedToken, Option<GrantRecord>), CliError> {
    let live = cli.config.live_sessions(cli.now);
    let find = async move |conn: &mut Conn| {
        let found = read.find(conn, live).await?;
        let grant = match found.as_ref().and_then(|found| found.token.grant_id.as_ref()) {
            None => None,
            Some(grant) => grant_records::find(conn, grant, live).await?,
        };
        Ok((found, grant))
    };
    let (found, grant) = cli.db.read(find).await?;
    let unknown = "this access token is not known here: it was never issued, was revoked, or ended long ago";
    Ok((found.ok_or(unknown)?, grant))
}

/// The authorization details, one in each row.
fn details(details: &AuthorizationDetails) -> impl Iterator<Item = (&'static str, String)> {
    details.iter().map(|detail| ("detail", detail.to_string()))
}

/// Describes what the sender of the token must prove.
fn bound(binding: &Binding) -> String {
    match binding {
        Binding::DpopKey(thumbprint) => format!("the key with the thumbprint {thumbprint}"),
        Binding::Certificate(thumbprint) => format!("the certificate with the thumbprint {thumbprint}"),
    }
}

/// Describes the current actor, and the actors before it.
fn acting(actor: &TokenActor) -> String {
    let before = actor.act.as_ref().map(|before| format!(", before that {}", acting(before)));
    format!("{}{}", actor.sub, before.unwrap_or_default())
}

/// Reads the claims of a JWT with a valid signature.
async fn jwt(cli: &CliContext, token: &str) -> Result<JwtClaims, CliError> {
    let list = async |conn: &mut Conn| signing_keys::list(conn).await;
    let stored = cli.db.read(list).await?;
    let keys = stored
        .iter()
        .filter_map(|key| match key.record.algorithm {
            KeyAlgorithm::Signing(algorithm) => {
                Some(VerifyingKey::read(&key.record.kid, algorithm, &key.public_jwk))
            }
            KeyAlgorithm::Encryption(_) => None,
        })
        .collect::<Result<Vec<_>, JoseError>>()
        .map_err(|error| error.to_string())?;
    verify(token, TYP, &keys, Expiry::Ignored)
        .map_err(|why| format!("this is not an access or refresh token of this server: {why}").into())
}

async fn refresh_token(
    cli: &CliContext,
    name: RefreshName,
    mac: &[u8],
    token: &str,
) -> Result<TokenReport, CliError> {
    let keys = ServerKeys::open(&cli.config, &cli.db, cli.now).await?;
    if !keys.is_refresh_token(&name, mac) {
        return Err("this refresh token was not made by this server".into());
    }
    let (grant_id, generation, hash) = (name.grant_id.clone(), name.generation, Hash::of(token));
    let live = cli.config.live_sessions(cli.now);
    let find = async move |conn: &mut Conn| find_grant(conn, &name.grant_id, &hash, live).await;
    let Some((grant, is_newest)) = cli.db.read(find).await? else {
        return Err(format!("the grant {grant_id} of this refresh token ended long ago").into());
    };
    let state = match (grant.state(cli.now).as_str(), is_newest) {
        ("live", false) => TokenState {
            shown: "used before; using it again counts as theft".to_owned(),
            ..TokenState::new("used")
        },
        ("revoked", _) => why_not(Some(&grant)),
        (state, _) => TokenState::new(state),
    };
    let number = u64::from(generation) + 1;
    let (issued_at, expires_at) = (
        (if is_newest { grant.rotated_at } else { grant.created_at }).iso(),
        grant.expires_at.min(grant.idle_expires_at).iso(),
    );
    let members = json!({
        "kind": "refresh_token",
        "number": number,
        "state": state.word,
        "reason": state.reason,
        "client_id": grant.client_id,
        "subject": person(Some(&grant)),
        "scope": grant.granted.scope.to_string(),
        "authorization_details": grant.granted.details,
        "issued_at": issued_at,
        "expires_at": expires_at,
        "grant_id": grant_id.as_str(),
    });
    let mut shown = vec![
        ("kind", format!("refresh token, number {number} of its chain")),
        ("state", state.shown),
        ("client", grant.client_id.clone()),
        ("subject", person(Some(&grant)).unwrap_or_default()),
        ("scope", grant.granted.scope.to_string()),
        ("issued at", issued_at),
        ("expires at", expires_at),
        ("grant", grant_id.to_string()),
    ];
    shown.extend(details(&grant.granted.details));
    Ok(TokenReport { shown, members })
}

async fn find_grant(
    conn: &mut Conn,
    id: &GrantId,
    hash: &Hash,
    live: LiveSessions,
) -> Result<Option<(GrantRecord, bool)>, DbError> {
    let Some(grant) = grant_records::find(conn, id, live).await? else { return Ok(None) };
    let is_newest = grants::is_newest(conn, id, hash).await?;
    Ok(Some((grant, is_newest)))
}

fn person(grant: Option<&GrantRecord>) -> Option<String> {
    grant.map(|grant| grant.username.clone().unwrap_or_else(|| format!("{}, who was deleted", grant.user_id)))
}

fn why_not(grant: Option<&GrantRecord>) -> TokenState {
    let reason = grant.and_then(|grant| grant.revoked_for.clone());
    let shown = match &reason {
        Some(why) => format!("revoked: {why}"),
        None => "not valid: it was revoked, or its client or user was deleted or disabled".to_owned(),
    };
    TokenState { shown, word: "revoked", reason }
}
