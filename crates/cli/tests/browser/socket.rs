//! As much of a WebSocket (RFC 6455) as the DevTools of a browser on this machine need: text, whole or in pieces.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

pub(crate) struct Socket(BufReader<TcpStream>);

impl Socket {
    /// Opens `ws://HOST:PORT/PATH`.
    pub(crate) fn connect(url: &str, patience: Duration) -> io::Result<Self> {
        let rest = url.strip_prefix("ws://").ok_or_else(|| io::Error::other("not a ws address"))?;
        let (host, path) = rest.split_once('/').ok_or_else(|| io::Error::other("no path"))?;
        let mut stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_nodelay(true)?;
        // The key proves nothing between the two of us; it has to be there (section 4.1).
        write!(
            stream,
            "GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dG91cm5pcXVldC10ZXN0cw==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )?;
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if !line.contains(" 101 ") {
            return Err(io::Error::other(line));
        }
        while line.trim() != "" {
            line.clear();
            reader.read_line(&mut line)?;
        }
        Ok(Self(reader))
    }

    /// Sends a text. A client masks what it sends (section 5.3); a mask of zeros leaves it as it is.
    pub(crate) fn send(&mut self, text: &str) -> io::Result<()> {
        let mut frame = vec![0x81];
        match u16::try_from(text.len()) {
            Ok(short @ 0..126) => frame.push(0x80 | short.to_be_bytes()[1]),
            Ok(long) => {
                frame.push(0x80 | 126);
                frame.extend(long.to_be_bytes());
            }
            Err(_) => {
                frame.push(0x80 | 127);
                frame.extend((text.len() as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.0.get_mut().write_all(&frame)
    }

    /// The next text, put together from its pieces. What is not text (a ping) is passed over.
    pub(crate) fn read(&mut self) -> io::Result<String> {
        let mut whole = Vec::new();
        loop {
            let mut head = [0; 2];
            self.0.read_exact(&mut head)?;
            let length = match head[1] & 0x7f {
                126 => {
                    let mut long = [0; 2];
                    self.0.read_exact(&mut long)?;
                    u64::from(u16::from_be_bytes(long))
                }
                127 => {
                    let mut long = [0; 8];
                    self.0.read_exact(&mut long)?;
                    u64::from_be_bytes(long)
                }
                short => u64::from(short),
            };
            let mut piece = vec![0; usize::try_from(length).map_err(io::Error::other)?];
            self.0.read_exact(&mut piece)?;
            if head[0] & 0x0f > 2 {
                continue;
            }
            whole.extend(piece);
            if head[0] & 0x80 != 0 {
                return String::from_utf8(whole).map_err(io::Error::other);
            }
        }
    }
}
