//! What the log, refusals and events never repeat: credentials that came where they do not belong, such as a client secret
//! as the `client_id` of a program that mixes both up.

use std::borrow::Cow;

/// How the credentials begin that this server makes and that give access.
const PREFIXES: [&str; 8] = ["gac_", "gat_", "gbr_", "gcs_", "gdc_", "grantor_sk_", "grt_", "whsec_"];
/// How every signed or encrypted token begins: `{"` in base64url.
const TOKEN_PREFIX: &str = "eyJ";
/// The number of characters after the prefix from which on a text is a credential. Each has at least 43.
const SHORTEST: usize = 20;

/// Returns the text with `(withheld)` in place of what makes each credential in it secret; the prefix stays, so that the
/// operator sees what came. Only credentials of the forms above are found, also in the middle of an address.
pub fn without_credentials(text: &str) -> Cow<'_, str> {
    let (mut kept, mut from) = (String::new(), 0);
    while let Some((secret, end)) = text.get(from..).and_then(next_secret) {
        kept.push_str(&text[from..from + secret]);
        kept.push_str("(withheld)");
        from += end;
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    kept.push_str(&text[from..]);
    Cow::Owned(kept)
}

/// Returns where the secret part of the first credential begins and ends, in bytes. `None` if the text has no credential.
fn next_secret(text: &str) -> Option<(usize, usize)> {
    if text.len() < SHORTEST {
        return None;
    }
    let of_prefix = |prefix: &str| {
        let mut begins = text.match_indices(prefix).map(|(at, _)| at + prefix.len());
        begins.find_map(|begin| {
            let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~+/".contains(byte);
            let length = text.as_bytes()[begin..].iter().take_while(|byte| is_part(byte)).count();
            (length >= SHORTEST).then_some((begin, begin + length))
        })
    };
    PREFIXES.into_iter().chain([TOKEN_PREFIX]).filter_map(of_prefix).min()
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
            ("gcs_short", "gcs_short"),
            ("gat_made-up-token", "gat_made-up-token"),
            ("", ""),
        ] {
            assert_eq!(without_credentials(&text.replace("SECRET", secret)), shown);
        }
    }
}
