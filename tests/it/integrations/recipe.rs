//! A page of `docs/integrations`: its blocks of code.

use std::fs;
use std::path::{Path, PathBuf};

/// A page of `docs/integrations`.
pub(super) struct Recipe {
    pub(super) name: String,
    pub(super) text: String,
}

/// A block of code: "```toml oauth2-proxy.cfg" begins one with the language `toml` and that name.
pub(super) struct Block {
    pub(super) language: String,
    pub(super) name: String,
    pub(super) text: String,
}

pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/integrations")
}

impl Recipe {
    /// The page with this name, without `.md`.
    pub(super) fn read(name: &str) -> Self {
        let file = folder().join(format!("{name}.md"));
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self { name: name.to_owned(), text }
    }

    /// Every page but the list of them.
    pub(super) fn all() -> Vec<Self> {
        let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
        let names =
            entries.filter_map(|path| Some(path.file_name()?.to_str()?.strip_suffix(".md")?.to_owned()));
        let mut names: Vec<_> = names.filter(|name| name != "README").collect();
        names.sort();
        names.iter().map(|name| Self::read(name)).collect()
    }

    pub(super) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut lines = self.text.lines();
        while let Some(line) = lines.next() {
            let Some(info) = line.strip_prefix("```") else { continue };
            let (language, name) = info.split_once(' ').unwrap_or((info, ""));
            let inside: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            let text = format!("{}\n", inside.join("\n"));
            blocks.push(Block { language: language.to_owned(), name: name.to_owned(), text });
        }
        blocks
    }

    /// The commands for a shell on the page, in its order.
    pub(super) fn commands(&self) -> String {
        let blocks = self.blocks().into_iter().filter(|block| block.language == "sh");
        blocks.map(|block| block.text).collect()
    }
}
