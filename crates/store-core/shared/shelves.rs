//! What people keep for themselves: drafts and saved views. Compiled by both database crates.

use std::time::Duration;

use sqlx::{Result, query_file, query_file_as, types::Uuid};
use store_core::{
    backend::{Fault, answered},
    dump::{Line, Lines, ShelfLine},
    records::{ShelfAsked, ShelfRow},
};

use crate::dialect::Conn;

/// Things read at once for a dump.
const STRETCH: i64 = 500;

pub(crate) async fn keep(conn: &mut Conn, row: &ShelfRow) -> Result<()> {
    let ShelfRow { practice, person, kind, name, at, digest, sealed } = row;
    query_file!("../store-core/sql/shelf_keep.sql", practice, person, kind, name, at, digest, sealed)
        .execute(conn)
        .await
        .map(drop)
}

pub(crate) async fn find(conn: &mut Conn, asked: &ShelfAsked, limit: i64) -> Result<Vec<ShelfRow>> {
    let (anybody, person) = (asked.person.is_none(), asked.person.unwrap_or_default());
    let (anything, name) = (asked.name.is_none(), asked.name.clone().unwrap_or_default());
    let (practice, kind) = (asked.practice, asked.kind);
    query_file_as!(
        ShelfRow,
        "../store-core/sql/shelf.sql",
        practice,
        kind,
        anybody,
        person,
        anything,
        name,
        limit
    )
    .fetch_all(conn)
    .await
}

pub(crate) async fn drop_one(
    conn: &mut Conn,
    practice: Uuid,
    person: Uuid,
    kind: i16,
    name: &[u8],
) -> Result<()> {
    query_file!("../store-core/sql/shelf_drop.sql", practice, person, kind, name)
        .execute(conn)
        .await
        .map(drop)
}

/// Writes all of it to a dump.
pub(crate) async fn dump(conn: &mut Conn, lines: &mut Lines, limit: Option<Duration>) -> Result<(), Fault> {
    let (mut practice, mut kind, mut person, mut name) = (Uuid::nil(), 0_i16, Uuid::nil(), Vec::new());
    loop {
        let rows = query_file_as!(
            ShelfRow,
            "../store-core/sql/dump_shelf.sql",
            practice,
            kind,
            person,
            name,
            STRETCH
        );
        let rows = answered(limit, rows.fetch_all(&mut *conn)).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        (practice, kind, person, name) = (last.practice, last.kind, last.person, last.name.clone());
        for row in rows {
            lines.put(&Line::Shelf(ShelfLine::from(row)))?;
        }
    }
}
