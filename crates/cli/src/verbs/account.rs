//! Accounts of people.

use app::accounts::{
    AccountView, ChangedAccount, LetIn, MembershipView, NewAccount, NewIdentity, NewMembership,
};
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
    /// Changes what somebody may do; their sessions end
    #[command(
        after_help = "Examples:\n  tourniquet account change dana@cedarhollow.example --role staff --was practice\n  \
        tourniquet account change okafor@mdr.example --enters-elsewhere true"
    )]
    Change {
        /// The name they sign in with, or the account's id or the end of it
        account: String,
        /// What they may do from now on
        #[arg(long, value_parser = word::<Role>())]
        role: Option<Role>,
        /// The role that this was decided on: where they have another by now, nothing is changed
        #[arg(long, requires = "role", value_parser = word::<Role>())]
        was: Option<Role>,
        /// Their name, as the record shows it from now on
        #[arg(long)]
        name: Option<String>,
        /// Whether they may enter practices that are not theirs in an emergency
        #[arg(long, value_name = "true|false")]
        enters_elsewhere: Option<bool>,
    },
    /// Links a provider's name for somebody (`sub`) to their account
    #[command(
        after_help = "Example:\n  tourniquet account link dana@cedarhollow.example clinic 00u1abc --server https://ir.example.com"
    )]
    Link {
        /// The name they sign in with, or the account's id or the end of it
        account: String,
        /// The provider's key, as the file of `serve --sign-in-with` names it
        provider: String,
        /// The provider's lasting name for them
        subject: String,
    },
    /// Unlinks one
    #[command(after_help = "Example:\n  tourniquet account unlink dana@cedarhollow.example 00u1abc")]
    Unlink {
        /// The name they sign in with, or the account's id or the end of it
        account: String,
        /// The provider's lasting name for them, or the identity's id
        subject: String,
    },
    /// Breaks the glass for somebody who cannot sign in: prints a link for half an hour that lets them in for four hours
    #[command(
        after_help = "Example:\n  tourniquet account let-in dana@cedarhollow.example --reason 'Her telephone is broken; I see her on the screen'"
    )]
    LetIn {
        /// The name they sign in with, or the account's id or the end of it
        account: String,
        /// Why they cannot sign in, and how you know that it is they
        #[arg(long)]
        reason: String,
    },
    /// Who broke the glass to come in and is in now; with --end, ends it
    #[command(
        after_help = "Examples:\n  tourniquet account emergencies\n  tourniquet account emergencies --end 4K2M"
    )]
    Emergencies {
        /// The one to end: its id or the end of it
        #[arg(long, value_name = "ID")]
        end: Option<String>,
    },
    /// Gives somebody who has an account a role at a further practice, in place of one that they have there
    #[command(
        after_help = "Example:\n  tourniquet account join okafor@lawfirm.example --role attorney --practice 'Larch Street Surgery'"
    )]
    Join {
        /// The name they sign in with
        #[arg(value_name = "E-MAIL")]
        sign_in: String,
        /// What they may do there
        #[arg(long, value_parser = word::<Role>())]
        role: Role,
        /// The practice, by name or id; your own where absent
        #[arg(long, value_name = "NAME|ID")]
        practice: Option<String>,
    },
    /// Takes such a role away; they are signed out there
    #[command(
        after_help = "Example:\n  tourniquet account leave okafor@lawfirm.example --practice 'Larch Street Surgery'"
    )]
    Leave {
        /// The name they sign in with
        #[arg(value_name = "E-MAIL")]
        sign_in: String,
        /// The practice, by name or id; your own where absent
        #[arg(long, value_name = "NAME|ID")]
        practice: Option<String>,
    },
    /// Lists who has a role at a practice that their account is not for
    #[command(after_help = "Example:\n  tourniquet account memberships")]
    Memberships,
    /// Who signed in and who was turned away, the latest first
    #[command(after_help = "Example:\n  tourniquet account sign-ins --limit 20")]
    SignIns {
        /// How many lines
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
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
        AccountVerb::Change { account, role, was, name, enters_elsewhere } => {
            let id = find(bench, &account).await?;
            let changed = ChangedAccount { name, role, was, elsewhere: enters_elsewhere };
            let account = desk.change_account(id, changed).await?;
            if bench.json() {
                return say_json(&account);
            }
            say(&format!("{} is {} now", account.name, account.role));
            Ok(())
        }
        AccountVerb::Link { account, provider, subject } => {
            let id = find(bench, &account).await?;
            let made = desk.link_identity(id, NewIdentity { provider, subject }).await?;
            if bench.json() {
                return say_json(&made);
            }
            say(&format!("linked: {} of {} ({})", made.subject, made.issuer, made.id));
            Ok(())
        }
        AccountVerb::Unlink { account, subject } => unlink(bench, &account, &subject).await,
        AccountVerb::LetIn { account, reason } => {
            let id = find(bench, &account).await?;
            let given = desk.let_in(id, LetIn { reason }).await?;
            if bench.json() {
                return say_json(&given);
            }
            say(&link(bench, &given));
            tell(
                "the glass is broken: this link lets one browser in, once, within half an hour, for four hours; every lead sees it",
            );
            Ok(())
        }
        AccountVerb::Emergencies { end } => emergencies(bench, end).await,
        AccountVerb::Join { sign_in, role, practice } => join(bench, sign_in, role, practice).await,
        AccountVerb::Leave { sign_in, practice } => leave(bench, &sign_in, practice).await,
        AccountVerb::Memberships => memberships(bench).await,
        AccountVerb::SignIns { limit } => sign_ins(bench, limit).await,
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
    say(&link(bench, given));
    tell(
        "give this link to them alone: it signs one browser in, once, within 72 hours, and asks for a password",
    );
    Ok(())
}

fn link(bench: &Bench, given: &Given) -> String {
    let base = bench.globals.server.as_deref().unwrap_or("http://localhost:8787");
    format!("{}/signin/{}", base.trim_end_matches('/'), given.token)
}

async fn emergencies(bench: &Bench, end: Option<String>) -> Result<(), Failure> {
    let standing = bench.desk.emergencies().await?;
    if let Some(named) = end {
        let id = pick(&named, standing.iter().map(|one| one.id), "emergency access")?;
        bench.desk.end_emergency(id).await?;
        if !bench.json() {
            say(&format!("emergency access {id} is ended"));
        }
        return Ok(());
    }
    if bench.json() {
        return say_json(&standing);
    }
    if standing.is_empty() {
        say("Nobody is in past the usual way.");
        return Ok(());
    }
    let rows = standing
        .into_iter()
        .map(|one| {
            vec![
                plain(short(one.id)),
                plain(one.name),
                plain(one.role.as_str()),
                plain(one.by),
                plain(one.since.to_string()),
                (Ink::Alarm, one.reason),
            ]
        })
        .collect();
    bench.paper.table(&["access", "who", "role", "let in by", "since", "why"], rows);
    Ok(())
}

async fn unlink(bench: &Bench, account: &str, subject: &str) -> Result<(), Failure> {
    let id = find(bench, account).await?;
    let accounts = bench.desk.accounts().await?;
    let linked = accounts.into_iter().find(|account| account.id == id).map(|account| account.identities);
    let linked =
        linked.unwrap_or_default().into_iter().find(|own| own.subject == subject || own.id == subject);
    let linked = linked.ok_or_else(|| Failure::usage(format!("the account has no identity `{subject}`")))?;
    bench.desk.unlink_identity(id, &linked.id).await?;
    if !bench.json() {
        say(&format!("unlinked: {} of {}", linked.subject, linked.issuer));
    }
    Ok(())
}

async fn join(bench: &Bench, sign_in: String, role: Role, practice: Option<String>) -> Result<(), Failure> {
    let practice = bench.desk.find_practice(practice.as_deref()).await?;
    let given = bench.desk.give_membership(NewMembership { sign_in, role, practice }).await?;
    if bench.json() {
        return say_json(&given);
    }
    say(&format!("{} is {} there now: they go there from their board", given.name, given.role));
    Ok(())
}

async fn leave(bench: &Bench, sign_in: &str, practice: Option<String>) -> Result<(), Failure> {
    let practice = bench.desk.find_practice(practice.as_deref()).await?;
    let members = bench.desk.memberships().await?;
    let theirs = |member: &&MembershipView| {
        member.practice == practice && member.sign_in.eq_ignore_ascii_case(sign_in)
    };
    let member = members.iter().find(theirs).ok_or_else(|| {
        Failure::usage(format!("`{sign_in}` has no role there beside an account: see `account memberships`"))
    })?;
    bench.desk.end_membership(member.id).await?;
    if !bench.json() {
        say(&format!("{} has no role there any more, and is signed out there", member.name));
    }
    Ok(())
}

async fn memberships(bench: &Bench) -> Result<(), Failure> {
    let members = bench.desk.memberships().await?;
    if bench.json() {
        return say_json(&members);
    }
    if members.is_empty() {
        say("Nobody has a role at a second practice: `tourniquet account join` gives one.");
        return Ok(());
    }
    let practices = bench.desk.practices().await?;
    let named =
        |id| practices.iter().find(|own| own.id == id).map_or_else(String::new, |own| own.name.clone());
    let rows = members
        .into_iter()
        .map(|member| {
            vec![
                plain(short(member.id)),
                plain(member.sign_in),
                plain(member.name),
                plain(member.role.as_str()),
                plain(named(member.practice)),
                plain(member.since.to_string()),
            ]
        })
        .collect();
    bench.paper.table(&["membership", "signs in as", "name", "role", "practice", "since"], rows);
    Ok(())
}

async fn sign_ins(bench: &Bench, limit: u32) -> Result<(), Failure> {
    let lines = bench.desk.sign_ins(limit).await?;
    if bench.json() {
        return say_json(&lines);
    }
    if lines.is_empty() {
        say("Nobody has signed in yet.");
        return Ok(());
    }
    let rows = lines
        .into_iter()
        .map(|line| {
            let outcome = match line.refused {
                Some(why) => (Ink::Alarm, why.replace('_', " ")),
                None => (Ink::Good, "signed in".to_owned()),
            };
            vec![plain(line.at.to_string()), plain(line.name), plain(line.way), outcome]
        })
        .collect();
    bench.paper.table(&["when", "who", "how", ""], rows);
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
            let ways = [
                (account.password, "password"),
                (account.authenticator, "app"),
                (account.passkeys > 0, "passkey"),
                (!account.identities.is_empty(), "sign-in elsewhere"),
            ];
            let ways: Vec<&str> = ways.into_iter().filter(|(there, _)| *there).map(|(_, way)| way).collect();
            let state = match (account.ended_at.is_some(), ways.is_empty()) {
                (true, _) => (Ink::Faint, "ended".to_owned()),
                (_, true) => (Ink::Caution, "invited".to_owned()),
                (_, false) => (Ink::Good, ways.join(", ")),
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
