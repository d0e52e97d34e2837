//! Requests that are broken on purpose, each with the error that answers it.

/// A broken request, and what its answer shows.
pub(super) struct Broken {
    pub(super) id: &'static str,
    /// The text of the button.
    pub(super) title: &'static str,
    /// What is wrong with the request.
    pub(super) fault: &'static str,
    /// The `error` in the answer.
    pub(super) error: &'static str,
    /// What one can learn from the answer.
    pub(super) lesson: &'static str,
    pub(super) how: How,
}

pub(super) enum How {
    /// An authorization request with these changes; the error comes back by redirect.
    Ask(&'static [Edit]),
    /// An authorization request whose return address is not verified, so that the server shows the error itself.
    AskInVain(&'static [Edit]),
    /// A sign-in whose code is then redeemed in a wrong way.
    Redeem(CodeMisuse),
    /// A form for the token endpoint.
    Call { sender: Sender, form: &'static [(&'static str, &'static str)] },
}

/// A change to a correct authorization request.
pub(super) enum Edit {
    Set(&'static str, &'static str),
    Leave(&'static str),
    Again(&'static str, &'static str),
}

impl Broken {
    fn edits(&self) -> &'static [Edit] {
        match self.how {
            How::Ask(edits) | How::AskInVain(edits) => edits,
            How::Redeem(_) | How::Call { .. } => &[],
        }
    }

    /// The parameters that differ from a correct authorization request.
    pub(super) fn changed(&self) -> Vec<&'static str> {
        let name = |edit: &Edit| match *edit {
            Edit::Set(name, _) | Edit::Again(name, _) => Some(name),
            Edit::Leave(_) => None,
        };
        self.edits().iter().filter_map(name).collect()
    }

    /// The parameters that a correct authorization request has and this one does not.
    pub(super) fn left_out(&self) -> Vec<&'static str> {
        let name = |edit: &Edit| match *edit {
            Edit::Leave(name) => Some(name),
            Edit::Set(..) | Edit::Again(..) => None,
        };
        self.edits().iter().filter_map(name).collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CodeMisuse {
    Replay,
    WrongSecret,
    WrongVerifier,
}

#[derive(Clone, Copy)]
pub(super) enum Sender {
    Web,
    Service,
}

pub(super) fn find(id: &str) -> Option<&'static Broken> {
    BROKEN.iter().find(|broken| broken.id == id)
}

pub(super) const BROKEN: [Broken; 18] = [
    Broken {
        id: "forbidden-scope",
        title: "A scope that is not for us",
        fault: "Asks for admin, which exists, but which this application may not use.",
        error: "forbidden_scope",
        lesson: "The scope exists, so this is not invalid_scope: the server distinguishes unknown scopes from forbidden ones.",
        how: How::Ask(&[Edit::Set("scope", "profile admin")]),
    },
    Broken {
        id: "unknown-scope",
        title: "An unknown scope",
        fault: "Asks for unicorns.",
        error: "invalid_scope",
        lesson: "The description names the unknown scope, and no one had to sign in to find out.",
        how: How::Ask(&[Edit::Set("scope", "profile unicorns")]),
    },
    Broken {
        id: "response-type",
        title: "The old implicit grant",
        fault: "Sends response_type=token, which would put the token into the address bar.",
        error: "unsupported_response_type",
        lesson: "Access tokens only come from the token endpoint (RFC 9700 section 2.1.2).",
        how: How::Ask(&[Edit::Set("response_type", "token")]),
    },
    Broken {
        id: "missing-pkce",
        title: "No PKCE",
        fault: "Leaves code_challenge and its method out.",
        error: "invalid_request",
        lesson: "This server requires PKCE from every client, including confidential ones, unless the operator makes an exception.",
        how: How::Ask(&[Edit::Leave("code_challenge"), Edit::Leave("code_challenge_method")]),
    },
    Broken {
        id: "plain-pkce",
        title: "PKCE that protects nothing",
        fault: "Sends code_challenge_method=plain.",
        error: "invalid_request",
        lesson: "With plain, anyone who reads the request can redeem the code; only S256 is accepted.",
        how: How::Ask(&[Edit::Set("code_challenge_method", "plain")]),
    },
    Broken {
        id: "repeated-parameter",
        title: "A parameter twice",
        fault: "Sends scope a second time.",
        error: "invalid_request",
        lesson: "Two programs could each use another one of the two, so the request is refused (RFC 6749 section 3.1).",
        how: How::Ask(&[Edit::Again("scope", "payments")]),
    },
    Broken {
        id: "deny",
        title: "A person who says no",
        fault: "A good request, for payments: choose “Don’t allow” on the consent page.",
        error: "access_denied",
        lesson: "This is nobody's mistake: the application respects it, and may ask again when the person wishes.",
        // Without prompt, a person who allowed it before is not asked again, and cannot say no.
        how: How::Ask(&[Edit::Set("scope", "calendar.write payments"), Edit::Set("prompt", "consent")]),
    },
    Broken {
        id: "unknown-client",
        title: "An application that is not registered",
        fault: "Sends client_id=nobody. Come back with your browser's Back button.",
        error: "invalid_client",
        lesson: "",
        how: How::AskInVain(&[Edit::Set("client_id", "nobody")]),
    },
    Broken {
        id: "redirect-uri",
        title: "A return address that is not registered",
        fault: "Sends the redirect_uri of another site. Come back with your browser's Back button.",
        error: "invalid_request",
        lesson: "",
        how: How::AskInVain(&[Edit::Set("redirect_uri", "https://attacker.example/callback")]),
    },
    Broken {
        id: "replay",
        title: "A code for the second time",
        fault: "Redeems the code of the sign-in again; signs in first, if necessary.",
        error: "invalid_grant",
        lesson: "A code that comes twice may have been stolen, so everything issued from it is revoked: Refresh now fails, too.",
        how: How::Redeem(CodeMisuse::Replay),
    },
    Broken {
        id: "wrong-secret",
        title: "A wrong client secret",
        fault: "Signs in, then redeems the code with another secret.",
        error: "invalid_client",
        lesson: "401 always comes with WWW-Authenticate. The code is still valid: a failed client authentication does not use it up.",
        how: How::Redeem(CodeMisuse::WrongSecret),
    },
    Broken {
        id: "wrong-verifier",
        title: "A wrong code verifier",
        fault: "Signs in, then redeems the code with another code_verifier.",
        error: "invalid_grant",
        lesson: "A thief of the code does not have the verifier, and the attempt uses the code up.",
        how: How::Redeem(CodeMisuse::WrongVerifier),
    },
    Broken {
        id: "unknown-code",
        title: "A made-up code",
        fault: "Redeems a code that the server never issued.",
        error: "invalid_grant",
        lesson: "Guessed, mistyped and long deleted codes get the same answer.",
        how: How::Call {
            sender: Sender::Web,
            form: &[("grant_type", "authorization_code"), ("code", "made-up")],
        },
    },
    Broken {
        id: "grant-type",
        title: "An unsupported grant type",
        fault: "Sends grant_type=password, with which applications used to collect passwords.",
        error: "unsupported_grant_type",
        lesson: "The password grant must no longer be used (RFC 9700 section 2.4); this server never had it.",
        how: How::Call {
            sender: Sender::Web,
            form: &[("grant_type", "password"), ("username", "demo"), ("password", "secret")],
        },
    },
    Broken {
        id: "missing-grant-type",
        title: "No grant type",
        fault: "Leaves grant_type out.",
        error: "invalid_request",
        lesson: "The description names the parameter that is missing.",
        how: How::Call { sender: Sender::Web, form: &[("code", "made-up")] },
    },
    Broken {
        id: "unauthorized-client",
        title: "A grant that is not for us",
        fault: "Asks for a client_credentials token as the web application.",
        error: "unauthorized_client",
        lesson: "Client and grant type are both fine, but the client is not registered for this one.",
        how: How::Call { sender: Sender::Web, form: &[("grant_type", "client_credentials")] },
    },
    Broken {
        id: "service-scope",
        title: "A service token for too much",
        fault: "The nightly job asks for admin.",
        error: "forbidden_scope",
        lesson: "The same word as in the redirect, now in the JSON of RFC 6749 section 5.2.",
        how: How::Call {
            sender: Sender::Service,
            form: &[("grant_type", "client_credentials"), ("scope", "calendar.read admin")],
        },
    },
    Broken {
        id: "service-unknown-scope",
        title: "A service token for nothing known",
        fault: "The nightly job asks for unicorns.",
        error: "invalid_scope",
        lesson: "An unknown scope is a different error from one that exists but is not allowed.",
        how: How::Call {
            sender: Sender::Service,
            form: &[("grant_type", "client_credentials"), ("scope", "unicorns")],
        },
    },
];
