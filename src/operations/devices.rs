//! Devices: the code that a person types, and the person's answer to the request (RFC 8628 §3.3).

use super::event::{Act, Event, ObjectKind};
use super::fault::Fault;
use super::{Context, Done, Outcome};
use crate::clock::{Seconds, Timestamp};
use crate::oauth::grant::device::{DeviceAnswer, DeviceRequest, UserCode};
use crate::oauth::id::{ClientId, GrantId};
use crate::oauth::request::interaction::SignedIn;
use crate::store::db::{DbError, Tx};
use crate::store::{device_codes, guesses};

/// The largest number of wrong codes per span from one browser, and from one network. There are 20^8 codes. With a
/// thousand of them waiting, a network guesses one in a million such spans.
const GUESSES: [i64; 2] = [10, 25];
/// The length of a span in seconds.
const SPAN: Seconds = Seconds::new(600);

/// A code that a person has typed, and where the guess is counted.
#[derive(Clone, Debug)]
pub struct TypedCode {
    pub code: UserCode,
    /// The value of the browser's own cookie.
    pub browser: String,
    /// The network that the request comes from.
    pub network: String,
}

/// What a typed code leads to.
#[derive(Clone, Debug)]
pub enum FoundDevice {
    Device(Box<DeviceRequest>),
    Nothing,
    TooManyGuesses,
}

/// Finds the device that waits with a typed code. It counts the guess, and takes a right one back.
///
/// # Errors
///
/// Only a failing database.
pub async fn find_by_code(context: &Context<'_>, typed: TypedCode) -> Result<FoundDevice, DbError> {
    let TypedCode { code, browser, network } = typed;
    let now = context.now;
    let span = now.as_unix() / SPAN.as_i64();
    let ends_at = Timestamp::from_unix(0) + SPAN * (span + 1);
    let buckets =
        [format!("user_code browser {browser} {span}"), format!("user_code network {network} {span}")];
    let look = async move |tx: &mut Tx| {
        let mut is_too_many = false;
        for (bucket, most) in buckets.iter().zip(GUESSES) {
            is_too_many |= guesses::count(tx, bucket, ends_at).await? > most;
        }
        if is_too_many {
            return Ok(FoundDevice::TooManyGuesses);
        }
        let Some(device) = device_codes::find_waiting(tx, &code, now).await? else {
            return Ok(FoundDevice::Nothing);
        };
        for bucket in &buckets {
            guesses::undo(tx, bucket).await?;
        }
        Ok(FoundDevice::Device(Box::new(device)))
    };
    // No event: until the person answers, nothing but the guess has happened.
    context.db.write(look).await
}

/// Allows the request of a device. Allowing it again in the same session changes nothing and has the same outcome.
///
/// # Errors
///
/// The request has another answer already, or has ended.
pub async fn allow(
    context: &Context<'_>,
    device: &GrantId,
    client: &ClientId,
    signed_in: &SignedIn,
) -> Outcome<()> {
    let (device, client, by, now) = (device.clone(), client.clone(), signed_in.clone(), context.now);
    context
        .act(async move |tx: &mut Tx| {
            if !device_codes::allow(tx, &device, &by, now).await? {
                // The same page was submitted again, or else the answer comes too late.
                let answer = device_codes::find(tx, &device).await?.map(|device| device.answer);
                if answer != Some(DeviceAnswer::Allowed(by.session.clone())) {
                    let sentence = "the request of the device has ended in the meantime";
                    return Err(Fault::conflict(None, sentence).into());
                }
            }
            Ok(Done { outcome: (), event: event(Act::DeviceAllowed, &device, &client) })
        })
        .await
}

/// Denies the request of a device. A request that has its answer already keeps it.
///
/// # Errors
///
/// Only a failing database.
pub async fn deny(context: &Context<'_>, device: &GrantId, client: &ClientId) -> Result<Done<()>, DbError> {
    let (device, client, now) = (device.clone(), client.clone(), context.now);
    context
        .act(async move |tx: &mut Tx| {
            device_codes::deny(tx, &device, now).await?;
            Ok(Done { outcome: (), event: event(Act::DeviceDenied, &device, &client) })
        })
        .await
}

fn event(act: Act, device: &GrantId, client: &ClientId) -> Event {
    Event::new(act, ObjectKind::Device, device.as_str()).with(client)
}
