//! Traces by the SDK of OpenTelemetry, which collects spans in a bounded queue and exports them on a thread of its own.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use futures_util::future::Either;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::HttpClient;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use super::RequestStart;

/// The longest time that the last spans may take when the server stops.
const LAST_EXPORT: Duration = Duration::from_secs(5);

/// Set once, if a collector is configured.
static TRACES: OnceLock<Traces> = OnceLock::new();

struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

tokio::task_local! {
    /// The span that the current work belongs to.
    static CURRENT: Context;
}

/// Whether the environment names a collector (OpenTelemetry, "Environment Variable Specification").
///
/// # Errors
/// If this program does not have the protocol or the exporter, in a sentence.
pub fn are_wanted() -> Result<bool, String> {
    let value = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let is_off = value("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let endpoint =
        value("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").or_else(|| value("OTEL_EXPORTER_OTLP_ENDPOINT"));
    if is_off || endpoint.is_none() {
        return Ok(false);
    }
    match value("OTEL_TRACES_EXPORTER").as_deref() {
        None | Some("otlp") => {}
        Some("none") => return Ok(false),
        Some(_) => return Err("OTEL_TRACES_EXPORTER is otlp or none".into()),
    }
    let protocol =
        value("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL").or_else(|| value("OTEL_EXPORTER_OTLP_PROTOCOL"));
    match protocol.as_deref() {
        None | Some("http/protobuf") => Ok(true),
        Some(_) => Err("OTEL_EXPORTER_OTLP_PROTOCOL is http/protobuf, which is the only one here; the port of a collector \
                        for it is usually 4318"
            .into()),
    }
}

/// Begins to collect and export spans. `client` sends them.
///
/// # Errors
/// If a variable has a value that cannot be used, in a sentence without the value, which may be a secret.
pub fn start(client: impl HttpClient + 'static) -> Result<(), String> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_http_client(client)
        .build()
        .map_err(|_| {
            "one of the variables OTEL_EXPORTER_OTLP_… has a value that cannot be used".to_owned()
        })?;
    let provider =
        SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource()).build();
    let tracer = provider.tracer("grantor");
    // Only the first call in a process has an effect.
    let _ = TRACES.set(Traces { provider, tracer });
    Ok(())
}

/// Exports the last spans. It blocks for up to five seconds.
pub fn stop() {
    if let Some(traces) = TRACES.get() {
        // What went wrong was logged by the client.
        let _ = traces.provider.shutdown_with_timeout(LAST_EXPORT);
    }
}

/// What all spans of this process say: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, and what these leave out.
fn resource() -> Resource {
    let has_name = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let is_named = std::env::var("OTEL_RESOURCE_ATTRIBUTES").is_ok_and(|all| all.contains("service.name="));
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_attribute(version);
    if is_named || has_name("OTEL_SERVICE_NAME") {
        resource.build()
    } else {
        resource.with_service_name("grantor").build()
    }
}

/// The span of a request, if there is a collector.
pub struct RequestSpan(Option<Context>);

/// Begins the span of a request. Without a collector `start` is not called.
pub fn begin<'a>(start: impl FnOnce() -> RequestStart<'a>) -> RequestSpan {
    let Some(traces) = TRACES.get() else { return RequestSpan(None) };
    let RequestStart { method, route, request_id, parent } = start();
    let named = if method == "_OTHER" { "HTTP" } else { method };
    let name = route.map_or_else(|| named.to_owned(), |route| format!("{named} {route}"));
    let parent = parent.map_or_else(Context::new, |(parent, state)| {
        let state = state.map(|state| ("tracestate".to_owned(), state.to_owned()));
        let headers = [("traceparent".to_owned(), parent.to_owned())].into_iter().chain(state);
        TraceContextPropagator::new()
            .extract_with_context(&Context::new(), &headers.collect::<HashMap<String, String>>())
    });
    let mut attributes = vec![
        KeyValue::new("http.request.method", method),
        KeyValue::new("grantor.request_id", request_id.to_owned()),
    ];
    attributes.extend(route.map(|route| KeyValue::new("http.route", route)));
    let builder = traces.tracer.span_builder(name).with_kind(SpanKind::Server).with_attributes(attributes);
    RequestSpan(Some(parent.with_span(builder.start_with_context(&traces.tracer, &parent))))
}

/// Runs the work of a request in its span, which ends with it.
pub fn within<F: Future>(span: RequestSpan, work: F) -> impl Future<Output = F::Output> {
    match span.0 {
        None => Either::Left(work),
        Some(context) => Either::Right(in_span(context, work)),
    }
}

/// Runs `work` in a span below the current one, if it belongs to a request.
pub fn span<F: Future>(name: &'static str, work: F) -> impl Future<Output = F::Output> {
    match below(name, SpanKind::Internal, || None) {
        None => Either::Left(work),
        Some(context) => Either::Right(in_span(context, work)),
    }
}

/// Runs a call to a host in a span below the current one, if it belongs to a request.
pub fn call<F: Future>(host: &str, work: F) -> impl Future<Output = F::Output> {
    match below("fetch", SpanKind::Client, || Some(KeyValue::new("server.address", host.to_owned()))) {
        None => Either::Left(work),
        Some(context) => Either::Right(in_span(context, work)),
    }
}

/// Does work that waits for nothing in a span below the current one, if it belongs to a request.
pub fn timed<T>(name: &'static str, work: impl FnOnce() -> T) -> T {
    // The span ends when its context is dropped.
    let _context = below(name, SpanKind::Internal, || None);
    work()
}

/// Adds to the span of this request how it was answered.
pub fn note_answer(status: u16, reason: Option<&'static str>) {
    if TRACES.get().is_none() {
        return;
    }
    let _ = CURRENT.try_with(|context| {
        let span = context.span();
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if let Some(reason) = reason {
            span.set_attribute(KeyValue::new("error.type", reason));
        }
        if status >= 500 {
            span.set_status(Status::error(""));
        }
    });
}

async fn in_span<F: Future>(context: Context, work: F) -> F::Output {
    // The span ends when its context is dropped, also if the work is dropped before its end.
    CURRENT.scope(context, work).await
}

/// A new span below the current one. `None` outside of requests, and in a trace that is not sampled.
fn below(
    name: &'static str,
    kind: SpanKind,
    attribute: impl FnOnce() -> Option<KeyValue>,
) -> Option<Context> {
    let traces = TRACES.get()?;
    let parent = CURRENT.try_with(Clone::clone).ok()?;
    if !parent.span().span_context().is_sampled() {
        return None;
    }
    let builder = traces.tracer.span_builder(name).with_kind(kind).with_attributes(attribute());
    Some(parent.with_span(builder.start_with_context(&traces.tracer, &parent)))
}
