//! Versions of what an operator manages: they grow with every change.

use grantor::store::db::Conn;
use grantor::store::{resources, scopes, users};

use crate::support::relying_party::Registration;
use crate::support::{Operator, TestServer};

const API: &str = "https://api.example.com";

async fn scope(server: &TestServer) -> i64 {
    let find = async |conn: &mut Conn| scopes::find(conn, "report").await;
    server.app.db.read(find).await.unwrap().unwrap().version
}

async fn resource(server: &TestServer) -> i64 {
    let find = async |conn: &mut Conn| resources::find(conn, API).await;
    server.app.db.read(find).await.unwrap().unwrap().version
}

async fn user(server: &TestServer) -> i64 {
    let find = async |conn: &mut Conn| users::find_record(conn, "alice").await;
    server.app.db.read(find).await.unwrap().unwrap().version
}

#[tokio::test]
async fn the_version_of_a_scope_grows_with_every_change() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    operator.done(&["scope", "create", "report", "--description", "Read reports"]);
    assert_eq!(scope(&server).await, 1);
    operator.done(&["scope", "update", "report", "--description", "Read all reports"]);
    operator.done(&["scope", "update", "report", "--sensitive", "true"]);
    assert_eq!(scope(&server).await, 3);
}

#[tokio::test]
async fn the_version_of_a_resource_grows_with_every_change_also_of_its_scopes_and_servers() {
    let server = TestServer::start().await;
    server.register(Registration::service("api")).await;
    let operator = Operator::of(&server);
    operator.done(&["scope", "create", "report", "--description", "Read reports"]);
    let create = ["resource", "create", API, "--scope", "read report", "--client", "api"];
    operator.done(&create);
    assert_eq!(resource(&server).await, 1);
    operator.done(&["resource", "update", API, "--token-format", "opaque"]);
    assert_eq!(resource(&server).await, 2);
    operator.done(&["scope", "delete", "report", "--yes"]);
    assert_eq!(resource(&server).await, 3);
    operator.done(&["client", "delete", "api", "--yes"]);
    assert_eq!(resource(&server).await, 4);
}

#[tokio::test]
async fn the_version_of_a_user_grows_with_every_change() {
    let server = TestServer::start().await;
    server.user("alice").await;
    let operator = Operator::of(&server);
    assert_eq!(user(&server).await, 1);
    operator.done(&["user", "update", "alice", "--name", "Alice Liddell"]);
    operator.done(&["user", "disable", "alice"]);
    operator.done(&["user", "enable", "alice"]);
    assert_eq!(user(&server).await, 4);
}
