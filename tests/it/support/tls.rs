//! A server that terminates TLS itself, for `localhost`.

use std::path::Path;

use reqwest::Certificate;

use super::CommandLine;
use super::process::ServerProcess;

/// Writes a certificate for `localhost` and its key. Returns the certificate for clients to trust.
pub(crate) fn certificate(directory: &Path) -> Certificate {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    // The key first: the server ignores a pair that does not match, until both files are there.
    std::fs::write(directory.join("key.pem"), made.signing_key.serialize_pem()).expect("a file");
    std::fs::write(directory.join("cert.pem"), made.cert.pem()).expect("a file");
    Certificate::from_pem(made.cert.pem().as_bytes()).expect("a certificate")
}

/// Starts a server with the certificate in its directory. Returns it with the URL that it announces.
pub(crate) fn serve(cli: &CommandLine) -> (ServerProcess, String) {
    let serving = cli.serve(&[
        ("GRANTOR_PUBLIC_URL", "https://localhost"),
        ("GRANTOR_TLS__CERTIFICATE", "cert.pem"),
        ("GRANTOR_TLS__KEY", "key.pem"),
    ]);
    let url = format!("{}/readyz", serving.url.replace("http://127.0.0.1", "https://localhost"));
    (serving, url)
}
