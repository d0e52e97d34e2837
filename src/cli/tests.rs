//! What holds for all commands.

use clap::{Arg, Command, CommandFactory as _};

use super::*;
use crate::oauth::reason::Reason;
use crate::representation::contract::operations;

fn command(path: [&str; 2]) -> Command {
    let mut root = Cli::command();
    root.build();
    path.iter().fold(root, |command, name| command.find_subcommand(name).unwrap().clone())
}

/// The values that an option takes: how many, their placeholder, and the words if only some are allowed.
fn values(arg: &Arg) -> String {
    let words: Vec<String> =
        arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    format!("{:?} {:?} {words:?}", arg.get_num_args(), arg.get_value_names())
}

#[test]
fn create_and_update_have_the_same_options_with_the_same_values() {
    // What an object has from its beginning or gets by a command of its own.
    const ONLY_NEW: [&str; 6] = ["id", "secret", "secret-stdin", "secret-file", "password-stdin", "generate"];
    // It comes on standard input, where `user create` reads the password.
    const ONLY_LATER: [&str; 1] = ["user-code"];
    for object in ["client", "scope", "resource", "issuer", "user", "webhook"] {
        let (create, update) = (command([object, "create"]), command([object, "update"]));
        let options = |command: &Command| -> Vec<Arg> {
            command.get_arguments().filter(|arg| arg.get_long().is_some()).cloned().collect()
        };
        let (create, update) = (options(&create), options(&update));
        let find =
            |options: &[Arg], name: &str| options.iter().find(|arg| arg.get_long() == Some(name)).cloned();
        for arg in &create {
            let name = arg.get_long().unwrap();
            if ONLY_NEW.contains(&name) {
                continue;
            }
            let other = find(&update, name).unwrap_or_else(|| panic!("{object} update has no --{name}"));
            assert_eq!(values(arg), values(&other), "{object} --{name}");
        }
        for arg in &update {
            let name = arg.get_long().unwrap();
            let is_change =
                ["no-", "add-", "remove-", "enable", "disable"].iter().any(|word| name.starts_with(word));
            let is_later = is_change || ONLY_LATER.contains(&name);
            assert!(is_later || find(&create, name).is_some(), "{object} create has no --{name}");
        }
    }
}

/// The words of a shell line, up to a pipe, a redirection or a comment.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '|' | '>' | '#' | ';') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[test]
fn every_command_in_the_documentation_is_one_that_the_program_takes() {
    let documents = [
        include_str!("../../docs/commands.md"),
        include_str!("../../docs/tokens.md"),
        include_str!("../../docs/devices.md"),
        include_str!("../../docs/ciba.md"),
        include_str!("../../docs/openid.md"),
        include_str!("../../docs/theming.md"),
        include_str!("../../README.md"),
    ];
    let mut count = 0;
    for document in documents {
        let code = document.split("```").skip(1).step_by(2).map(|block| block.replace("\\\n", " "));
        for line in code.flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>()) {
            let line = line.trim_start_matches("$ ");
            let line = line
                .rsplit_once(" | grantor ")
                .map_or(line.to_owned(), |(_, rest)| format!("grantor {rest}"));
            // A line with an ellipsis is not a whole command.
            if line.starts_with("grantor ") && !line.contains('…') && !line.starts_with("grantor: ") {
                let parsed = Cli::try_parse_from(words(&line));
                if let Err(error) = parsed {
                    panic!("{line}: {error}");
                }
                count += 1;
            }
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn every_command_of_the_error_reference_is_one_that_the_program_takes() {
    let mut count = 0;
    for reason in Reason::ALL {
        let example = reason.example();
        let commands = reason.command().into_iter().inspect(|command| {
            assert!(command.starts_with("grantor ") && !command.contains('…'), "{command}");
        });
        let examples = example.before.lines().chain(example.after.lines());
        for line in commands.chain(examples.filter(|line| line.starts_with("grantor "))) {
            if let Err(error) = Cli::try_parse_from(words(line)) {
                panic!("{}: {line}: {error}", reason.word());
            }
            count += 1;
        }
        for named in reason.fix().split("grantor ").skip(1) {
            assert!(reason.command().is_some(), "{} has a command", reason.word());
            let named = named.split(". ").next().unwrap_or_default();
            let mut words = named.split(|c: char| !c.is_ascii_lowercase() && c != '-');
            let path = [words.next().unwrap_or_default(), words.next().unwrap_or_default()];
            let command = command(path);
            for option in words.filter_map(|word| word.strip_prefix("--")) {
                let exists = command.get_arguments().any(|arg| arg.get_long() == Some(option));
                assert!(exists, "{}: {path:?} has no --{option}", reason.word());
            }
        }
    }
    assert!(count > 40, "{count}");
}

/// Operations of the management API that no command does by itself, each with the reason.
const WITHOUT_COMMAND: [(&str, &str); 8] = [
    ("putClient", REPLACES),
    ("putScope", REPLACES),
    ("putResource", REPLACES),
    ("putIssuer", REPLACES),
    ("putAuthorizationType", REPLACES),
    ("putWebhook", REPLACES),
    ("replaceUser", REPLACES),
    ("getDocument", "it describes the API"),
];
const REPLACES: &str = "PUT sends a whole object; create and update do the same with options";

#[test]
fn every_operation_of_the_management_api_has_a_command_that_the_program_takes() {
    for operation in operations() {
        let exception = WITHOUT_COMMAND.iter().find(|(id, _)| *id == operation.id);
        match (operation.command, exception) {
            (Some(command), None) => {
                let line = command.replace("\\\n", " ");
                if let Err(error) = Cli::try_parse_from(words(&line)) {
                    panic!("{}: {command}: {error}", operation.id);
                }
            }
            (None, Some((_, reason))) => assert!(!reason.is_empty()),
            (Some(_), Some(_)) => panic!("{} has a command and is an exception", operation.id),
            (None, None) => panic!("{} has no command", operation.id),
        }
    }
    for (id, _) in WITHOUT_COMMAND {
        assert!(operations().any(|operation| operation.id == id), "there is no operation {id}");
    }
}
