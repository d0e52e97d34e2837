//! What a file of the catalogue contains, and what is wrong with it. `build.rs` compiles this file, too, so it uses nothing of
//! the program.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey};
use fluent_syntax::parser;
use fluent_syntax::unicode::unescape_unicode_to_string;

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Counted from 1.
    pub line: usize,
    /// The message that it is about. `None` for what belongs to no message.
    pub id: Option<String>,
    /// Without a full stop.
    pub sentence: String,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.id {
            Some(id) => write!(f, "the message {id} {}", self.sentence),
            None => f.write_str(&self.sentence),
        }
    }
}

/// How many braces of a message can be open inside one another, and how many parentheses it can have. The parser calls itself
/// for each, and thousands of them overflow the stack.
const DEEPEST: usize = 64;

/// A message.
#[derive(Debug, Default)]
struct Message {
    line: usize,
    variables: BTreeSet<String>,
    selections: Vec<Selection>,
}

/// Which branches a selection by a number has.
#[derive(Debug)]
struct Selection {
    variable: String,
    /// Plural categories (CLDR).
    categories: BTreeSet<String>,
}

/// The messages of a file by their ids.
#[derive(Debug)]
pub struct Messages(BTreeMap<String, Message>);

impl Messages {
    /// Reads a file. A message consists of text, variables, selections by a number, and quoted characters. What else Fluent has
    /// is refused: terms, attributes, functions and references.
    ///
    /// # Errors
    /// All flaws of the file.
    pub fn read(file: &str) -> Result<Self, Vec<Flaw>> {
        let starts: Vec<(usize, &str)> = starts(file).collect();
        let too_deep = too_deep(file);
        if !too_deep.is_empty() {
            return Err(too_deep);
        }
        let resource = parser::parse(file).map_err(|(_, errors)| {
            let flaw = |error: &parser::ParserError| {
                // An error at the end of a message is behind its last line.
                let before = file.get(..error.pos.start).unwrap_or(file).trim_end();
                let line = before.matches('\n').count() + 1;
                // The text of an error may repeat what is in the file.
                let why = error.to_string().replace(char::is_control, " ");
                let id =
                    starts.iter().rev().find(|(start, _)| *start <= line).map(|(_, id)| (*id).to_owned());
                Flaw { line, id, sentence: format!("is not valid Fluent: {why}") }
            };
            errors.iter().map(flaw).collect::<Vec<_>>()
        })?;
        let (mut messages, mut flaws) = (BTreeMap::new(), Vec::new());
        for entry in &resource.body {
            let Entry::Message(message) = entry else {
                if let Entry::Term(term) = entry {
                    let sentence = format!("-{} is a term; write the text where it is used", term.id.name);
                    flaws.push(Flaw { line: 1, id: None, sentence });
                }
                continue;
            };
            let id = message.id.name;
            let before = usize::from(messages.contains_key(id));
            let line =
                starts.iter().filter(|(_, start)| *start == id).nth(before).map_or(1, |(line, _)| *line);
            let mut reader =
                TextReader { message: Message { line, ..Message::default() }, wrong: Vec::new() };
            match &message.value {
                Some(value) if message.attributes.is_empty() => reader.pattern(value),
                _ => reader.wrong.push("must have a text, and no attributes".into()),
            }
            if before > 0 {
                reader.wrong.push("is in the file twice".into());
            }
            flaws.extend(reader.wrong.into_iter().map(|sentence| Flaw {
                line,
                id: Some(id.to_owned()),
                sentence,
            }));
            messages.insert(id.to_owned(), reader.message);
        }
        if flaws.is_empty() { Ok(Self(messages)) } else { Err(flaws) }
    }

    /// The ids of all messages, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The line on which a message begins, counted from 1. `None` if there is no such message.
    pub fn line(&self, id: &str) -> Option<usize> {
        self.0.get(id).map(|message| message.line)
    }

    /// The variables of a message. `None` if there is no such message.
    pub fn variables(&self, id: &str) -> Option<&BTreeSet<String>> {
        self.0.get(id).map(|message| &message.variables)
    }

    /// Returns what is wrong with these messages as texts of the language with this tag: a message that the English file does
    /// not have, other variables, or a selection that has not exactly the plural categories of the language.
    pub fn flaws_beside(&self, english: &Self, tag: &str) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        for (id, message) in &self.0 {
            let mut add = |sentence: String| {
                flaws.push(Flaw { line: message.line, id: Some(id.clone()), sentence });
            };
            match english.0.get(id) {
                None => add("does not exist in en.ftl".into()),
                Some(pattern) => {
                    for name in pattern.variables.difference(&message.variables) {
                        add(format!("lacks the variable ${name}"));
                    }
                    for name in message.variables.difference(&pattern.variables) {
                        add(format!("has the variable ${name}, which it has not in en.ftl"));
                    }
                }
            }
            for Selection { variable, categories } in &message.selections {
                let needed: BTreeSet<String> =
                    plural_categories(tag).iter().copied().map(str::to_owned).collect();
                for category in needed.difference(categories) {
                    add(format!("lacks the plural category [{category}] of ${variable}, which {tag} needs"));
                }
                for category in categories.difference(&needed) {
                    add(format!("has the plural category [{category}] of ${variable}, which {tag} has not"));
                }
            }
        }
        flaws
    }
}

/// The categories of whole numbers below a million in a language (CLDR, cardinal). French, Italian, Portuguese and Spanish
/// have one more from there on, and no page shows such a number.
fn plural_categories(tag: &str) -> &'static [&'static str] {
    match tag {
        "ja" => &["other"],
        "ar" => &["zero", "one", "two", "few", "many", "other"],
        _ => &["one", "other"],
    }
}

/// The lines on which messages begin, counted from 1, with their ids.
fn starts(file: &str) -> impl Iterator<Item = (usize, &str)> {
    file.lines().enumerate().filter_map(|(index, line)| {
        let id = line.split_once('=')?.0.trim_end();
        let is_id = id.starts_with(|first: char| first.is_ascii_alphabetic());
        is_id.then_some((index + 1, id))
    })
}

/// The messages that are nested too deeply for the parser. What is counted is never less than what the parser finds: a closing
/// brace on a line with a quote may be quoted, so it closes nothing.
fn too_deep(file: &str) -> Vec<Flaw> {
    let mut flaws: Vec<Flaw> = Vec::new();
    let (mut start, mut id, mut braces, mut parentheses) = (1, None, 0_usize, 0_usize);
    for (index, line) in file.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        if let Some(next) = message_start(line) {
            (start, id, braces, parentheses) = (index + 1, Some(next), 0, 0);
        }
        let line = without_quoted(line);
        let has_quote = line.contains('"');
        for letter in line.chars() {
            match letter {
                '{' => braces += 1,
                '}' if !has_quote => braces = braces.saturating_sub(1),
                '(' => parentheses += 1,
                _ => continue,
            }
            let is_new = flaws.last().is_none_or(|flaw| flaw.line != start);
            if is_new && braces.max(parentheses) > DEEPEST {
                let sentence = format!("has more than {DEEPEST} braces inside one another, or parentheses");
                flaws.push(Flaw { line: start, id: id.map(str::to_owned), sentence });
            }
        }
    }
    flaws
}

/// A line without the placeables that only quote something, such as `{"a"}`.
fn without_quoted(line: &str) -> String {
    fn behind(text: &str) -> Option<&str> {
        let string = text.trim_start_matches(' ').strip_prefix('"')?;
        let (content, after) = string.split_once('"')?;
        let after = after.trim_start_matches(' ').strip_prefix('}')?;
        (!content.contains(['{', '}']) && !content.ends_with('\\')).then_some(after)
    }
    let (mut kept, mut rest) = (String::new(), line);
    while let Some((before, after)) = rest.split_once('{') {
        kept.push_str(before);
        let next = behind(after);
        if next.is_none() {
            kept.push('{');
        }
        rest = next.unwrap_or(after);
    }
    kept + rest
}

/// The id of the message that begins on a line. `None` for every line that could be inside of a message.
fn message_start(line: &str) -> Option<&str> {
    let id = line.split_once('=')?.0.trim_end_matches(' ');
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    (id.starts_with(|first: char| first.is_ascii_alphabetic()) && id.chars().all(is_letter)).then_some(id)
}

/// Reads the text of a message.
struct TextReader {
    message: Message,
    wrong: Vec<String>,
}

impl TextReader {
    fn pattern(&mut self, pattern: &Pattern<&str>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                self.expression(expression);
            }
        }
    }

    fn expression(&mut self, expression: &Expression<&str>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector: InlineExpression::VariableReference { id }, variants } => {
                self.message.variables.insert(id.name.to_owned());
                self.selection(id.name, variants);
            }
            Expression::Select { .. } => {
                self.wrong.push("selects by something that is not a variable".into());
            }
        }
    }

    fn selection(&mut self, variable: &str, variants: &[Variant<&str>]) {
        let mut categories = BTreeSet::new();
        for variant in variants {
            if let VariantKey::Identifier { name } = variant.key {
                match ["zero", "one", "two", "few", "many", "other"].contains(&name) {
                    true => _ = categories.insert(name.to_owned()),
                    false => {
                        self.wrong.push(format!("has the branch [{name}], which is not a plural category"));
                    }
                }
            }
            self.pattern(&variant.value);
        }
        self.message.selections.push(Selection { variable: variable.to_owned(), categories });
    }

    fn inline(&mut self, inline: &InlineExpression<&str>) {
        match inline {
            InlineExpression::VariableReference { id } => {
                self.message.variables.insert(id.name.to_owned());
            }
            InlineExpression::Placeable { expression } => self.expression(expression),
            InlineExpression::NumberLiteral { .. } => {}
            // Fluent does not escape what is quoted.
            InlineExpression::StringLiteral { value } => {
                if unescape_unicode_to_string(value).contains(['<', '>', '&', '"', '\'']) {
                    self.wrong.push("quotes one of < > & \" '; write it without {\"…\"}".into());
                }
            }
            InlineExpression::FunctionReference { .. }
            | InlineExpression::MessageReference { .. }
            | InlineExpression::TermReference { .. } => {
                self.wrong.push("uses a function, or another message; it can use its variables".into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "one = Hello { $name }\n\n# A comment = no message.\ntwo = { $count ->\n    [one] one\n   *[other] { $count }\n}\n";

    fn flaws(file: &str, tag: &str) -> Vec<String> {
        let flaws = match Messages::read(file) {
            Ok(messages) => messages.flaws_beside(&Messages::read(ENGLISH).unwrap(), tag),
            Err(flaws) => flaws,
        };
        flaws.iter().map(Flaw::to_string).collect()
    }

    #[test]
    fn a_complete_file_has_no_flaw() {
        assert!(flaws(ENGLISH, "en").is_empty());
        assert_eq!(Messages::read(ENGLISH).unwrap().ids().collect::<Vec<_>>(), ["one", "two"]);
        assert!(flaws("one = { $name }{\"\\u00A0\"}?", "de").is_empty());
    }

    #[test]
    fn each_flaw_says_its_line_its_message_and_its_variable() {
        for (file, tag, expected) in [
            ("\none = Hello", "de", "line 2: the message one lacks the variable $name"),
            ("three = Hello", "de", "line 1: the message three does not exist in en.ftl"),
            (
                "one = { $name } { $other }",
                "de",
                "line 1: the message one has the variable $other, which it has not in en.ftl",
            ),
            (
                "one = { $name }\ntwo = { $count ->\n [zero] a\n [one] a\n [two] a\n [many] a\n *[other] { $count }\n}",
                "ar",
                "line 2: the message two lacks the plural category [few] of $count, which ar needs",
            ),
            (
                "two = { $count ->\n [one] a\n [few] a\n *[other] b\n}",
                "de",
                "line 1: the message two has the plural category [few] of $count, which de has not",
            ),
            (
                "two = { $count ->\n [one] a\n [female] a\n *[other] b\n}",
                "de",
                "line 1: the message two has the branch [female], which is not a plural category",
            ),
            (
                "one = Hello\nx = { $name",
                "de",
                "line 2: the message x is not valid Fluent: Expected a token starting with \"}\"",
            ),
            ("one = { $name }\none = { $name }", "de", "line 2: the message one is in the file twice"),
            (
                "one = { $name }\n .title = x",
                "de",
                "line 1: the message one must have a text, and no attributes",
            ),
            ("-brand = x", "de", "line 1: -brand is a term; write the text where it is used"),
        ] {
            assert_eq!(flaws(file, tag), [expected], "{file}");
        }
    }

    #[test]
    fn a_message_may_be_nested_as_deeply_as_the_stack_allows() {
        let nested = |depth: usize| format!("# {{\none = {}$name{}\n", "{".repeat(depth), "}".repeat(depth));
        assert!(flaws(&nested(DEEPEST), "de").is_empty());
        let sentence = "line 2: the message one has more than 64 braces inside one another, or parentheses";
        assert_eq!(flaws(&nested(DEEPEST + 1), "de"), [sentence]);
        for hidden in ["{ \"}\" ->\n *[other] ", "{\"\\\"}\" ->\n *[other] ", "{ \"{\" ->\n *[other] "] {
            assert_eq!(flaws(&format!("\none = {}", hidden.repeat(3000)), "de"), [sentence], "{hidden}");
        }
        let calls = "FOO() ->\n *[other] {\n".repeat(3000);
        assert_eq!(flaws(&format!("\none = {{\n{calls}"), "de"), [sentence]);
        assert_eq!(flaws(&format!("\none = {{ {}", "FOO(".repeat(3000)), "de"), [sentence]);
        let several = format!("one = {{ $name }}{}\n", "{\"\\u00A0\"}".repeat(200));
        assert!(flaws(&several, "de").is_empty());
    }

    #[test]
    fn what_could_make_html_or_a_circle_is_refused() {
        for text in
            ["{ \"<b>\" }", "{ \"\\u003Cb\" }", "{ \"\\\"\" }", "{ one }", "{ -a }", "{ NUMBER($name) }"]
        {
            let flaws = flaws(&format!("one = {{ $name }} {text}"), "de");
            assert_eq!(flaws.len(), 1, "{text}: {flaws:?}");
            assert!(flaws[0].starts_with("line 1: the message one "), "{flaws:?}");
        }
    }
}
