//! Practices and their profiles.

use std::{
    fs::{self, OpenOptions},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use clap::Subcommand;
use incident::{
    Practice,
    practice::{HourLoad, ScheduledDay},
};
use jiff::civil::Date;

use super::Bench;
use crate::{
    failure::Failure,
    terminal::{Ink, clean, plain, say, say_json},
};

/// The commented profile.
const TEMPLATE: &str = include_str!("../../../../content/templates/practice.toml");
/// The largest profile.
const LARGEST: u64 = 8 << 20;

/// `practice …`
#[derive(Debug, Subcommand)]
pub(crate) enum PracticeVerb {
    /// Writes a commented profile to fill in
    #[command(
        after_help = "Examples:\n  tourniquet practice init practice.toml\n  tourniquet practice init > practice.toml"
    )]
    Init {
        /// The file, which must not be there yet; standard output where absent
        file: Option<PathBuf>,
    },
    /// Checks a profile and sets it; one of the same name is replaced
    #[command(
        after_help = "Examples:\n  tourniquet practice set practice.toml\n  tourniquet practice set practice.toml --schedule today.csv"
    )]
    Set {
        /// The profile (TOML, or JSON where the name ends in .json)
        file: PathBuf,
        /// The day's schedule as CSV with the columns date, hour, service, visits, procedures
        #[arg(long, value_name = "FILE")]
        schedule: Option<PathBuf>,
        /// The id of the practice whose profile is replaced, where its name changes
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// Checks only
        #[arg(long)]
        check: bool,
    },
    /// Shows a practice's profile
    #[command(after_help = "Example:\n  tourniquet practice show 'Cedar Hollow'")]
    Show {
        /// The practice, by name or id; the only one where absent
        practice: Option<String>,
    },
    /// Lists the practices
    #[command(after_help = "Example:\n  tourniquet practice list")]
    List,
}

impl PracticeVerb {
    /// Whether it opens no data directory.
    pub(crate) const fn needs_no_record(&self) -> bool {
        matches!(self, Self::Init { .. } | Self::Set { check: true, .. })
    }
}

/// `init` and `set --check`.
pub(crate) fn without_record(verb: &PracticeVerb) -> Result<(), Failure> {
    match verb {
        PracticeVerb::Init { file: None } => {
            say(TEMPLATE.trim_end());
            Ok(())
        }
        PracticeVerb::Init { file: Some(path) } => {
            let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| {
                if error.kind() == std::io::ErrorKind::AlreadyExists {
                    Failure::usage(format!("{}: is there already; name another file", path.display()))
                } else {
                    Failure::writing(path, &error)
                }
            })?;
            file.write_all(TEMPLATE.as_bytes()).map_err(|error| Failure::writing(path, &error))?;
            say(&format!(
                "{}: fill it in, then `tourniquet practice set {}`",
                path.display(),
                path.display()
            ));
            Ok(())
        }
        PracticeVerb::Set { file, schedule, .. } => {
            let practice = with_schedule(read_profile(file)?, schedule.as_deref())?;
            say(&format!("{} holds together", clean(&practice.name)));
            Ok(())
        }
        PracticeVerb::Show { .. } | PracticeVerb::List => Ok(()),
    }
}

/// Reads a profile and checks that its references hold.
pub(crate) fn read_profile(path: &Path) -> Result<Practice, Failure> {
    let file = fs::File::open(path).map_err(|error| Failure::reading(path, &error))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| Failure::reading(path, &error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::usage(format!("{}: larger than 8 MiB, which no profile is", path.display())));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::usage(format!("{}: byte {at} is not UTF-8; save the file as UTF-8", path.display()))
    })?;
    parse_profile(&text, path)
}

/// The profile of a text; the path only says where it came from, and whether it is JSON.
pub(crate) fn parse_profile(text: &str, path: &Path) -> Result<Practice, Failure> {
    let name = path.display();
    let practice: Practice = if path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("json")) {
        serde_json::from_str(text).map_err(|error| {
            Failure::usage(format!("{name}: line {}, column {}: {error}", error.line(), error.column()))
        })?
    } else {
        toml::from_str(text).map_err(|error| {
            let line =
                error.span().map(|span| text.get(..span.start).unwrap_or_default().lines().count().max(1));
            let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            Failure::usage(format!("{name}: {line}{}", error.message()))
        })?
    };
    practice.validated().map_err(|invalid| Failure::usage(format!("{name}: {invalid}")))
}

/// A profile with the day's schedule from a CSV file. Days of the file take the place of the profile's.
pub(crate) fn with_schedule(mut practice: Practice, schedule: Option<&Path>) -> Result<Practice, Failure> {
    let Some(path) = schedule else { return Ok(practice) };
    let text = fs::read(path).map_err(|error| Failure::reading(path, &error))?;
    let days = parse_schedule(&text).map_err(|what| Failure::usage(format!("{}: {what}", path.display())))?;
    practice
        .schedule
        .days
        .retain(|old| !days.iter().any(|new| new.date == old.date && new.service == old.service));
    practice.schedule.days.extend(days);
    practice.validated().map_err(|invalid| Failure::usage(format!("{}: {invalid}", path.display())))
}

#[derive(Debug, serde::Deserialize)]
struct ScheduleRow {
    date: Date,
    hour: i8,
    service: String,
    #[serde(default)]
    visits: u32,
    #[serde(default)]
    procedures: u32,
}

/// The days of a schedule as CSV: counts only, never whose visits they are.
pub(crate) fn parse_schedule(text: &[u8]) -> Result<Vec<ScheduledDay>, String> {
    let mut days: Vec<ScheduledDay> = Vec::new();
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
    for row in reader.deserialize::<ScheduleRow>() {
        let ScheduleRow { date, hour, service, visits, procedures } =
            row.map_err(|error| error.to_string())?;
        let load = HourLoad { hour, visits, procedures };
        match days.iter_mut().find(|day| day.date == date && day.service == service) {
            Some(day) => day.hours.push(load),
            None => days.push(ScheduledDay { service, date, hours: vec![load] }),
        }
    }
    Ok(days)
}

pub(crate) async fn run(bench: &Bench, verb: PracticeVerb) -> Result<(), Failure> {
    let desk = &bench.desk;
    match verb {
        PracticeVerb::Set { file, schedule, id, .. } => {
            let practice = with_schedule(read_profile(&file)?, schedule.as_deref())?;
            let id = id
                .map(|id| id.parse().map_err(|error| Failure::usage(format!("--id: {error}"))))
                .transpose()?;
            let name = practice.name.clone();
            let (id, version) = desk.set_practice(id, practice).await?;
            if bench.json() {
                return say_json(&serde_json::json!({ "id": id, "name": name, "version": version }));
            }
            say(&format!("{} is set (id {id}, version {version})", clean(&name)));
            Ok(())
        }
        PracticeVerb::Show { practice } => {
            let practice = desk.practice(desk.find_practice(practice.as_deref()).await?).await?;
            if bench.json() { say_json(&practice) } else { show(bench, &practice) }
        }
        PracticeVerb::List => {
            let rows = desk.practices().await?;
            if bench.json() {
                return say_json(&rows);
            }
            let rows: Vec<_> =
                rows.iter().map(|row| vec![plain(row.id), plain(&row.name), plain(row.version)]).collect();
            if rows.is_empty() {
                say("No practice is set up: `tourniquet practice init practice.toml`.");
            }
            bench.paper.table(&["practice", "name", "version"], rows);
            Ok(())
        }
        PracticeVerb::Init { .. } => Ok(()),
    }
}

fn show(bench: &Bench, practice: &Practice) -> Result<(), Failure> {
    let paper = bench.paper.in_zone(practice.zone());
    say(&paper.ink(Ink::Strong, &practice.name));
    say(&format!("{}, {}", clean(&practice.state), clean(&practice.time_zone)));
    let places: Vec<_> =
        practice.sites.iter().map(|site| format!("{} ({})", site.name, site.kind.plain())).collect();
    say(&clean(&places.join("; ")));
    paper.heading("Systems");
    let rows = practice
        .systems
        .iter()
        .map(|system| {
            let services: Vec<_> =
                system.services.iter().map(|dependence| dependence.service.as_str()).collect();
            let on: Vec<_> = system.depends_on.iter().map(ToString::to_string).collect();
            vec![
                plain(&system.key),
                plain(&system.name),
                plain(system.kind.plain()),
                plain(if system.holds_phi { "PHI" } else { "" }),
                plain(on.join(" ")),
                plain(services.join(" ")),
            ]
        })
        .collect();
    paper.table(&["key", "name", "kind", "", "depends on", "services that stop"], rows);
    paper.heading("People");
    let rows = practice
        .people
        .iter()
        .map(|person| {
            vec![
                plain(person.on_call.map(|place| place.to_string()).unwrap_or_default()),
                plain(&person.name),
                plain(person.role),
                plain(person.title.as_deref().unwrap_or_default()),
                plain(person.phone.as_deref().unwrap_or_default()),
            ]
        })
        .collect();
    paper.table(&["on call", "name", "role", "title", "telephone"], rows);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_that_init_writes_is_accepted_as_it_is() {
        let practice = parse_profile(TEMPLATE, Path::new("practice.toml")).unwrap();
        assert!(!practice.systems.is_empty() && !practice.services.is_empty() && practice.counsel.is_some());
    }

    #[test]
    fn a_mistake_in_a_profile_is_told_with_its_line() {
        let bad = TEMPLATE.replacen("time_zone", "time_zome", 1);
        let Err(Failure::Usage(what)) = parse_profile(&bad, Path::new("p.toml")) else { panic!() };
        assert!(what.starts_with("p.toml: line ") && what.contains("time_zome"), "{what}");
    }

    #[test]
    fn a_schedule_of_hours_becomes_days() {
        let days = parse_schedule(
            b"date,hour,service,visits,procedures\n2026-09-14,8,visits,14,0\n2026-09-14,9,visits,16,0\n",
        )
        .unwrap();
        assert_eq!((days.len(), days[0].hours.len(), days[0].hours[1].visits), (1, 2, 16));
        assert!(parse_schedule(b"date,hour\nyesterday,8\n").is_err());
    }
}
