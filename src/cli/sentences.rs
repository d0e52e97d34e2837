//! The help of the commands has the sentences of the table of settings.

use clap::{Arg, CommandFactory as _};

use super::Cli;
use crate::representation::settings;

/// The help of an option or argument of a command, such as `client create` and `--redirect-uri`.
fn help(command: &str, option: &str) -> String {
    let mut root = Cli::command();
    root.build();
    let command = command.split(' ').fold(root, |command, name| {
        command.find_subcommand(name).unwrap_or_else(|| panic!("no command {name}")).clone()
    });
    let is_meant = |arg: &&Arg| match option.strip_prefix("--") {
        Some(long) => arg.get_long() == Some(long),
        None => arg.is_positional() && format!("<{}>", arg.get_id().as_str().to_uppercase()) == option,
    };
    let arg = command.get_arguments().find(is_meant);
    let help = arg.unwrap_or_else(|| panic!("{command} has no {option}")).get_help().map(ToString::to_string);
    help.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_help_of_every_option_begins_with_the_sentence_of_its_setting() {
    let mut compared = 0;
    for object in settings::ALL {
        for setting in object.members {
            let Some(option) = setting.option else { continue };
            let help = help(object.command.expect("a command"), option);
            let rest = help.strip_prefix(setting.sentence).unwrap_or_else(|| {
                panic!(
                    "{} of {}: {:?}, but {option} has {help:?}",
                    setting.name, object.name, setting.sentence
                )
            });
            assert!(!rest.starts_with(char::is_alphanumeric), "{option}: {rest}");
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared}");
}
