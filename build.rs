//! Compares the texts of the pages with each other and with what the templates use, so that a text that is missing, unused or
//! malformed is no program.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use messages::Messages;

#[expect(unreachable_pub, dead_code, reason = "a file of the program, too")]
#[path = "src/face/messages.rs"]
mod messages;
#[expect(unreachable_pub, dead_code, reason = "a file of the program, too")]
#[path = "src/face/text_names.rs"]
mod text_names;

const LOCALES: &str = "src/face/locales";
const TEMPLATES: &str = "src/face/templates";
const NAMES: &str = "src/face/text_names.rs";

fn main() {
    for path in [LOCALES, TEMPLATES, NAMES, "src/face/messages.rs", "build.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let flaws = match flaws() {
        Ok(flaws) => flaws,
        Err(error) => vec![format!("the texts of the pages cannot be read: {error}")],
    };
    for flaw in flaws {
        println!("cargo::error={flaw}");
    }
}

fn flaws() -> std::io::Result<Vec<String>> {
    let mut flaws = Vec::new();
    let mut languages: BTreeMap<String, Messages> = BTreeMap::new();
    for (file, text) in read(LOCALES, ".ftl")? {
        match Messages::read(&text) {
            Ok(messages) => _ = languages.insert(file, messages),
            Err(wrong) => flaws.extend(wrong.iter().map(|flaw| format!("{LOCALES}/{file}, {flaw}"))),
        }
    }
    let Some(english) = languages.get("en.ftl") else { return Ok(flaws) };
    for (file, messages) in &languages {
        let tag = file.trim_end_matches(".ftl");
        let wrong = messages.flaws_beside(english, tag);
        flaws.extend(wrong.iter().map(|flaw| format!("{LOCALES}/{file}, {flaw}")));
        let missing = english.ids().filter(|id| messages.variables(id).is_none());
        flaws.extend(missing.map(|id| format!("{LOCALES}/{file}: the message {id} is missing")));
    }
    let mut used: BTreeSet<String> = BTreeSet::new();
    for (file, template) in read(TEMPLATES, ".html")? {
        for call in calls(&template) {
            flaws.extend(call.flaws(english).map(|flaw| format!("{TEMPLATES}/{file}: {flaw}")));
            used.extend(call.ids());
        }
    }
    for (beginning, ends) in text_names::FAMILIES {
        for id in ends.iter().map(|end| format!("{beginning}{end}")) {
            if english.variables(&id).is_none() {
                flaws.push(format!("{NAMES}: the message {id} does not exist"));
            }
            if !used.contains(&id) {
                flaws.push(format!("{NAMES}: no template uses {id}"));
            }
        }
    }
    let unused = english.ids().filter(|id| !used.contains(*id));
    flaws.extend(unused.map(|id| format!("{LOCALES}/en.ftl: no template uses the message {id}")));
    Ok(flaws)
}

/// The files of a folder by their names.
fn read(folder: &str, ending: &str) -> std::io::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(Path::new(folder))? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        let name = name.to_string_lossy().into_owned();
        if name.ends_with(ending) {
            files.insert(name, fs::read_to_string(path)?);
        }
    }
    Ok(files)
}

/// A call in a template: `t("id", variable=…)` or `t("beginning-" ~ …, variable=…)`.
struct Call<'t> {
    text: &'t str,
    is_beginning: bool,
    variables: BTreeSet<&'t str>,
}

impl Call<'_> {
    /// The messages that the call can show.
    fn ids(&self) -> Vec<String> {
        if !self.is_beginning {
            return vec![self.text.to_owned()];
        }
        let family = text_names::FAMILIES.iter().find(|(beginning, _)| *beginning == self.text);
        let ends = family.map(|(_, ends)| *ends).unwrap_or_default();
        ends.iter().map(|end| format!("{}{end}", self.text)).collect()
    }

    fn flaws(&self, english: &Messages) -> impl Iterator<Item = String> {
        let mut flaws = Vec::new();
        let ids = self.ids();
        if ids.is_empty() {
            flaws.push(format!("the names that begin with {} are not in {NAMES}", self.text));
        }
        for id in ids {
            let Some(variables) = english.variables(&id) else {
                flaws.push(format!("the message {id} does not exist"));
                continue;
            };
            for name in variables.iter().filter(|name| !self.variables.contains(name.as_str())) {
                flaws.push(format!("the message {id} is used without its variable ${name}"));
            }
            // The messages of a family have not all the same variables.
            for name in self.variables.iter().filter(|name| !self.is_beginning && !variables.contains(**name))
            {
                flaws.push(format!("the message {id} has no variable ${name}"));
            }
        }
        flaws.into_iter()
    }
}

/// The calls of `t` in a template.
fn calls(template: &str) -> impl Iterator<Item = Call<'_>> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    template.match_indices("t(\"").filter_map(move |(at, opening)| {
        let (before, behind) = (template.get(..at)?, template.get(at + opening.len()..)?);
        let (text, rest) = behind.split_once('"').filter(|_| !before.ends_with(is_word))?;
        let arguments = arguments(rest);
        let named = arguments.split([',', '(']).filter_map(|argument| argument.split_once('='));
        let named =
            named.map(|(name, _)| name.trim()).filter(|name| !name.is_empty() && name.chars().all(is_word));
        let is_beginning = arguments.trim_start().starts_with('~');
        Some(Call { text, is_beginning, variables: named.collect() })
    })
}

/// The text up to the parenthesis that closes a call.
fn arguments(rest: &str) -> &str {
    let mut depth = 1;
    let end = rest.find(|c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}
