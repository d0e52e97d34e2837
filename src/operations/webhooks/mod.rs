//! Webhooks: other programs that get the events of the audit trail (Standard Webhooks).

mod deliveries;
mod secrets;

pub use deliveries::{deliveries, delivery, retry, test};
pub use secrets::rotate_secret;

use serde_json::{Value, json};
use strum::VariantArray as _;
use url::Url;

use super::actor::Actor;
use super::callable::address_fault;
use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::label::name_fault;
use super::list::{self, Cursor, List, Listing};
use super::list_change::ListChange;
use super::terms::Version;
use super::{Context, Done, Outcome};
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::fetch::Fetcher;
use crate::oauth::permission::{Area, Need};
use crate::oauth::quoted::quoted;
use crate::oauth::webhook::{BACKCHANNEL_REQUESTED, DisabledBecause, MessageTypes, covers};
use crate::secret::{Hash, Secret, random_id};
use crate::store::db::{Conn, DbError, Tx};
use crate::store::events::{self, End};
use crate::store::page::NameFilter;
use crate::store::webhooks::{self, WebhookRecord};
use crate::store::{webhook_deliveries, webhook_secrets};

/// The largest number of webhooks. Each of them has places for its calls, so that a slow one does not delay the others.
pub const MAX_WEBHOOKS: i64 = 32;
/// The largest length of an address in bytes.
const MAX_URL_LENGTH: usize = 2048;
/// The largest number of types that a webhook names.
const MAX_TYPES: usize = 100;

/// How many characters of a hash show that an address was changed.
const SHOWN_OF_HASH: usize = 12;
const CURSOR: Cursor = Cursor::of("webhooks");

/// A webhook to create.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    pub name: String,
    pub url: String,
    pub types: Vec<String>,
}

/// A webhook with a secret that was made now.
#[derive(Clone, Debug)]
pub struct WebhookWithSecret {
    pub record: WebhookRecord,
    /// The secret that signs. It can be shown only now.
    pub secret: Secret,
}

/// The changes of a webhook; `None` keeps the value.
#[derive(Clone, Debug, Default)]
pub struct WebhookChanges {
    pub name: Option<String>,
    pub url: Option<String>,
    pub types: ListChange<String>,
    pub disabled: Option<bool>,
}

/// Returns a page of the webhooks, sorted by id.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<NameFilter>,
) -> Result<List<WebhookRecord>, Denied<Faults>> {
    list::read_now(context, CURSOR, listing, webhooks::list, |webhook| webhook.id.clone()).await
}

/// Finds a webhook by its id.
///
/// # Errors
/// If there is no such webhook.
pub async fn find(context: &Context<'_>, id: &str) -> Result<WebhookRecord, Denied<Faults>> {
    let id = id.to_owned();
    context.read(async move |conn: &mut Conn| existing(conn, &id).await).await
}

/// Returns how many messages wait for webhooks that are not disabled.
///
/// # Errors
/// Only failures of the database.
pub async fn waiting(context: &Context<'_>) -> Result<usize, Denied<Faults>> {
    let look = async move |conn: &mut Conn| Ok(webhook_deliveries::overdue(conn).await?);
    let (waiting, _) = context.read(look).await?;
    Ok(usize::try_from(waiting).unwrap_or_default())
}

/// Creates a webhook. It gets the events that are numbered from now on. The outcome has its secret.
///
/// # Errors
/// If a member is not valid, the actor may not read the audit trail, or there are too many webhooks.
pub async fn create(context: &Context<'_>, new: NewWebhook) -> Outcome<WebhookWithSecret> {
    let NewWebhook { name, url, types } = new;
    let fetcher = Fetcher::new(&context.config.fetch)?;
    let mut faults: Vec<Fault> = name_fault(&name).into_iter().collect();
    faults.extend(url_fault(&fetcher, &url));
    faults.extend(type_faults(&types));
    Faults::refuse_if_any(faults)?;
    may_change(&context.actor)?;
    may_learn_of_people(&context.actor, &types)?;
    let (sealed, secret) = secrets::make(context).await?;
    let record = WebhookRecord {
        id: random_id(),
        name,
        url,
        types: MessageTypes::new(types),
        created_at: context.now,
        disabled: None,
        failing_since: None,
        secrets: Vec::new(),
    };
    let now = context.now;
    context
        .act(async move |tx: &mut Tx| {
            if webhooks::count(tx).await? >= MAX_WEBHOOKS {
                let sentence =
                    format!("there are {MAX_WEBHOOKS} webhooks, which is the most; delete one first");
                return Err(Fault::conflict(None, sentence).into());
            }
            let position = events::end(tx, End::Head).await?.map_or(0, |head| head.number);
            webhooks::save(tx, &record, position).await?;
            webhook_secrets::save(tx, &record.id, &sealed, now).await?;
            let record = existing(tx, &record.id).await?;
            let event = event(Act::WebhookCreated, &record).creating(members(&record));
            Ok(Done { outcome: WebhookWithSecret { record, secret: secret.clone() }, event })
        })
        .await
}

/// Changes a webhook. The outcome is the changed webhook. One that was disabled and is enabled again goes on with the event
/// where it stopped.
///
/// # Errors
/// If there is no such webhook, a member is not valid, or the actor may not read the audit trail or, where the webhook gets
/// their addresses, the people.
pub async fn update(context: &Context<'_>, id: &str, changes: WebhookChanges) -> Outcome<WebhookRecord> {
    let fetcher = Fetcher::new(&context.config.fetch)?;
    let mut faults: Vec<Fault> = changes.name.as_deref().and_then(name_fault).into_iter().collect();
    faults.extend(changes.url.as_deref().and_then(|url| url_fault(&fetcher, url)));
    faults.extend(type_faults(changes.types.new_members()));
    Faults::refuse_if_any(faults)?;
    let Context { now, terms, actor, .. } = context.clone();
    let id = id.to_owned();
    context
        .act(async move |tx: &mut Tx| {
            let before = existing(tx, &id).await?;
            may_change(&actor)?;
            terms.check(&members(&before))?;
            let after = changes.applied_to(&before, now)?;
            // Also before: messages of these types may wait, and would go to the new address.
            for types in [&before.types, &after.types] {
                may_learn_of_people(&actor, types.words())?;
            }
            webhooks::update(tx, &after).await?;
            let event = event(Act::WebhookUpdated, &after).changing(members(&before), members(&after));
            Ok(Done { outcome: after, event })
        })
        .await
}

/// Deletes a webhook, and everything that waits to be delivered to it.
///
/// # Errors
/// If there is no such webhook, or the actor may not read the audit trail.
pub async fn delete(context: &Context<'_>, id: &str) -> Outcome<()> {
    let Context { terms, actor, .. } = context.clone();
    let id = id.to_owned();
    context
        .act(async move |tx: &mut Tx| {
            let before = existing(tx, &id).await?;
            may_change(&actor)?;
            terms.check(&members(&before))?;
            webhooks::delete(tx, &id).await?;
            Ok(Done { outcome: (), event: event(Act::WebhookDeleted, &before).deleting(members(&before)) })
        })
        .await
}

/// Disables a webhook because of what its receiver did, with an event. Does nothing if it is gone or disabled. Returns
/// whether it did.
///
/// # Errors
/// Only failures of the database.
pub async fn disable(
    tx: &mut Tx,
    id: &str,
    because: DisabledBecause,
    now: Timestamp,
) -> Result<bool, DbError> {
    let Some(before) = webhooks::find(tx, id).await?.filter(|webhook| webhook.disabled.is_none()) else {
        return Ok(false);
    };
    let after = WebhookRecord { disabled: Some((now, because)), ..before.clone() };
    webhooks::update(tx, &after).await?;
    let event = event(Act::WebhookDisabled, &after).changing(members(&before), members(&after));
    event.save(tx, &Actor::server(), now).await?;
    Ok(true)
}

/// Records that a webhook did not get the events after the number `from` up to `to`, because they were deleted.
///
/// # Errors
/// Only failures of the database.
pub async fn record_missed(
    tx: &mut Tx,
    id: &str,
    (from, to): (i64, i64),
    now: Timestamp,
) -> Result<(), DbError> {
    let Some(webhook) = webhooks::find(tx, id).await? else { return Ok(()) };
    let missed = json!({ "first_missed": from + 1, "last_missed": to });
    let event = event(Act::WebhookEventsMissed, &webhook).changing(Value::Null, missed);
    event.save(tx, &Actor::server(), now).await
}

/// Returns the version of a webhook, which every change of its settings changes.
pub fn version(webhook: &WebhookRecord) -> Version {
    Version::of(&members(webhook))
}

/// Checks that the actor may read the audit trail. A webhook sends its events to another place, so who changes a webhook,
/// sees the secret that signs, or has messages sent, must be allowed to read them.
fn may_change(actor: &Actor) -> Result<(), Fault> {
    actor.must_cover(Need::read(Area::Audit), "a webhook gets the events of the audit trail")
}

/// Checks that the actor may read the people's addresses, if a message of these types has them.
fn may_learn_of_people(actor: &Actor, types: &[String]) -> Result<(), Fault> {
    if types.iter().any(|word| word == BACKCHANNEL_REQUESTED) {
        let why = "a webhook for backchannel.requested gets the names and addresses of people";
        actor.must_cover(Need::read(Area::Users), why)?;
    }
    Ok(())
}

fn url_fault(fetcher: &Fetcher, url: &str) -> Option<Fault> {
    if url.len() > MAX_URL_LENGTH {
        return Some(Fault::invalid("url", format!("an address has at most {MAX_URL_LENGTH} bytes")));
    }
    if Url::parse(url).is_ok_and(|url| url.fragment().is_some()) {
        return Some(Fault::invalid("url", "the address must not have a fragment (#), which is never sent"));
    }
    address_fault(fetcher, "url", url)
}

fn type_faults(types: &[String]) -> Vec<Fault> {
    if types.len() > MAX_TYPES {
        return vec![Fault::invalid("types", format!("a webhook names at most {MAX_TYPES} types"))];
    }
    let is_known = |word: &str| {
        word == BACKCHANNEL_REQUESTED || Act::VARIANTS.iter().any(|act| covers(word, act.word()))
    };
    let unknown = types.iter().enumerate().filter(|(_, word)| !is_known(word));
    let fault = |(place, word): (usize, &String)| {
        let sentence = format!(
            "there is no event {}; name one such as client.updated, or a group such as client.",
            quoted(word)
        );
        Fault::invalid(format!("types/{place}"), sentence)
    };
    unknown.map(fault).collect()
}

async fn existing(conn: &mut Conn, id: &str) -> Result<WebhookRecord, Denied<Faults>> {
    let unknown = || Fault::not_found(format!("there is no webhook with the id {id}"));
    Ok(webhooks::find(conn, id).await?.ok_or_else(unknown)?)
}

fn event(act: Act, webhook: &WebhookRecord) -> Event {
    Event::new(act, ObjectKind::Webhook, webhook.id.as_str()).named(&webhook.name)
}

/// The members of a webhook for its version and its events. Of its address only the origin can be read, because the rest may
/// be what proves to the receiver who sends.
fn members(webhook: &WebhookRecord) -> Value {
    let origin = Url::parse(&webhook.url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let mut rest = Hash::of(&webhook.url).to_text();
    rest.truncate(SHOWN_OF_HASH);
    json!({
        "name": webhook.name,
        "url": format!("{origin} (hash of the whole: {rest})"),
        "types": webhook.types.words(),
        "disabled": webhook.disabled.is_some(),
        "disabled_because": webhook.disabled.map(|(_, because)| because.as_str()),
    })
}

impl WebhookChanges {
    fn applied_to(&self, before: &WebhookRecord, now: Timestamp) -> Result<WebhookRecord, Fault> {
        let types = self.types.applied_to(before.types.words(), "types", "type")?;
        if types.len() > MAX_TYPES {
            return Err(Fault::invalid("types", format!("a webhook names at most {MAX_TYPES} types")));
        }
        let after = WebhookRecord {
            name: self.name.clone().unwrap_or_else(|| before.name.clone()),
            url: self.url.clone().unwrap_or_else(|| before.url.clone()),
            types: MessageTypes::new(types),
            ..before.clone()
        };
        Ok(match (self.disabled, before.disabled) {
            (Some(true), None) => WebhookRecord { disabled: Some((now, DisabledBecause::Operator)), ..after },
            // It gets as long as a new one before it is disabled again.
            (Some(false), Some(_)) => WebhookRecord { disabled: None, failing_since: None, ..after },
            _ => after,
        })
    }
}
