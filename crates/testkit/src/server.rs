//! The real binary, started, stopped and killed as an operator or a power cut would.

use std::{
    ffi::OsStr,
    io::{self, BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

/// A start that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program, and where its data are.
#[derive(Debug, Clone)]
pub struct Program {
    binary: PathBuf,
    data: PathBuf,
    database: Option<String>,
    told: Vec<(String, String)>,
}

/// A running server. Killed where it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    said: Arc<Mutex<String>>,
}

impl Program {
    /// The program at `binary`, on the data directory `data`; with a database's address, its record is there.
    pub fn new(binary: impl Into<PathBuf>, data: impl Into<PathBuf>, database: Option<&str>) -> Self {
        Self {
            binary: binary.into(),
            data: data.into(),
            database: database.map(str::to_owned),
            told: Vec::new(),
        }
    }

    /// With one more setting in its surroundings.
    #[must_use]
    pub fn told(mut self, name: &str, value: &str) -> Self {
        self.told.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The data directory.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The program with these arguments, ready to run; nothing of this test's surroundings reaches it.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(&self.binary);
        for name in ["TOURNIQUET_DATA", "DATABASE_URL", "TOURNIQUET_SERVER", "TOURNIQUET_TOKEN", "RUST_LOG"] {
            command.env_remove(name);
        }
        for name in ["TOURNIQUET_SIGN_IN_WITH", "TOURNIQUET_PUBLIC_URL"] {
            command.env_remove(name);
        }
        command.env("TOURNIQUET_DATA", &self.data).args(arguments);
        command.envs(self.told.iter().map(|(name, value)| (name, value)));
        if let Some(url) = &self.database {
            command.env("DATABASE_URL", url);
        }
        command
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// [`io::Error`] where it does not start.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> io::Result<Output> {
        self.command(arguments).stdin(Stdio::null()).output()
    }

    /// Runs it to its end and gives its standard output.
    ///
    /// # Errors
    /// [`io::Error`] with its standard error where it does not end with 0.
    pub fn done<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> io::Result<String> {
        let output = self.run(arguments)?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(io::Error::other(format!("{}: {said}", output.status)))
        }
    }

    /// Starts the server on a free port without waiting for it.
    ///
    /// # Errors
    /// [`io::Error`] where it does not start.
    pub fn spawn(&self) -> io::Result<Child> {
        self.command(["serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
    }

    /// Starts the server on a free port and waits until it says where it listens.
    ///
    /// # Errors
    /// [`io::Error`] with its standard error where it ends or does not get there in time.
    pub fn serve(&self) -> io::Result<Server> {
        let mut child = self.spawn()?;
        let said = Arc::new(Mutex::new(String::new()));
        let errors = child.stderr.take().ok_or_else(|| io::Error::other("no standard error"))?;
        let (found, address) = mpsc::channel();
        let log = Arc::clone(&said);
        thread::spawn(move || listen(errors, &log, &found));
        match address.recv_timeout(PATIENCE) {
            Ok(address) => Ok(Server { child, address, said }),
            Err(_) => {
                let _ = child.kill();
                let status = child.wait()?;
                let said = said.lock().unwrap_or_else(PoisonError::into_inner);
                Err(io::Error::other(format!("the server did not start ({status}): {said}")))
            }
        }
    }
}

/// Keeps what the server says and looks for its address in it.
fn listen(errors: ChildStderr, log: &Mutex<String>, found: &mpsc::Sender<SocketAddr>) {
    let mut lines = BufReader::new(errors);
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.by_ref().take(1 << 20).read_until(b'\n', &mut line).unwrap_or(0) == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&line);
        if let Some(address) = address_in(&text) {
            // Told once; later lines of the same form find nobody listening.
            let _ = found.send(address);
        }
        log.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
    }
}

/// The address in a line such as `listening on http://127.0.0.1:8787`.
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    let end = rest.find(|letter: char| !(letter.is_ascii_digit() || letter == '.' || letter == ':'));
    rest.get(..end.unwrap_or(rest.len()))?.trim_end_matches('.').parse().ok()
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to standard error.
    #[must_use]
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it runs still.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it as a power cut would (SIGKILL).
    ///
    /// # Errors
    /// [`io::Error`] where it had ended by itself.
    pub fn kill(mut self) -> io::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            return Err(io::Error::other(format!(
                "the server had ended by itself ({status}): {}",
                self.said()
            )));
        }
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Asks it to end (SIGTERM) and waits.
    ///
    /// # Errors
    /// [`io::Error`] where it does not within half a minute.
    pub fn stop(mut self) -> io::Result<ExitStatus> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(5));
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "the server does not stop"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_wherever_it_stands_in_the_line() {
        let address = "127.0.0.1:8787".parse().ok();
        for line in
            ["http://127.0.0.1:8787", "ready: http://127.0.0.1:8787/signin/x", "on http://127.0.0.1:8787.\n"]
        {
            assert_eq!(address_in(line), address, "{line}");
        }
        assert_eq!(address_in("see https://x and http://localhost"), None);
    }
}
