//! Reads the forms of a page.
//!
//! html5gum is the tokenizer of the HTML standard and has no dependencies. No tree is needed: a form ends at its end tag, and
//! a control outside of a form sends nothing.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

use super::forms::{Control, Forms, HtmlForm, PageFlaw};

/// The elements that can send something.
const CONTROLS: [&str; 4] = ["input", "button", "textarea", "select"];

/// The attributes of controls that change what is sent, or where.
const OF_CONTROLS: [&str; 6] = ["form", "formaction", "formmethod", "formenctype", "formtarget", "dirname"];

/// The attributes of forms that change how they are sent, or where.
const OF_FORMS: [&str; 3] = ["enctype", "target", "accept-charset"];

/// The elements in which forms and controls are no elements of HTML, are not shown, or only in some browsers.
const CONTAINERS: [&str; 9] =
    ["template", "svg", "math", "datalist", "audio", "video", "canvas", "object", "noframes"];

/// The elements with text only, in which a tag is text.
const TEXTS: [&str; 9] =
    ["script", "noscript", "style", "title", "textarea", "iframe", "xmp", "noembed", "plaintext"];

/// The attributes by which a script is another one, or does not run.
const OF_SCRIPTS: [&str; 5] = ["src", "type", "language", "nomodule", "for"];

/// Reads a page.
pub(super) fn read(html: &str) -> Forms {
    let mut emitter = DefaultEmitter::<()>::default();
    emitter.naively_switch_states(true);
    let mut reader = PageReader::default();
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => reader.start(&tag),
            Token::EndTag(tag) => reader.end(&name_of(&tag.name)),
            Token::String(text) => {
                if let Some(open) = &mut reader.text {
                    open.text.push_str(&String::from_utf8_lossy(&text));
                }
            }
            _ => {}
        }
    }
    reader.page.forms.extend(reader.form);
    reader.page
}

#[derive(Default)]
struct PageReader {
    page: Forms,
    /// What is open.
    form: Option<HtmlForm>,
    text: Option<TextElement>,
    containers: Vec<String>,
    /// Whether each field set is disabled.
    field_sets: Vec<bool>,
}

/// An element with text only.
struct TextElement {
    name: String,
    text: String,
    /// Whether it could be a script that runs.
    is_plain: bool,
}

impl PageReader {
    fn start(&mut self, tag: &StartTag<()>) {
        let name = name_of(&tag.name);
        self.check(&name, tag);
        match name.as_str() {
            // A form in a form is not one.
            "form" if self.form.is_none() => {
                self.form = Some(HtmlForm {
                    action: attribute(tag, "action").unwrap_or_default(),
                    method: attribute(tag, "method").unwrap_or_default().to_ascii_lowercase(),
                    controls: Vec::new(),
                });
            }
            "iframe" if self.containers.is_empty() => self.page.frames.extend(attribute(tag, "src")),
            "fieldset" => self.field_sets.push(attribute(tag, "disabled").is_some()),
            _ => {}
        }
        let is_disabled = self.field_sets.contains(&true);
        if let Some(form) = self.form.as_mut().filter(|_| !is_disabled) {
            form.controls.extend(control(tag));
        }
        if TEXTS.contains(&name.as_str()) {
            let is_plain = OF_SCRIPTS.iter().all(|of| attribute(tag, of).is_none());
            self.text = Some(TextElement { name, text: String::new(), is_plain });
        } else if CONTAINERS.contains(&name.as_str()) {
            let is_closed = tag.self_closing && matches!(name.as_str(), "svg" | "math");
            self.containers.extend((!is_closed).then_some(name));
        }
    }

    /// Notes what is wrong with a form or a control whatever the page is.
    fn check(&mut self, name: &str, tag: &StartTag<()>) {
        let attributes: &[&'static str] = match name {
            "form" => &OF_FORMS,
            name if CONTROLS.contains(&name) => &OF_CONTROLS,
            _ => return,
        };
        let wrong = attributes.iter().filter(|name| attribute(tag, name).is_some());
        let wrong = wrong.map(|attribute| PageFlaw::Attribute { element: name.to_owned(), attribute });
        self.page.flaws.extend(wrong);
        let container = self.containers.last().cloned();
        self.page.flaws.extend(container.map(|container| PageFlaw::Misplaced { container }));
    }

    fn end(&mut self, name: &str) {
        if let Some(text) = self.text.take_if(|text| text.name == name) {
            self.end_text(text);
        }
        match name {
            "form" => self.page.forms.extend(self.form.take()),
            "fieldset" => _ = self.field_sets.pop(),
            name => {
                if let Some(place) = self.containers.iter().rposition(|open| open == name) {
                    self.containers.truncate(place);
                }
            }
        }
    }

    fn end_text(&mut self, TextElement { name, text, is_plain }: TextElement) {
        // Without scripts, what is in a <noscript> is on the page; in a drawing, no element has only text.
        let may_be_tags =
            name == "noscript" || self.containers.iter().any(|open| open == "svg" || open == "math");
        if may_be_tags && has_controls(&text) {
            self.page.flaws.push(PageFlaw::Misplaced { container: name });
        } else if name == "script" {
            match is_plain && self.containers.is_empty() {
                true => self.page.scripts.push(text),
                false => self.page.flaws.push(PageFlaw::Script),
            }
        }
    }
}

/// Whether a text has a form or a control if it is read as HTML.
fn has_controls(text: &str) -> bool {
    Tokenizer::new(text).any(|token| {
        let Ok(token) = token;
        let Token::StartTag(tag) = token else { return false };
        let name = name_of(&tag.name);
        name == "form" || CONTROLS.contains(&name.as_str())
    })
}

fn name_of(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
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
    let sends_many = attribute(tag, "multiple").is_some();
    match (tag.name.as_slice(), kind.as_str()) {
        (b"button", "button" | "reset") | (b"input", "button" | "reset") => None,
        (b"button", _) | (b"input", "submit") => Some(Control::Button { name, value }),
        (b"input" | b"textarea" | b"select", _) if name.is_empty() => None,
        (b"input", "hidden") => Some(Control::Hidden { name, value }),
        (b"input", "password") => Some(Control::Password { name }),
        (b"input", "checkbox") => Some(Control::CheckBox { name, value }),
        (b"input", "radio" | "file" | "image" | "color" | "range" | "number") => {
            Some(Control::Other { name, kind })
        }
        (b"input", "date" | "datetime-local" | "month" | "week" | "time") => {
            Some(Control::Other { name, kind })
        }
        (b"select", _) if sends_many => Some(Control::Other { name, kind: "multiple".into() }),
        (b"input" | b"textarea" | b"select", _) => Some(Control::Field { name }),
        _ => None,
    }
}
