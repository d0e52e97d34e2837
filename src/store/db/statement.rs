//! Statements with their values, before it is known which engine runs them.

use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;

use super::error::DbError;
use crate::clock::{Seconds, Timestamp};

/// A value that a statement binds. `None` is NULL; the type of a NULL matters to PostgreSQL.
#[derive(Clone, Debug)]
pub enum BoundValue {
    Bool(Option<bool>),
    Small(Option<i32>),
    Integer(Option<i64>),
    Bytes(Option<Vec<u8>>),
    Text(Option<String>),
}

/// What can be bound to a statement.
pub trait Param: Sized {
    /// The value to bind; NULL of this type if there is nothing.
    fn value(this: Option<Self>) -> BoundValue;
}

macro_rules! params {
    ($($param:ty => $kind:ident $by:expr),+ $(,)?) => {
        $(impl Param for $param {
            fn value(this: Option<Self>) -> BoundValue {
                BoundValue::$kind(this.map($by))
            }
        })+
    };
}

params! {
    bool => Bool |it| it,
    i32 => Small |it| it,
    i64 => Integer |it| it,
    Timestamp => Integer Timestamp::as_unix,
    Seconds => Integer Seconds::as_i64,
    &[u8] => Bytes <[u8]>::to_vec,
    Vec<u8> => Bytes |it| it,
    &str => Text str::to_owned,
    String => Text |it| it,
}

impl<T: Param> Param for Option<T> {
    fn value(this: Option<Self>) -> BoundValue {
        T::value(this.flatten())
    }
}

impl BoundValue {
    /// Whether the value is text with U+0000, which PostgreSQL cannot store. No statement sends such text, so no row has
    /// it, on either engine.
    fn has_nul(&self) -> bool {
        matches!(self, Self::Text(Some(text)) if memchr::memchr(0, text.as_bytes()).is_some())
    }
}

/// The values of a statement for an engine.
macro_rules! arguments {
    ($values:expr, $arguments:ty) => {{
        let mut arguments = <$arguments>::default();
        for value in $values {
            match value {
                BoundValue::Bool(value) => arguments.add(value),
                BoundValue::Small(value) => arguments.add(value),
                BoundValue::Integer(value) => arguments.add(value),
                BoundValue::Bytes(value) => arguments.add(value),
                BoundValue::Text(value) => arguments.add(value),
            }
            .map_err(|error| DbError::Statement(sqlx::Error::Encode(error).into()))?;
        }
        Ok(arguments)
    }};
}

/// A statement with its values: the same text for both engines, with parameters `$1`, `$2`, ….
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) sql: &'static str,
    values: Vec<BoundValue>,
    /// Whether a text of the statement has U+0000.
    pub(super) has_nul: bool,
}

impl Statement {
    pub(super) fn new(sql: &'static str) -> Self {
        Self { sql, values: Vec::new(), has_nul: false }
    }

    pub(super) fn bind(&mut self, value: impl Param) {
        let value = Param::value(Some(value));
        self.has_nul |= value.has_nul();
        self.values.push(value);
    }

    /// What a statement with U+0000 comes to: `Ok` if it only reads, because no row has such text.
    pub(super) fn without_rows(&self) -> Result<(), DbError> {
        if self.sql.trim_start().starts_with("SELECT") { Ok(()) } else { Err(DbError::Nul) }
    }

    pub(super) fn for_sqlite(self) -> Result<SqliteArguments, DbError> {
        arguments!(self.values, SqliteArguments)
    }

    pub(super) fn for_postgres(self) -> Result<PgArguments, DbError> {
        arguments!(self.values, PgArguments)
    }
}

/// Statements that return no rows and need no decision between them, so that they can be sent together.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Batch(Vec<Statement>);

impl Batch {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a statement to the batch. Its parameters are numbered from `$1`.
    pub fn query(mut self, sql: &'static str) -> Self {
        self.0.push(Statement::new(sql));
        self
    }

    /// Binds a value to the last statement. With U+0000 in a text the batch fails with [`DbError::Nul`].
    pub fn bind(mut self, value: impl Param) -> Self {
        if let Some(last) = self.0.last_mut() {
            last.bind(value);
        }
        self
    }

    /// Whether the batch has no statement.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The statements of several batches as one.
    pub(super) fn of_all<'b>(batches: impl Iterator<Item = &'b Self>) -> Self {
        Self(batches.flat_map(|batch| batch.0.iter().cloned()).collect())
    }

    pub(super) fn has_nul(&self) -> bool {
        self.0.iter().any(|statement| statement.has_nul)
    }

    pub(super) fn statements(&self) -> &[Statement] {
        &self.0
    }

    pub(super) fn into_statements(self) -> Vec<Statement> {
        self.0
    }

    /// Whether both batches are the same statements, with other values.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.0.iter().map(|statement| statement.sql).eq(other.0.iter().map(|statement| statement.sql))
    }
}

/// Statements as one text, which SQLite runs one after the other, with their values.
pub(super) struct JoinedStatements {
    pub(super) text: String,
    pub(super) values: SqliteArguments,
    /// How many statements the text has.
    pub(super) count: usize,
}

impl JoinedStatements {
    /// # Errors
    /// If a value cannot be bound.
    pub(super) fn of(statements: Vec<Statement>) -> Result<Self, DbError> {
        let are_in_order = statements.iter().all(|statement| is_in_order(statement.sql));
        let (mut text, mut values, count) = (String::with_capacity(1024), Vec::new(), statements.len());
        for statement in statements {
            join(&mut text, statement.sql, if are_in_order { None } else { Some(values.len()) });
            values.extend(statement.values);
        }
        let values: Result<SqliteArguments, DbError> = (|| arguments!(values, SqliteArguments))();
        Ok(Self { text, values: values?, count })
    }
}

/// The text of a statement before its first parameter, and then the number of each parameter with the text after it.
fn pieces(sql: &str) -> (&str, impl Iterator<Item = (usize, &str)>) {
    let mut pieces = sql.split('$');
    let head = pieces.next().unwrap_or_default();
    let numbered = pieces.map(|piece| {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = piece.split_at(digits);
        (number.parse().unwrap_or_default(), after)
    });
    (head, numbered)
}

/// Whether the parameters of a statement are `$1`, `$2`, … in this order.
fn is_in_order(sql: &str) -> bool {
    pieces(sql).1.map(|(number, _)| number).eq(1..=sql.matches('$').count())
}

/// Appends a statement, with its `$n` increased by `offset`; without an offset, with `?` instead: for each value with a name,
/// SQLite looks at all names before it.
fn join(text: &mut String, sql: &str, offset: Option<usize>) {
    let (head, numbered) = pieces(sql);
    text.push_str(head);
    for (number, after) in numbered {
        match offset {
            None => text.push('?'),
            Some(offset) => text.push_str(&format!("${}", number + offset)),
        }
        text.push_str(after);
    }
    text.push_str(";\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_joined_statements_are_renumbered() {
        let batch = Batch::new()
            .query("INSERT INTO a VALUES ($1, $2)")
            .bind(1_i64)
            .bind("x")
            .query("UPDATE b SET x = $2 WHERE y = $1")
            .bind(2_i64)
            .bind(true);
        let joined = JoinedStatements::of(batch.into_statements()).unwrap();
        assert_eq!(joined.text, "INSERT INTO a VALUES ($1, $2);\nUPDATE b SET x = $4 WHERE y = $3;\n");
        assert_eq!((joined.values.len(), joined.count), (4, 2));
    }

    #[test]
    fn parameters_that_come_in_their_order_need_no_numbers() {
        let batch = Batch::new().query("INSERT INTO a VALUES ($1, $2), ($3, 0)").query("DELETE FROM a");
        let joined = JoinedStatements::of(batch.into_statements()).unwrap();
        assert_eq!(joined.text, "INSERT INTO a VALUES (?, ?), (?, 0);\nDELETE FROM a;\n");
        let orders = ["x = $2 AND y = $1", "x = $1 OR y = $1", "x = $2", "x = $1 AND y = $3"];
        assert!(orders.iter().all(|sql| !is_in_order(sql)) && is_in_order("x = $1 AND y = $2"));
    }
}
