//! What every test against the real binary begins with: a practice and a token.

use std::{fs, io};

use serde_json::{Value, json};

use crate::server::Program;

/// A practice, and a token that may do everything there.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The practice's id.
    pub practice: String,
    /// A lead's token.
    pub token: String,
}

/// A made-up practice's profile: twenty workstations and one service.
#[must_use]
pub fn profile() -> Value {
    let systems: Vec<_> = (0..20)
        .map(|number| {
            json!({
                "key": format!("ws-{number:04}"), "name": format!("Workstation {number}"), "kind": "workstation",
                "hostnames": [format!("ws-{number:04}.cedarhollow.example")], "services": [{"service": "visits"}],
            })
        })
        .collect();
    json!({
        "name": "Cedar Hollow ENT", "state": "OH", "time_zone": "America/New_York",
        "sites": [{"key": "main", "name": "Main", "kind": "clinic"}],
        "services": [{"key": "visits", "name": "Visits", "site": "main", "kind": "clinic"}],
        "systems": systems,
    })
}

/// Makes the practice and the token in a data directory that no server has open.
///
/// # Errors
/// [`io::Error`] with what the program said.
pub fn lay(program: &Program) -> io::Result<Ground> {
    let folder = program.data().parent().unwrap_or_else(|| program.data());
    let file = folder.join("practice.toml");
    fs::write(&file, toml::to_string(&profile()).map_err(io::Error::other)?)?;
    let file = file.to_string_lossy().into_owned();
    let set = program.done(["practice", "set", &file, "--json"])?;
    let practice = member(&set, "id")?;
    let made = program.done(["token", "make", "drill", "--role", "lead", "--json"])?;
    Ok(Ground { practice, token: member(&made, "token")? })
}

fn member(text: &str, name: &str) -> io::Result<String> {
    let last = text.lines().last().unwrap_or_default();
    let value: Value =
        serde_json::from_str(last).map_err(|error| io::Error::other(format!("{error}: {text}")))?;
    value
        .get(name)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| io::Error::other(text.to_owned()))
}
