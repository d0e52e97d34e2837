//! What an error page tells the person, by the reason, and a form about a password: the names of texts in the catalogue. What
//! the developer needs is in the table of reasons, in English.

use super::text_names::{ERROR_HEADINGS, PASSWORD_MISTAKES, named};
use crate::oauth::identity::password::PasswordFault;
use crate::oauth::reason::{Reason, Responsible};

/// Returns the end of the name of the text `password-…` for what is wrong with a new password.
pub fn password(fault: PasswordFault) -> &'static str {
    match fault {
        PasswordFault::Form => const { named(&PASSWORD_MISTAKES, "form") },
        PasswordFault::Short(_) => const { named(&PASSWORD_MISTAKES, "short") },
        PasswordFault::Common => const { named(&PASSWORD_MISTAKES, "common") },
        PasswordFault::Name => const { named(&PASSWORD_MISTAKES, "name") },
    }
}

/// Returns the end of the name of the text `error-…` for this reason.
pub fn sentence(reason: Reason) -> &'static str {
    match reason {
        Reason::ClientUnknown | Reason::ClientIdMissing | Reason::ClientIdRepeated => "application-unknown",
        Reason::ClientDisabled => "application-disabled",
        Reason::RedirectUriMissing
        | Reason::RedirectUriRepeated
        | Reason::RedirectUriNoneRegistered
        | Reason::RedirectUriMalformed
        | Reason::RedirectUriScheme
        | Reason::RedirectUriHost
        | Reason::RedirectUriPort
        | Reason::RedirectUriPath
        | Reason::RedirectUriQuery => "redirect",
        Reason::FlowUnknown => "flow-unknown",
        Reason::FlowOtherBrowser => "flow-other-browser",
        Reason::FlowExpired => "flow-expired",
        Reason::FlowTooMany => "flow-too-many",
        Reason::PushedRequestUsed => "request-used",
        Reason::FormForged => "form-forged",
        Reason::RequestMalformed | Reason::RequestMediaType | Reason::RequestTooLarge => "form",
        Reason::SignUpOff => "sign-up-off",
        Reason::SignUpTooMany => "sign-up-too-many",
        Reason::PasswordLinkOver => "password-link-over",
        Reason::UserDisabled | Reason::SubjectDisabled => "account-disabled",
        Reason::UserGroup | Reason::SubjectGroup => "group",
        Reason::DeviceCodeUnknown | Reason::DeviceCodeExpired => "device",
        Reason::DeviceAnswered => "device-answered",
        Reason::DeviceCodeTooMany => "device-too-many",
        Reason::BackchannelAnswered => "approve",
        Reason::HintInvalid
        | Reason::HintOtherClient
        | Reason::LogoutClientMissing
        | Reason::LogoutRedirectUri => "logout",
        Reason::LimitsNetwork | Reason::LimitsClient | Reason::LimitsAccount => "limited",
        Reason::ServerFailed => "server",
        Reason::ServerBusy => "busy",
        _ => "application",
    }
}

/// Returns the end of the name of the heading `error-heading-…` of a page with this status for a reason.
pub fn heading_of(status: u16, reason: Reason) -> &'static str {
    // The person need not do anything, and has done nothing wrong.
    if reason == Reason::BackchannelAnswered {
        return const { named(&ERROR_HEADINGS, "over") };
    }
    let first = reason.who().first().copied().unwrap_or(Responsible::Developer);
    // To the person it is the link that does not work, also if the operator can fix it.
    let is_link = sentence(reason) == "redirect";
    heading(status, if is_link { Responsible::Developer } else { first })
}

/// Returns the end of the name of the heading `error-heading-…` of a page with this status, which `who` can fix.
pub fn heading(status: u16, who: Responsible) -> &'static str {
    match (status, who) {
        (404, _) => "nothing",
        (429, _) => "later",
        (503, _) => "moment",
        (500.., _) => "broken",
        (_, Responsible::Person) => "again",
        (_, Responsible::Operator) => "off",
        _ => "link",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::face::text_names::ERROR_SENTENCES;

    #[test]
    fn every_reason_has_a_sentence_of_the_catalogue_and_every_sentence_a_use() {
        let mut used: BTreeSet<&str> = Reason::ALL.iter().map(|reason| sentence(*reason)).collect();
        // The page without a reason.
        used.insert("not-found");
        assert_eq!(used, BTreeSet::from(ERROR_SENTENCES));
    }

    #[test]
    fn every_status_has_a_heading_of_the_catalogue_and_every_heading_a_use() {
        let everyone =
            [Responsible::Person, Responsible::Developer, Responsible::Operator, Responsible::Nobody];
        let used = (400..600).flat_map(|status| everyone.map(|who| heading(status, who)));
        let of_its_own = heading_of(400, Reason::BackchannelAnswered);
        assert_eq!(used.chain([of_its_own]).collect::<BTreeSet<_>>(), BTreeSet::from(ERROR_HEADINGS));
    }
}
