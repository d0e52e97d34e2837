//! Failures of the database, and which of them are temporary.

use super::cause::Cause;

/// Why the database did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The sentence continues after the name of the URL, and contains no password.
    #[error("the database URL {0}")]
    Url(String),
    #[error("cannot open the database {what}")]
    Open { what: String, source: Cause },
    /// Contains the name of the database. It does not exist, or has no tables.
    #[error("there is no database {0}")]
    NoDatabase(String),
    /// The database exists, but this program cannot use it.
    #[error("cannot use the database {what}: {why}")]
    Unusable { what: String, why: String },
    #[error("the database's queue is full")]
    Overloaded,
    #[error("the database did not answer in time")]
    Deadline,
    #[error("the database connection is stopped")]
    Stopped,
    #[error("a database job started another one")]
    Nested,
    #[error("a database job panicked")]
    Panicked,
    #[error("the database is not available")]
    Unavailable(#[source] Cause),
    #[error("the transaction conflicts with another one")]
    Conflict(#[source] Cause),
    #[error("a database statement failed")]
    Statement(#[source] Cause),
    /// Text that PostgreSQL cannot store. It comes from outside and is no defect of the database.
    #[error("a text holds the character U+0000, which cannot be stored")]
    Nul,
    /// No failure: a job that was to change nothing was rolled back.
    #[error("a rehearsal was rolled back")]
    Rehearsed,
    /// No failure: an act has more than one step, and only the first one was rehearsed.
    #[error("a rehearsal was rolled back after its first step")]
    RehearsedInPart,
    /// No failure: another request with the same Idempotency-Key was first.
    #[error("an answer is kept already")]
    AnswerKept,
    #[error("a job continued after a database error, so its transaction was rolled back")]
    Swallowed,
    #[error("invalid data in {table} {id}: {what}")]
    Corrupt { table: &'static str, id: String, what: &'static str },
    #[error("cannot migrate the database {what}")]
    Migrate { what: String, source: Cause },
    #[error(
        "the database was migrated by a newer grantor (migration {migration}), which only release {oldest} and later can use"
    )]
    NewerSchema { migration: i64, oldest: String },
    /// Contains the name of the database. Its first migration is not the first one of this build.
    #[error(
        "cannot use the database {0}: it was made by an unreleased build of Grantor, and this build cannot read it; give this \
         build a new one"
    )]
    UnreleasedSchema(String),
    /// Contains the name of the process that holds the lease.
    #[error("{0} is still migrating the database; try again when it has ended")]
    MigrationLease(String),
    #[error("the migration was stopped, because this process lost its turn to another one; try again")]
    MigrationTurnLost,
}

impl DbError {
    /// Whether the same request may succeed later. `false` if repeating it does not help.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Overloaded
                | Self::Deadline
                | Self::Stopped
                | Self::Unavailable(_)
                | Self::Conflict(_)
                | Self::Open { .. }
                | Self::MigrationLease(_)
                | Self::MigrationTurnLost
        )
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        let Some(code) = error.as_database_error().and_then(sqlx::error::DatabaseError::code) else {
            let is_statement = matches!(
                error,
                sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::Encode(_)
            );
            return if is_statement {
                Self::Statement(error.into())
            } else {
                Self::Unavailable(error.into())
            };
        };
        match code.as_ref() {
            // PostgreSQL: serialization_failure, deadlock_detected.
            "40001" | "40P01" => Self::Conflict(error.into()),
            // PostgreSQL: read_only_sql_transaction, as after a failover; the next connection may lead to the primary.
            "25006" => Self::Unavailable(error.into()),
            code if is_sqlite_trouble(code) => Self::Unavailable(error.into()),
            // PostgreSQL: connection, resources, operator intervention (57014: statement timeout), system.
            code if ["08", "53", "57", "58"]
                .iter()
                .any(|class| code.len() == 5 && code.starts_with(class)) =>
            {
                Self::Unavailable(error.into())
            }
            _ => Self::Statement(error.into()),
        }
    }
}

/// Whether a SQLite code is about the environment and not about the statement: BUSY, LOCKED, READONLY, IOERR, FULL or
/// CANTOPEN in the last byte. PostgreSQL's codes have five characters and never match.
fn is_sqlite_trouble(code: &str) -> bool {
    let number = code.parse::<u32>().ok().filter(|_| code.len() < 5);
    number.is_some_and(|number| matches!(number & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}

/// The error type of a job: it says which of its values are failures (roll back). All other values are refusals
/// (commit).
pub trait Refusable: From<DbError> + Send + 'static {
    /// The failure of the database. `None` if the value is a refusal.
    fn failure(&self) -> Option<&DbError>;
}

impl Refusable for DbError {
    fn failure(&self) -> Option<&DbError> {
        Some(self)
    }
}
