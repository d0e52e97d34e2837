//! Devices: the code that a person types, and the person's answer to the request (RFC 8628 §3.3).

use super::consents::{granted_members, must_be_current};
use super::event::{Act, Event, ObjectKind};
use super::fault::Fault;
use super::guesses::{self, Admission, Guess};
use super::{Context, Done, Outcome};
use crate::cache::row_budgets::Draw;
use crate::clock::Seconds;
use crate::failure::Failure;
use crate::network::Networks;
use crate::oauth::grant::device::{DeviceAnswer, DeviceRequest, UserCode};
use crate::oauth::grant::granted::Granted;
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::oauth::request::interaction::SignedIn;
use crate::store::db::{DbError, Tx};
use crate::store::device_codes;

/// A code that a person has typed.
pub struct TypedCode {
    pub code: UserCode,
    /// The user who is signed in: the guess is counted for this account.
    pub user: UserId,
    pub networks: Networks,
    /// For the rows that count the guess.
    pub draw: Draw,
}

/// What a typed code leads to.
#[derive(Clone, Debug)]
pub enum FoundDevice {
    Device(Box<DeviceRequest>),
    Nothing,
    /// The code was not looked up: there is room for the next guess after this time.
    Wait(Seconds),
}

/// Finds the device that waits with a typed code. It counts the guess, and takes a right one back.
///
/// # Errors
/// Only failures.
pub async fn find_by_code(context: &Context<'_>, typed: TypedCode) -> Result<FoundDevice, Failure> {
    let TypedCode { code, user, networks, draw } = typed;
    let guess = match guesses::count(context, Guess::user_code(&user, &networks), draw).await? {
        Admission::Counted(guess) => guess,
        Admission::Wait(wait) => return Ok(FoundDevice::Wait(wait)),
    };
    let now = context.now;
    let look = async move |tx: &mut Tx| {
        let Some(device) = device_codes::find_waiting(tx, &code, now).await? else {
            return Ok(FoundDevice::Nothing);
        };
        guess.take_back(tx).await?;
        Ok(FoundDevice::Device(Box::new(device)))
    };
    // No event: until the person answers, nothing but the guess has happened.
    Ok(context.db.write(look).await?)
}

/// Allows the request of a device; `granted` is what the device gets, all that it asked for or a part, decided when so many
/// scopes and types had been deleted. Allowing it again in the same session changes nothing and has the same outcome.
///
/// # Errors
/// If the request has another answer already, has ended, or a scope or a type was deleted in the meantime.
pub async fn allow(
    context: &Context<'_>,
    device: &GrantId,
    client: &ClientId,
    signed_in: &SignedIn,
    (granted, withdrawals): (Granted, i64),
) -> Outcome<()> {
    let (device, client, by, now) = (device.clone(), client.clone(), signed_in.clone(), context.now);
    context
        .act(async move |tx: &mut Tx| {
            must_be_current(tx, withdrawals).await?;
            if !device_codes::allow(tx, &device, &by, &granted, now).await? {
                // The same page was submitted again, or else the answer comes too late.
                let answer = device_codes::find(tx, &device).await?.map(|device| device.answer);
                if answer != Some(DeviceAnswer::Allowed(by.session.clone())) {
                    let sentence = "the request of the device has ended in the meantime";
                    return Err(Fault::conflict(None, sentence).into());
                }
            }
            let event = event(Act::DeviceAllowed, &device, &client).of_user(&by.user);
            Ok(Done { outcome: (), event: event.creating(granted_members(&granted)) })
        })
        .await
}

/// Denies the request of a device. A request that has its answer already keeps it.
///
/// # Errors
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
