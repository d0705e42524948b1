//! The end of a browser's session, by the person whose it is: nobody needs an administrator to sign out.

use kernel::{Actor, PracticeId, Stream, TokenId};

use crate::{
    App, AppError,
    ports::{Append, JournalError, Row, Scope, TokenKind, TokenRow},
    write::Fact,
};

impl App {
    /// The actor's own sessions, ended or not: where they are, and those at further practices that began by signing in to
    /// the account that they have where they are.
    pub(crate) async fn own_sessions(&self, actor: &Actor) -> Result<Vec<TokenRow>, AppError> {
        let mut rows = self.journal().tokens(Scope::Provider).await?;
        rows.retain(|row| row.person == actor.id);
        let near = |row: &TokenRow| actor.practice.is_none() || row.practice == actor.practice;
        let account = rows.iter().find(|row| row.kind == TokenKind::Account && near(row)).map(|row| row.hash);
        rows.retain(|row| {
            row.kind == TokenKind::Session && (near(row) || account.is_some() && row.account == account)
        });
        Ok(rows)
    }

    /// Ends a session of the actor's own.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where it is no session, or another person's.
    pub async fn end_session(&self, actor: &Actor, id: TokenId) -> Result<(), AppError> {
        let mut row = self
            .own_sessions(actor)
            .await?
            .into_iter()
            .find(|row| row.id == id)
            .ok_or_else(|| AppError::not_found(format!("session {id}")))?;
        if row.revoked_at.is_some() {
            return Ok(());
        }
        row.revoked_at = Some(self.edge().now());
        let practice = row.practice.unwrap_or(PracticeId::from_u128(0));
        let stream = Stream::practice(practice);
        loop {
            let expected = self.whole_stream(practice, stream).await?.last().map_or(0, |last| last.version);
            let body = serde_json::json!({ "token": row.id, "kind": row.kind, "name": row.name, "person": row.person });
            let fact = Fact { kind: "session_ended".to_owned(), privileged: false, body };
            let append = Append {
                practice,
                key: None,
                parts: vec![self.part(practice, stream, expected, actor, self.edge().now(), [fact])?],
                rows: vec![Row::Token(Box::new(row.clone()))],
                payloads: Vec::new(),
            };
            let outcome = self.journal().append(append).await;
            self.callers().empty();
            match outcome {
                Ok(_) => return Ok(()),
                Err(JournalError::Stale { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
