//! What somebody would join in an afternoon: the `evtx` crate for records as JSON, `rsigma-eval` for rules, and a choice of
//! rules by channel and event id. The hunt is measured against it in the same run (`cargo xtask bench hunt`), and `evtx`
//! alone is the floor of reading. It is a workspace of its own, so that none of its libraries reaches the program.
//! `tourniquet-bench-peer RULES FOLDER THREADS`: a line of `name records hits seconds resident-KiB` for each.

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use evtx::{EvtxParser, ParserSettings};
use rsigma_eval::{CompiledRule, Engine, compile_rule, event::JsonEvent};
use rsigma_parser::LogSource;
use serde::Deserialize;
use serde_json::{Map, Value};

type Channels = BTreeMap<String, BTreeMap<String, Vec<u64>>>;

/// The log sources of Windows, as the program's own content has them.
#[derive(Deserialize)]
struct Sources {
    categories: Channels,
    services: Channels,
    fields: Vec<Fields>,
}

#[derive(Deserialize)]
struct Fields {
    channel: String,
    event_id: Option<u64>,
    names: BTreeMap<String, String>,
}

impl Sources {
    fn looks(&self, source: &LogSource, channel: &str, id: u64) -> bool {
        let by = |map: &Channels, name: &Option<String>| {
            name.as_ref().is_none_or(|name| {
                map.get(name).is_some_and(|map| {
                    map.iter().any(|(pattern, ids)| {
                        let is = match pattern.strip_suffix('*') {
                            Some(start) => channel.starts_with(start),
                            None => pattern.eq_ignore_ascii_case(channel),
                        };
                        is && (ids.is_empty() || ids.contains(&id))
                    })
                })
            })
        };
        source.product.as_deref().is_none_or(|product| product == "windows")
            && by(&self.categories, &source.category)
            && by(&self.services, &source.service)
    }
}

/// Rules for a channel and an event id, and the names that its values also go by.
struct Route {
    engine: Engine,
    aliases: Vec<(String, String)>,
}

struct Join {
    sources: Sources,
    rules: Vec<(LogSource, CompiledRule)>,
    routes: Mutex<HashMap<(String, u64), Arc<Route>>>,
}

impl Join {
    fn load(rules: &Path) -> Result<Self, Box<dyn Error>> {
        let mut compiled = Vec::new();
        let mut files = Vec::new();
        walk(rules, "yml", &mut files)?;
        for file in files {
            let collection = rsigma_parser::parse_sigma_yaml(&fs::read_to_string(file)?)?;
            for rule in &collection.rules {
                compiled.push((rule.logsource.clone(), compile_rule(rule)?));
            }
        }
        let sources = serde_json::from_str(include_str!("../../content/sigma/logsources.json"))?;
        Ok(Self { sources, rules: compiled, routes: Mutex::default() })
    }

    fn route(&self, channel: &str, id: u64) -> Arc<Route> {
        let mut routes = self.routes.lock().unwrap();
        let key = (channel.to_owned(), id);
        let made = routes.entry(key).or_insert_with(|| {
            let mut engine = Engine::new();
            let looking = self.rules.iter().filter(|(source, _)| self.sources.looks(source, channel, id));
            engine.extend_compiled_rules(looking.map(|(_, rule)| rule.clone()));
            let fields = self.sources.fields.iter();
            let fields = fields
                .filter(|fields| fields.channel == channel && fields.event_id.is_none_or(|of| of == id));
            let names = fields.flat_map(|fields| fields.names.clone()).collect();
            Arc::new(Route { engine, aliases: names })
        });
        Arc::clone(made)
    }
}

/// The record's values as one flat object, by the names that rules use.
fn flat(record: &Value) -> Option<(Map<String, Value>, String, u64)> {
    let event = record.get("Event")?;
    let mut flat = Map::new();
    let system = event.get("System")?.as_object()?;
    for (name, value) in system {
        match (name.strip_suffix("_attributes"), value) {
            (Some("EventID" | "Correlation"), _) => {}
            (Some(name), Value::Object(attributes)) => {
                for (attribute, value) in attributes {
                    flat.insert(format!("{name}_{attribute}"), value.clone());
                }
            }
            _ => {
                flat.insert(name.clone(), value.clone());
            }
        }
    }
    for part in ["EventData", "UserData"] {
        if let Some(Value::Object(data)) = event.get(part) {
            for (name, value) in data {
                match value {
                    Value::Object(inner) if part == "UserData" => flat.extend(inner.clone()),
                    _ => {
                        flat.insert(name.clone(), value.clone());
                    }
                }
            }
        }
    }
    let channel = flat.get("Channel")?.as_str()?.to_owned();
    let id = flat.get("EventID")?.as_u64()?;
    Some((flat, channel, id))
}

fn walk(folder: &Path, ending: &str, into: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, ending, into)?;
        } else if path.extension().is_some_and(|is| is == ending) {
            into.push(path);
        }
    }
    Ok(())
}

/// Each record of each file, files shared over threads; what `each` gives is counted.
fn records(files: &[PathBuf], threads: usize, join: Option<&Join>) -> (u64, u64) {
    let (next, count, hits) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let settings = Arc::new(ParserSettings::new().separate_json_attributes(true).num_threads(1));
                let mut near: HashMap<(String, u64), Arc<Route>> = HashMap::new();
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let Ok(mut parser) = EvtxParser::from_path(file) else { continue };
                    for chunk in parser.chunks() {
                        let Ok(mut chunk) = chunk else { continue };
                        let Ok(mut chunk) = chunk.parse(Arc::clone(&settings)) else { continue };
                        for record in chunk.iter().flatten() {
                            count.fetch_add(1, Ordering::Relaxed);
                            let Some(join) = join else {
                                hits.fetch_add(
                                    record.into_json_bytes().map_or(0, |json| json.data.len() as u64),
                                    Ordering::Relaxed,
                                );
                                continue;
                            };
                            let Ok(record) = record.into_json_value() else { continue };
                            let Some((mut event, channel, id)) = flat(&record.data) else { continue };
                            let route = near
                                .entry((channel, id))
                                .or_insert_with_key(|(channel, id)| join.route(channel, *id));
                            for (name, alias) in &route.aliases {
                                if let Some(value) = event.get(name).cloned() {
                                    event.insert(alias.clone(), value);
                                }
                            }
                            let event = Value::Object(event);
                            let found = route.engine.evaluate(&JsonEvent::borrow(&event));
                            hits.fetch_add(found.len() as u64, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    (count.into_inner(), hits.into_inner())
}

/// The most memory that was resident, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(rules), Some(folder), Some(threads)) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("tourniquet-bench-peer RULES FOLDER THREADS".into());
    };
    let threads = threads.parse()?;
    let mut files = Vec::new();
    walk(Path::new(&folder), "evtx", &mut files)?;
    files.sort();
    let began = Instant::now();
    let (count, _) = records(&files, threads, None);
    println!("dump {count} 0 {:.3} {}", began.elapsed().as_secs_f64(), resident());
    let began = Instant::now();
    let join = Join::load(Path::new(&rules))?;
    println!("rules {} 0 {:.3} {}", join.rules.len(), began.elapsed().as_secs_f64(), resident());
    let (count, hits) = records(&files, threads, Some(&join));
    println!("join {count} {hits} {:.3} {}", began.elapsed().as_secs_f64(), resident());
    Ok(())
}
