//! Photos that come with a staff report: of a screen, mostly. Sealed in the vault as evidence is, named by digest in the
//! alert's own stream, and taken into custody when the alert is put to an incident.

use std::io::Read;

use incident::{AlertRequest, AlertState, Photo, Request, alert};
use kernel::{Actor, AlertId, Channel, Digest, EvidenceId, Stream, authorise};

use crate::{
    App, AppError, Done,
    command::{Along, How},
    intake::fold,
    ports::{Append, JournalError, Row, Scope},
    write::{Fact, entry_actor},
};

/// The largest photo, in bytes: what a telephone's camera makes.
pub const LARGEST: u64 = 20 << 20;

/// The media type of a photo by its first bytes; `None` where it is none of those that are taken.
#[must_use]
pub fn media_type(bytes: &[u8]) -> Option<&'static str> {
    let brand = bytes.get(4..12).unwrap_or_default();
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ if matches!(brand, b"ftypheic" | b"ftypheix" | b"ftypmif1" | b"ftyphevc") => Some("image/heic"),
        _ => None,
    }
}

impl App {
    /// Seals a photo that came with a staff report and names it in the alert's stream.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where it is too large or no photo, and the usual.
    pub async fn add_photo(&self, actor: &Actor, id: AlertId, bytes: Vec<u8>) -> Result<Photo, AppError> {
        if !actor.role.may(kernel::Capability::Report) {
            return Err(kernel::Forbidden { role: actor.role, needs: kernel::Capability::Report }.into());
        }
        let media = media_type(&bytes).ok_or_else(|| {
            AppError::invalid("photo", "it is no photo that can be taken: send a JPEG, PNG, WebP or HEIC")
        })?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > LARGEST {
            return Err(AppError::invalid("photo", format!("a photo holds at most {} MB", LARGEST >> 20)));
        }
        let photo = Photo { sha256: Digest::of(&bytes), bytes: size, media: media.to_owned() };
        let request = authorise(actor, AlertRequest::AddPhoto { photo: photo.clone() })?;
        let row = self.journal().alert(Scope::of(actor), id).await?;
        let mut row = row
            .filter(|row| row.alert.channel == Channel::Staff)
            .ok_or_else(|| AppError::not_found(format!("staff report {id}")))?;
        let store = self.store().clone();
        self.blocking(move || Ok(store.put(&mut bytes.as_slice())?)).await?;
        loop {
            let stream = Stream::alert(id);
            let entries = self.journal().stream(row.practice, stream, 0, 10_000).await?;
            let state: AlertState = fold(id, row.practice, &entries)?;
            let now = self.edge().now();
            let events = alert::decide(&state, &request)?;
            if events.is_empty() {
                return Ok(photo);
            }
            let after = events.iter().fold(state.clone(), |mut state, event| {
                state.apply(event, now, &entry_actor(actor));
                state
            });
            row.version = after.version;
            row.updated_at = now;
            let facts = events.iter().map(Fact::from);
            let append = Append {
                practice: row.practice,
                key: None,
                parts: vec![self.part(row.practice, stream, state.version, actor, now, facts)?],
                rows: vec![Row::Alert(Box::new(row.clone()))],
                payloads: Vec::new(),
            };
            match self.journal().append(append).await {
                Ok(_) => return Ok(photo),
                Err(JournalError::Stale { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The photos that came with an alert.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn photos(&self, actor: &Actor, id: AlertId) -> Result<Vec<Photo>, AppError> {
        let row = self.alert(actor, id).await?;
        if row.alert.channel != Channel::Staff {
            return Ok(Vec::new());
        }
        let entries = self.journal().stream(row.practice, Stream::alert(id), 0, 10_000).await?;
        Ok(fold(id, row.practice, &entries)?.photos)
    }

    /// One of them, with its bytes, checked as they are read.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn photo(
        &self,
        actor: &Actor,
        id: AlertId,
        digest: &Digest,
    ) -> Result<(Photo, Vec<u8>), AppError> {
        let found = self.photos(actor, id).await?.into_iter().find(|photo| photo.sha256 == *digest);
        let photo = found.ok_or_else(|| AppError::not_found(format!("photo {digest}")))?;
        let (store, digest) = (self.store().clone(), photo.sha256);
        let read = self.blocking(move || {
            let mut bytes = Vec::new();
            let outcome = store.open(&digest)?.take(LARGEST).read_to_end(&mut bytes);
            outcome
                .map(|_| bytes)
                .map_err(|error| AppError::Outside(crate::ports::Outside::never("reading a photo", error)))
        });
        Ok((photo, read.await?))
    }

    /// Takes the photos of alerts into custody once these are put to an incident, where whoever does it may. What the
    /// incident holds already stays as it is.
    pub(crate) async fn photos_into_custody(
        &self,
        actor: &Actor,
        done: Done,
        alerts: &[AlertId],
    ) -> Result<Done, AppError> {
        let mut done = done;
        if done.repeated || !actor.role.may(kernel::Capability::Evidence) {
            return Ok(done);
        }
        for &id in alerts {
            for (place, photo) in (1..).zip(self.photos(actor, id).await?) {
                if done
                    .state
                    .evidence
                    .values()
                    .any(|item| item.digest == photo.sha256 && !item.is_destroyed())
                {
                    continue;
                }
                let request = Request::TakeEvidence {
                    evidence: self.edge().id(EvidenceId::new),
                    digest: photo.sha256,
                    bytes: photo.bytes,
                    source: "staff report".to_owned(),
                    why: format!("photo that came with alert {id}"),
                };
                let kind = photo.media.rsplit('/').next().unwrap_or("bin").to_owned();
                let along =
                    Along { evidence_name: Some(format!("staff-photo-{place}.{kind}")), ..Along::default() };
                let taken = self.command_with(actor, done.incident, request, How::default(), along).await?;
                done.entries.extend(taken.entries);
                (done.version, done.state) = (taken.version, taken.state);
            }
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::media_type;

    #[test]
    fn a_photo_is_known_by_its_bytes_and_not_by_its_name() {
        assert_eq!(media_type(b"\xff\xd8\xff\xe0rest"), Some("image/jpeg"));
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\nrest"), Some("image/png"));
        assert_eq!(media_type(b"\0\0\0\x18ftypheic"), Some("image/heic"));
        for other in [&b"MZ\x90"[..], b"<svg onload=x>", b"GIF89a", b"", b"\xff\xd8"] {
            assert_eq!(media_type(other), None);
        }
    }
}
