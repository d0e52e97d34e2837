//! Shows the faults of operations as sentences that call each member by its command-line option.

use serde_json::json;

use super::error::{CliError, ErrorKind};
use crate::failure::Denied;
use crate::operations::fault::{Fault, FaultKind, Faults};

/// Members that sentences name, and their options.
const OPTIONS: [(&str, &str); 23] = [
    ("allowed_schemes", "--allow-scheme"),
    ("assertion_audience", "--assertion-audience"),
    ("backchannel_logout_uri", "--backchannel-logout-uri"),
    ("brand_accent", "--brand-accent"),
    ("brand_background", "--brand-background"),
    ("brand_background_dark", "--brand-background-dark"),
    ("brand_radius", "--brand-radius"),
    ("client_secret", "--secret"),
    ("client_uri", "--site"),
    ("email", "--email"),
    ("id_token_claims", "--id-token-claims"),
    ("jwks", "--jwks"),
    ("jwks_uri", "--jwks-uri"),
    ("may_act", "--may-act"),
    ("may_impersonate", "--may-impersonate"),
    ("may_reuse_consent", "--may-reuse-consent"),
    ("may_widen_resources", "--may-widen-resources"),
    ("policy_uri", "--policy"),
    ("redirect_uris", "--redirect-uri"),
    ("scope", "--scope"),
    ("sector_identifier_uri", "--sector-identifier-uri"),
    ("token_endpoint_auth_method", "--auth-method"),
    ("tos_uri", "--terms"),
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
            hinted(&faults, |fault| (fault.kind == kind && fault.member == member).then_some(hint))
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
        json!({ "error": kind, "member": fault.member, "option": fault.member.and_then(option), "message": line })
    });
    CliError::new(kind(faults.kind()), lines.join("\n"), shown.collect())
}

fn kind(kind: FaultKind) -> ErrorKind {
    match kind {
        FaultKind::Invalid => ErrorKind::Invalid,
        FaultKind::NotFound => ErrorKind::NotFound,
        FaultKind::Conflict => ErrorKind::Conflict,
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
                text.push_str(option);
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

fn option(member: &str) -> Option<&'static str> {
    OPTIONS.iter().find(|(name, _)| *name == member).map(|(_, option)| *option)
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
            ("`unknown` stays", "`unknown` stays"),
            ("`", "`"),
        ] {
            assert_eq!(with_options(sentence), text);
        }
    }
}
