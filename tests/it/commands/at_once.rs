//! Commands that run beside a server and beside each other.

use std::process::Output;

use super::token;
use crate::support::operator::refusal;
use crate::support::{Application, CommandLine};

#[tokio::test]
async fn eight_parallel_commands_succeed_beside_a_server() {
    let cli = CommandLine::new().await;
    cli.done(&["scope", "create", "read", "--description", "Read"]);
    let serving = cli.serve(&[]);
    let commands: Vec<_> = (0..8)
        .map(|number| {
            let id = format!("client{number}");
            let arguments =
                ["client", "create", "--id", &id, "--name", "X", "--kind", "service", "--scope", "read"];
            let with_secret = [&arguments[..], &["--secret", "s"]].concat();
            cli.start(&with_secret)
        })
        .collect();
    for command in commands {
        let output = command.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("locked"), "{output:?}");
    }
    for number in 0..8 {
        let application = Application::registered_at(&serving.url, &format!("client{number}"), Some("s"), "");
        assert_eq!(token(&application).await.status, 200);
    }
}

#[tokio::test]
async fn one_of_eight_commands_gets_the_same_name() {
    let cli = CommandLine::without_a_database().await;
    let migrating: Vec<_> = (0..8).map(|_| cli.start(&["migrate"])).collect();
    for command in migrating {
        let output = command.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let commands: Vec<_> = (0..8)
        .map(|_| {
            let arguments = ["scope", "create", "read", "--description", "Read"];
            cli.start(&arguments)
        })
        .collect();
    let outputs: Vec<Output> =
        commands.into_iter().map(|command| command.wait_with_output().unwrap()).collect();
    let won = outputs.iter().filter(|output| output.status.success()).count();
    assert_eq!(won, 1, "{outputs:?}");
    for output in outputs.iter().filter(|output| !output.status.success()) {
        assert_eq!(refusal(&[], output), "the scope read exists already");
    }
}

#[tokio::test]
async fn migrating_twice_changes_nothing_more() {
    let cli = CommandLine::without_a_database().await;
    for _ in 0..2 {
        assert_eq!(cli.done(&["migrate"]), "the database has this version's schema\n");
    }
}
