//! Shows the faults of operations as sentences that call each member by its command-line option.

use std::borrow::Cow;

use serde_json::json;

use super::error::{CliError, ErrorKind};
use crate::failure::Denied;
use crate::operations::fault::{Fault, FaultKind, Faults};

/// Members that sentences name, and their options.
const OPTIONS: [(&str, &str); 51] = [
    ("allowed_schemes", "--allow-scheme"),
    ("assertion_audience", "--assertion-audience"),
    ("authorization_details_types", "--authorization-type"),
    ("authorization_signed_response_alg", "--jarm-alg"),
    ("backchannel_authentication_request_signing_alg", "--ciba-request-alg"),
    ("backchannel_client_notification_endpoint", "--ciba-notification-endpoint"),
    ("backchannel_logout_uri", "--backchannel-logout-uri"),
    ("backchannel_token_delivery_mode", "--ciba-mode"),
    ("backchannel_user_code_parameter", "--ciba-user-code"),
    ("brand_accent", "--brand-accent"),
    ("brand_background", "--brand-background"),
    ("brand_background_dark", "--brand-background-dark"),
    ("brand_radius", "--brand-radius"),
    ("client_name", "--name"),
    ("client_secret", "--secret"),
    ("client_uri", "--site"),
    ("consequence", "--consequence"),
    ("description", "--description"),
    ("dpop", "--dpop"),
    ("email", "--email"),
    ("id_token_claims", "--id-token-claims"),
    ("id_token_signed_response_alg", "--id-token-alg"),
    ("jar", "--jar"),
    ("jwks", "--jwks"),
    ("jwks_uri", "--jwks-uri"),
    ("kind", "--kind"),
    ("may_act", "--may-act"),
    ("may_impersonate", "--may-impersonate"),
    ("may_reuse_consent", "--may-reuse-consent"),
    ("may_widen_resources", "--may-widen-resources"),
    ("par", "--par"),
    ("partial_consent", "--partial-consent"),
    ("pkce", "--pkce"),
    ("policy_uri", "--policy"),
    ("profile", "--profile"),
    ("redirect_uris", "--redirect-uri"),
    ("refresh_tokens", "--refresh-tokens"),
    ("request_object_signing_alg", "--request-object-alg"),
    ("response_types", "--response-type"),
    ("scope", "--scope"),
    ("sector_identifier_uri", "--sector-identifier-uri"),
    ("template", "--template"),
    ("tls_client_auth_san_dns", "--tls-san-dns"),
    ("tls_client_auth_san_email", "--tls-san-email"),
    ("tls_client_auth_san_ip", "--tls-san-ip"),
    ("tls_client_auth_san_uri", "--tls-san-uri"),
    ("tls_client_auth_subject_dn", "--tls-subject-dn"),
    ("tls_client_certificate_bound_access_tokens", "--certificate-bound-tokens"),
    ("token_endpoint_auth_method", "--auth-method"),
    ("tos_uri", "--terms"),
    ("userinfo_signed_response_alg", "--userinfo-alg"),
];

impl From<Fault> for CliError {
    fn from(fault: Fault) -> Self {
        Faults::from(fault).into()
    }
}

impl From<Faults> for CliError {
    fn from(faults: Faults) -> Self {
        hinted(&faults, |_| None)
    }
}

impl From<Denied<Faults>> for CliError {
    fn from(denied: Denied<Faults>) -> Self {
        match denied {
            Denied::Refused(faults) => faults.into(),
            Denied::Failed(failure) => failure.into(),
        }
    }
}

/// Shows the faults. Adds `hint`, which says what a command can do, to a fault of this kind and member.
pub(super) fn with_hint(
    kind: FaultKind,
    member: Option<&'static str>,
    hint: &str,
) -> impl FnOnce(Denied<Faults>) -> CliError {
    move |denied| match denied {
        Denied::Refused(faults) => {
            hinted(&faults, |fault| (fault.kind == kind && fault.member.as_deref() == member).then_some(hint))
        }
        Denied::Failed(failure) => failure.into(),
    }
}

/// One line per fault.
fn hinted<'h>(faults: &Faults, hint: impl Fn(&Fault) -> Option<&'h str>) -> CliError {
    let line = |fault: &Fault| match hint(fault) {
        Some(hint) => format!("{}; {hint}", with_options(&fault.sentence)),
        None => with_options(&fault.sentence),
    };
    let lines: Vec<String> = faults.iter().map(line).collect();
    let shown = faults.iter().zip(&lines).map(|(fault, line)| {
        let kind: &str = kind(fault.kind).into();
        // On the command line, an item of a list has no place.
        let member = fault.member.as_deref().map(|member| member.split('/').next().unwrap_or(member));
        // The language is part of the member, and of the option's value.
        let option =
            member.and_then(option).map(|option| option.split(' ').next().unwrap_or_default().to_owned());
        json!({ "error": kind, "member": member, "option": option, "message": line })
    });
    CliError::new(kind(faults.kind()), lines.join("\n"), shown.collect())
}

fn kind(kind: FaultKind) -> ErrorKind {
    match kind {
        FaultKind::Invalid => ErrorKind::Invalid,
        FaultKind::NotFound => ErrorKind::NotFound,
        FaultKind::Conflict | FaultKind::OtherVersion | FaultKind::Forbidden => ErrorKind::Conflict,
    }
}

/// Replaces each member in backquotes by its option.
fn with_options(sentence: &str) -> String {
    let (mut text, mut rest) = (String::new(), sentence);
    while let Some((before, after)) = rest.split_once('`') {
        text.push_str(before);
        let named = after.split_once('`').and_then(|(member, behind)| Some((option(member)?, behind)));
        rest = match named {
            Some((option, behind)) => {
                text.push_str(&option);
                behind
            }
            None => {
                text.push('`');
                after
            }
        };
    }
    text + rest
}

/// The option that sets a member, and for a member in a language (`client_name#de`) also the beginning of its value.
fn option(member: &str) -> Option<Cow<'static, str>> {
    let (name, tag) = member.split_once('#').map_or((member, None), |(name, tag)| (name, Some(tag)));
    let (_, option) = OPTIONS.iter().find(|(known, _)| *known == name)?;
    Some(tag.map_or(Cow::from(*option), |tag| format!("{option}-in {tag}").into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_become_options_and_nothing_else_changes() {
        for (sentence, text) in [
            ("an address goes into `email`", "an address goes into --email"),
            ("`email` and `email`", "--email and --email"),
            ("the ` of `email`", "the ` of --email"),
            ("`client_name#pt-BR`: too long", "--name-in pt-BR: too long"),
            ("`unknown` stays", "`unknown` stays"),
            ("`unknown#de` stays", "`unknown#de` stays"),
            ("`", "`"),
        ] {
            assert_eq!(with_options(sentence), text);
        }
    }
}
