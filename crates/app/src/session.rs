//! The end of a browser's session, by the person whose it is: nobody needs an administrator to sign out.

use kernel::{Actor, PracticeId, Stream, TokenId};

use crate::{
    App, AppError,
    ports::{Append, JournalError, Row, Scope, TokenKind},
    write::Fact,
};

impl App {
    /// Ends a session of the actor's own.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where it is no session, or another person's.
    pub async fn end_session(&self, actor: &Actor, id: TokenId) -> Result<(), AppError> {
        let tokens = self.journal().tokens(Scope::of(actor)).await?;
        let mut row = tokens
            .into_iter()
            .find(|row| row.id == id && row.person == actor.id && row.kind == TokenKind::Session)
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
