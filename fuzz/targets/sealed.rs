//! What the server seals for browsers, so that it gets it back as it was.

use std::sync::OnceLock;

use grantor::clock::Timestamp;
use grantor::keys::master::{MasterKey, ServerKeys};
use grantor::oauth::identity::known_browser::KnownBrowser;
use grantor::secret::{from_base64url, to_base64url};
use grantor::store::flows::Flow;

use super::{check_keeps_secret, text, two};

fn keys() -> &'static ServerKeys {
    static KEYS: OnceLock<ServerKeys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let master = MasterKey::parse(&to_base64url(&[7; 32]), "a test").expect("a key");
        let root = ServerKeys::new_root(&master).expect("a root");
        ServerKeys::of(master, &root).expect("keys")
    })
}

/// A sealed text as it comes; or in two lines what is changed in one, and the text in it.
pub(super) fn sealed(input: &[u8]) {
    let Some(whole) = text(input) else { return };
    for purpose in ["flow", "pushed_request", "console"] {
        assert_eq!(keys().open_text(purpose, whole), None, "made up");
    }
    assert!(!keys().is_form_token(whole, "sign_in", &["a"]) && keys().session_named("a", whole).is_none());
    let Some((change, plain)) = two(input) else { return };
    let sealed = keys().seal_text("flow", plain).expect("sealed");
    check_keeps_secret(&sealed);
    assert_eq!(keys().open_text("flow", &sealed).as_deref(), Some(plain));
    assert_eq!(keys().open_text("pushed_request", &sealed), None, "for another purpose");
    let mut bytes = from_base64url(&sealed).expect("base64url");
    for (at, by) in change.bytes().enumerate() {
        let at = at * 31 % bytes.len();
        bytes[at] ^= by;
    }
    let changed = to_base64url(&bytes);
    assert_eq!(keys().open_text("flow", &changed).is_some(), changed == sealed);
    if let Some(flow) = Flow::read(plain) {
        let written = flow.to_text();
        assert_eq!(Flow::read(&written).expect("what was written").to_text(), written);
    }
    let now = Timestamp::from_unix(1_700_000_000);
    if let Some(known) = KnownBrowser::read(plain, now) {
        assert!(now < known.ends_at());
        assert_eq!(KnownBrowser::read(&known.to_text(), now), Some(known));
    }
}
