//! The consent page.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::{account_list, application, waiting_requests};
use crate::app::App;
use crate::face::detail_sentence;
use crate::face::text_names::CLAIMS;
use crate::face::view::{AskedDetail, AskedElsewhere, AskedItem, AskingDevice, ConsentPage, Words};
use crate::failure::{Denied, Failure};
use crate::flows::{self, Accounts, CheckedRequest, ResumedFlow};
use crate::http::answer;
use crate::http::browser;
use crate::http::call::{Call, Request};
use crate::http::form;
use crate::oauth::grant::authorization_details::authorization_type::KnownAuthorizationTypes as _;
use crate::oauth::grant::authorization_details::type_of;
use crate::oauth::grant::device::{DeviceAnswer, DeviceRequest};
use crate::oauth::grant::scope::{KnownScopes as _, OFFLINE_ACCESS, OPENID};
use crate::oauth::identity::claims::without_language;
use crate::oauth::language_tag::LanguageTag;
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
                Ok(Next::Consent(signed_in)) => page(&app, &request, &resumed, signed_in).await,
                _ => go_on(&app, &resumed),
            }
        }
        Err(denied) => answer::authorization_error(&app, &request, denied).await,
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
        Err(denied) => return answer::authorization_error(&app, &request, denied).await,
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
    request.set_person(&signed_in.user, &signed_in.username);
    // A template of the operator may have a hidden field beside the buttons.
    if form.count("allow") == 0 || form.count("deny") > 0 {
        return deny(&app, &request, (resumed, signed_in), "the person denied the request").await;
    }
    // In the meantime this request may have become another person's.
    match flows::next(&app, &request, &resumed.checked, &accounts, &resumed.progress) {
        Ok(Next::Consent(here)) if here.session == signed_in.session => {}
        _ => return go_on(&app, &resumed),
    }
    match remember(&app, &request, &resumed, signed_in, &form).await {
        Ok(Remembered::Answer) => go_on(&app, &resumed),
        Ok(Remembered::Nothing) => {
            deny(&app, &request, (resumed, signed_in), "the person ticked nothing of the request").await
        }
        Err(failure) => answer::page_error(&app, &request, failure.into()),
    }
}

async fn deny(
    app: &App,
    request: &Request,
    (resumed, signed_in): (ResumedFlow, &SignedIn),
    why: &'static str,
) -> HttpResponse {
    let error = Reason::ConsentDenied.because(why).about(&signed_in.user);
    flows::decline(app, request, resumed, error).await
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
    let (user, client, context) =
        (&signed_in.user, &request.client_id, app.operations(call.now, call.actor()));
    let answer = request.answer((&ticked(form, "scope"), &ticked(form, "claim")), &**catalogue);
    if answer.consent.allowed.scope.is_empty() && request.granted.details.is_empty() {
        if signed_in.consent.is_some() {
            consents::take_back(&context, user, client, (answer, catalogue)).await?;
        }
        return Ok(Remembered::Nothing);
    }
    let given = ConsentAnswer {
        user: user.clone(),
        client: client.clone(),
        answer,
        catalogue: catalogue.clone(),
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
    let details = match request.granted.details.is_empty() {
        true => String::new(),
        false => format!("\n{}", request.granted.details.to_json()),
    };
    format!("{}\n{}\n{scope}\n{}{details}", request.granted.scope, joined(&request.named), joined(claims))
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

async fn page(app: &App, call: &Call, resumed: &ResumedFlow, signed_in: &SignedIn) -> HttpResponse {
    match view(app, call, resumed, signed_in).await {
        Ok(view) => app.pages.show(call.reader(), StatusCode::OK, &view),
        Err(failure) => answer::page_error(app, call, failure.into()),
    }
}

async fn view(
    app: &App,
    call: &Call,
    resumed: &ResumedFlow,
    signed_in: &SignedIn,
) -> Result<ConsentPage, Failure> {
    let CheckedRequest { client, request, .. } = &resumed.checked;
    let account = account_list::shown(app, std::slice::from_ref(signed_in)).await?;
    let account = account.into_iter().next().ok_or_else(|| Failure::Internal("an account is lost".into()))?;
    let question = question(request);
    Ok(ConsentPage {
        application: application::shown(app, call, &client.client),
        account,
        accounts: resumed.backchannel.is_none().then(|| resumed.url(app, "accounts")),
        items: items(&resumed.checked, signed_in, &call.text_languages()),
        details: details(&resumed.checked, &call.text_languages()),
        returns_to: returns_to(request),
        device: resumed.device.as_ref().map(|device| asking(call, device)),
        elsewhere: resumed.backchannel.as_ref().map(|asked| AskedElsewhere {
            message: asked.binding_message.as_ref().map(ToString::to_string),
            minutes: waiting_requests::minutes_since(asked, call.now),
        }),
        ends_with_session: !request.granted.scope.contains(OFFLINE_ACCESS),
        each_time: interaction::asks_each_time(&client.client, request),
        client_id: client.client.id.to_string(),
        action: resumed.url(app, "consent"),
        form_token: app.keys.form_token(PURPOSE, &bound_to(resumed, signed_in, &question)),
    })
}

/// What the application asks for, the sensitive scopes first, then `openid`. What the person refused before is not ticked.
/// Nothing for an own application: it is only asked about because it cannot prove who it is.
fn items(checked: &CheckedRequest, signed_in: &SignedIn, languages: &[LanguageTag]) -> Vec<AskedItem> {
    let CheckedRequest { client, request, catalogue } = checked;
    if client.client.first_party && !request.prompt.consent {
        return Vec::new();
    }
    let optional = &request.optional;
    let refused = signed_in.consent.as_ref().map(|consent| request.refused_by(consent)).unwrap_or_default();
    let scopes = request.granted.scope.names().filter_map(|name| catalogue.find(name)).map(|scope| {
        let described = Words::of(&scope.description, languages);
        // The operator's words in the language of the page come before ours.
        let is_ours = described.lang.is_none() && scope.is_as_delivered();
        AskedItem {
            name: scope.name.to_string(),
            description: Some(described).filter(|_| !is_ours),
            scope: is_ours.then(|| scope.name.clone()),
            claim: None,
            sensitive: scope.sensitive,
            consequence: scope.consequence.as_ref().map(|text| Words::of(text, languages)),
            ticked: optional.scope.contains(&scope.name).then(|| !refused.scope.contains(&scope.name)),
        }
    });
    let claims = request.named.iter().map(|name| AskedItem {
        name: name.to_string(),
        description: None,
        scope: None,
        claim: standard_claim(name).map(str::to_owned),
        sensitive: false,
        consequence: None,
        ticked: optional.claims.contains(name).then(|| !refused.claims.contains(name)),
    });
    let mut items: Vec<AskedItem> = scopes.chain(claims).collect();
    // Who the person is comes before what else the application wants to know.
    items.sort_by_key(|item| (!item.sensitive, item.name != OPENID));
    items
}

/// What the application asks for in words of its own. An own application is only asked about what people are asked about each
/// time.
fn details(checked: &CheckedRequest, languages: &[LanguageTag]) -> Vec<AskedDetail> {
    let CheckedRequest { client, request, catalogue } = checked;
    let is_asked = !client.client.first_party || request.prompt.consent;
    let asked = if is_asked { &request.granted.details } else { &request.always_asked };
    let shown = |detail| {
        let name = type_of(detail).unwrap_or_default();
        let template = catalogue.authorization_type(name).map(|known| &known.record.template);
        let words = template.map(|template| Words::of(template, languages));
        let sentence = words.as_ref().map(|words| detail_sentence::parts(&words.text, detail));
        if let Some(Err(why)) = &sentence {
            tracing::warn!(authorization_type = name, "the template of the type cannot be used: {why}");
        }
        AskedDetail {
            name: name.to_owned(),
            sentence: sentence.and_then(Result::ok).unwrap_or_default(),
            lang: words.and_then(|words| words.lang),
            members: detail_sentence::members(detail),
        }
    };
    asked.iter().map(shown).collect()
}

/// What tells people whether the device that asks is their own.
fn asking(call: &Call, device: &DeviceRequest) -> AskingDevice {
    let code = match &device.answer {
        DeviceAnswer::Awaited(code) => Some(code.to_string()),
        DeviceAnswer::Allowed(_) | DeviceAnswer::Denied => None,
    };
    let here = call.address.to_string();
    let minutes = (call.now - device.created_at).as_i64().max(0) / 60;
    AskingDevice {
        code,
        address: device.address.to_string(),
        here: Some(here).filter(|here| *here != device.address),
        minutes,
    }
}

/// Where the person is sent. `None` for a device, which fetches its answer itself.
fn returns_to(request: &AuthorizationRequest) -> Option<String> {
    match &request.answer_to {
        AnswerTo::Application { return_to, .. } => Some(place(return_to.as_str())),
        AnswerTo::Device(_) | AnswerTo::Backchannel(_) => None,
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

/// The standard claim that this name requests, which the catalogue has a text for. `None` for a claim that an operator
/// defined.
fn standard_claim(name: &str) -> Option<&str> {
    let name = without_language(name);
    CLAIMS.contains(&name).then_some(name)
}
