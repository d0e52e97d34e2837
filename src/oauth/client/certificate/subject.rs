//! The name by which a client's certificate is known (RFC 8705 §2.1.2), and whether a certificate has it.

use std::net::IpAddr;

use url::Url;

use super::DistinguishedName;

pub(super) const DN: &str = "tls_client_auth_subject_dn";
pub(super) const DNS: &str = "tls_client_auth_san_dns";
pub(super) const URI: &str = "tls_client_auth_san_uri";
pub(super) const IP: &str = "tls_client_auth_san_ip";
pub(super) const EMAIL: &str = "tls_client_auth_san_email";

/// The longest name of any kind, in bytes.
const MAX_LENGTH: usize = 2048;

/// The names in a certificate: its subject, and the alternative ones that a client can be known by.
#[derive(Clone, Debug)]
pub struct CertificateNames {
    pub subject: DistinguishedName,
    pub dns: Vec<String>,
    pub uris: Vec<String>,
    pub addresses: Vec<IpAddr>,
    pub emails: Vec<String>,
}

/// The one name that a client is registered with.
#[derive(Clone, Debug)]
pub enum RegisteredSubject {
    Dn(DistinguishedName),
    Dns(String),
    Uri(String),
    Address(IpAddr),
    Email(String),
}

impl RegisteredSubject {
    /// Reads the value of a member of the registration.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(member: &str, text: &str) -> Result<Self, String> {
        if text.is_empty() || text.len() > MAX_LENGTH {
            return Err(format!("`{member}` has 1 to {MAX_LENGTH} bytes"));
        }
        let wrong = |why: &str| Err(format!("`{member}` {text:?} {why}"));
        match member {
            DN => match DistinguishedName::parse(text) {
                Ok(name) => Ok(Self::Dn(name)),
                Err(why) => wrong(&format!(
                    "is not a name as RFC 4514 writes it, such as CN=app,O=Bank,C=DE with the most specific part first: {why}"
                )),
            },
            DNS if is_host(text) => Ok(Self::Dns(text.to_owned())),
            DNS => wrong(
                "is not the name of a host, such as app.example.com; an international one is written as xn--…",
            ),
            URI if Url::parse(text).is_ok() && text.is_ascii() => Ok(Self::Uri(text.to_owned())),
            URI => wrong("is not a URI, such as https://app.example.com/ or spiffe://example.com/app"),
            IP => text
                .parse()
                .map_or_else(|_| wrong("is not an IP address"), |address| Ok(Self::Address(address))),
            EMAIL => match text.rsplit_once('@') {
                Some((local, host)) if !local.is_empty() && is_host(host) => Ok(Self::Email(text.to_owned())),
                _ => wrong("is not an e-mail address"),
            },
            _ => wrong("is not a name of a certificate"),
        }
    }

    /// Whether a certificate has this name. URIs are compared as texts, hosts without regard to case, and addresses as
    /// numbers; a wildcard stands for nothing but itself (RFC 8705 §2.1.2, RFC 5280 §7).
    pub fn is_among(&self, names: &CertificateNames) -> bool {
        match self {
            Self::Dn(name) => name.means(&names.subject),
            Self::Dns(host) => names.dns.iter().any(|found| found.eq_ignore_ascii_case(host)),
            Self::Uri(uri) => names.uris.contains(uri),
            Self::Address(address) => names.addresses.contains(address),
            Self::Email(email) => names.emails.iter().any(|found| is_same_mailbox(found, email)),
        }
    }

    /// The names of the same kind in a certificate, for the operator.
    pub fn alike(&self, names: &CertificateNames) -> Vec<String> {
        match self {
            Self::Dn(_) => vec![names.subject.to_string()],
            Self::Dns(_) => names.dns.clone(),
            Self::Uri(_) => names.uris.clone(),
            Self::Address(_) => names.addresses.iter().map(ToString::to_string).collect(),
            Self::Email(_) => names.emails.clone(),
        }
    }
}

fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=63).contains(&label.len()) && label.bytes().all(is_inner)
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// The part before the last `@` is compared exactly, the host without regard to case (RFC 5280 §7.5).
fn is_same_mailbox(one: &str, other: &str) -> bool {
    match (one.rsplit_once('@'), other.rsplit_once('@')) {
        (Some((local, host)), Some((other_local, other_host))) => {
            local == other_local && host.eq_ignore_ascii_case(other_host)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_name_is_compared_in_its_own_way() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let names = CertificateNames {
            subject: DistinguishedName::parse("CN=app,O=Bank").unwrap(),
            dns: texts(&["*.example.com", "App.Example.com"]),
            uris: texts(&["spiffe://example.com/app"]),
            addresses: vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()],
            emails: texts(&["Jane@Example.com"]),
        };
        for (member, text, is_one) in [
            (DN, "cn=APP, o=bank", true),
            (DN, "O=Bank,CN=app", false),
            (DNS, "app.example.COM", true),
            (DNS, "b.example.com", false),
            (URI, "spiffe://example.com/app", true),
            (URI, "spiffe://example.com/App", false),
            (URI, "spiffe://example.com/app/", false),
            (IP, "192.0.2.1", true),
            (IP, "2001:DB8:0:0::1", true),
            (IP, "::ffff:192.0.2.1", false),
            (EMAIL, "Jane@example.COM", true),
            (EMAIL, "jane@example.com", false),
        ] {
            let subject = RegisteredSubject::parse(member, text).unwrap();
            assert_eq!(subject.is_among(&names), is_one, "{member} {text}");
            assert!(!subject.alike(&names).is_empty());
        }
        for (member, text) in [
            (DN, "app"),
            (DNS, "*.example.com"),
            (DNS, "b\u{fc}cher.example"),
            (DNS, ""),
            (DNS, "a..b"),
            (URI, "app"),
            (IP, "192.0.2"),
            (IP, "192.0.2.1/32"),
            (EMAIL, "jane"),
            (EMAIL, "@example.com"),
            ("jwks", "x"),
        ] {
            let sentence = RegisteredSubject::parse(member, text).unwrap_err();
            assert!(sentence.starts_with(&format!("`{member}` ")), "{sentence}");
            assert!(text.is_empty() || sentence.contains(&format!("{text:?}")), "{sentence}");
        }
    }
}
