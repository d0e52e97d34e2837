//! The page for choosing one of the signed-in accounts, or another one.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::{account_list, application, flow_form};
use crate::app::App;
use crate::face::view::ChooseAccountPage;
use crate::failure::{Denied, Failure};
use crate::flows::{self, Accounts, ResumedFlow};
use crate::http::answer;
use crate::http::call::{Call, Request};
use crate::oauth::reason::Reason;
use crate::oauth::request::Refusal;
use crate::oauth::request::interaction::SignedIn;
use crate::operations::sessions;

pub async fn show(app: web::Data<App>, request: Request) -> HttpResponse {
    match resume(&app, &request).await {
        Ok((resumed, accounts)) if accounts.people.is_empty() => go_on(&app, &resumed),
        Ok((resumed, accounts)) => page(&app, &request, &resumed, &accounts).await,
        Err(denied) => answer::authorization_error(&app, &request, denied).await,
    }
}

pub async fn submit(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    let (resumed, form) = match flow_form::read(&app, &request, body, PURPOSE).await {
        Ok(read) => read,
        Err(denied) => return answer::authorization_error(&app, &request, denied).await,
    };
    if form.count("cancel") > 0 {
        let error = Reason::SignInCancelled.because("the person went back instead of choosing an account");
        return flows::decline(&app, &request, resumed, error).await;
    }
    let session = form.one("session").ok().flatten().unwrap_or_default();
    let chosen = async {
        let accounts = accounts(&app, &request, &resumed).await?;
        match accounts.find(session) {
            Some(chosen) => choose(&app, &request, &resumed, chosen).await.map(|()| true),
            None => Ok(false),
        }
    };
    match chosen.await {
        Ok(true) => go_on(&app, &resumed),
        // Another account, or one whose session has ended while the page was open.
        Ok(false) => answer::see_other(&another(&app, &resumed)),
        Err(failure) => answer::page_error(&app, &request, failure.into()),
    }
}

async fn resume(app: &App, request: &Request) -> Result<(ResumedFlow, Accounts), Denied<Refusal>> {
    let resumed = flow_form::resume(app, request).await?;
    let accounts = accounts(app, request, &resumed).await?;
    Ok((resumed, accounts))
}

async fn accounts(app: &App, request: &Request, resumed: &ResumedFlow) -> Result<Accounts, Failure> {
    flows::accounts(app, request, Some(&resumed.checked.request.client_id)).await
}

fn go_on(app: &App, resumed: &ResumedFlow) -> HttpResponse {
    answer::see_other(&resumed.url(app, "authorize/resume"))
}

/// The URL of the sign-in page for an additional account.
fn another(app: &App, resumed: &ResumedFlow) -> String {
    format!("{}&another=1", resumed.url(app, "sign-in"))
}

async fn choose(
    app: &App,
    request: &Request,
    resumed: &ResumedFlow,
    chosen: &SignedIn,
) -> Result<(), Failure> {
    request.set_person(&chosen.user, &chosen.username);
    let (client, flow) = (&resumed.checked.request.client_id, &resumed.key);
    sessions::choose(&app.operations(request.now, request.actor()), &chosen.session, client, flow).await?;
    Ok(())
}

const PURPOSE: &str = "accounts";

async fn page(app: &App, call: &Call, resumed: &ResumedFlow, accounts: &Accounts) -> HttpResponse {
    let accounts = match account_list::shown(app, &accounts.people).await {
        Ok(accounts) => accounts,
        Err(failure) => return answer::page_error(app, call, failure.into()),
    };
    let view = ChooseAccountPage {
        application: application::shown(app, call, &resumed.checked.client.client),
        action: resumed.url(app, "accounts"),
        form_token: flow_form::token(app, resumed, PURPOSE),
        accounts,
    };
    app.pages.show(call.reader(), StatusCode::OK, &view)
}
