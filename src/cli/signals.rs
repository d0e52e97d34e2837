//! The signals that ask a server to stop.

/// What SIGHUP means: the end of the terminal, or a request to read the certificates again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum HangUp {
    Stops,
    IsNoStop,
}

/// Waits for Ctrl-C, SIGTERM or SIGHUP. Signals count from this call on, not only from the first poll.
#[cfg(unix)]
pub(super) fn stop_asked(hang_up: HangUp) -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut hung_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
            _ = hung_up.recv(), if hang_up == HangUp::Stops => {}
        }
    })
}

#[cfg(not(unix))]
pub(super) fn stop_asked(_: HangUp) -> std::io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
