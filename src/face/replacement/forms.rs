//! What the forms of a page send, and which frames it loads.
//!
//! html5gum is the tokenizer of the HTML standard and has no dependencies. No tree is needed: a form ends at its end tag, and
//! a control outside of a form sends nothing.

use std::collections::BTreeSet;
use std::fmt;

use html5gum::{StartTag, Token, Tokenizer};

/// The forms and frames of a page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Forms {
    forms: Vec<HtmlForm>,
    frames: BTreeSet<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct HtmlForm {
    action: String,
    method: String,
    controls: BTreeSet<Control>,
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
}

/// Something that ours has and the other page does not.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Missing<'a> {
    Form(&'a HtmlForm),
    Control(&'a Control),
    Frame(&'a str),
}

impl Forms {
    /// Reads a page.
    pub(super) fn of(html: &str) -> Self {
        let (mut page, mut open) = (Self::default(), None::<HtmlForm>);
        for token in Tokenizer::new(html) {
            let Ok(token) = token;
            match token {
                Token::StartTag(tag) => match tag.name.as_slice() {
                    // A form in a form is not one.
                    b"form" if open.is_none() => {
                        open = Some(HtmlForm {
                            action: attribute(&tag, "action").unwrap_or_default(),
                            method: attribute(&tag, "method").unwrap_or_default().to_ascii_lowercase(),
                            controls: BTreeSet::new(),
                        });
                    }
                    b"iframe" => page.frames.extend(attribute(&tag, "src")),
                    _ => {
                        if let Some(form) = &mut open {
                            form.controls.extend(control(&tag));
                        }
                    }
                },
                Token::EndTag(tag) if tag.name.as_slice() == b"form" => page.forms.extend(open.take()),
                _ => {}
            }
        }
        page.forms.extend(open);
        page
    }

    /// The first thing that `ours` has and this page does not. `None` if this page has all of it.
    pub(super) fn first_missing<'a>(&self, ours: &'a Self) -> Option<Missing<'a>> {
        let form = ours.forms.iter().find_map(|form| self.missing_of(form));
        let frame = || ours.frames.iter().find(|frame| !self.frames.contains(*frame));
        form.or_else(|| frame().map(|frame| Missing::Frame(frame)))
    }

    fn missing_of<'a>(&self, wanted: &'a HtmlForm) -> Option<Missing<'a>> {
        let same = |form: &&HtmlForm| form.action == wanted.action && form.method == wanted.method;
        let mut missing = self.forms.iter().filter(same).map(|form| form.missing(wanted));
        let first = match missing.next() {
            None => return Some(Missing::Form(wanted)),
            Some(first) => first?,
        };
        // One whole form is enough.
        missing.all(|control| control.is_some()).then_some(Missing::Control(first))
    }
}

impl HtmlForm {
    fn missing<'a>(&self, wanted: &'a Self) -> Option<&'a Control> {
        wanted.controls.iter().find(|control| !self.controls.contains(*control))
    }
}

/// The value of an attribute as text, without character references.
fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    let value = tag.attributes.get(name.as_bytes())?;
    Some(String::from_utf8_lossy(value.value.as_slice()).into_owned())
}

/// The control that a tag is. `None` if it sends nothing.
fn control(tag: &StartTag<()>) -> Option<Control> {
    let of = |attribute_name: &str| attribute(tag, attribute_name).unwrap_or_default();
    if attribute(tag, "disabled").is_some() {
        return None;
    }
    let (name, value, kind) = (of("name"), of("value"), of("type").to_ascii_lowercase());
    match (tag.name.as_slice(), kind.as_str()) {
        (b"button", "button" | "reset") | (b"input", "button" | "reset") => None,
        (b"button", _) | (b"input", "submit" | "image") => Some(Control::Button { name, value }),
        (b"input" | b"textarea" | b"select", _) if name.is_empty() => None,
        (b"input", "hidden") => Some(Control::Hidden { name, value }),
        (b"input", "password") => Some(Control::Password { name }),
        (b"input", "checkbox" | "radio") => Some(Control::CheckBox { name, value }),
        (b"input" | b"textarea" | b"select", _) => Some(Control::Field { name }),
        _ => None,
    }
}

impl fmt::Display for Missing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(form) => {
                write!(f, "the form with method {} and the action of ours ({})", form.method, form.action)
            }
            Self::Control(control) => write!(f, "{control} in its form"),
            Self::Frame(frame) => write!(f, "the frame {frame}"),
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
        }
    }
}
