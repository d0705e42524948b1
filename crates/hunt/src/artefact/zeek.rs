//! Zeek's own logs: lines of tab-separated values below `#fields`, which names them; `#path` says which log it is (`conn`, `dns`,
//! `http`, `ssl` …). A file may hold several such blocks, one after another.

use super::{
    Artefact, Damage, Head, ReadAt,
    key_value::lines_as_they_are,
    row::{Row, instant},
};
use crate::event::Event;

/// The reader.
#[derive(Debug)]
pub struct Zeek;

impl Artefact for Zeek {
    fn name(&self) -> &'static str {
        "zeek"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        head.bytes.starts_with(b"#separator ") && head.bytes.windows(7).any(|window| window == b"#fields")
    }

    fn read(&self, file: &dyn ReadAt, _part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        let mut damage = Damage::default();
        let mut block = Block::default();
        lines_as_they_are(file, &mut damage, |number, line, damage| {
            if let Some(about) = line.strip_prefix('#') {
                return block.about(about);
            }
            if block.fields.is_empty() {
                damage.records += 1;
                damage.note(format!("line {number}: stands before the names of its fields"));
                return;
            }
            let cells: Vec<&str> = line.split(block.separator).collect();
            if cells.len() != block.fields.len() {
                damage.records += 1;
                damage.note(format!(
                    "line {number}: has {} values for {} names",
                    cells.len(),
                    block.fields.len()
                ));
            }
            block.row(&cells).emit(number, each);
        });
        damage
    }
}

/// What the lines that begin with `#` say.
struct Block {
    separator: char,
    unset: String,
    empty: String,
    path: String,
    fields: Vec<String>,
}

impl Default for Block {
    fn default() -> Self {
        Self {
            separator: '\t',
            unset: "-".to_owned(),
            empty: "(empty)".to_owned(),
            path: "log".to_owned(),
            fields: Vec::new(),
        }
    }
}

impl Block {
    fn about(&mut self, line: &str) {
        if let Some(escaped) = line.strip_prefix("separator ") {
            let code = escaped.trim().strip_prefix("\\x").and_then(|hex| u32::from_str_radix(hex, 16).ok());
            self.separator = code.and_then(char::from_u32).unwrap_or('\t');
            return;
        }
        let (name, rest) = line.split_once(self.separator).unwrap_or((line, ""));
        match name {
            "unset_field" => rest.clone_into(&mut self.unset),
            "empty_field" => rest.clone_into(&mut self.empty),
            "path" => rest.clone_into(&mut self.path),
            "fields" => self.fields = rest.split(self.separator).map(str::to_owned).collect(),
            _ => {}
        }
    }

    fn row(&self, cells: &[&str]) -> Row {
        let mut row = Row { channel: format!("zeek/{}", self.path), ..Row::default() };
        for (name, cell) in self.fields.iter().zip(cells) {
            if name == "ts" {
                row.time = instant(cell);
            }
            if *cell != self.unset && *cell != self.empty {
                row.push(name.as_str(), *cell);
            }
        }
        row.account = row.get("username").or_else(|| row.get("user")).map(str::to_owned);
        row
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_log_is_read_by_the_names_that_it_gives_itself() {
        let text = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2026-09-11\n\
                    #fields\tts\tuid\tid.orig_h\tid.resp_h\tid.resp_p\torig_bytes\tresp_bytes\tservice\n\
                    #types\ttime\tstring\taddr\taddr\tport\tcount\tcount\tstring\n\
                    1789000000.500000\tC1\t10.20.1.11\t198.51.100.23\t443\t18412331008\t900\t-\n\
                    short\n#close\t2026-09-12\n\
                    #path\tdns\n#fields\tts\tuid\tquery\n1789000001.0\tC2\tx.example\n";
        let bytes = text.as_bytes().to_vec();
        assert!(Zeek.recognises(&Head { path: "conn.log", bytes: &bytes, size: 1 }));
        let mut seen = Vec::new();
        let damage = Zeek.read(&bytes, 0, &mut |event| {
            let of = |name: &str| event.get(name).unwrap_or_default().into_owned();
            seen.push(format!(
                "{}|{}|{}|{}|{}",
                event.record,
                event.channel,
                of("orig_bytes"),
                of("service"),
                of("query")
            ));
        });
        assert_eq!(seen, ["9|zeek/conn|18412331008||", "10|zeek/conn|||", "14|zeek/dns|||x.example"]);
        assert_eq!(damage.records, 1);
    }

    proptest! {
        #[test]
        fn any_bytes_end_well(bytes in prop::collection::vec(any::<u8>(), 0..1000)) {
            let mut file = b"#separator \\x09\n#fields\tts\ta\n".to_vec();
            file.extend(&bytes);
            let _ = Zeek.read(&file, 0, &mut |_| ());
        }
    }
}
