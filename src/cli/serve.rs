//! `grantor serve`.

use std::net::SocketAddr;

use super::signals::{HangUp, stop_asked};
use super::{CliError, Common, setup_link};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
#[cfg(feature = "traces")]
use crate::fetch::CollectorFetcher;
use crate::operations::actor::Actor;
use crate::operations::clients;
use crate::server::Server;
use crate::telemetry;
#[cfg(feature = "traces")]
use crate::traces;

pub(super) fn run(common: &Common) -> Result<(), CliError> {
    let (config, warnings) = Config::load_with_files(common.config.as_deref())?;
    telemetry::start(&config.log)?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    actix_web::rt::System::new().block_on(async {
        let listen = config.listen.ip();
        start_traces()?;
        let server = Server::bind(config, Clock::System).await?;
        advise(&server.app()).await;
        setup_link::offer(&server.app()).await;
        // Before the log line below: a signal right after that line must not end the process at once.
        let stop = stop_asked(HangUp::IsNoStop)?;
        let metrics = server.metrics_address().map(|address| format!(", metrics on {address}"));
        let management = server.management_address().map(|address| format!(", management on {address}"));
        tracing::info!(
            "grantor {} listens on {}, issuer {}{}{}",
            env!("CARGO_PKG_VERSION"),
            SocketAddr::new(listen, server.port()),
            server.app().issuer,
            metrics.unwrap_or_default(),
            management.unwrap_or_default()
        );
        let (running, handle) = server.start()?;
        // Notifies systemd if the unit has Type=notify.
        if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
            tracing::debug!("there is no service manager to notify: {error}");
        }
        actix_web::rt::spawn(async move {
            stop.await;
            tracing::info!("stopping; requests in flight may finish");
            handle.stop(true).await;
        });
        running.await?;
        #[cfg(feature = "traces")]
        if actix_web::rt::task::spawn_blocking(traces::stop).await.is_err() {
            tracing::warn!("the last spans were not sent to the collector");
        }
        tracing::info!("stopped");
        Ok(())
    })
}

/// Begins to collect spans, if the environment names a collector.
fn start_traces() -> Result<(), CliError> {
    #[cfg(feature = "traces")]
    if traces::are_wanted()? {
        traces::start(CollectorFetcher::new().map_err(|error| error.to_string())?)?;
        tracing::info!("spans of requests are sent to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names");
    }
    Ok(())
}

/// Says what to do next as long as no application is registered. A table that cannot be read keeps no server from starting.
async fn advise(app: &App) {
    match clients::is_any(&app.operations(app.now(), Actor::server())).await {
        Ok(false) => tracing::info!(
            "no application is registered yet: `grantor client create` registers one, `grantor user create` creates a \
             person, and applications find everything at {}/.well-known/openid-configuration",
            app.issuer
        ),
        Ok(true) => {}
        Err(failure) => {
            tracing::warn!("it is unknown whether an application is registered: {}", failure.chain());
        }
    }
}
