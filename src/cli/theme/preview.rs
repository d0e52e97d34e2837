//! `grantor theme preview`: a server for looking at the pages, without a database.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use clap::Args;
use minijinja::Error;
use serde::Deserialize;

use super::frame::{self, Frame, Look};
use super::source::ThemeSource;
use super::stylesheet::{ColourScheme, in_scheme};
use super::{CliError, Common, HangUp, say, stop_asked};
use crate::config::Config;
use crate::face::language::Language;
use crate::face::preview::{self, LOGO, OWN_STYLE};
use crate::face::templates::Reader;
use crate::http::own_path;
use crate::telemetry;

/// Of the preview's own pages. Those of the server have their own policy.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; \
                      base-uri 'none'; frame-ancestors 'self'";

/// The templates whose script goes on to another page.
const GO_ON: [&str; 2] = ["form_post.html", "signing_out.html"];

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Listen at this loopback address; port 0 is a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Use the templates in this folder in place of the server's
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// What the address says about how a page is looked at.
#[derive(Deserialize)]
struct WantedLook {
    lang: Option<String>,
    scheme: Option<String>,
    framed: Option<String>,
}

impl WantedLook {
    fn look(&self) -> Look {
        let language = self.lang.as_deref().and_then(Language::find).unwrap_or(Language::English);
        let scheme = self.scheme.as_deref().and_then(ColourScheme::find).unwrap_or(ColourScheme::Auto);
        Look { language, scheme }
    }
}

/// The form with which a page changes its language.
#[derive(Deserialize)]
struct ChosenLanguage {
    return_to: String,
    language: String,
}

/// The state of the preview.
struct Preview {
    source: ThemeSource,
    frame: Frame,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    if !options.listen.ip().is_loopback() {
        return Err("--listen must be a loopback address: the preview is for this machine only".into());
    }
    let config = Config::load(options.common.config.as_deref())?;
    telemetry::start(&config.log)?;
    actix_web::rt::System::new().block_on(serve(options))
}

async fn serve(options: Options) -> Result<(), CliError> {
    let stop = stop_asked(HangUp::Stops)?;
    let listener = TcpListener::bind(options.listen)
        .map_err(|error| format!("cannot listen on {}: {error}", options.listen))?;
    let base = format!("http://{}", listener.local_addr()?);
    let source = ThemeSource::new(options.common.config, options.templates, base.clone());
    source.first()?;
    let frame = Frame::new().map_err(|error| format!("the pages of the preview: {error:#}"))?;
    let preview = web::Data::new(Preview { source, frame });
    let factory =
        move || App::new().app_data(preview.clone()).wrap(from_fn(of_this_machine)).configure(routes);
    let server = HttpServer::new(factory).workers(1).disable_signals().shutdown_timeout(1);
    let server = server.listen(listener)?.run();
    let handle = server.handle();
    actix_web::rt::spawn(async move {
        stop.await;
        handle.stop(true).await;
    });
    say(format!("Every page, with invented data: {base}/\nCtrl-C stops it."))?;
    Ok(server.await?)
}

/// Refuses requests for another host name: a site could let its own name lead to this machine and read an unpublished theme.
async fn of_this_machine(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, actix_web::Error> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    let is_ours = name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match is_ours {
        true => Ok(next.call(request).await?.map_into_boxed_body()),
        false => {
            let answer = HttpResponse::MisdirectedRequest().body("The preview is for this machine only.\n");
            Ok(request.into_response(answer))
        }
    }
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(index))
        .route("/changes", web::get().to(changes))
        .route("/preview.css", web::get().to(style))
        .route("/preview.js", web::get().to(script))
        .route("/view/{page}/{state}", web::get().to(view))
        .route("/{scheme}/assets/{name}", web::get().to(asset))
        .route("/{scheme}/logo.svg", web::get().to(logo))
        .route("/{scheme}/own-style.css", web::get().to(own_style))
        .route("/{scheme}/language", web::post().to(language))
        .route("/{scheme}/{page}/{state}", web::get().to(page))
        .default_service(web::to(nowhere));
}

async fn index(preview: web::Data<Preview>, wanted: web::Query<WantedLook>) -> HttpResponse {
    let stamp = preview.source.now().stamp;
    own(preview.frame.index(wanted.look(), &stamp))
}

async fn view(
    preview: web::Data<Preview>,
    path: web::Path<(String, String)>,
    wanted: web::Query<WantedLook>,
) -> HttpResponse {
    let stamp = preview.source.now().stamp;
    match preview.frame.view((&path.0, &path.1), wanted.look(), &stamp) {
        Some(rendered) => own(rendered),
        None => nowhere(preview).await,
    }
}

/// A page as the server sends it.
async fn page(
    preview: web::Data<Preview>,
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
    wanted: web::Query<WantedLook>,
) -> HttpResponse {
    let (scheme, page, name) = path.into_inner();
    let Some(scheme) = ColourScheme::find(&scheme) else { return nowhere(preview).await };
    let states = preview::all(&preview.source.issuer(scheme));
    let Some(state) = states.iter().find(|state| state.page == page && state.name == name) else {
        return nowhere(preview).await;
    };
    let theme = match preview.source.now().theme {
        Ok(theme) => theme,
        Err(why) => {
            return HttpResponse::InternalServerError().content_type("text/plain; charset=utf-8").body(why);
        }
    };
    let here = request.uri().path_and_query().map(|here| here.as_str());
    let reader = Reader { language: wanted.look().language, here };
    let (pages, view) = (&theme.pages(scheme).pages, state.view.as_ref());
    let mut answer = match GO_ON.contains(&view.template()) {
        true => pages.show_still(reader, view),
        false => pages.show(reader, actix_web::http::StatusCode::OK, view),
    };
    if wanted.framed.is_some() {
        may_be_framed(&mut answer);
    }
    answer
}

/// Lets the preview's own pages show the page in a frame.
fn may_be_framed(answer: &mut HttpResponse) {
    let headers = answer.headers_mut();
    headers.remove(header::X_FRAME_OPTIONS);
    let policy = headers.get(header::CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let policy = policy.map(|policy| policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'"));
    if let Some(policy) = policy.and_then(|policy| HeaderValue::try_from(policy).ok()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

async fn asset(preview: web::Data<Preview>, path: web::Path<(String, String)>) -> HttpResponse {
    let Some(scheme) = ColourScheme::find(&path.0) else { return nowhere(preview).await };
    let theme = preview.source.now().theme;
    let theme = theme.as_ref().ok().map(|theme| theme.pages(scheme));
    if let Some((media_type, bytes)) = theme.and_then(|theme| theme.brand.asset(&path.1)) {
        return HttpResponse::Ok()
            .content_type(media_type)
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(bytes.into_owned());
    }
    match theme.and_then(|theme| theme.pages.asset(&path.1)) {
        // The name is that of the server's style sheet, so nothing may keep this one.
        Some(asset) if asset.media_type.starts_with("text/css") => {
            file(asset.media_type, in_scheme(scheme, &asset.content).into_owned())
        }
        Some(asset) => file(asset.media_type, asset.content.to_string()),
        None => nowhere(preview).await,
    }
}

async fn own_style() -> HttpResponse {
    file("text/css; charset=utf-8", OWN_STYLE.to_owned())
}

async fn logo() -> HttpResponse {
    file("image/svg+xml", LOGO.to_owned())
}

async fn style() -> HttpResponse {
    file("text/css; charset=utf-8", frame::STYLE.to_owned())
}

async fn script() -> HttpResponse {
    file("text/javascript; charset=utf-8", frame::SCRIPT.to_owned())
}

async fn changes(preview: web::Data<Preview>) -> HttpResponse {
    file("text/plain; charset=utf-8", preview.source.now().stamp)
}

/// The same page in the language that the person chose on it.
async fn language(preview: web::Data<Preview>, chosen: web::Form<ChosenLanguage>) -> HttpResponse {
    let path = chosen.return_to.split('?').next().unwrap_or_default();
    match Language::find(&chosen.language) {
        Some(language) if own_path::is_below("", path) => HttpResponse::SeeOther()
            .insert_header((header::LOCATION, format!("{path}?lang={}", language.tag())))
            .finish(),
        _ => nowhere(preview).await,
    }
}

/// Answers every form and every link of the pages.
async fn nowhere(preview: web::Data<Preview>) -> HttpResponse {
    own(preview.frame.nowhere())
}

/// A page of the preview itself.
fn own(rendered: Result<String, Error>) -> HttpResponse {
    match rendered {
        Ok(html) => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(html),
        Err(error) => HttpResponse::InternalServerError().body(format!("{error:#}")),
    }
}

fn file(media_type: &'static str, content: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(content)
}
