//! Acknowledged means durable: the server is killed with SIGKILL again and again while clients write to it. Everything
//! that it acknowledged is there afterwards, nothing twice although clients repeat what had no answer, and the log
//! verifies.
#![cfg(test)]

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use testkit::{
    ground::{self, Ground},
    http::Client,
    load::{Account, Kind, Round},
    postgres,
    random::Random,
    server::{Program, Server},
};

const CLIENTS: usize = 6;

/// Moments of the kills; another seed is another test.
fn seed() -> u64 {
    let given = std::env::var("POWER_CUT_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or(0x7E57_AB1E);
    eprintln!("POWER_CUT_SEED={seed}");
    seed
}

/// Runs the test's program on a database, cutting the power `cuts` times.
struct Cuts {
    program: Program,
    ground: Ground,
    random: Random,
    account: Account,
    /// Kills of a server that had acknowledged requests, and those of them that left a request without an answer.
    under_load: u32,
    caught: u32,
}

impl Cuts {
    fn new(folder: &Path, database: Option<&str>) -> Self {
        let program = Program::new(env!("CARGO_BIN_EXE_tourniquet"), folder.join("data"), database);
        let ground = ground::lay(&program).unwrap();
        Self {
            program,
            ground,
            random: Random::new(seed()),
            account: Account::default(),
            under_load: 0,
            caught: 0,
        }
    }

    fn round(&self, server: &Server, name: String) -> Round {
        Round {
            address: server.address(),
            token: self.ground.token.clone(),
            practice: self.ground.practice.clone(),
            name,
            clients: CLIENTS,
        }
    }

    /// Starts the server, lets clients write, and kills it at a moment that nobody chose.
    fn cut(&mut self, number: u32) {
        // Now and then the power goes again before the server is up.
        if self.random.below(8) == 0 {
            let mut child = self.program.spawn().unwrap();
            thread::sleep(Duration::from_millis(self.random.below(150)));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let server = self.program.serve().unwrap();
        let load = self.account.begin(&self.round(&server, format!("r{number}")));
        thread::sleep(Duration::from_millis(40 + self.random.below(260)));
        server.kill().unwrap();
        let (taken, open) = self.account.end(load);
        self.under_load += u32::from(taken > 0);
        self.caught += u32::from(taken > 0 && open > 0);
    }

    fn verify(&self) {
        let folder = self.program.data().to_string_lossy().into_owned();
        let said = self.program.done(["verify", &folder]).unwrap();
        assert_eq!(said.lines().last(), Some("verified"), "{said}");
    }

    /// Lets clients repeat what is still without an answer, and holds the server to its word.
    fn account_for(mut self) -> Account {
        let server = self.program.serve().unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        let mut number = 0;
        while number == 0 || (self.account.open() > 0 && Instant::now() < until) {
            number += 1;
            let load = self.account.begin(&self.round(&server, format!("last{number}")));
            thread::sleep(Duration::from_millis(150));
            self.account.end(load);
        }
        let mut client = Client::new(server.address(), Some(&self.ground.token));
        let mut wrong = self.account.check(&mut client).unwrap();
        wrong.extend(self.account.read_back(&mut client, 50).unwrap());
        assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert!(server.stop().unwrap().success());
        self.verify();
        eprintln!(
            "{} kills under load, {} of them with requests in flight; acknowledged {} alerts, {} incidents, {} commands, \
             {} items of evidence; {} requests had to be repeated",
            self.under_load,
            self.caught,
            self.account.count(Kind::Alert),
            self.account.count(Kind::Declare),
            self.account.count(Kind::Command),
            self.account.count(Kind::Evidence),
            self.account.unanswered,
        );
        self.account
    }
}

#[test]
fn what_was_acknowledged_before_a_hundred_power_cuts_is_there_after_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut cuts = Cuts::new(folder.path(), None);
    let mut number = 0;
    while cuts.under_load < 100 {
        number += 1;
        assert!(
            number <= 150,
            "only {} of {number} kills came while requests were acknowledged",
            cuts.under_load
        );
        cuts.cut(number);
        if number % 20 == 0 {
            cuts.verify();
        }
    }
    assert!(cuts.caught > 50, "only {} kills found a request without an answer", cuts.caught);
    let account = cuts.account_for();
    for kind in [Kind::Alert, Kind::Declare, Kind::Command, Kind::Evidence] {
        assert!(account.count(kind) > 20, "too few of {kind:?} to say anything: {}", account.count(kind));
    }
}

#[test]
fn what_was_acknowledged_on_postgresql_survives_its_power_cuts_too() {
    let Some(postgres) = postgres::start_alone() else { return };
    let folder = tempfile::tempdir().unwrap();
    let database = postgres.database();
    let mut cuts = Cuts::new(folder.path(), Some(&database));
    let mut number = 0;
    while cuts.under_load < 12 {
        number += 1;
        assert!(
            number <= 30,
            "only {} of {number} kills came while requests were acknowledged",
            cuts.under_load
        );
        cuts.cut(number);
        if number % 4 == 0 {
            // The power of the database's machine goes as well.
            postgres.kill();
            postgres.start_again();
            cuts.verify();
        }
    }
    cuts.account_for();
}
