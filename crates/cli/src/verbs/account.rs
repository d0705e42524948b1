//! Accounts of people.

use app::accounts::{AccountView, NewAccount};
use clap::Subcommand;
use kernel::{Role, TokenId};

use super::Bench;
use crate::{
    desk::Given,
    failure::Failure,
    pick::{pick, short},
    terminal::{Ink, plain, say, say_json, tell},
    word::word,
};

/// `account …`
#[derive(Debug, Subcommand)]
pub(crate) enum AccountVerb {
    /// Makes an account and prints the link with which its owner comes in and chooses a password
    #[command(
        after_help = "Examples:\n  tourniquet account add 'Dana Reyes' --sign-in dana@cedarhollow.example --role practice --practice 'Cedar Hollow'\n  \
        tourniquet account add 'J. Okafor' --sign-in okafor@lawfirm.example --role attorney"
    )]
    Add {
        /// Their name, as the record shows it
        name: String,
        /// The name they sign in with: their e-mail address
        #[arg(long, value_name = "E-MAIL")]
        sign_in: String,
        /// What they may do
        #[arg(long, value_parser = word::<Role>())]
        role: Role,
        /// For one practice, by name or id; for all of the provider's where absent
        #[arg(long, value_name = "NAME|ID")]
        practice: Option<String>,
    },
    /// Lists the accounts
    #[command(after_help = "Example:\n  tourniquet account list")]
    List,
    /// Takes password and second factor away and prints a new link: for somebody who is locked out
    #[command(after_help = "Example:\n  tourniquet account reset dana@cedarhollow.example")]
    Reset {
        /// The name they sign in with, or the account's id or the end of it
        account: String,
    },
    /// Ends an account and its sessions
    #[command(after_help = "Example:\n  tourniquet account end dana@cedarhollow.example")]
    End {
        /// The name they sign in with, or the account's id or the end of it
        account: String,
    },
}

pub(crate) async fn run(bench: &Bench, verb: AccountVerb) -> Result<(), Failure> {
    let desk = &bench.desk;
    match verb {
        AccountVerb::Add { name, sign_in, role, practice } => {
            let practice = match practice {
                Some(named) => Some(desk.find_practice(Some(&named)).await?),
                None => None,
            };
            let given = desk.make_account(NewAccount { sign_in, name, role, practice }).await?;
            invite(bench, &given)
        }
        AccountVerb::List => list(bench).await,
        AccountVerb::Reset { account } => {
            let id = find(bench, &account).await?;
            let given = desk.reset_account(id).await?;
            invite(bench, &given)
        }
        AccountVerb::End { account } => {
            let id = find(bench, &account).await?;
            desk.end_account(id).await?;
            if !bench.json() {
                say(&format!("account {id} is ended, and every session of it"));
            }
            Ok(())
        }
    }
}

fn invite(bench: &Bench, given: &Given) -> Result<(), Failure> {
    if bench.json() {
        return say_json(given);
    }
    let base = bench.globals.server.as_deref().unwrap_or("http://127.0.0.1:8787");
    say(&format!("{}/signin/{}", base.trim_end_matches('/'), given.token));
    tell(
        "give this link to them alone: it signs one browser in, once, within 72 hours, and asks for a password",
    );
    Ok(())
}

async fn find(bench: &Bench, named: &str) -> Result<TokenId, Failure> {
    let accounts: Vec<AccountView> =
        bench.desk.accounts().await?.into_iter().filter(|account| account.ended_at.is_none()).collect();
    let by_name = accounts.iter().find(|account| account.sign_in.eq_ignore_ascii_case(named));
    match by_name {
        Some(account) => Ok(account.id),
        None => pick(named, accounts.iter().map(|account| account.id), "account"),
    }
}

async fn list(bench: &Bench) -> Result<(), Failure> {
    let accounts = bench.desk.accounts().await?;
    if bench.json() {
        return say_json(&accounts);
    }
    if accounts.is_empty() {
        say("There are no accounts: `tourniquet account add` makes one.");
        return Ok(());
    }
    let rows = accounts
        .into_iter()
        .map(|account| {
            let state = match (account.ended_at.is_some(), account.password, account.authenticator) {
                (true, _, _) => (Ink::Faint, "ended".to_owned()),
                (_, false, _) => (Ink::Caution, "invited".to_owned()),
                (_, true, false) => (Ink::Good, "password".to_owned()),
                (_, true, true) => (Ink::Good, "password and app".to_owned()),
            };
            vec![
                plain(short(account.id)),
                plain(account.sign_in),
                plain(account.name),
                plain(account.role.as_str()),
                plain(account.practice.map_or_else(String::new, |id| id.to_string())),
                state,
            ]
        })
        .collect();
    bench.paper.table(&["account", "signs in as", "name", "role", "practice", ""], rows);
    Ok(())
}
