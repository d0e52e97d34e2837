//! The header in which a proxy passes a client's certificate on, in the forms that proxies write.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::{MAX_CHAIN, too_large};
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;

/// How the certificate is written in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderForm {
    /// A byte sequence of structured fields: base64 of DER between colons (RFC 9440 §2.2).
    Rfc9440,
    /// PEM, percent-encoded: nginx's `$ssl_client_escaped_cert`, and the headers of AWS, which may have a whole chain.
    Pem,
    /// Base64 of DER: HAProxy's `ssl_c_der,base64`.
    Der,
    /// Envoy's `X-Forwarded-Client-Cert`, whose element `Cert` has the certificate in PEM, percent-encoded.
    Xfcc,
}

impl HeaderForm {
    /// The form that the name of a header implies. `None` if the name implies no form.
    pub fn of_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "client-cert" => Some(Self::Rfc9440),
            "x-forwarded-client-cert" => Some(Self::Xfcc),
            "x-amzn-mtls-clientcert" | "x-amzn-mtls-clientcert-leaf" => Some(Self::Pem),
            _ => None,
        }
    }

    /// The certificates in a header, the client's own first. Empty if the proxy says that there is no certificate.
    ///
    /// # Errors
    /// If the header is not of this form, or has more than one client's certificate.
    pub fn read(self, value: &[u8]) -> Result<Vec<CertificateDer<'static>>, OAuthError> {
        // The largest head of a request has less.
        if value.len() > MAX_VALUE {
            return Err(too_large());
        }
        let value = str::from_utf8(value).map_err(|_| malformed("it is not text"))?.trim_matches([' ', '\t']);
        match self {
            _ if value.is_empty() => Ok(Vec::new()),
            Self::Rfc9440 => byte_sequence(value),
            Self::Der => base64(value),
            Self::Pem => pem(value),
            Self::Xfcc => match cert_of(value)? {
                Some(text) => pem(&text),
                None => Ok(Vec::new()),
            },
        }
    }
}

const MAX_VALUE: usize = 96 * 1024;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn malformed(why: &str) -> OAuthError {
    Reason::CertificateMalformed.because(format!(
        "the header in which a proxy passes the client certificate on cannot be read: {why}"
    ))
}

fn repeated() -> OAuthError {
    Reason::CertificateRepeated.because("the header has the certificates of more than one client")
}

/// An item that is a byte sequence (RFC 8941 §3.3.5); its parameters have no meaning here.
fn byte_sequence(value: &str) -> Result<Vec<CertificateDer<'static>>, OAuthError> {
    const FORM: &str = "it is not base64 between two colons";
    let (item, rest) =
        value.strip_prefix(':').and_then(|rest| rest.split_once(':')).ok_or_else(|| malformed(FORM))?;
    match rest.trim_start_matches(' ').chars().next() {
        None | Some(';') if item.is_empty() => Ok(Vec::new()),
        None | Some(';') => base64(item),
        Some(',') => Err(repeated()),
        Some(_) => Err(malformed(FORM)),
    }
}

fn base64(value: &str) -> Result<Vec<CertificateDer<'static>>, OAuthError> {
    if value.contains(',') {
        return Err(repeated());
    }
    let der = BASE64.decode(value).map_err(|_| malformed("it is not base64"))?;
    Ok(vec![der.into()])
}

/// A plus sign is one: base64 has it, and no form of these headers writes a space as a plus sign. A comma is between two
/// headers that somebody has made one (RFC 9110 §5.3).
fn pem(value: &str) -> Result<Vec<CertificateDer<'static>>, OAuthError> {
    if value.contains(',') {
        return Err(repeated());
    }
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(value).collect();
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&decoded) {
        if found.len() == MAX_CHAIN {
            return Err(too_large());
        }
        found.push(certificate.map_err(|_| malformed("it is not percent-encoded PEM"))?);
    }
    match found.is_empty() {
        true => Err(malformed("it has no certificate in percent-encoded PEM")),
        false => Ok(found),
    }
}

/// The value of `Cert` in the only element. `None` if the element has no `Cert`.
fn cert_of(value: &str) -> Result<Option<String>, OAuthError> {
    let mut found: Option<String> = None;
    let mut rest = value;
    loop {
        let (name, after) =
            rest.split_once('=').ok_or_else(|| malformed("a part of it has no equals sign"))?;
        let name = name.trim();
        if name.contains(',') {
            return Err(repeated());
        }
        let (text, after) = part(after)?;
        if name.eq_ignore_ascii_case("cert") && found.replace(text).is_some() {
            return Err(repeated());
        }
        let after = after.trim_start();
        match after.chars().next() {
            None => return Ok(found.filter(|text| !text.is_empty())),
            Some(';') if after.len() == 1 => return Ok(found.filter(|text| !text.is_empty())),
            Some(';') => rest = &after[1..],
            Some(',') => return Err(repeated()),
            Some(_) => return Err(malformed("a quoted part of it is followed by something else")),
        }
    }
}

/// The value at the beginning of a text, which may be in quotes, and what follows it.
fn part(text: &str) -> Result<(String, &str), OAuthError> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ';']).unwrap_or(text.len());
        return Ok((text[..end].trim().to_owned(), &text[end..]));
    };
    let (mut value, mut chars) = (String::new(), quoted.char_indices());
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Ok((value, &quoted[at + 1..])),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => value.push(char),
        }
    }
    Err(malformed("a quoted part of it has no end"))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    const DER: &[u8] = b"\x30\x03\x02\x01\xfb\xff\xfe the bytes of a certificate";

    fn pem_of(ders: &[&[u8]]) -> String {
        let section = |der: &&[u8]| {
            format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der))
        };
        ders.iter().map(section).collect()
    }

    fn escaped(text: &str) -> String {
        utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
    }

    fn read(form: HeaderForm, value: &str) -> Result<Vec<Vec<u8>>, Reason> {
        let read = form.read(value.as_bytes()).map_err(|error| error.reason);
        read.map(|found| found.iter().map(|der| der.to_vec()).collect())
    }

    #[test]
    fn each_form_of_the_header_is_read() {
        /// What AWS leaves as it is.
        const AWS: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'-');
        let (base64, pem) = (STANDARD.encode(DER), pem_of(&[DER]));
        let unpadded = base64.trim_end_matches('=');
        let aws = utf8_percent_encode(&pem, AWS).to_string();
        assert!(aws.contains('+') || aws.contains('/'), "{aws}");
        for (form, value) in [
            (HeaderForm::Rfc9440, format!(":{base64}:")),
            (HeaderForm::Rfc9440, format!(" :{unpadded}: ")),
            (HeaderForm::Rfc9440, format!(":{base64}:;a=1")),
            (HeaderForm::Der, base64.clone()),
            (HeaderForm::Pem, escaped(&pem)),
            (HeaderForm::Pem, aws),
            (HeaderForm::Xfcc, format!("Cert=\"{}\"", escaped(&pem))),
            (HeaderForm::Xfcc, format!("cert={}", escaped(&pem))),
            (
                HeaderForm::Xfcc,
                format!(
                    "By=spiffe://a/b;Hash=00;Subject=\"CN=\\\"x\\\",O=y;Cert=no\";Cert=\"{}\";URI=,;",
                    escaped(&pem)
                )
                .replace("URI=,;", "URI=spiffe://a/c"),
            ),
        ] {
            assert_eq!(read(form, &value), Ok(vec![DER.to_vec()]), "{form:?} {value}");
        }
        let chain = escaped(&pem_of(&[DER, b"another"]));
        assert_eq!(read(HeaderForm::Pem, &chain), Ok(vec![DER.to_vec(), b"another".to_vec()]));
        for (form, value) in [
            (HeaderForm::Rfc9440, ""),
            (HeaderForm::Rfc9440, "::"),
            (HeaderForm::Der, " "),
            (HeaderForm::Pem, ""),
            (HeaderForm::Xfcc, "By=spiffe://a/b;Hash=00"),
            (HeaderForm::Xfcc, "Cert=\"\""),
        ] {
            assert_eq!(read(form, value), Ok(Vec::new()), "{form:?} {value:?}");
        }
    }

    #[test]
    fn a_header_of_another_form_or_with_two_certificates_is_refused() {
        let (base64, pem) = (STANDARD.encode(DER), escaped(&pem_of(&[DER])));
        let many = escaped(&pem_of(&[DER; MAX_CHAIN + 1]));
        for (form, value, reason) in [
            (HeaderForm::Rfc9440, base64.clone(), Reason::CertificateMalformed),
            (HeaderForm::Rfc9440, format!(":{base64}"), Reason::CertificateMalformed),
            (HeaderForm::Rfc9440, format!(":{base64}:x"), Reason::CertificateMalformed),
            (HeaderForm::Rfc9440, ":!:".into(), Reason::CertificateMalformed),
            (HeaderForm::Rfc9440, format!(":{base64}:, :{base64}:"), Reason::CertificateRepeated),
            (HeaderForm::Der, pem.clone(), Reason::CertificateMalformed),
            (HeaderForm::Der, format!("{base64},{base64}"), Reason::CertificateRepeated),
            (HeaderForm::Pem, base64, Reason::CertificateMalformed),
            (HeaderForm::Pem, pem_of(&[]), Reason::CertificateMalformed),
            (HeaderForm::Pem, pem.replace("END", "EMD"), Reason::CertificateMalformed),
            (HeaderForm::Pem, many, Reason::CertificateTooLarge),
            (HeaderForm::Xfcc, pem.clone(), Reason::CertificateMalformed),
            (HeaderForm::Xfcc, format!("Cert=\"{pem}"), Reason::CertificateMalformed),
            (HeaderForm::Xfcc, format!("Cert=\"{pem}\"x"), Reason::CertificateMalformed),
            (HeaderForm::Xfcc, format!("Cert=\"{pem}\";Cert=\"{pem}\""), Reason::CertificateRepeated),
            (HeaderForm::Xfcc, format!("Cert=\"{pem}\",Cert=\"{pem}\""), Reason::CertificateRepeated),
            (HeaderForm::Xfcc, format!("By=a,Cert=\"{pem}\""), Reason::CertificateRepeated),
            (HeaderForm::Xfcc, format!("Hash=0;Cert=\"{pem}\", By=b"), Reason::CertificateRepeated),
            (HeaderForm::Der, "A".repeat(MAX_VALUE + 1), Reason::CertificateTooLarge),
        ] {
            if value.is_empty() {
                continue;
            }
            assert_eq!(read(form, &value), Err(reason), "{form:?} {value:.80}");
        }
        assert_eq!(HeaderForm::Der.read(b"\xff").unwrap_err().reason, Reason::CertificateMalformed);
    }

    #[test]
    fn the_name_of_a_header_implies_its_form() {
        assert_eq!(HeaderForm::of_name("Client-Cert"), Some(HeaderForm::Rfc9440));
        assert_eq!(HeaderForm::of_name("x-forwarded-client-cert"), Some(HeaderForm::Xfcc));
        assert_eq!(HeaderForm::of_name("X-Amzn-Mtls-Clientcert-Leaf"), Some(HeaderForm::Pem));
        assert_eq!(HeaderForm::of_name("X-SSL-Cert"), None);
    }

    const FORMS: [HeaderForm; 4] = [HeaderForm::Rfc9440, HeaderForm::Pem, HeaderForm::Der, HeaderForm::Xfcc];

    proptest! {
        #[test]
        fn no_value_causes_a_panic(value in prop::collection::vec(any::<u8>(), 0..200)) {
            for form in FORMS {
                let _ = form.read(&value);
            }
        }

        #[test]
        fn no_value_of_parts_causes_a_panic(value in "[:=;,\"\\\\ A-Za-z0-9+/%-]{0,120}") {
            for form in FORMS {
                let _ = form.read(value.as_bytes());
            }
        }

        #[test]
        fn a_written_certificate_is_read_again(der in prop::collection::vec(any::<u8>(), 1..300)) {
            let (base64, pem) = (STANDARD.encode(&der), escaped(&pem_of(&[&der])));
            for (form, value) in [
                (HeaderForm::Rfc9440, format!(":{base64}:")),
                (HeaderForm::Der, base64),
                (HeaderForm::Xfcc, format!("Hash=1;Cert=\"{pem}\"")),
                (HeaderForm::Pem, pem),
            ] {
                prop_assert_eq!(read(form, &value), Ok(vec![der.clone()]));
            }
        }
    }
}
