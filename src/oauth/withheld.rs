//! What the log, refusals and events never repeat: credentials that came where they do not belong, such as a client secret
//! as the `client_id` of a program that mixes both up.

use std::borrow::Cow;

/// How the credentials begin that this server makes and that give access. The last one is how every signed or encrypted token
/// begins: `{"` in base64url.
const PREFIXES: [&str; 9] = ["gac_", "gat_", "gbr_", "gcs_", "gdc_", "grantor_sk_", "grt_", "whsec_", "eyJ"];
/// The number of characters after the prefix from which on a text is a credential. Each has at least 43.
const SHORTEST: usize = 20;

/// What is shown in place of a credential.
pub const WITHHELD: &str = "(withheld)";

/// Parameters of an address whose values are credentials, also those of other servers.
const NAMES: [&[u8]; 9] = [
    b"access_token=",
    b"assertion=",
    b"client_assertion=",
    b"client_secret=",
    b"code=",
    b"id_token=",
    b"password=",
    b"refresh_token=",
    b"token=",
];

/// Returns the text with `(withheld)` in place of what makes each credential in it secret; the prefix stays, so that the
/// operator sees what came. Credentials of the forms above are found, also in the middle of an address, and what an address
/// has before its host. The time is proportional to the length, because strangers choose the text.
pub fn without_credentials(text: &str) -> Cow<'_, str> {
    let (mut kept, mut copied, mut at) = (String::new(), 0, 0);
    while at < text.len() {
        let bytes = text.as_bytes();
        let found = secret_at(bytes, at).or_else(|| value_at(bytes, at)).or_else(|| login_at(bytes, at));
        let Some((begin, end)) = found else {
            at += 1;
            continue;
        };
        kept.push_str(&text[copied..begin]);
        kept.push_str(WITHHELD);
        (copied, at) = (end, end);
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    kept.push_str(&text[copied..]);
    Cow::Owned(kept)
}

/// Returns where the secret part of the credential begins and ends whose prefix is at this place. `None` if none is there.
fn secret_at(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~+/".contains(byte);
    let prefix = PREFIXES.iter().find(|prefix| text[at..].starts_with(prefix.as_bytes()))?;
    let begin = at + prefix.len();
    let length = text[begin..].iter().take_while(|byte| is_part(byte)).count();
    (length >= SHORTEST).then_some((begin, begin + length))
}

/// Returns where the value of the parameter at this place begins and ends. `None` if no parameter with one of these names
/// begins here.
fn value_at(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let is_begin = at == 0 || b"?&#; ".contains(&text[at - 1]);
    let name = NAMES.iter().find(|name| is_begin && text[at..].starts_with(name))?;
    let begin = at + name.len();
    if let Some(found) = secret_at(text, begin) {
        return Some(found);
    }
    let length = text[begin..].iter().take_while(|byte| !b"&#; \"".contains(byte)).count();
    (length > 0).then_some((begin, begin + length))
}

/// Returns where the name and the password begin and end that an address has after the slashes at this place.
fn login_at(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let begin = text[at..].starts_with(b"://").then_some(at + 3)?;
    let authority = text[begin..].iter().take_while(|byte| !b"/?#\\ \"".contains(byte)).count();
    let login = text[begin..begin + authority].iter().rposition(|byte| *byte == b'@')?;
    text[begin..begin + login].contains(&b':').then_some((begin, begin + login))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_part_of_a_credential_is_withheld() {
        let secret = "AAECAwQFBgcICQoLDA0ODw-_AAECAwQFBgcICQoLDA0";
        for (text, shown) in [
            ("gcs_SECRET", "gcs_(withheld)"),
            ("https://a.example/?token=gat_SECRET&b=c", "https://a.example/?token=gat_(withheld)&b=c"),
            ("read grt_SECRET grantor_sk_SECRET write", "read grt_(withheld) grantor_sk_(withheld) write"),
            ("eyJhbGciOiJub25lIn0.SECRET.SECRET é", "eyJ(withheld) é"),
            ("whsec_SECRET+/=", "whsec_(withheld)="),
            ("no credential, but long enough to have one", "no credential, but long enough to have one"),
            ("é gcs_SECRET é gat_short grt_SECRET", "é gcs_(withheld) é gat_short grt_(withheld)"),
            ("gcs_short", "gcs_short"),
            ("http://user:pw@localhost:3000/cb", "http://(withheld)@localhost:3000/cb"),
            ("http://user@host/a:b@c", "http://user@host/a:b@c"),
            ("https://a.example/cb?access_token=x&b=c", "https://a.example/cb?access_token=(withheld)&b=c"),
            ("\"https://a.example/cb?b=c&code=x\"", "\"https://a.example/cb?b=c&code=(withheld)\""),
            ("https://a.example/?barcode=x#id_token=y", "https://a.example/?barcode=x#id_token=(withheld)"),
            ("code", "code"),
            ("https://a.example/?code=", "https://a.example/?code="),
            ("://://é@:://a:é@", "://://é@:://(withheld)@"),
            ("gat_made-up-token", "gat_made-up-token"),
            ("", ""),
        ] {
            assert_eq!(without_credentials(&text.replace("SECRET", secret)), shown);
        }
    }
}
