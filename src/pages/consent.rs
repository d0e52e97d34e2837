//! The consent page.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use minijinja::{Value, context};

use crate::app::App;
use crate::clock::Seconds;
use crate::failure::{Denied, Failure};
use crate::flows::{self, Accounts, CheckedRequest, ResumedFlow};
use crate::http::answer;
use crate::http::browser;
use crate::http::call::{Call, Request};
use crate::http::form;
use crate::oauth::grant::device::{DeviceAnswer, DeviceRequest};
use crate::oauth::grant::scope::{KnownScopes as _, OFFLINE_ACCESS, ScopeRecord};
use crate::oauth::reason::Reason;
use crate::oauth::request::interaction::{self, Next, SignedIn};
use crate::oauth::request::params::Params;
use crate::oauth::request::partial_consent::Names;
use crate::oauth::request::{AnswerTo, AuthorizationRequest, Refusal};
use crate::operations::consents::{self, ConsentAnswer};

pub async fn show(app: web::Data<App>, request: Request) -> HttpResponse {
    match resume(&app, &request).await {
        Ok((resumed, accounts)) => {
            match flows::next(&app, &request, &resumed.checked, &accounts, &resumed.progress) {
                Ok(Next::Consent(signed_in)) => page(&app, &request, &resumed, signed_in),
                _ => go_on(&app, &resumed),
            }
        }
        Err(denied) => answer::authorization_error(&app, &request, denied),
    }
}

pub async fn submit(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    let outcome = async {
        let (resumed, accounts) = resume(&app, &request).await?;
        let checkboxes = resumed.checked.request.optional.len();
        let form = form::read_with(&request, body, checkboxes).await.map_err(Refusal::Page)?;
        Ok::<_, Denied<Refusal>>((resumed, accounts, form))
    };
    let (resumed, accounts, form) = match outcome.await {
        Ok(read) => read,
        Err(denied) => return answer::authorization_error(&app, &request, denied),
    };
    // All sessions ended while the page was open. The person signs in and is asked again.
    if accounts.people.is_empty() {
        return go_on(&app, &resumed);
    }
    if !browser::is_same_origin(&app, &request) {
        return answer::page_error(&app, &request, browser::forged().into());
    }
    // The page was shown to someone else, and another person has signed in in another tab; or the page asked something
    // else, because client or scopes have changed since. The answer does not count, and the person is asked.
    let asked = accounts.people.iter().find(|here| is_for(&app, &resumed, here, &form));
    let Some(signed_in) = asked else { return go_on(&app, &resumed) };
    request.set_user(&signed_in.user);
    if form.count("allow") == 0 {
        return deny(&app, &request, resumed, "the person denied the request").await;
    }
    // In the meantime this request may have become another person's.
    match flows::next(&app, &request, &resumed.checked, &accounts, &resumed.progress) {
        Ok(Next::Consent(here)) if here.session == signed_in.session => {}
        _ => return go_on(&app, &resumed),
    }
    match remember(&app, &request, &resumed, signed_in, &form).await {
        Ok(Remembered::Answer) => go_on(&app, &resumed),
        Ok(Remembered::Nothing) => {
            deny(&app, &request, resumed, "the person ticked nothing of the request").await
        }
        Err(failure) => answer::page_error(&app, &request, failure.into()),
    }
}

async fn deny(app: &App, request: &Request, resumed: ResumedFlow, why: &'static str) -> HttpResponse {
    flows::decline(app, request, resumed, Reason::ConsentDenied.because(why)).await
}

async fn resume(app: &App, request: &Request) -> Result<(ResumedFlow, Accounts), Denied<Refusal>> {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let resumed = flows::resume_flow(app, request, &query).await?;
    let accounts = flows::accounts(app, request, Some(&resumed.checked.request.client_id)).await?;
    Ok((resumed, accounts))
}

fn go_on(app: &App, resumed: &ResumedFlow) -> HttpResponse {
    answer::see_other(&resumed.url(app, "authorize/resume"))
}

/// What is remembered of a person who pressed Allow.
enum Remembered {
    Answer,
    /// The person allows nothing at all, as if they had pressed Deny.
    Nothing,
}

async fn remember(
    app: &App,
    call: &Call,
    resumed: &ResumedFlow,
    signed_in: &SignedIn,
    form: &Params,
) -> Result<Remembered, Failure> {
    let CheckedRequest { request, catalogue, .. } = &resumed.checked;
    let (user, client, context) = (&signed_in.user, &request.client_id, app.operations(call.now));
    let answer = request.answer((&ticked(form, "scope"), &ticked(form, "claim")), &**catalogue);
    if answer.allowed.scope.is_empty() {
        if signed_in.consent.is_some() {
            consents::take_back(&context, user, client, &answer.refused).await?;
        }
        return Ok(Remembered::Nothing);
    }
    let given = ConsentAnswer {
        user: user.clone(),
        client: client.clone(),
        answer,
        flow: resumed.key.clone(),
        session: signed_in.session.clone(),
    };
    consents::give(&context, given).await?;
    Ok(Remembered::Answer)
}

/// The values of the ticked checkboxes with this name.
fn ticked<'a>(form: &'a Params, name: &str) -> BTreeSet<&'a str> {
    form.pairs().iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
}

const PURPOSE: &str = "consent";

/// What the page asks, for the form token: an answer counts only for the question that the person saw.
fn question(request: &AuthorizationRequest) -> String {
    let Names { scope, claims } = &request.optional;
    let joined = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    format!("{}\n{}\n{scope}\n{}", request.granted.scope, joined(&request.named), joined(claims))
}

/// The values that bind the form to the person who saw it, and to what it asked.
fn bound_to<'a>(resumed: &'a ResumedFlow, signed_in: &'a SignedIn, question: &'a str) -> [&'a str; 4] {
    [resumed.key.id.as_str(), resumed.browser.as_str(), signed_in.session.as_str(), question]
}

fn is_for(app: &App, resumed: &ResumedFlow, signed_in: &SignedIn, form: &Params) -> bool {
    let token = form.one("form_token").ok().flatten().unwrap_or_default();
    let question = question(&resumed.checked.request);
    app.keys.is_form_token(token, PURPOSE, &bound_to(resumed, signed_in, &question))
}

/// The scopes and the claims that the page asks about. What the person refused before is not ticked.
fn rows(checked: &CheckedRequest, signed_in: &SignedIn) -> (Vec<Value>, Vec<Value>) {
    let CheckedRequest { request, catalogue, .. } = checked;
    let optional = &request.optional;
    let refused = signed_in.consent.as_ref().map(|consent| request.refused_by(consent)).unwrap_or_default();
    let scope = |scope: &ScopeRecord| {
        context! {
            name => &scope.name,
            description => &scope.description,
            sensitive => scope.sensitive,
            optional => optional.scope.contains(&scope.name),
            ticked => !refused.scope.contains(&scope.name),
        }
    };
    let claim = |name: &String| {
        context! {
            name,
            description => claim_description(name),
            optional => optional.claims.contains(name),
            ticked => !refused.claims.contains(name),
        }
    };
    let scopes = request.granted.scope.names().filter_map(|name| catalogue.find(name));
    (scopes.map(scope).collect(), request.named.iter().map(claim).collect())
}

fn page(app: &App, call: &Call, resumed: &ResumedFlow, signed_in: &SignedIn) -> HttpResponse {
    let CheckedRequest { client, request, .. } = &resumed.checked;
    let (client, links, sessions) = (&client.client, &client.client.links, &app.config.sessions);
    let (optional, question) = (&request.optional, question(request));
    let (scopes, claims) = rows(&resumed.checked, signed_in);
    app.pages.render(
        StatusCode::OK,
        "consent.html",
        context! {
            client => &client.name,
            logo => links.logo.as_ref().map(|digest| format!("{}/logos/{digest}", app.issuer)),
            site => &links.site,
            policy => &links.policy,
            terms => &links.terms,
            scopes,
            claims,
            is_partial => !optional.is_empty(),
            username => &signed_in.username,
            accounts => resumed.url(app, "accounts"),
            returns_to => returns_to(request),
            outlives_session => request.granted.scope.contains(OFFLINE_ACCESS),
            may_leave_out_offline_access => optional.scope.contains(OFFLINE_ACCESS),
            idle_lifetime => in_words(sessions.idle_lifetime.seconds()),
            lifetime => in_words(sessions.lifetime.seconds()),
            device => resumed.device.as_ref().map(|device| asking(call, device)),
            action => resumed.url(app, "consent"),
            form_token => app.keys.form_token(PURPOSE, &bound_to(resumed, signed_in, &question)),
            each_time => interaction::asks_each_time(client, request),
            // An own application is only asked about because it cannot prove who it is.
            is_only_question => client.first_party && !request.prompt.consent,
        },
    )
}

/// A span of time for people, in the largest unit that it is a multiple of.
fn in_words(span: Seconds) -> String {
    let seconds = span.as_i64();
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute")];
    let fits = |(length, _): &(i64, &str)| seconds >= *length && seconds % length == 0;
    let (length, unit) = units.into_iter().find(fits).unwrap_or((1, "second"));
    let count = seconds / length;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// What tells people whether the device that asks is their own.
fn asking(call: &Call, device: &DeviceRequest) -> Value {
    let code = match &device.answer {
        DeviceAnswer::Awaited(code) => Some(code.to_string()),
        DeviceAnswer::Allowed(_) | DeviceAnswer::Denied => None,
    };
    let here = call.address.to_string();
    let minutes = (call.now - device.created_at).as_i64().max(0) / 60;
    context! { code, address => &device.address, here => (here != device.address).then_some(here), minutes }
}

/// Where the person is sent. `None` for a device, which fetches its answer itself.
fn returns_to(request: &AuthorizationRequest) -> Option<String> {
    match &request.answer_to {
        AnswerTo::Application { return_to, .. } => Some(place(return_to.as_str())),
        AnswerTo::Device(_) => None,
    }
}

/// A short name of the place where the person is sent: the host, or the scheme of a native application. What follows a
/// private scheme is no host, whatever it looks like.
fn place(uri: &str) -> String {
    let url = url::Url::parse(uri).ok();
    let host = url.as_ref().filter(|url| matches!(url.scheme(), "https" | "http"));
    let host = host.and_then(|url| url.host_str().map(str::to_owned));
    host.or_else(|| url.map(|url| url.scheme().to_owned())).unwrap_or_default()
}

/// Describes a standard claim to the person that it is about. `None` for a claim that an operator defined.
fn claim_description(name: &str) -> Option<&'static str> {
    Some(match name.split('#').next().unwrap_or(name) {
        "name" => "your full name",
        "given_name" => "your given name",
        "family_name" => "your family name",
        "middle_name" => "your middle name",
        "nickname" => "your nickname",
        "preferred_username" => "your user name",
        "profile" => "the address of your profile page",
        "picture" => "your picture",
        "website" => "the address of your website",
        "email" => "your e-mail address",
        "email_verified" => "whether your e-mail address is verified",
        "gender" => "your gender",
        "birthdate" => "your date of birth",
        "zoneinfo" => "your time zone",
        "locale" => "your language",
        "phone_number" => "your phone number",
        "phone_number_verified" => "whether your phone number is verified",
        "address" => "your postal address",
        "updated_at" => "when your profile was last changed",
        "groups" => "the groups that you belong to",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_its_largest_unit() {
        for (seconds, words) in [
            (604_800, "7 days"),
            (86_400, "1 day"),
            (28_800, "8 hours"),
            (5400, "90 minutes"),
            (61, "61 seconds"),
        ] {
            assert_eq!(in_words(Seconds::new(seconds)), words);
        }
    }
}
