//! Signing out of this server: the question, and the page that says that it is done.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use minijinja::context;

use crate::answer;
use crate::app::App;
use crate::authorization;
use crate::browser;
use crate::failure::{Denied, Failure};
use crate::form;
use crate::oauth::error::OAuthError;
use crate::oauth::interaction::SignedIn;
use crate::oauth::params::Params;
use crate::store::db::DbError;
use crate::store::sessions;

pub async fn show(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    match authorization::signed_in(&app, &request, None).await {
        Ok(Some(signed_in)) => question(&app, &signed_in),
        Ok(None) => app.pages.render(StatusCode::OK, "signed_out.html", context! {}),
        Err(failure) => answer::page_error(&app, &request, failure.into()),
    }
}

/// Ends the session whose person was asked; anything else leads to the question.
pub async fn submit(app: web::Data<App>, request: HttpRequest, body: web::Payload) -> HttpResponse {
    let outcome = async {
        let form = form::read(&request, body).await?;
        let signed_in = authorization::signed_in(&app, &request, None).await?;
        Ok::<_, Denied<OAuthError>>((form, signed_in))
    };
    let (form, signed_in) = match outcome.await {
        Ok(read) => read,
        Err(denied) => return answer::page_error(&app, &request, denied),
    };
    let mut response = answer::see_other(&format!("{}/logout", app.issuer));
    if let Some(signed_in) = signed_in.filter(|signed_in| is_for(&app, &request, signed_in, &form)) {
        if let Err(failure) = end(&app, &request, &signed_in).await {
            return answer::page_error(&app, &request, failure.into());
        }
        // The cookie was made here, of characters that stand in a header.
        let _ = response.add_cookie(&browser::session_cookie_removal(&app));
    }
    response
}

const PURPOSE: &str = "logout";

/// The form counts only for the session whose person was asked, and only from our own page.
fn is_for(app: &App, request: &HttpRequest, signed_in: &SignedIn, form: &Params) -> bool {
    let token = form.one("form_token").ok().flatten().unwrap_or_default();
    app.keys.is_form_token(token, PURPOSE, &[signed_in.session.as_str()])
        && browser::is_same_origin(app, request)
}

async fn end(app: &App, request: &HttpRequest, signed_in: &SignedIn) -> Result<(), Failure> {
    let session = signed_in.session.clone();
    app.db.write::<_, DbError, _>(async move |tx| sessions::delete(tx, &session).await).await?;
    tracing::info!(
        request_id = answer::request_id(request),
        session = signed_in.session.as_str(),
        "a person signed out"
    );
    Ok(())
}

fn question(app: &App, signed_in: &SignedIn) -> HttpResponse {
    app.pages.render(
        StatusCode::OK,
        "logout.html",
        context! {
            username => &signed_in.username,
            form_token => app.keys.form_token(PURPOSE, &[signed_in.session.as_str()]),
        },
    )
}
