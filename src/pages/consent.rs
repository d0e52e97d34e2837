//! The consent page.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::{account_list, application};
use crate::app::App;
use crate::face::view::{AskedItem, AskingDevice, ConsentPage, Lifetime, Words};
use crate::failure::{Denied, Failure};
use crate::flows::{self, Accounts, CheckedRequest, ResumedFlow};
use crate::http::answer;
use crate::http::browser;
use crate::http::call::{Call, Request};
use crate::http::form;
use crate::oauth::grant::device::{DeviceAnswer, DeviceRequest};
use crate::oauth::grant::scope::{KnownScopes as _, OFFLINE_ACCESS};
use crate::oauth::reason::Reason;
use crate::oauth::request::interaction::{self, Next, SignedIn};
use crate::oauth::request::params::Params;
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
        Err(denied) => answer::authorization_error(&app, &request, denied),
    }
}

pub async fn submit(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    let outcome = async {
        let (resumed, accounts) = resume(&app, &request).await?;
        let form = form::read(&request, body).await.map_err(Refusal::Page)?;
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
    // The page was shown to someone else, and another person has signed in in another tab. The answer does not count,
    // and that person is asked.
    let asked = accounts.people.iter().find(|here| is_for(&app, &resumed, here, &form));
    let Some(signed_in) = asked else { return go_on(&app, &resumed) };
    request.set_user(&signed_in.user);
    if form.count("allow") == 0 {
        let error = Reason::ConsentDenied.because("the person denied the request");
        return flows::decline(&app, &request, resumed, error).await;
    }
    // In the meantime this request may have become another person's.
    match flows::next(&app, &request, &resumed.checked, &accounts, &resumed.progress) {
        Ok(Next::Consent(here)) if here.session == signed_in.session => {}
        _ => return go_on(&app, &resumed),
    }
    match remember(&app, &request, &resumed, signed_in).await {
        Ok(()) => go_on(&app, &resumed),
        Err(failure) => answer::page_error(&app, &request, failure.into()),
    }
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

async fn remember(
    app: &App,
    call: &Call,
    resumed: &ResumedFlow,
    signed_in: &SignedIn,
) -> Result<(), Failure> {
    let request = &resumed.checked.request;
    let given = ConsentAnswer {
        user: signed_in.user.clone(),
        client: request.client_id.clone(),
        allowed: request.consent(),
        flow: resumed.key.clone(),
        session: signed_in.session.clone(),
    };
    consents::give(&app.operations(call.now), given).await?;
    Ok(())
}

const PURPOSE: &str = "consent";

/// The values that bind the form to the person who saw it.
fn bound_to<'a>(resumed: &'a ResumedFlow, signed_in: &'a SignedIn) -> [&'a str; 3] {
    [resumed.key.id.as_str(), resumed.browser.as_str(), signed_in.session.as_str()]
}

fn is_for(app: &App, resumed: &ResumedFlow, signed_in: &SignedIn, form: &Params) -> bool {
    let token = form.one("form_token").ok().flatten().unwrap_or_default();
    app.keys.is_form_token(token, PURPOSE, &bound_to(resumed, signed_in))
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
    let beyond = request.granted.scope.contains(OFFLINE_ACCESS);
    Ok(ConsentPage {
        application: application::shown(app, &client.client),
        account,
        accounts: resumed.url(app, "accounts"),
        items: items(&resumed.checked),
        returns_to: returns_to(request),
        device: resumed.device.as_ref().map(|device| asking(call, device)),
        lifetime: if beyond { Lifetime::BeyondSession } else { Lifetime::Session },
        each_time: interaction::asks_each_time(&client.client, request),
        client_id: client.client.id.to_string(),
        action: resumed.url(app, "consent"),
        form_token: app.keys.form_token(PURPOSE, &bound_to(resumed, signed_in)),
    })
}

/// What the application asks for, the sensitive scopes first. Nothing for an own application: it is only asked about because
/// it cannot prove who it is.
fn items(checked: &CheckedRequest) -> Vec<AskedItem> {
    let CheckedRequest { client, request, catalogue } = checked;
    if client.client.first_party && !request.prompt.consent {
        return Vec::new();
    }
    let scopes =
        request.granted.scope.names().filter_map(|name| catalogue.find(name)).map(|scope| AskedItem {
            name: scope.name.to_string(),
            description: Some(Words::plain(&scope.description)),
            claim: None,
            sensitive: scope.sensitive,
            consequence: None,
        });
    let claims = request.named.iter().map(|name| AskedItem {
        name: name.to_string(),
        description: None,
        claim: standard_claim(name).map(str::to_owned),
        sensitive: false,
        consequence: None,
    });
    let mut items: Vec<AskedItem> = scopes.chain(claims).collect();
    items.sort_by_key(|item| !item.sensitive);
    items
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

/// The standard claim that this name requests, which the catalogue has a text for. `None` for a claim that an operator
/// defined.
fn standard_claim(name: &str) -> Option<&str> {
    let name = name.split('#').next().unwrap_or(name);
    DESCRIBED.contains(&name).then_some(name)
}

/// The claims with a text `claim-…` in the catalogue.
const DESCRIBED: [&str; 20] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
    "groups",
];
