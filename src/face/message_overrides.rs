//! Single texts of the pages with which an operator replaces ours, in files of the catalogue's form.

use std::path::{Path, PathBuf};

use super::language::Language;
use super::locales::source;
use super::messages::Messages;
use crate::files::NamedFile;

/// The largest size of a file, in bytes.
const LARGEST: u64 = 256 * 1024;

/// An operator's texts. The default has none.
#[derive(Clone, Debug, Default)]
pub struct MessageOverrides(Vec<(Language, String)>);

impl MessageOverrides {
    /// Reads the files `de.ftl`, `pt-BR.ftl` and so on of a folder that `option` names. Each may have some of the messages. What
    /// has another ending is left alone.
    ///
    /// # Errors
    /// A sentence for each mistake, with the file, the line and the message: a message that does not exist, other variables than
    /// in English, a missing plural category, a file that is not valid or of no language of the pages.
    pub fn read(option: &str, folder: &Path) -> Result<Self, Vec<String>> {
        let mut found = Vec::new();
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
                (Ok(messages), Ok(english)) => messages.flaws_beside(&english, tag),
                (Err(flaws), _) | (_, Err(flaws)) => flaws,
            };
            mistakes.extend(flaws.iter().map(|flaw| wrong(&flaw.to_string())));
            found.push((language, text));
        }
        if mistakes.is_empty() { Ok(Self(found)) } else { Err(mistakes) }
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
    use crate::face::catalogue::PageTexts;

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
        ]);
        let catalogue = PageTexts::new(&overrides.unwrap()).unwrap();
        let text = |language, id| catalogue.html(language, id, &[]).unwrap();
        assert_eq!(text(Language::German, "sign-in-button"), "&lt;b&gt;Los&lt;&#x2f;b&gt; &amp; fertig");
        assert_eq!(text(Language::English, "sign-in-button"), "Sign in");
        assert_eq!(text(Language::German, "cancel"), "Abbrechen");
        let name = minijinja::Value::from("<i>");
        let back = catalogue.html(Language::German, "back-to", &[("application", name)]).unwrap();
        assert_eq!(back, "&quot;Zu&quot; &lt;i&gt;");
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
