//! A PostgreSQL server for tests: of the binaries on this machine, in a directory and on a port of its own, durable
//! as in production. It stops with the last test that holds it, and with the test program however that ends.

use std::{
    env,
    io::{self, BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU32, Ordering},
    },
};

/// Runs as a user that PostgreSQL accepts; obeys a line at a time and ends with its standard input.
const KEEPER: &str = r#"
bin=$1 port=$2
dir=$(mktemp -d "${TMPDIR:-/tmp}/tourniquet-postgres.XXXXXX") || exit 1
"$bin/initdb" -D "$dir/data" -U postgres --auth=trust --no-sync --encoding=UTF8 --no-locale >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
pid=
while read -r word name; do
  case $word in
    start)
      "$bin/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
        -c max_connections=100 -c shared_buffers=128MB >>"$dir/server.log" 2>&1 &
      pid=$!
      n=0
      until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do
        n=$((n + 1)); [ $n -gt 600 ] && { cat "$dir/server.log" >&2; exit 1; }
        sleep 0.05
      done ;;
    stop) kill -INT "$pid"; wait "$pid" ;;
    kill) kill -QUIT "$pid"; wait "$pid" ;;
    create) "$bin/createdb" -h 127.0.0.1 -p "$port" -U postgres "$name" >&2 ;;
  esac
  echo done
done
[ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null && wait "$pid"
rm -rf "$dir"
"#;

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    keeper: Mutex<Keeper>,
    databases: AtomicU32,
}

#[derive(Debug)]
struct Keeper {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Keeper {
    fn order(&mut self, order: &str) -> io::Result<()> {
        let gone = || io::Error::other("the test's PostgreSQL server did not do as asked");
        writeln!(self.orders.as_mut().ok_or_else(gone)?, "{order}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        if answer.trim() == "done" { Ok(()) } else { Err(gone()) }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let keeper = self.keeper.get_mut().unwrap_or_else(PoisonError::into_inner);
        keeper.orders = None;
        let _ = keeper.child.wait();
    }
}

/// The server of this test program, started where it does not run yet; `None`, loudly, where this machine has no
/// PostgreSQL.
///
/// # Panics
/// Where there is none and `CI` is set, so that a build cannot pass without it; and where it does not start.
#[must_use]
#[expect(clippy::panic, clippy::print_stderr, reason = "this is for tests alone")]
pub fn start() -> Option<Arc<Postgres>> {
    static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = shared.upgrade() {
        return Some(running);
    }
    let Some(bin) = binaries() else {
        assert!(env::var_os("CI").is_none(), "no PostgreSQL server binary on this machine");
        eprintln!("SKIPPED: no PostgreSQL server binary (looked on PATH and in /usr/lib/postgresql/*/bin)");
        return None;
    };
    let server = launch(&bin).unwrap_or_else(|error| panic!("PostgreSQL of {}: {error}", bin.display()));
    let server = Arc::new(server);
    *shared = Arc::downgrade(&server);
    Some(server)
}

/// A server that no other test uses, for tests that stop it.
///
/// # Panics
/// As [`start`].
#[must_use]
#[expect(clippy::panic, reason = "this is for tests alone")]
pub fn start_alone() -> Option<Postgres> {
    start()?;
    binaries()
        .map(|bin| launch(&bin).unwrap_or_else(|error| panic!("PostgreSQL of {}: {error}", bin.display())))
}

impl Postgres {
    /// The address of a new, empty database.
    ///
    /// # Panics
    /// Where the server cannot make one.
    #[must_use]
    pub fn database(&self) -> String {
        let name = format!("t{}_{}", std::process::id(), self.databases.fetch_add(1, Ordering::Relaxed));
        self.order(&format!("create {name}"));
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Stops the server in an orderly way.
    ///
    /// # Panics
    /// Where it does not stop.
    pub fn stop(&self) {
        self.order("stop");
    }

    /// Ends the server as a power cut would.
    ///
    /// # Panics
    /// Where it does not end.
    pub fn kill(&self) {
        self.order("kill");
    }

    /// Starts it again on the same port with the same data.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start_again(&self) {
        self.order("start");
    }

    #[expect(clippy::panic, reason = "this is for tests alone")]
    fn order(&self, order: &str) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        keeper.order(order).unwrap_or_else(|error| panic!("{order}: {error}"));
    }
}

/// The folder with `postgres` and `initdb`.
fn binaries() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = (std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten())
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .collect();
    folders.sort();
    folders.reverse();
    folders.extend(env::split_paths(&path));
    folders
        .into_iter()
        .find(|folder| ["postgres", "initdb", "createdb"].iter().all(|it| folder.join(it).exists()))
}

fn launch(bin: &Path) -> io::Result<Postgres> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let root = Command::new("id").arg("-u").output()?.stdout.trim_ascii() == b"0";
    // PostgreSQL refuses to run as root; its package makes the user `postgres`.
    let mut command = if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    let mut child = command
        .args(["-c", KEEPER, "keeper"])
        .arg(bin)
        .arg(port.to_string())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let orders = child.stdin.take();
    let answers = child.stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
    let mut keeper = Keeper { child, orders, answers: BufReader::new(answers) };
    keeper.order("start")?;
    Ok(Postgres { port, keeper: Mutex::new(keeper), databases: AtomicU32::new(0) })
}
