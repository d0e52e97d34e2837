//! The collector of traces, which the operator's environment names. It is usually in a private network, so it is not called
//! by the guarded fetcher.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::Handle;

use super::{FetchError, bounded, builder};

/// The longest time that a call may take, as OpenTelemetry recommends.
const DEADLINE: Duration = Duration::from_secs(10);

/// The client for the collector.
#[derive(Clone, Debug)]
pub struct CollectorFetcher {
    client: reqwest::Client,
    /// Where the calls run: the exporter has a thread without a runtime.
    runtime: Handle,
    is_away: Arc<AtomicBool>,
}

impl CollectorFetcher {
    /// Makes the client. Its calls run on the current runtime.
    ///
    /// # Errors
    /// If the machine's certificate authorities cannot be used.
    pub fn new() -> Result<Self, FetchError> {
        let client = builder(DEADLINE).build().map_err(|error| FetchError::of(error, DEADLINE))?;
        Ok(Self { client, runtime: Handle::current(), is_away: Arc::default() })
    }

    /// Logs the beginning and the end of an outage. The address and the headers may have secrets, so neither is logged.
    fn note(&self, outcome: &Result<Response<Bytes>, FetchError>) {
        let why = match outcome {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("it answered {}", answer.status())),
            Err(error) => Some(error.to_string()),
        };
        match why {
            Some(why) if !self.is_away.swap(true, Ordering::Relaxed) => {
                tracing::warn!("the collector of traces does not take spans, so they are lost: {why}");
            }
            None if self.is_away.swap(false, Ordering::Relaxed) => {
                tracing::info!("the collector of traces takes spans again");
            }
            _ => {}
        }
    }
}

async fn send(client: reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, FetchError> {
    let request = reqwest::Request::try_from(request).map_err(|error| FetchError::of(error, DEADLINE))?;
    let answer = client.execute(request).await.map_err(|error| FetchError::of(error, DEADLINE))?;
    let answer = bounded(answer, DEADLINE).await?;
    let mut response = Response::new(Bytes::from(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

impl HttpClient for CollectorFetcher {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        let call = self.runtime.spawn(send(self.client.clone(), request));
        Box::pin(async move {
            let outcome = call.await.unwrap_or_else(|_| Err(FetchError::Failed("the server stops".into())));
            self.note(&outcome);
            Ok(outcome?)
        })
    }
}
