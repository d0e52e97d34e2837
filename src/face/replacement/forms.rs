//! What the forms of a page send, and what else of a page must be as in ours.

use std::collections::BTreeSet;
use std::fmt;

use url::Url;

/// The forms, frames and scripts of a page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Forms {
    pub(super) forms: Vec<HtmlForm>,
    pub(super) frames: BTreeSet<String>,
    pub(super) scripts: Vec<String>,
    pub(super) flaws: Vec<PageFlaw>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct HtmlForm {
    pub(super) action: String,
    pub(super) method: String,
    pub(super) controls: Vec<Control>,
}

/// What a person fills in or presses, and what is sent without the person.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Control {
    Hidden {
        name: String,
        value: String,
    },
    Field {
        name: String,
    },
    Password {
        name: String,
    },
    CheckBox {
        name: String,
        value: String,
    },
    /// A button without a name sends the form.
    Button {
        name: String,
        value: String,
    },
    /// What none of our forms has, such as a file or a radio button.
    Other {
        name: String,
        kind: String,
    },
}

/// What is wrong on a page beside any other.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PageFlaw {
    /// An attribute that changes what is sent, or where.
    Attribute { element: String, attribute: &'static str },
    /// A form or a control in an element in which browsers do not use it, or only some do.
    Misplaced { container: String },
    /// A script that does not run.
    Script,
}

/// What is not as in ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PageDifference<'a> {
    PageFlaw(&'a PageFlaw),
    MissingForm(&'a HtmlForm),
    MissingControl(&'a Control),
    MissingFrame(&'a str),
    MissingScript,
    MoreControls(&'a Control),
    /// A form of ours again, in another way.
    SecondForm(&'a HtmlForm),
    /// A form that sends something to another server.
    FormElsewhere(&'a HtmlForm),
    MoreScripts,
}

impl Forms {
    /// Returns the first thing that is not as in ours: every form of ours is there with exactly our controls, and forms with
    /// other actions stay on the server with the address `issuer`. `None` if there is nothing.
    pub(super) fn first_difference<'a>(&'a self, ours: &'a Self, issuer: &Url) -> Option<PageDifference<'a>> {
        let flaw = self.flaws.first().map(PageDifference::PageFlaw);
        let form = || ours.forms.iter().find_map(|form| self.difference_in(form));
        let added = || self.added(ours).find_map(|form| form.wrong_beside(ours, issuer));
        let frame = || ours.frames.iter().find(|frame| !self.frames.contains(*frame));
        // A flaw may be the reason for what is missing.
        flaw.or_else(form)
            .or_else(added)
            .or_else(|| frame().map(|frame| PageDifference::MissingFrame(frame)))
            .or_else(|| self.difference_in_scripts(ours))
    }

    fn difference_in<'a>(&'a self, wanted: &'a HtmlForm) -> Option<PageDifference<'a>> {
        let mut same = self.forms.iter().filter(|form| form.is_same(wanted)).peekable();
        if same.peek().is_none() {
            return Some(PageDifference::MissingForm(wanted));
        }
        same.find_map(|form| form.difference(wanted))
    }

    /// The forms that ours has not.
    fn added<'a>(&'a self, ours: &'a Self) -> impl Iterator<Item = &'a HtmlForm> {
        self.forms.iter().filter(|form| !ours.forms.iter().any(|other| form.is_same(other)))
    }

    fn difference_in_scripts(&self, ours: &Self) -> Option<PageDifference<'static>> {
        if ours.scripts.iter().any(|script| !self.scripts.contains(script)) {
            return Some(PageDifference::MissingScript);
        }
        (self.scripts.len() > ours.scripts.len()).then_some(PageDifference::MoreScripts)
    }
}

impl HtmlForm {
    fn is_same(&self, other: &Self) -> bool {
        self.action == other.action && self.method == other.method
    }

    fn difference<'a>(&'a self, wanted: &'a Self) -> Option<PageDifference<'a>> {
        let count = |form: &Self, control: &Control| form.controls.iter().filter(|it| *it == control).count();
        let missing = wanted.controls.iter().find(|control| count(self, control) < count(wanted, control));
        let more = || {
            let named = self.controls.iter().filter(|control| !control.is_unnamed());
            let mut more = named.filter(|control| count(self, control) > count(wanted, control));
            more.next().map(PageDifference::MoreControls)
        };
        missing.map(PageDifference::MissingControl).or_else(more)
    }

    /// What is wrong with a form that ours has not.
    fn wrong_beside<'a>(&'a self, ours: &Forms, issuer: &Url) -> Option<PageDifference<'a>> {
        // It only closes a dialog.
        if self.method == "dialog" {
            return None;
        }
        let address = |form: &Self| issuer.join(&form.action).ok().filter(|_| !form.action.trim().is_empty());
        let Some(here) = address(self).filter(|url| url.origin() == issuer.origin()) else {
            return Some(PageDifference::FormElsewhere(self));
        };
        let is_here = |url: Url| url.origin() == here.origin() && url.path() == here.path();
        let is_ours = ours.forms.iter().filter_map(address).any(is_here);
        is_ours.then_some(PageDifference::SecondForm(self))
    }
}

impl Control {
    fn is_unnamed(&self) -> bool {
        matches!(self, Self::Button { name, .. } if name.is_empty())
    }
}

impl fmt::Display for PageDifference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PageFlaw(flaw) => write!(f, "{flaw}"),
            Self::MissingForm(HtmlForm { action, method, .. }) => {
                write!(f, "it lacks the form with method {method} and the action of ours ({action})")
            }
            Self::MissingControl(control) => write!(f, "it lacks {control} in its form"),
            Self::MissingFrame(frame) => write!(f, "it lacks the frame {frame}"),
            Self::MissingScript => {
                f.write_str("it lacks the script of the page, unchanged in a <script>: {{ script|safe }}")
            }
            Self::MoreControls(control) => {
                write!(f, "it has {control} in its form, where ours has no such thing or has it less often")
            }
            Self::SecondForm(HtmlForm { action, .. }) => {
                write!(f, "it has another form with the address of ours ({action})")
            }
            Self::FormElsewhere(HtmlForm { action, .. }) => {
                write!(
                    f,
                    "it has a form with the action \"{action}\", which is not an address of this server"
                )
            }
            Self::MoreScripts => {
                f.write_str("it has a script that is not ours, and browsers refuse to run it")
            }
        }
    }
}

impl fmt::Display for PageFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute { element, attribute } => {
                write!(f, "it has a <{element}> with {attribute}, which changes what is sent, or where")
            }
            Self::Misplaced { container } => {
                write!(
                    f,
                    "it has a form or a field in a <{container}>, where it does not work in every browser"
                )
            }
            Self::Script => f.write_str("it has a <script> that does not run where and as it is written"),
        }
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hidden { name, .. } => write!(f, "the hidden field {name} with its value"),
            Self::Field { name } => write!(f, "the field {name}"),
            Self::Password { name } => write!(f, "the password field {name}"),
            Self::CheckBox { name, value } => write!(f, "the check box {name} with the value {value}"),
            Self::Button { name, .. } if name.is_empty() => {
                f.write_str("a button without a name, which sends the form,")
            }
            Self::Button { name, value } => write!(f, "the button {name} with the value {value}"),
            Self::Other { name, kind } => write!(f, "the {kind} field {name}"),
        }
    }
}
