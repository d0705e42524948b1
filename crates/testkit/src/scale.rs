//! The record of a provider with many practices: the demo's practice, its incident and its alerts, many times over, each
//! with ids of its own. Written through the journal itself, so that lists, searches and streams are as they would be.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use app::ports::{
    AlertQuery, AlertRow, Append, EvidenceQuery, EvidenceRow, IncidentQuery, IncidentRow, Journal, Leaf,
    Part, PracticeRow, Recorded, Row, Scope, Verdict,
};
use kernel::{AlertId, Entry, EntryId, EvidenceId, GroupId, IncidentId, PracticeId, Stream, Timestamp};

use crate::{app::Failed, random::Random};

/// How much there shall be.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Practices.
    pub practices: u64,
    /// Incidents; one in five is open.
    pub incidents: u64,
    /// Alerts; one in ten waits for a verdict.
    pub alerts: u64,
}

/// Writes at once: so many appends wait for one commit.
const AT_ONCE: usize = 256;
/// Entries of a stream that are read at once.
const PAGE: u32 = 500;

/// Multiplies what a data directory holds, which is the demo's record, until there is so much. No server may have it open.
///
/// # Errors
/// Whatever went wrong.
pub async fn multiply(folder: &Path, size: Size) -> Result<(), Failed> {
    let edge = app::edge::Edge::machine();
    let directory = app::directory::Directory::open(folder, &edge)?;
    let location = store::Location::File(folder.join("journal.sqlite"));
    let journal = store::open(&location, directory.signer()?, store::Options::default()).await?;
    let pattern = Pattern::read(&journal).await?;
    let practices = pattern.practices(&journal, size.practices).await?;
    pattern.incidents(&journal, &practices, size.incidents).await?;
    pattern.alerts(&journal, &practices, size.alerts).await?;
    journal.close().await;
    Ok(())
}

/// What is multiplied.
struct Pattern {
    practice: PracticeRow,
    practice_entries: Vec<Recorded>,
    incident: IncidentRow,
    incident_entries: Vec<Recorded>,
    evidence: Vec<EvidenceRow>,
    alerts: Vec<(AlertRow, Vec<Recorded>)>,
}

/// Writes appends, many at a time.
struct Pen<'a> {
    journal: &'a Arc<dyn Journal>,
    waiting: Vec<Append>,
}

impl Pen<'_> {
    async fn write(&mut self, append: Append) -> Result<(), Failed> {
        self.waiting.push(append);
        if self.waiting.len() < AT_ONCE {
            return Ok(());
        }
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), Failed> {
        let tasks = std::mem::take(&mut self.waiting).into_iter().map(|append| {
            let journal = Arc::clone(self.journal);
            tokio::spawn(async move { journal.append(append).await })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await??;
        }
        Ok(())
    }
}

/// An entry with other ids: its canonical bytes stay canonical, as ids have one length and stand in values alone.
fn renamed(own: &Recorded, names: &BTreeMap<String, String>, random: &mut Random) -> Result<Leaf, Failed> {
    let mut text = String::from_utf8(own.canonical.clone())?;
    for (from, to) in names {
        text = text.replace(from, to);
    }
    let entry: Entry = serde_json::from_str(&text)?;
    let id = EntryId::new(entry.at, wide(random));
    let text = text.replace(&entry.id.to_string(), &id.to_string());
    Ok(Leaf { entry: Entry { id, ..entry }, canonical: text.into_bytes() })
}

fn wide(random: &mut Random) -> u128 {
    (u128::from(random.next()) << 64) | u128::from(random.next())
}

async fn stream(
    journal: &Arc<dyn Journal>,
    practice: PracticeId,
    own: Stream,
) -> Result<Vec<Recorded>, Failed> {
    let mut all: Vec<Recorded> = Vec::new();
    loop {
        let after = all.last().map_or(0, |last| last.version);
        let more = journal.stream(practice, own, after, PAGE).await?;
        if more.is_empty() {
            return Ok(all);
        }
        all.extend(more);
    }
}

fn earlier(at: Timestamp, minutes: u64) -> Timestamp {
    let micros = i64::try_from(minutes).unwrap_or_default().saturating_mul(60_000_000);
    Timestamp::from_microsecond(at.as_microsecond().saturating_sub(micros)).unwrap_or(at)
}

impl Pattern {
    async fn read(journal: &Arc<dyn Journal>) -> Result<Self, Failed> {
        let practice = journal.practices(Scope::Provider).await?.into_iter().next().ok_or("no practice")?;
        let own = Scope::Practice(practice.id);
        let incident = journal.incidents(own, IncidentQuery::default()).await?.items.into_iter().next();
        let incident = incident.ok_or("no incident")?;
        let query = EvidenceQuery { incident: Some(incident.id), limit: PAGE, ..EvidenceQuery::default() };
        let evidence = journal.evidence(own, query).await?.items;
        let mut alerts = Vec::new();
        let query = AlertQuery { limit: PAGE, ..AlertQuery::default() };
        for row in journal.alerts(own, query).await?.items {
            let entries = stream(journal, practice.id, Stream::alert(row.id)).await?;
            alerts.push((row, entries));
        }
        if alerts.is_empty() {
            return Err("no alert".into());
        }
        Ok(Self {
            practice_entries: stream(journal, practice.id, Stream::practice(practice.id)).await?,
            incident_entries: stream(journal, practice.id, Stream::incident(incident.id)).await?,
            practice,
            incident,
            evidence,
            alerts,
        })
    }

    fn leaves(
        &self,
        entries: &[Recorded],
        names: &BTreeMap<String, String>,
        random: &mut Random,
    ) -> Result<Vec<Leaf>, Failed> {
        entries.iter().map(|own| renamed(own, names, random)).collect()
    }

    async fn practices(&self, journal: &Arc<dyn Journal>, count: u64) -> Result<Vec<PracticeId>, Failed> {
        let mut random = Random::new(0x9A7C);
        let mut pen = Pen { journal, waiting: Vec::new() };
        let mut all = vec![self.practice.id];
        for number in 1..count {
            let id = PracticeId::from_u128(wide(&mut random));
            let names = BTreeMap::from([(self.practice.id.to_string(), id.to_string())]);
            let mut row = PracticeRow { id, ..self.practice.clone() };
            row.name = format!("{} {number:04}", row.name);
            if let Some(name) = row.profile.get_mut("name") {
                *name = row.name.clone().into();
            }
            let entries = self.leaves(&self.practice_entries, &names, &mut random)?;
            let part = Part { stream: Stream::practice(id), expected: 0, entries };
            pen.write(one(id, part, vec![Row::Practice(Box::new(row))])).await?;
            all.push(id);
        }
        pen.flush().await?;
        Ok(all)
    }

    async fn incidents(
        &self,
        journal: &Arc<dyn Journal>,
        practices: &[PracticeId],
        count: u64,
    ) -> Result<(), Failed> {
        let mut random = Random::new(0x17C1);
        let mut pen = Pen { journal, waiting: Vec::new() };
        for number in 1..count {
            let practice = chosen(practices, number)?;
            let at = earlier(self.incident.declared_at, number * 11);
            let id = IncidentId::new(at, wide(&mut random));
            let mut names = BTreeMap::from([
                (self.practice.id.to_string(), practice.to_string()),
                (self.incident.id.to_string(), id.to_string()),
            ]);
            let mut rows: Vec<Row> = Vec::new();
            for item in &self.evidence {
                let own = EvidenceId::new(at, wide(&mut random));
                names.insert(item.id.to_string(), own.to_string());
                let row = EvidenceRow { id: own, practice, incident: id, ..item.clone() };
                rows.push(Row::Evidence(Box::new(row)));
            }
            let entries = self.leaves(&self.incident_entries, &names, &mut random)?;
            let mut row = IncidentRow { id, practice, declared_at: at, ..self.incident.clone() };
            row.title = format!("{} ({number})", row.title);
            // Drawn, and not counted: else the same practices would have all that are open.
            if random.below(5) != 0 {
                row.status = "closed".to_owned();
                row.next_due = None;
            }
            rows.push(Row::Incident(Box::new(row)));
            let part = Part { stream: Stream::incident(id), expected: 0, entries };
            pen.write(one(practice, part, rows)).await?;
        }
        pen.flush().await
    }

    async fn alerts(
        &self,
        journal: &Arc<dyn Journal>,
        practices: &[PracticeId],
        count: u64,
    ) -> Result<(), Failed> {
        let mut random = Random::new(0xA1E7);
        let mut pen = Pen { journal, waiting: Vec::new() };
        let newest = self.incident.declared_at;
        for number in 0..count.saturating_sub(u64::try_from(self.alerts.len())?) {
            let practice = chosen(practices, random.below(1 << 40))?;
            let at = earlier(newest, count.saturating_sub(number) / 20);
            let id = AlertId::new(at, wide(&mut random));
            let (row, entries) = chosen(&self.alerts, number).map(|(row, entries)| (row.clone(), entries))?;
            let names = BTreeMap::from([
                (self.practice.id.to_string(), practice.to_string()),
                (row.id.to_string(), id.to_string()),
            ]);
            let entries = self.leaves(entries.get(..1).unwrap_or_default(), &names, &mut random)?;
            let verdict = match number % 10 {
                0 => None,
                1..=3 => Some(Verdict::False),
                _ => Some(Verdict::True),
            };
            let mut row = AlertRow {
                id,
                practice,
                dedup_key: format!("scale:{number}"),
                version: 1,
                received_at: at,
                updated_at: at,
                verdict,
                group: GroupId::from_u128(u128::from(number / 4)),
                incident: None,
                ..row
            };
            row.alert.hosts.push(format!("WS-{:05}", random.below(60_000)));
            row.alert.source_id = Some(format!("scale-{number}"));
            let part = Part { stream: Stream::alert(id), expected: 0, entries };
            pen.write(one(practice, part, vec![Row::Alert(Box::new(row))])).await?;
        }
        pen.flush().await
    }
}

fn one(practice: PracticeId, part: Part, rows: Vec<Row>) -> Append {
    Append { practice, key: None, parts: vec![part], rows, payloads: Vec::new() }
}

fn chosen<T: Clone>(of: &[T], number: u64) -> Result<T, Failed> {
    let at = usize::try_from(number)? % of.len().max(1);
    of.get(at).cloned().ok_or_else(|| "nothing to choose from".into())
}
