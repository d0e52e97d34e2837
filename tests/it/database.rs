//! The contract of the executor (`Db`), on both engines in every run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use grantor::clock::Timestamp;
use grantor::config::Config;
use grantor::store::db::{Batch, DatabaseRoute, Db, DbError, DbOptions, Engine, Refusable, Tx};
use grantor::store::migrate;

use crate::support::database::{TestDatabase, postgres_url};
use crate::support::{Pooler, left_out};

/// How a job refuses.
#[derive(Debug)]
enum No {
    Refused,
    Failed(DbError),
}

impl From<DbError> for No {
    fn from(error: DbError) -> Self {
        Self::Failed(error)
    }
}

impl Refusable for No {
    fn failure(&self) -> Option<&DbError> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Refused => None,
        }
    }
}

struct Opened {
    db: Db,
    options: DbOptions,
    _database: TestDatabase,
}

/// A database of each engine, and a PostgreSQL database behind a pooler, each with a table `t (k TEXT PRIMARY KEY, n
/// BIGINT)`.
async fn databases() -> Vec<Opened> {
    let mut all = vec![open(Engine::Sqlite, &[]).await];
    if postgres_url().is_none() {
        left_out("the executor on PostgreSQL, because TEST_POSTGRES_URL is not set");
        return all;
    }
    all.push(open(Engine::Postgres, &[]).await);
    if Pooler::is_installed() {
        let database = TestDatabase::fresh(Engine::Postgres).await.behind_a_pooler();
        all.push(open_at(database, &[TestDatabase::POOLER]).await);
    } else {
        left_out("the executor behind a pooler, because pgbouncer is not installed");
    }
    all
}

async fn open(engine: Engine, options: &[(&str, &str)]) -> Opened {
    open_at(TestDatabase::fresh(engine).await, options).await
}

async fn open_at(database: TestDatabase, options: &[(&str, &str)]) -> Opened {
    let mut all = vec![("database.url", database.url.as_str())];
    all.extend_from_slice(options);
    let options = Config::with(&all).unwrap().database_options();
    let db = Db::open(&options).await.unwrap();
    db.write(async |tx| tx.query("CREATE TABLE t (k TEXT PRIMARY KEY, n BIGINT NOT NULL)").execute().await)
        .await
        .unwrap();
    Opened { db, options, _database: database }
}

async fn insert(tx: &mut Tx, key: &str) -> Result<(), DbError> {
    tx.query("INSERT INTO t (k, n) VALUES ($1, 0)").bind(key).execute().await.map(drop)
}

async fn count(db: &Db) -> i64 {
    let row: Result<Option<(i64,)>, DbError> =
        db.read(async |conn| conn.query("SELECT COUNT(*) FROM t").optional().await).await;
    row.unwrap().unwrap().0
}

#[tokio::test]
async fn a_refusal_commits_and_a_failure_rolls_back() {
    for Opened { db, .. } in databases().await {
        let refused = db
            .decide(async |tx: &mut Tx| {
                insert(tx, "refused").await?;
                Err::<(), _>(No::Refused)
            })
            .await;
        assert!(matches!(refused, Err(No::Refused)));
        assert_eq!(count(&db).await, 1);

        let failed = db
            .decide(async |tx: &mut Tx| {
                insert(tx, "failed").await?;
                insert(tx, "refused").await?;
                Ok::<_, No>(())
            })
            .await;
        assert!(matches!(failed, Err(No::Failed(DbError::Statement(_)))), "{failed:?}");
        assert_eq!(count(&db).await, 1);
    }
}

#[tokio::test]
async fn an_error_that_a_job_ignores_still_rolls_back() {
    for Opened { db, .. } in databases().await {
        let outcome = db
            .write(async |tx| {
                insert(tx, "a").await?;
                let _ = tx.query("INSERT INTO nowhere VALUES (1)").execute().await;
                Ok("all is well")
            })
            .await;
        assert!(matches!(outcome, Err(DbError::Swallowed)), "{outcome:?}");
        assert_eq!(count(&db).await, 0);
    }
}

#[tokio::test]
async fn a_panic_rolls_back_and_the_next_job_is_served() {
    for Opened { db, .. } in databases().await {
        let outcome: Result<(), DbError> = db
            .write(async |tx: &mut Tx| {
                insert(tx, "a").await?;
                panic!("on purpose");
            })
            .await;
        assert!(matches!(outcome, Err(DbError::Panicked)), "{outcome:?}");
        db.write(async |tx| insert(tx, "b").await).await.unwrap();
        assert_eq!(count(&db).await, 1);
    }
}

#[tokio::test]
async fn one_failing_job_does_not_fail_its_batch() {
    for Opened { db, .. } in databases().await {
        let jobs = (0..200).map(|index| {
            let db = db.clone();
            async move {
                db.write(async move |tx: &mut Tx| {
                    // Every tenth key is inserted a second time.
                    insert(tx, &format!("key {}", if index % 10 == 9 { index - 1 } else { index })).await
                })
                .await
            }
        });
        let outcomes = join_all(jobs).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 180);
        assert_eq!(count(&db).await, 180);
    }
}

#[tokio::test]
async fn increments_by_many_callers_are_all_counted() {
    for Opened { db, .. } in databases().await {
        db.write(async |tx| insert(tx, "n").await).await.unwrap();
        let jobs = (0..200).map(|_| {
            let db = db.clone();
            async move {
                db.write(async |tx| {
                    let row: Option<(i64,)> = tx.query("SELECT n FROM t WHERE k = 'n'").optional().await?;
                    let next = row.map_or(0, |(n,)| n) + 1;
                    tx.query("UPDATE t SET n = $1 WHERE k = 'n'").bind(next).execute().await
                })
                .await
            }
        });
        assert!(join_all(jobs).await.iter().all(Result::is_ok));
        let row: Result<Option<(i64,)>, DbError> =
            db.read(async |conn| conn.query("SELECT n FROM t").optional().await).await;
        assert_eq!(row.unwrap().unwrap().0, 200);
    }
}

#[tokio::test]
async fn statements_are_prepared_once_on_each_connection_and_never_behind_a_pooler() {
    for Opened { db, options, .. } in
        databases().await.into_iter().filter(|one| one.db.engine() == Engine::Postgres)
    {
        for index in 0..20 {
            // On one connection, whichever it is.
            let prepared = async move |tx: &mut Tx| {
                insert(tx, &format!("{index} a")).await?;
                insert(tx, &format!("{index} b")).await?;
                let sql =
                    "SELECT COUNT(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO t %'";
                tx.query(sql).optional::<(i64,)>().await
            };
            let (number,) = db.write(prepared).await.unwrap().unwrap();
            assert_eq!(number, if options.route == DatabaseRoute::Direct { 1 } else { 0 });
        }
    }
}

#[tokio::test]
async fn a_commit_with_a_conflict_is_retried() {
    for Opened { db, .. } in databases().await.into_iter().filter(|one| one.db.engine() == Engine::Postgres) {
        // The conflict appears at the commit, twice. It is counted by a sequence, because a rollback does not reset
        // sequences.
        for statement in [
            "CREATE SEQUENCE collisions",
            "CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               IF nextval('collisions') <= 2 THEN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END IF;
               RETURN NULL; END $$",
            "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t INITIALLY DEFERRED
               FOR EACH ROW EXECUTE FUNCTION collide()",
        ] {
            db.write(async move |tx| tx.query(statement).execute().await).await.unwrap();
        }
        let runs = Arc::new(AtomicU32::new(0));
        let counted = runs.clone();
        let outcome = db.write(async move |tx: &mut Tx| {
            counted.fetch_add(1, Ordering::SeqCst);
            insert(tx, "a").await
        });
        outcome.await.unwrap();
        assert_eq!((runs.load(Ordering::SeqCst), count(&db).await), (3, 1));
    }
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_interrupt_its_transaction() {
    for Opened { db, .. } in databases().await {
        for index in 0..30 {
            let began = Arc::new(AtomicBool::new(false));
            let (job_db, flag) = (db.clone(), began.clone());
            let caller = tokio::spawn(async move {
                job_db
                    .write(async move |tx| {
                        insert(tx, &format!("{index} first")).await?;
                        flag.store(true, Ordering::SeqCst);
                        for _ in 0..20 {
                            tx.query("UPDATE t SET n = n + 1").execute().await?;
                        }
                        insert(tx, &format!("{index} second")).await
                    })
                    .await
            });
            while !began.load(Ordering::SeqCst) {
                tokio::task::yield_now().await;
            }
            caller.abort();
            db.write(async move |tx| insert(tx, &format!("{index} after")).await).await.unwrap();
        }
        // Every job that began ran to its end, and no connection was left in an open transaction.
        while count(&db).await != 90 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_batch_of_statements_is_atomic() {
    for Opened { db, .. } in databases().await {
        let add = async |tx: &mut Tx| {
            let batch = Batch::new()
                .query("INSERT INTO t (k, n) VALUES ($1, $2)")
                .bind("a")
                .bind(1_i64)
                .query("INSERT INTO t (k, n) VALUES ($2, $1)")
                .bind(2_i64)
                .bind("b")
                .query("UPDATE t SET n = n + $1 WHERE k = $2 OR k = $3")
                .bind(40_i64)
                .bind("b")
                .bind("c");
            tx.run(batch).await
        };
        assert_eq!(db.write(add).await.unwrap(), [1, 1, 1]);
        let rows: Result<Vec<(String, i64)>, DbError> =
            db.read(async |conn| conn.query("SELECT k, n FROM t ORDER BY k").all().await).await;
        assert_eq!(rows.unwrap(), [("a".to_owned(), 1), ("b".to_owned(), 42)]);
        assert!(matches!(db.write(add).await, Err(DbError::Statement(_))));
        assert_eq!(count(&db).await, 2);
    }
}

/// A batch that stores a key unless it is there.
fn storing(key: &str) -> Batch {
    Batch::new().query("INSERT INTO t (k, n) VALUES ($1, 0) ON CONFLICT DO NOTHING").bind(key)
}

#[tokio::test]
async fn each_of_many_batches_learns_what_its_own_statements_have_changed() {
    for Opened { db, .. } in databases().await {
        let add = "UPDATE t SET n = n + $2 WHERE k = $1";
        // Each key twice, as two kinds of batches, with other jobs between them.
        let all = (0..150).map(|index| {
            let (db, key) = (db.clone(), format!("key {}", index / 2));
            async move {
                match index % 3 {
                    0 => db.write(async move |tx: &mut Tx| tx.run(storing(&key)).await).await,
                    1 => db.run(storing(&key)).await,
                    _ => db.run(storing(&key).query(add).bind(key.as_str()).bind(7_i64)).await,
                }
            }
        });
        let outcomes: Vec<Vec<u64>> = join_all(all).await.into_iter().map(Result::unwrap).collect();
        for (index, two) in outcomes.chunks(2).enumerate() {
            assert_eq!(two[0][0] + two[1][0], 1, "one of two stores the key {index}: {two:?}");
        }
        let added = outcomes.iter().filter(|changed| changed.len() == 2);
        assert_eq!(added.clone().count(), 50);
        assert!(added.clone().all(|changed| changed[1] == 1), "the row is there by then");
        let rows: Result<Option<(i64, i64)>, DbError> = db
            .read(async |conn| conn.query("SELECT count(*), CAST(sum(n) AS BIGINT) FROM t").optional().await)
            .await;
        assert_eq!(rows.unwrap().unwrap(), (75, 350));
    }
}

#[tokio::test]
async fn a_batch_that_fails_leaves_those_that_were_sent_with_it_alone() {
    for Opened { db, .. } in databases().await {
        let all = (0..40).map(|index| {
            let db = db.clone();
            // Every tenth key is stored a second time.
            let key = format!("key {}", if index % 10 == 9 { index - 1 } else { index });
            async move { db.run(Batch::new().query("INSERT INTO t (k, n) VALUES ($1, 0)").bind(key)).await }
        });
        let outcomes = join_all(all).await;
        assert_eq!(
            outcomes.iter().filter(|outcome| matches!(outcome, Ok(changed) if *changed == [1])).count(),
            36
        );
        assert_eq!(count(&db).await, 36);
        assert!(matches!(db.run(storing("a\0b")).await, Err(DbError::Nul)));
        assert_eq!(db.run(Batch::new()).await.unwrap(), [0_u64; 0]);
    }
}

#[tokio::test]
async fn a_job_cannot_start_another_one() {
    for Opened { db, .. } in databases().await {
        let inner = db.clone();
        let outcome = db
            .write(async move |_tx: &mut Tx| inner.write(async |tx: &mut Tx| insert(tx, "a").await).await)
            .await;
        assert!(matches!(outcome, Err(DbError::Nested)), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_reading_job_cannot_write_on_sqlite() {
    let Opened { db, _database: _kept, .. } = open(Engine::Sqlite, &[]).await;
    let outcome: Result<u64, DbError> =
        db.read(async |conn| conn.query("INSERT INTO t (k, n) VALUES ('a', 1)").execute().await).await;
    assert!(outcome.is_err());
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn a_job_is_refused_at_once_when_the_queue_is_full() {
    let Opened { db, _database: _kept, .. } = open(Engine::Sqlite, &[("database.queue", "4")]).await;
    let runs = Arc::new(AtomicU32::new(0));
    let jobs = (0..300).map(|index| {
        let (db, runs) = (db.clone(), runs.clone());
        async move {
            db.write(async move |tx| {
                runs.fetch_add(1, Ordering::SeqCst);
                insert(tx, &index.to_string()).await
            })
            .await
        }
    });
    let outcomes = join_all(jobs).await;
    let turned_away = outcomes.iter().filter(|outcome| matches!(outcome, Err(DbError::Overloaded))).count();
    assert!(turned_away > 0 && turned_away < 300, "{turned_away}");
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(done + turned_away, 300);
    assert_eq!(count(&db).await, i64::try_from(done).unwrap());
}

#[tokio::test]
async fn two_processes_write_to_one_sqlite_file_without_a_lock_error() {
    let Opened { db, options, _database: _kept } = open(Engine::Sqlite, &[]).await;
    let other = Db::open(&DbOptions { lock_timeout: Duration::from_secs(30), ..options }).await.unwrap();
    let busy = (0..16).map(|writer| {
        let db = db.clone();
        async move {
            for index in 0..150 {
                db.write(async move |tx| insert(tx, &format!("{writer} {index}")).await).await.unwrap();
            }
        }
    });
    let beside = async {
        for index in 0..20 {
            other.write(async move |tx| insert(tx, &format!("beside {index}")).await).await.unwrap();
        }
    };
    futures_util::future::join(join_all(busy), beside).await;
    assert_eq!(count(&db).await, 16 * 150 + 20);
}

#[tokio::test]
async fn processes_that_start_together_on_an_empty_database_all_open_it() {
    let mut rounds = vec![Engine::Sqlite; 8];
    rounds.extend(postgres_url().map(|_| Engine::Postgres));
    for engine in rounds {
        let database = TestDatabase::fresh(engine).await;
        let options = Config::with(&[("database.url", database.url.as_str())]).unwrap().database_options();
        let starts = (0..6).map(|index| {
            let options = DbOptions { connections: 1, ..options.clone() };
            async move {
                migrate::run(&options, &format!("process {index}"), Timestamp::from_unix(1_000)).await?;
                Db::open(&options).await
            }
        });
        for outcome in join_all(starts).await {
            outcome.unwrap();
        }
    }
}
