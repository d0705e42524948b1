//! A client of HTTP/1.1 over one kept connection (RFC 9112), which never sends a request twice by itself: a test of
//! what was acknowledged must know which requests were not.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// How long an answer may take. A test that waits longer has found a server that hangs.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The largest answer that is read, in bytes.
const LARGEST: u64 = 1 << 30;

/// A client with at most one connection.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    token: Option<String>,
    connection: Option<BufReader<TcpStream>>,
    timeout: Duration,
    head: Vec<u8>,
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` where it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    /// A client of this server; with a token, it sends that with every request.
    #[must_use]
    pub fn new(address: SocketAddr, token: Option<&str>) -> Self {
        let token = token.map(str::to_owned);
        Self { address, token, connection: None, timeout: TIMEOUT, head: Vec::new() }
    }

    /// The same with another limit for how long an answer may take.
    #[must_use]
    pub const fn patient(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Looks.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.send("GET", path, &[], &[])
    }

    /// Sends JSON.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn post(
        &mut self,
        path: &str,
        body: &serde_json::Value,
        headers: &[(&str, &str)],
    ) -> io::Result<Answer> {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.send("POST", path, &all, body.to_string().as_bytes())
    }

    /// Sends a request, once, and waits for its answer.
    ///
    /// # Errors
    /// [`io::Error`] where no whole answer came; the request may have been taken all the same.
    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        self.head.clear();
        write!(self.head, "{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address)?;
        if let Some(token) = &self.token {
            write!(self.head, "authorization: Bearer {token}\r\n")?;
        }
        for (name, value) in headers {
            write!(self.head, "{name}: {value}\r\n")?;
        }
        write!(self.head, "content-length: {}\r\n\r\n", body.len())?;
        self.head.extend_from_slice(body);
        let mut connection = match self.connection.take() {
            Some(kept) => kept,
            None => self.connect()?,
        };
        connection.get_mut().write_all(&self.head)?;
        let (answer, keep) = read_answer(&mut connection)?;
        if keep {
            self.connection = Some(connection);
        }
        Ok(answer)
    }

    fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect_timeout(&self.address, self.timeout)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(self.timeout))?;
        stream.set_write_timeout(Some(self.timeout))?;
        Ok(BufReader::with_capacity(16 << 10, stream))
    }
}

/// Sends bytes that need not be HTTP and gives back all that came until the other end closed or was silent for two
/// seconds.
///
/// # Errors
/// [`io::Error`] where no connection could be made.
pub fn raw(address: SocketAddr, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    // A server may refuse and close before it has read everything.
    let _ = stream.write_all(bytes).and_then(|()| stream.shutdown(std::net::Shutdown::Write));
    let mut all = Vec::new();
    let _ = stream.take(LARGEST).read_to_end(&mut all);
    Ok(all)
}

fn read_answer(connection: &mut BufReader<TcpStream>) -> io::Result<(Answer, bool)> {
    let first = line(connection)?;
    let status =
        first.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| broken("status line"))?;
    let mut headers = Vec::new();
    loop {
        let line = line(connection)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| broken("header"))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut answer = Answer { status, headers, body: Vec::new() };
    let length = answer.header("content-length").and_then(|length| length.parse::<u64>().ok());
    let mut keep = answer.header("connection") != Some("close");
    if answer.header("transfer-encoding") == Some("chunked") {
        read_chunks(connection, &mut answer.body)?;
    } else if let Some(length) = length {
        take(connection, length, &mut answer.body)?;
    } else if status != 204 && status != 304 {
        keep = false;
        connection.take(LARGEST).read_to_end(&mut answer.body)?;
    }
    Ok((answer, keep))
}

fn read_chunks(connection: &mut BufReader<TcpStream>, into: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let size = line(connection)?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| broken("chunk size"))?;
        take(connection, size, into)?;
        if !line(connection)?.is_empty() {
            return Err(broken("chunk"));
        }
        if size == 0 {
            return Ok(());
        }
    }
}

fn take(connection: &mut BufReader<TcpStream>, length: u64, into: &mut Vec<u8>) -> io::Result<()> {
    let had = into.len() as u64;
    connection.take(length.min(LARGEST)).read_to_end(into)?;
    if into.len() as u64 - had == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn line(connection: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    connection.take(64 << 10).read_line(&mut line)?;
    let text = line.strip_suffix("\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(text.to_owned())
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the answer's {what} cannot be read"))
}
