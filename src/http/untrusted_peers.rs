//! Names peers in the log that send `X-Forwarded-For` or a client's certificate without being a trusted proxy: the first sign
//! of a proxy that the operator has not configured.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many peers are named. Strangers may send the header, too.
const MOST: usize = 16;

/// The peers that have been named.
#[derive(Debug, Default)]
pub struct UntrustedPeers {
    forwarding: NamedPeers,
    certifying: NamedPeers,
}

#[derive(Debug, Default)]
struct NamedPeers {
    named: Mutex<Vec<IpAddr>>,
    is_full: AtomicBool,
}

impl UntrustedPeers {
    /// Logs a warning about a peer that sent `X-Forwarded-For` and is not trusted, once for each peer.
    pub(super) fn note(&self, peer: IpAddr) {
        if !self.forwarding.is_new(peer) {
            return;
        }
        tracing::warn!(
            %peer,
            "this peer sends X-Forwarded-For, which is ignored because http.trusted_proxies does not have the peer; if \
             it is your proxy, add {peer} to http.trusted_proxies (GRANTOR_HTTP__TRUSTED_PROXIES): until then all \
             requests through it are counted and limited together"
        );
    }

    /// Logs a warning about a peer that sent the header for certificates and is not trusted, once for each peer.
    pub(super) fn note_certificate(&self, peer: IpAddr, header: &str) {
        if self.certifying.is_new(peer) {
            tracing::warn!(
                %peer,
                "this peer sends {header}, which is ignored because tls.client_certificate_proxies does not have the peer; add {peer} \
                 only if it is your proxy and replaces this header in every request"
            );
        }
    }
}

impl NamedPeers {
    fn is_new(&self, peer: IpAddr) -> bool {
        if self.is_full.load(Ordering::Relaxed) {
            return false;
        }
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if named.len() >= MOST || named.contains(&peer) {
            return false;
        }
        named.push(peer);
        self.is_full.store(named.len() >= MOST, Ordering::Relaxed);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_the_first_sixteen_peers_is_named_once() {
        let peers = NamedPeers::default();
        let peer = |number: u32| IpAddr::V4(number.into());
        for _ in 0..2 {
            let named = (0..8).filter(|number| peers.is_new(peer(*number))).count();
            assert!(named == 8 || named == 0);
        }
        assert_eq!((0..1_000_000).filter(|number| peers.is_new(peer(*number))).count(), 8);
        assert_eq!(peers.named.lock().unwrap().len(), MOST);
    }
}
