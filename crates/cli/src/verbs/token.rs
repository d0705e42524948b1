//! Access tokens.

use app::{access::NewToken, ports::TokenKind};
use clap::Subcommand;
use kernel::{Role, Timestamp};
use serde_json::Value;

use super::Bench;
use crate::{
    failure::Failure,
    pick::{pick, short},
    terminal::{Ink, plain, say, say_json},
    word::word,
};

/// `token …`
#[derive(Debug, Subcommand)]
pub(crate) enum TokenVerb {
    /// Makes a token and prints it, once
    #[command(
        after_help = "Examples:\n  tourniquet token make 'Dr. Ruiz' --role practice --practice 'Cedar Hollow'\n  \
        tourniquet token make 'SIEM forwarder' --role service --scope intake --expires 2027-01-01T00:00:00Z\n  \
        tourniquet token make 'front desk' --role staff --link"
    )]
    Make {
        /// Whose it is, or what it is called
        name: String,
        /// What it may do
        #[arg(long, value_parser = word::<Role>())]
        role: Role,
        /// For one practice, by name or id; for all of the provider's where absent
        #[arg(long, value_name = "NAME|ID")]
        practice: Option<String>,
        /// Narrower than the role: read, write, intake, export, administer (may be repeated)
        #[arg(long)]
        scope: Vec<String>,
        /// When it ends by itself, RFC 3339
        #[arg(long, value_name = "TIME")]
        expires: Option<Timestamp>,
        /// Makes a link that signs a browser in, once
        #[arg(long)]
        link: bool,
    },
    /// Lists the tokens, without their secrets
    #[command(after_help = "Example:\n  tourniquet token list")]
    List,
    /// Ends a token
    #[command(after_help = "Example:\n  tourniquet token revoke 7K3M9Q")]
    Revoke {
        /// The token's id, or the end of it
        id: String,
    },
}

pub(crate) async fn run(bench: &Bench, verb: TokenVerb) -> Result<(), Failure> {
    let desk = &bench.desk;
    match verb {
        TokenVerb::Make { name, role, practice, scope, expires, link } => {
            let practice = match practice {
                Some(named) => Some(desk.find_practice(Some(&named)).await?),
                None => None,
            };
            let kind = if link { TokenKind::Link } else { TokenKind::Api };
            let new = NewToken {
                name,
                role,
                practice,
                scopes: scope,
                kind,
                expires_at: expires,
                secret: None,
                person: None,
            };
            let given = desk.make_token(new).await?;
            if bench.json() {
                return say_json(&given);
            }
            if link {
                let base = bench.globals.server.as_deref().unwrap_or("http://127.0.0.1:8787");
                say(&format!("{}/signin/{}", base.trim_end_matches('/'), given.token));
            } else {
                say(&given.token);
            }
            crate::terminal::tell(&format!(
                "token {}: it is not shown again; `token revoke` ends it",
                given.id
            ));
            Ok(())
        }
        TokenVerb::List => list(bench).await,
        TokenVerb::Revoke { id } => {
            let tokens = desk.tokens().await?;
            let known: Vec<kernel::TokenId> =
                tokens.iter().filter_map(|token| token.get("id")?.as_str()?.parse().ok()).collect();
            let id = pick(&id, known, "token")?;
            desk.revoke_token(id).await?;
            if !bench.json() {
                say(&format!("token {id} is ended"));
            }
            Ok(())
        }
    }
}

async fn list(bench: &Bench) -> Result<(), Failure> {
    let tokens = bench.desk.tokens().await?;
    if bench.json() {
        return say_json(&tokens);
    }
    let papers = super::ask::Papers::of(bench).await;
    let rows: Vec<_> = tokens
        .iter()
        .map(|token| {
            let text = |name: &str| token.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let revoked = token.get("revoked_at").is_some_and(|at| !at.is_null());
            let practice = token.get("practice").and_then(|id| id.as_str()?.parse().ok());
            let paper = practice.map_or_else(|| bench.paper.clone(), |practice| papers.at(practice));
            let ends = token.get("expires_at").and_then(|at| at.as_str()?.parse().ok());
            vec![
                plain(short(text("id"))),
                plain(text("name")),
                plain(text("role")),
                plain(text("kind")),
                plain(text("practice")),
                plain(paper.maybe(ends)),
                if revoked { (Ink::Faint, "ended".to_owned()) } else { (Ink::Good, "good".to_owned()) },
            ]
        })
        .collect();
    if rows.is_empty() {
        say("There are no tokens.");
    }
    bench.paper.table(&["token", "name", "role", "kind", "practice", "ends", ""], rows);
    Ok(())
}
