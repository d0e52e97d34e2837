//! Single texts of the pages with which an operator replaces ours, in files of the catalogue's form.

use std::path::{Path, PathBuf};

use minijinja::Value;

use super::catalogue::PageTexts;
use super::language::Language;
use super::locales::source;
use super::messages::Messages;
use crate::files::NamedFile;

/// The largest size of a file, in bytes.
const LARGEST: u64 = 256 * 1024;

/// Numbers that choose every plural category of every language.
const NUMBERS: [i64; 9] = [0, 1, 2, 3, 11, 99, 100, 1000, 1_000_000];

/// An operator's texts. The default has none.
#[derive(Clone, Debug, Default)]
pub struct MessageOverrides(Vec<(Language, String)>);

impl MessageOverrides {
    /// Reads the files `de.ftl`, `pt-BR.ftl` and so on of a folder that `option` names. Each may have some of the messages.
    /// What has another ending is left alone.
    ///
    /// # Errors
    /// A sentence for each mistake, with the file, the line and the message: a message that does not exist, other variables
    /// than in English, a missing plural category, a text that cannot be shown, a file that is not valid or of no language of
    /// the pages.
    pub fn read(option: &str, folder: &Path) -> Result<Self, Vec<String>> {
        let (mut found, mut ids) = (Vec::new(), Vec::new());
        let mut mistakes = Vec::new();
        let files = files(folder)
            .map_err(|error| vec![format!("{option} {} cannot be read: {error}", folder.display())])?;
        for path in files {
            let wrong = |why: &str| format!("{option} {} cannot be used: {why}", path.display());
            let tag = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let Some(language) = Language::ALL.into_iter().find(|language| language.tag() == tag) else {
                let tags = Language::ALL.map(Language::tag).join(", ");
                mistakes.push(wrong(&format!("its name is not one of {tags} with .ftl")));
                continue;
            };
            let text = match NamedFile::new(option, &path).text(LARGEST) {
                Ok(text) => text.as_str().to_owned(),
                Err(error) => {
                    mistakes.push(error.to_string());
                    continue;
                }
            };
            let flaws = match (Messages::read(&text), Messages::read(source(Language::English))) {
                (Ok(messages), Ok(english)) => {
                    let flaws = messages.flaws_beside(&english, tag);
                    ids.push((path.clone(), language, messages));
                    flaws
                }
                (Err(flaws), _) | (_, Err(flaws)) => flaws,
            };
            mistakes.extend(flaws.iter().map(|flaw| wrong(&flaw.to_string())));
            found.push((language, text));
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let overrides = Self(found);
        let failures = overrides.failures(&ids);
        let mistakes = failures
            .into_iter()
            .map(|(path, why)| format!("{option} {} cannot be used: {why}", path.display()));
        let mistakes: Vec<String> = mistakes.collect();
        if mistakes.is_empty() { Ok(overrides) } else { Err(mistakes) }
    }

    /// The messages that cannot be shown, each with its file: each message is shown with invented values for its variables.
    fn failures<'a>(&self, files: &'a [(PathBuf, Language, Messages)]) -> Vec<(&'a Path, String)> {
        let Some((first, ..)) = files.first() else { return Vec::new() };
        let texts = match PageTexts::new(|language| self.of(language)) {
            Ok(texts) => texts,
            Err(failure) => return vec![(first, failure.chain())],
        };
        let mut failures = Vec::new();
        for (path, language, messages) in files {
            for id in messages.ids() {
                let shown = |value: Value| {
                    let names = messages.variables(id).into_iter().flatten();
                    let arguments: Vec<_> = names.map(|name| (name.as_str(), value.clone())).collect();
                    texts.html(*language, id, &arguments)
                };
                let values = NUMBERS.map(Value::from).into_iter().chain([Value::from("invented")]);
                if let Some(error) = values.map(shown).find_map(Result::err) {
                    let why = error.detail().unwrap_or_default();
                    failures
                        .push((path.as_path(), format!("line {}: {why}", messages.line(id).unwrap_or(1))));
                }
            }
        }
        failures
    }

    /// The operator's file for a language.
    pub(super) fn of(&self, language: Language) -> Option<&str> {
        self.0.iter().find(|(other, _)| *other == language).map(|(_, text)| text.as_str())
    }
}

/// The files of a folder that end with `.ftl`, sorted.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "ftl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Result<MessageOverrides, Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let place = folder.path().to_str().unwrap();
        MessageOverrides::read("brand.messages", folder.path())
            .map_err(|mistakes| mistakes.iter().map(|it| it.replace(place, "FOLDER")).collect())
    }

    #[test]
    fn an_override_replaces_one_text_of_one_language_and_its_html_stays_text() {
        let overrides = read(&[
            ("de.ftl", "sign-in-button = <b>Los</b> & fertig\nback-to = \"Zu\" { $application }\n"),
            ("README.md", "not for the server"),
        ])
        .unwrap();
        let catalogue = PageTexts::new(|language| overrides.of(language)).unwrap();
        let text = |language, id| catalogue.html(language, id, &[]).unwrap();
        assert_eq!(text(Language::German, "sign-in-button"), "&lt;b&gt;Los&lt;&#x2f;b&gt; &amp; fertig");
        assert_eq!(text(Language::English, "sign-in-button"), "Sign in");
        assert_eq!(text(Language::German, "cancel"), "Abbrechen");
        let name = Value::from("<i>");
        let back = catalogue.html(Language::German, "back-to", &[("application", name)]).unwrap();
        assert_eq!(back, "&quot;Zu&quot; &lt;i&gt;");
    }

    #[test]
    fn a_text_that_cannot_be_shown_is_refused() {
        let button = |count: usize| format!("cancel = x\nsign-in-button = {}\n", "{\"a\"}".repeat(count));
        assert!(read(&[("fr.ftl", &button(100))]).is_ok());
        assert_eq!(
            read(&[("fr.ftl", &button(101))]).unwrap_err(),
            [
                "brand.messages FOLDER/fr.ftl cannot be used: line 2: the text sign-in-button: Resolver error: Too many placeables"
            ]
        );
        // In one branch of a plural only.
        let branch = format!(
            "wait-second = {{ $count ->\n [one] {}\n *[other] {{ $count }}\n}}\n",
            "{ 1 }".repeat(200)
        );
        let refused = read(&[("de.ftl", &branch)]).unwrap_err();
        assert!(
            refused[0].ends_with("the text wait-second: Resolver error: Too many placeables"),
            "{refused:?}"
        );
        let nested = format!("cancel = {}{}\n", "{".repeat(3000), "}".repeat(3000));
        let refused = read(&[("de.ftl", &nested)]).unwrap_err();
        assert!(refused[0].contains("line 1: the message cancel has more than 64 braces"), "{refused:?}");
    }

    #[test]
    fn every_mistake_is_refused_with_its_file_its_line_and_its_message() {
        let mistakes = read(&[
            ("de.ftl", "\nsign-in = Anmelden\nback-to = Zurück\ncancel = { \"<b>\" }x\n"),
            ("fr.ftl", "cancel = { $name\n"),
            ("fr-CA.ftl", "cancel = Annuler\n"),
            ("it.ftl", "\ncancel = Annulla { $name }\nnobody = x\n"),
        ]);
        assert_eq!(
            mistakes.unwrap_err(),
            [
                "brand.messages FOLDER/de.ftl cannot be used: line 4: the message cancel quotes one of < > & \" '; write it \
                 without {\"…\"}",
                "brand.messages FOLDER/fr-CA.ftl cannot be used: its name is not one of en, de, es, fr, it, pt-BR, ar, ja \
                 with .ftl",
                "brand.messages FOLDER/fr.ftl cannot be used: line 1: the message cancel is not valid Fluent: Expected a \
                 token starting with \"}\"",
                "brand.messages FOLDER/it.ftl cannot be used: line 2: the message cancel has the variable $name, which it has \
                 not in en.ftl",
                "brand.messages FOLDER/it.ftl cannot be used: line 3: the message nobody does not exist in en.ftl",
            ]
        );
        let mistakes = read(&[("en.ftl", "back-to = Back\n")]).unwrap_err();
        assert_eq!(mistakes.len(), 1);
        assert!(mistakes[0].ends_with("line 1: the message back-to lacks the variable $application"));
        let missing = MessageOverrides::read("brand.messages", Path::new("/nowhere/at/all")).unwrap_err();
        assert!(missing[0].starts_with("brand.messages /nowhere/at/all cannot be read: "), "{missing:?}");
    }
}
