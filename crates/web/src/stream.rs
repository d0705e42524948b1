//! Bytes that are too many for memory: from the network into a blocking reader (evidence coming in), from a blocking
//! reader or a file to the network (evidence and packages going out). Both ways a short queue stands between, so that
//! neither side runs ahead; both ways a beginning is never taken for the whole.

use std::{
    io::{self, Read},
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::body::Body;
use bytes::{Buf as _, Bytes};
use futures_util::{Stream, stream};
use http_body_util::BodyExt as _;
use tokio::sync::mpsc;
use tokio_util::io::ReaderStream;

use crate::error::Problem;

/// Pieces that wait between the two sides.
const WAITING: usize = 8;
/// Bytes that are read at once on the way out.
const PIECE: usize = 256 << 10;
/// How long a sender may pause.
const PAUSE: Duration = Duration::from_secs(60);

enum Piece {
    Data(Bytes),
    End,
}

/// The blocking end of a request's body. It ends well only where the body did.
pub(crate) struct Incoming {
    pieces: mpsc::Receiver<Piece>,
    current: Bytes,
    ended: bool,
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            if self.ended {
                return Ok(0);
            }
            match self.pieces.blocking_recv() {
                Some(Piece::Data(data)) => self.current = data,
                Some(Piece::End) => self.ended = true,
                None => {
                    return Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        "the body ended before it was whole",
                    ));
                }
            }
        }
        let count = self.current.len().min(buffer.len());
        self.current.split_to(count).copy_to_slice(buffer.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Why a body ended early, where it did.
#[derive(Clone, Default)]
pub(crate) struct Cause(Arc<OnceLock<Problem>>);

impl Cause {
    pub(crate) fn take(&self) -> Option<Problem> {
        self.0.get().cloned()
    }
}

/// Bridges a body of at most `limit` bytes to a blocking reader.
pub(crate) fn incoming(body: Body, limit: u64) -> (Incoming, Cause) {
    let (sender, pieces) = mpsc::channel(WAITING);
    let cause = Cause::default();
    let told = cause.clone();
    tokio::spawn(async move {
        if let Err(problem) = pump(body, limit, &sender).await {
            let _ = told.0.set(problem);
        }
    });
    (Incoming { pieces, current: Bytes::new(), ended: false }, cause)
}

async fn pump(mut body: Body, limit: u64, sender: &mpsc::Sender<Piece>) -> Result<(), Problem> {
    let mut taken = 0_u64;
    loop {
        let piece = match tokio::time::timeout(PAUSE, body.frame()).await {
            Err(_) => return Err(Problem::too_slow()),
            Ok(Some(Err(_))) => {
                return Err(Problem::malformed(
                    "the body ended before it was whole: nothing of it was recorded",
                ));
            }
            Ok(None) => Piece::End,
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Err(_) => continue,
                Ok(data) => {
                    taken = taken.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
                    if taken > limit {
                        return Err(Problem::too_large(limit));
                    }
                    Piece::Data(data)
                }
            },
        };
        let last = matches!(piece, Piece::End);
        // Where the reader is gone, its own error says why.
        if sender.send(piece).await.is_err() || last {
            return Ok(());
        }
    }
}

fn received(receiver: mpsc::Receiver<io::Result<Bytes>>) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold(
        receiver,
        |mut receiver| async move { receiver.recv().await.map(|piece| (piece, receiver)) },
    )
}

/// A body made of a blocking reader. The last piece is held back until the reader has ended well, so that one that
/// finds a change at its very end breaks the answer off instead of having served everything.
pub(crate) fn outgoing(reader: Box<dyn Read + Send>) -> Body {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || copy(reader, &sender));
    Body::from_stream(received(receiver))
}

fn copy(mut reader: Box<dyn Read + Send>, sender: &mpsc::Sender<io::Result<Bytes>>) {
    let mut held: Option<Bytes> = None;
    loop {
        let mut buffer = vec![0; PIECE];
        let next = match reader.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                tracing::error!(%error, "sealed bytes could not be served to their end");
                let _ = sender.blocking_send(Err(error));
                return;
            }
            Ok(count) => {
                buffer.truncate(count);
                (count > 0).then(|| Bytes::from(buffer))
            }
        };
        let ended = next.is_none();
        if let Some(earlier) = std::mem::replace(&mut held, next)
            && sender.blocking_send(Ok(earlier)).is_err()
        {
            return;
        }
        if ended {
            return;
        }
    }
}

/// The body of a file made for this answer alone, and its size. The file has no name any more when this returns, so that
/// nothing is left of it, whatever becomes of the answer.
pub(crate) async fn passing_file(path: &Path) -> io::Result<(Body, u64)> {
    let opened = tokio::fs::File::open(path).await;
    let removed = tokio::fs::remove_file(path).await;
    let file = opened?;
    removed?;
    let size = file.metadata().await?.len();
    Ok((Body::from_stream(ReaderStream::with_capacity(file, PIECE)), size))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Breaks(usize);

    impl Read for Breaks {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::Error::other("changed"));
            }
            let count = self.0.min(buffer.len());
            self.0 -= count;
            Ok(count)
        }
    }

    async fn read(incoming: Incoming) -> io::Result<Vec<u8>> {
        tokio::task::spawn_blocking(move || {
            let mut incoming = incoming;
            let mut bytes = Vec::new();
            incoming.read_to_end(&mut bytes).map(|_| bytes)
        })
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn evidence_found_changed_at_its_end_is_never_served_whole() {
        for size in [1, PIECE, PIECE + 1, 3 * PIECE] {
            let mut body = outgoing(Box::new(Breaks(size)));
            let mut served = 0;
            let broken = loop {
                match body.frame().await {
                    Some(Ok(frame)) => served += frame.into_data().unwrap().len(),
                    Some(Err(_)) => break true,
                    None => break false,
                }
            };
            assert!(broken && served < size, "{served} of {size}");
        }
        let whole =
            outgoing(Box::new(io::Cursor::new(vec![7; 3 * PIECE + 5]))).collect().await.unwrap().to_bytes();
        assert_eq!(whole.len(), 3 * PIECE + 5);
    }

    #[tokio::test]
    async fn a_cut_off_upload_is_an_error_and_not_a_shorter_file() {
        let (sender, receiver) = mpsc::channel(2);
        let (reader, cause) = incoming(Body::from_stream(received(receiver)), 100);
        sender.send(Ok(Bytes::from_static(b"half"))).await.unwrap();
        sender.send(Err(io::Error::other("reset"))).await.unwrap();
        assert!(read(reader).await.is_err());
        assert_eq!(cause.take().unwrap().code, "malformed");

        let (reader, cause) = incoming(Body::from("whole"), 5);
        assert_eq!(read(reader).await.unwrap(), b"whole");
        assert!(cause.take().is_none());

        let (reader, cause) = incoming(Body::from("longer"), 5);
        assert!(read(reader).await.is_err());
        assert_eq!(cause.take().unwrap().status, 413);
    }
}
