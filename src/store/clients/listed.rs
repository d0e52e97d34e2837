//! The list of the clients.

use super::super::client_secrets;
use super::super::db::{Conn, DbError, Query};
use super::super::order::{Order, Orders, SortKey, SortValue, bind_after, page_in_order};
use super::super::page::{Page, in_any_spelling};
use super::{ClientRecord, RecordRow, with_secrets};
use crate::oauth::client::{ClientKind, GrantType};
use crate::oauth::identity::user::folded;

/// Which clients to list.
#[derive(Clone, Debug, Default)]
pub struct ClientFilter {
    /// Part of the id, the name or an address, in any spelling, or the id of a secret.
    pub q: Option<String>,
    pub disabled: Option<bool>,
    pub kind: Option<ClientKind>,
    pub grant_type: Option<GrantType>,
    pub order: Order<ClientColumn>,
}

/// What clients are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientColumn {
    #[default]
    Id,
    /// The name, in the form in which all spellings are equal.
    Name,
    CreatedAt,
}

impl ClientColumn {
    /// Every order of a list of clients.
    pub const ORDERS: &'static Orders<Self> = &[
        ("client_id", Order::up(Self::Id)),
        ("-client_id", Order::down(Self::Id)),
        ("client_name", Order::up(Self::Name)),
        ("-client_name", Order::down(Self::Name)),
        ("created_at", Order::up(Self::CreatedAt)),
        ("-created_at", Order::down(Self::CreatedAt)),
    ];

    /// The value by which this client is sorted.
    pub fn value(self, record: &ClientRecord) -> SortValue {
        match self {
            Self::Id => SortValue::Text(record.client.id.to_string()),
            Self::Name => SortValue::Text(folded(record.client.name.as_str())),
            Self::CreatedAt => SortValue::Time(record.created_at),
        }
    }
}

/// The condition of a page of the clients.
macro_rules! listed {
    () => {
        "FROM clients WHERE id <> 'grantor-console' AND ($1 IS NULL OR (disabled_at IS NOT NULL) = $1)
           AND ($2 IS NULL OR search_text LIKE $2 ESCAPE '\\'
                OR id IN (SELECT client_id FROM client_secrets WHERE client_secrets.id = $5))
           AND ($3 IS NULL OR kind = $3)
           AND ($4 IS NULL OR ' ' || grant_types || ' ' LIKE '% ' || $4 || ' %')"
    };
}

macro_rules! listed_clients {
    () => {
        concat!("SELECT id, version, metadata, disabled_at, created_at ", listed!())
    };
}

macro_rules! secrets_of_listed_clients {
    () => {
        concat!(
            "SELECT client_id, id, created_at, expires_at, last_used_at FROM client_secrets
             WHERE client_id IN (SELECT id ",
            listed!()
        )
    };
}

/// A page of the clients with their secrets. The client of the console is on no page.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn list(conn: &mut Conn, page: &Page<ClientFilter, SortKey>) -> Result<Vec<ClientRecord>, DbError> {
    let (order, is_first) = (page.filter.order, page.after.is_none());
    let clients = page_in_order!(listed_clients, "", "$7", "$8", "$6", (order, is_first) {
        ClientColumn::Id => "id", ClientColumn::Name => "name_key", ClientColumn::CreatedAt => "created_at"
    });
    let secrets = page_in_order!(
        secrets_of_listed_clients, ") ORDER BY created_at, id", "$7", "$8", "$6", (order, is_first) {
            ClientColumn::Id => "id", ClientColumn::Name => "name_key", ClientColumn::CreatedAt => "created_at"
        }
    );
    let rows: Vec<RecordRow> = bind_page(conn.query(clients), page).all().await?;
    if rows.is_empty() {
        // The query for the secrets would look through all clients once more.
        return Ok(Vec::new());
    }
    let secrets = client_secrets::by_client(bind_page(conn.query(secrets), page).all().await?);
    with_secrets(rows, secrets)
}

fn bind_page<'c>(query: Query<'c>, page: &Page<ClientFilter, SortKey>) -> Query<'c> {
    let query = query
        .bind(page.filter.disabled)
        .bind(page.filter.q.as_deref().map(in_any_spelling))
        .bind(page.filter.kind.map(ClientKind::as_str))
        .bind(page.filter.grant_type.map(GrantType::as_str))
        .bind(page.filter.q.clone())
        .bind(page.rows());
    bind_after(query, page.after.as_ref(), page.filter.order.by == ClientColumn::CreatedAt)
}
