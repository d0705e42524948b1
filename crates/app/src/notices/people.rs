//! The people to be written to, from a CSV file: the mailing's own columns, or those of the census
//! (`contracts/census.md`). Their names and addresses are PHI from the first byte on.

use breach::{
    mailing::Recipient,
    result::{Addressee, LetterMethod},
};
use kernel::Phi;

/// Who is in a file, and who cannot be written to.
#[derive(Debug, Default)]
pub struct People {
    /// Those with an address.
    pub recipients: Vec<Recipient>,
    /// How many have none: they are for the substitute notice (45 CFR 164.404(d)(2)).
    pub without_address: u64,
    /// Columns that mean nothing here.
    pub unknown_columns: Vec<String>,
}

/// The columns that are read.
pub const READ: [&str; 22] = [
    "letter",
    "template",
    "to",
    "method",
    "addressee",
    "individual",
    "address_1",
    "address_2",
    "city",
    "state",
    "zip",
    "email",
    "given_name",
    "family_name",
    "suffix",
    "street",
    "postal_code",
    "minor",
    "deceased",
    "guardian",
    "next_of_kin",
    "consented_alone",
];

/// Columns of the census that a letter has no use for.
const CENSUS: [&str; 10] = [
    "individual_id",
    "date_of_birth",
    "ssn_last4",
    "mrn",
    "phone",
    "elements",
    "documents",
    "first_document",
    "confidence",
    "review",
];

/// Reads the file. A row that cannot be read is refused with its line; names are not repeated in the refusal.
///
/// # Errors
/// One line that says where and what to do.
pub fn read(csv: &[u8]) -> Result<People, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(csv);
    let headers = reader.headers().map_err(|error| told(&error))?.clone();
    let names: Vec<String> =
        headers.iter().map(|name| name.trim_start_matches('\u{feff}').to_ascii_lowercase()).collect();
    let has = |name: &str| names.iter().any(|each| each == name);
    let named = has("individual") || (has("given_name") && has("family_name"));
    if !named {
        return Err(
            "line 1: no column `individual`, nor `given_name` and `family_name`: name the people".to_owned()
        );
    }
    let unknown = |name: &&String| !READ.contains(&name.as_str()) && !CENSUS.contains(&name.as_str());
    let mut people =
        People { unknown_columns: names.iter().filter(unknown).cloned().collect(), ..People::default() };
    let mut record = csv::StringRecord::new();
    let mut number: u32 = 0;
    while reader.read_record(&mut record).map_err(|error| told(&error))? {
        let line = record.position().map_or(0, csv::Position::line);
        let row = Row { names: &names, record: &record };
        number = number.saturating_add(1);
        match row.recipient(number).map_err(|what| format!("line {line}: {what}"))? {
            Some(recipient) => people.recipients.push(recipient),
            None => people.without_address += 1,
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    if let Some(twice) = people.recipients.iter().find(|each| !seen.insert(each.number)) {
        return Err(format!("letter {}: the number is given twice", twice.number));
    }
    Ok(people)
}

/// What the reader of CSV says, without the bytes of the row.
fn told(error: &csv::Error) -> String {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("line {line}: {len} cells; the first line has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => format!("line {line}: not UTF-8; save the file as UTF-8"),
        _ => format!("line {line}: not CSV"),
    }
}

/// A name without what two programs write differently: case, spaces and stops.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

struct Row<'a> {
    names: &'a [String],
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        let at = self.names.iter().position(|each| each == name)?;
        // A leading apostrophe is the mark of our own mail-merge file that a cell is text.
        let cell = self.record.get(at)?.trim();
        let cell =
            cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(cell);
        (!cell.is_empty()).then_some(cell)
    }

    fn yes(&self, name: &str) -> bool {
        self.get(name).is_some_and(|word| matches!(word.to_ascii_lowercase().as_str(), "yes" | "true" | "1"))
    }

    fn recipient(&self, place: u32) -> Result<Option<Recipient>, String> {
        let number = match self.get("letter") {
            Some(text) => text.parse().map_err(|_| "`letter` is no number".to_owned())?,
            None => place,
        };
        let name = self.individual()?.ok_or("nobody is named in `individual`")?;
        let to = self.to()?;
        let method = self.method()?;
        let email = self.get("email");
        let lines: Vec<String> = match method {
            LetterMethod::Email => {
                email.or_else(|| self.get("address_1")).map(str::to_owned).into_iter().collect()
            }
            LetterMethod::FirstClassMail => ["address_1", "street", "address_2"]
                .iter()
                .filter_map(|column| self.get(column))
                .map(str::to_owned)
                .collect(),
        };
        let own = |column: &str| self.get(column).unwrap_or_default().to_owned();
        let zip = self.get("zip").or_else(|| self.get("postal_code")).unwrap_or_default().to_owned();
        let reachable = !lines.is_empty()
            && (method == LetterMethod::Email || self.get("city").is_some() || !zip.is_empty());
        let addressed_to = self.get("addressee").or_else(|| match to {
            Addressee::ParentOrGuardian => self.get("guardian"),
            Addressee::NextOfKin => self.get("next_of_kin"),
            _ => None,
        });
        Ok(reachable.then(|| Recipient {
            number,
            to,
            method,
            addressed_to: addressed_to.filter(|other| *other != name).map(|name| Phi::new(name.to_owned())),
            individual: Phi::new(name),
            address: Phi::new(lines),
            city: Phi::new(own("city")),
            state: own("state"),
            zip: Phi::new(zip),
        }))
    }

    /// Their name: `individual` whole, or `given_name`, `family_name` and `suffix`. A row may have both where both say the
    /// same; which of two names a letter goes to is not ours to choose.
    fn individual(&self) -> Result<Option<String>, String> {
        let part = |name: &str| self.get(name);
        let parts = [part("given_name"), part("family_name"), part("suffix")];
        let named = parts.iter().take(2).any(Option::is_some);
        let parts = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let Some(whole) = self.get("individual") else {
            return Ok((!parts.is_empty()).then_some(parts));
        };
        if named && plain(whole) != plain(&parts) {
            return Err("`individual` names somebody else than `given_name`, `family_name` and `suffix` do: leave one \
                        of the two empty, or take its column out of the file"
                .to_owned());
        }
        Ok(Some(whole.to_owned()))
    }

    fn to(&self) -> Result<Addressee, String> {
        let Some(word) = self.get("template").or_else(|| self.get("to")) else {
            return Ok(match (self.yes("deceased"), self.yes("minor"), self.yes("consented_alone")) {
                (true, ..) => Addressee::NextOfKin,
                (_, true, true) => Addressee::Minor,
                (_, true, false) => Addressee::ParentOrGuardian,
                _ => Addressee::Individual,
            });
        };
        let word = word.to_ascii_lowercase().replace([' ', '-'], "_");
        let word = if word == "minor_who_consented" { "minor" } else { word.as_str() };
        Addressee::from_word(word).ok_or_else(|| {
            let words: Vec<&str> = Addressee::ALL.iter().map(|each| each.as_str()).collect();
            format!("`template` is none of {}", words.join(", "))
        })
    }

    fn method(&self) -> Result<LetterMethod, String> {
        match self.get("method") {
            None => Ok(LetterMethod::FirstClassMail),
            Some(word) => LetterMethod::from_word(&word.to_ascii_lowercase().replace([' ', '-'], "_"))
                .ok_or_else(|| "`method` is neither first_class_mail nor email".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use breach::mailing::{COLUMNS, merge_file};

    use super::*;

    #[test]
    fn the_mail_merge_file_is_read_back_as_it_was_written() {
        let csv = "individual,template,address_1,address_2,city,state,zip,addressee\n\
                   Ann Example,individual,1 Orchard Lane,Apt 4,Mill Run,OH,44998,\n\
                   Ben Example,parent_or_guardian,2 Orchard Lane,,Mill Run,OH,44998,Cara Example\n";
        let first = read(csv.as_bytes()).unwrap();
        let written = merge_file(&first.recipients);
        assert!(written.reveal().starts_with(&COLUMNS.join(",")));
        let again = read(written.reveal().as_bytes()).unwrap();
        assert_eq!(merge_file(&again.recipients), written);
        assert_eq!(again.recipients[1].addressed_to.as_ref().unwrap().reveal(), "Cara Example");
    }

    #[test]
    fn the_census_names_who_gets_which_letter() {
        let csv = "individual_id,given_name,family_name,suffix,date_of_birth,street,city,state,postal_code,minor,deceased,guardian,elements\n\
                   1,Ann,Example,Jr.,1980-01-01,1 Orchard Lane,Mill Run,OH,44998,no,no,,name\n\
                   2,Ben,Example,,2019-01-01,2 Orchard Lane,Mill Run,OH,44998,yes,no,Cara Example,name\n\
                   3,Dot,Example,,1930-01-01,3 Orchard Lane,Mill Run,OH,44998,no,yes,,name\n\
                   4,Eli,Example,,1970-01-01,,,,,no,unknown,,name\n";
        let people = read(csv.as_bytes()).unwrap();
        let to: Vec<Addressee> = people.recipients.iter().map(|each| each.to).collect();
        assert_eq!(to, [Addressee::Individual, Addressee::ParentOrGuardian, Addressee::NextOfKin]);
        assert_eq!((people.without_address, people.unknown_columns.len()), (1, 0));
        assert_eq!(people.recipients[0].individual.reveal(), "Ann Example Jr.");
    }

    #[test]
    fn a_name_given_whole_and_in_parts_is_taken_where_both_say_the_same() {
        let csv = "individual,given_name,family_name,suffix,address_1,city\n\
                   Ann Example JR,Ann,Example,Jr.,1 Orchard Lane,Mill Run\n\
                   Ben Example,,,,2 Orchard Lane,Mill Run\n\
                   ,Dot,Example,,3 Orchard Lane,Mill Run\n";
        let people = read(csv.as_bytes()).unwrap();
        let names: Vec<&str> =
            people.recipients.iter().map(|each| each.individual.reveal().as_str()).collect();
        assert_eq!(names, ["Ann Example JR", "Ben Example", "Dot Example"]);
        let (row, column) =
            ("Ben Example,Ben,,,1 Orchard Lane,X", "individual,given_name,family_name,suffix,address_1,city");
        assert!(
            read(format!("{column}\n{row}\n").as_bytes()).unwrap_err().starts_with("line 2: `individual`")
        );
    }

    #[test]
    fn a_mistake_is_told_with_its_line_and_without_the_name() {
        for (csv, says) in [
            ("name,city\nAnn Secret,Mill Run\n", "line 1: no column"),
            ("individual,template\nAnn Secret,cousin\n", "line 2: `template`"),
            ("individual,city\nAnn Secret\n", "line 2: 1 cells"),
            ("individual,letter\nAnn Secret,one\n", "line 2: `letter`"),
            ("individual,method\nAnn Secret,pigeon\n", "line 2: `method`"),
            ("individual,city\n,Mill Run\n", "line 2: nobody"),
            (
                "individual,given_name,family_name,city\nAnn Secret,Ann,Secret,X\nAnn Secret,Bea,Secret,X\n",
                "line 3: `individual` names somebody else than `given_name`",
            ),
            (
                "letter,individual,address_1,city\n7,Ann Secret,1 Lane,X\n7,Ann Secret,1 Lane,X\n",
                "letter 7: the number is given twice",
            ),
        ] {
            let what = read(csv.as_bytes()).unwrap_err();
            assert!(what.contains(says) && !what.contains("Secret"), "{csv}: {what}");
        }
        assert!(read(b"individual\n\xff\n").unwrap_err().contains("UTF-8"));
    }
}
