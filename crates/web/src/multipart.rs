//! Forms that bring files (`multipart/form-data`, RFC 7578), read as they come: the fields before a file in memory, the
//! file piece by piece, so that it is sealed while it is still on its way. A form that breaks off is an error, never a
//! shorter file.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body_util::BodyExt as _;
use tokio::sync::mpsc;

use crate::error::Problem;

/// The longest head of a part.
const HEAD: usize = 8 << 10;
/// The longest boundary (RFC 2046, section 5.1.1).
const BOUNDARY: usize = 70;
/// Pieces of a file that wait to be sealed.
const WAITING: usize = 4;
/// How long a sender may pause.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(60);

/// What a part says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The field's name.
    pub(crate) name: String,
    /// The file's name, where it is a file.
    pub(crate) file: Option<String>,
}

/// A form that is being read.
pub(crate) struct Multipart {
    body: Body,
    /// `\r\n--` and the boundary: what ends each part.
    delimiter: Vec<u8>,
    buffer: BytesMut,
    ended: bool,
}

fn broken(what: &str) -> Problem {
    Problem::malformed(format!("the form {what}: nothing of it was kept; send it again"))
}

impl Multipart {
    /// Begins to read a body of this content type.
    pub(crate) fn new(kind: &str, body: Body) -> Result<Self, Problem> {
        let boundary = parameter(kind, "boundary")
            .filter(|text| {
                kind.starts_with("multipart/form-data") && !text.is_empty() && text.len() <= BOUNDARY
            })
            .ok_or_else(|| broken("names no boundary"))?;
        // The first delimiter has no line before it: as if it had one, all are alike.
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        Ok(Self { body, delimiter, buffer: BytesMut::from(&b"\r\n"[..]), ended: false })
    }

    /// Reads on. `false` at the end of the body.
    async fn more(&mut self) -> Result<bool, Problem> {
        loop {
            match tokio::time::timeout(PAUSE, self.body.frame()).await {
                Err(_) => return Err(Problem::too_slow()),
                Ok(None) => return Ok(false),
                Ok(Some(Err(_))) => return Err(broken("ended before it was whole")),
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                        return Ok(true);
                    }
                }
            }
        }
    }

    /// The next part; what was left of the one before is passed over. `None` after the last.
    pub(crate) async fn part(&mut self) -> Result<Option<Part>, Problem> {
        while self.piece().await?.is_some() {}
        if self.ended {
            return Ok(None);
        }
        // Past the delimiter stands either the end or the head of a part.
        let skip = self.delimiter.len();
        while self.buffer.len() < skip + 2 {
            if !self.more().await? {
                return Err(broken("ended before it was whole"));
            }
        }
        let _ = self.buffer.split_to(skip);
        if self.buffer.starts_with(b"--") {
            self.ended = true;
            return Ok(None);
        }
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            if self.buffer.len() > HEAD || !self.more().await? {
                return Err(broken("has a part without a head"));
            }
        };
        let head = self.buffer.split_to(end + 4);
        // A part without a byte in it ends at once: its delimiter needs the line end before it.
        read_head(&String::from_utf8_lossy(&head))
            .map(Some)
            .ok_or_else(|| broken("has a part without a name"))
    }

    /// The next piece of the part that is being read. `None` at its end.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            if self.ended {
                return Ok(None);
            }
            if let Some(end) = find(&self.buffer, &self.delimiter) {
                let piece = self.buffer.split_to(end);
                return Ok((!piece.is_empty()).then(|| piece.freeze()));
            }
            // What could be the beginning of a delimiter waits for what follows.
            let sure = self.buffer.len().saturating_sub(self.delimiter.len());
            if sure > 0 {
                return Ok(Some(self.buffer.split_to(sure).freeze()));
            }
            if !self.more().await? {
                return Err(broken("ended before it was whole"));
            }
        }
    }

    /// A field's text.
    pub(crate) async fn text(&mut self, limit: usize) -> Result<String, Problem> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece().await? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > limit {
                return Err(Problem::too_large(u64::try_from(limit).unwrap_or(u64::MAX)));
            }
        }
        String::from_utf8(bytes).map_err(|_| broken("has a field that is not UTF-8"))
    }

    /// A small file's bytes.
    pub(crate) async fn bytes(&mut self, limit: usize) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece().await? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > limit {
                return Err(Problem::too_large(u64::try_from(limit).unwrap_or(u64::MAX)));
            }
        }
        Ok(bytes)
    }

    /// The part that is being read as a body of its own, and what has to be awaited beside it to fill it: it tells each
    /// piece's size to `told`.
    pub(crate) fn file<'m>(
        &'m mut self,
        told: impl Fn(u64) + 'm,
    ) -> (Body, impl Future<Output = Result<(), Problem>> + 'm) {
        let (sender, pieces) = mpsc::channel::<Result<Bytes, std::io::Error>>(WAITING);
        let body = Body::from_stream(stream::unfold(pieces, |mut pieces| async move {
            pieces.recv().await.map(|piece| (piece, pieces))
        }));
        let fill = async move {
            loop {
                match self.piece().await {
                    Ok(None) => return Ok(()),
                    Ok(Some(piece)) => {
                        told(u64::try_from(piece.len()).unwrap_or(u64::MAX));
                        // Where nobody takes it any more, whoever took it says why.
                        if sender.send(Ok(piece)).await.is_err() {
                            return Ok(());
                        }
                    }
                    Err(problem) => {
                        let _ = sender.send(Err(std::io::ErrorKind::UnexpectedEof.into())).await;
                        return Err(problem);
                    }
                }
            }
        };
        (body, fill)
    }
}

/// Where `wanted` begins.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let (first, mut from) = (wanted.first()?, 0);
    loop {
        let rest = bytes.get(from..)?;
        let place = from + rest.iter().position(|byte| byte == first)?;
        let there = bytes.get(place..place + wanted.len())?;
        if there == wanted {
            return Some(place);
        }
        from = place + 1;
    }
}

/// A parameter of a header's value, bare or quoted.
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (own, after) = rest.split_once('=')?;
        let (text, after) = if let Some(quoted) = after.strip_prefix('"') {
            // Browsers write a quotation mark in a name as %22 (HTML Standard, section 4.10.21.8); others escape it.
            let end = quoted.char_indices().scan(false, |escaped, (place, letter)| {
                let ends = letter == '"' && !*escaped;
                *escaped = letter == '\\' && !*escaped;
                Some((place, ends))
            });
            let end = end.filter(|(_, ends)| *ends).map(|(place, _)| place).next()?;
            let (text, after) = quoted.split_at(end);
            (text.replace("\\\"", "\""), after.get(1..).unwrap_or_default())
        } else {
            let end = after.find(';').unwrap_or(after.len());
            let (text, after) = after.split_at(end);
            (text.trim().to_owned(), after)
        };
        if own.trim_start_matches(';').trim().eq_ignore_ascii_case(name) {
            return Some(text);
        }
        rest = after;
    }
}

fn read_head(head: &str) -> Option<Part> {
    let disposition = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then(|| value.trim())
    })?;
    let plain = |text: String| text.replace("%22", "\"").replace("%0D", " ").replace("%0A", " ");
    Some(Part {
        name: plain(parameter(disposition, "name")?),
        file: parameter(disposition, "filename").map(plain),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/form-data; boundary=--x7";

    fn form(pieces: &[&[u8]]) -> Multipart {
        let pieces: Vec<Result<Bytes, std::io::Error>> =
            pieces.iter().map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        Multipart::new(KIND, Body::from_stream(stream::iter(pieces))).unwrap()
    }

    const WHOLE: &[u8] = b"----x7\r\nContent-Disposition: form-data; name=\"why\"\r\n\r\nseen\r\n----x7\r\n\
        content-disposition: form-data; name=\"file\"; filename=\"a;b %22c%22.bin\"\r\nContent-Type: x/y\r\n\r\n\
        \r\n--\r\n----x\r\n\0\xff\r\n----x7\r\nContent-Disposition: form-data; name=\"none\"; filename=\"\"\r\n\r\n\r\n----x7--\r\n";

    #[tokio::test]
    async fn a_form_is_read_the_same_however_it_is_cut_on_its_way() {
        for size in [1, 2, 3, 7, 64, WHOLE.len()] {
            let pieces: Vec<&[u8]> = WHOLE.chunks(size).collect();
            let mut form = form(&pieces);
            let part = form.part().await.unwrap().unwrap();
            assert_eq!(part, Part { name: "why".to_owned(), file: None }, "{size}");
            assert_eq!(form.text(100).await.unwrap(), "seen");
            let part = form.part().await.unwrap().unwrap();
            assert_eq!(part.file.as_deref(), Some("a;b \"c\".bin"));
            assert_eq!(form.bytes(100).await.unwrap(), b"\r\n--\r\n----x\r\n\0\xff", "{size}");
            let part = form.part().await.unwrap().unwrap();
            assert_eq!((part.name.as_str(), part.file.as_deref()), ("none", Some("")));
            assert!(form.bytes(100).await.unwrap().is_empty());
            assert!(form.part().await.unwrap().is_none());
        }
    }

    #[tokio::test]
    async fn a_form_that_breaks_off_is_no_shorter_file() {
        for cut in [WHOLE.len() - 5, 120, 60, 10] {
            let mut form = form(&[&WHOLE[..cut]]);
            let outcome = async {
                while form.part().await?.is_some() {
                    form.bytes(1000).await?;
                }
                Ok::<(), Problem>(())
            };
            assert!(outcome.await.is_err(), "{cut}");
        }
        let mut whole = form(&[WHOLE]);
        whole.part().await.unwrap();
        assert_eq!(whole.text(3).await.unwrap_err().status, 413);
    }

    #[test]
    fn what_is_no_such_form_is_refused() {
        for wrong in ["multipart/form-data", "text/plain; boundary=x", "multipart/form-data; boundary="] {
            assert!(Multipart::new(wrong, Body::empty()).is_err(), "{wrong}");
        }
    }
}
