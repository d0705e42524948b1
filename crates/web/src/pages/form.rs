//! From a form's fields to a request. A field's name is a path into the request (`target.on`), and may end in what its
//! text is: `:lines` (a list, one a line), `:int`, `:bool`, `:time` (a local time at the practice), `:json` (a value
//! that a choice carries). A field left empty was not given. What comes out is read by the request's own reader, so
//! that a form can say nothing that the API could not.

use jiff::{civil::DateTime, tz::TimeZone};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::Problem;

/// The fields of a form, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a form's body. Control characters are nothing that a person types; they go, but for ends of lines and tabs.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let plain = |mut text: String| {
            text.retain(|letter| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t'));
            text
        };
        Self(form_urlencoded::parse(bytes).into_owned().map(|(name, text)| (name, plain(text))).collect())
    }

    /// Takes a field out.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(own, _)| own == name)?;
        Some(self.0.remove(place).1)
    }

    /// Adds a field.
    pub(crate) fn add(&mut self, name: &str, text: String) {
        self.0.push((name.to_owned(), text));
    }

    /// A field's text as it was typed, blanks and all: a password.
    pub(crate) fn whole(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, text)| own == name && !text.is_empty()).map(|(_, text)| text.as_str())
    }

    /// Whether a field was sent at all, empty or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }

    /// The texts of all fields of a name that are not empty.
    pub(crate) fn every(&self, name: &str) -> Vec<&str> {
        let own = self.0.iter().filter(|(own, text)| own == name && !text.trim().is_empty());
        own.map(|(_, text)| text.trim()).collect()
    }

    /// A field's text, where it is given and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, text)| own == name && !text.trim().is_empty()).map(|(_, text)| text.trim())
    }

    /// The request that the fields make.
    pub(crate) fn request<T: DeserializeOwned>(&self, zone: &TimeZone) -> Result<T, Problem> {
        let value = Value::Object(self.value(zone)?);
        serde_path_to_error::deserialize(value).map_err(|error| {
            let place = error.path().to_string();
            let inner = error.into_inner().to_string();
            match inner.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
                Some(missing) => Problem::invalid(missing, format!("“{}” was left empty", plain(missing))),
                None => Problem::invalid(place.clone(), format!("{}: {inner}", plain(&place))),
            }
        })
    }

    fn value(&self, zone: &TimeZone) -> Result<Map<String, Value>, Problem> {
        let mut root = Map::new();
        for (name, text) in &self.0 {
            let (path, kind) = name.split_once(':').unwrap_or((name, ""));
            // Browsers send line ends as CR LF (HTML Standard, section 4.10.21.8).
            let text = text.replace("\r\n", "\n");
            if text.trim().is_empty() {
                continue;
            }
            let value = typed(kind, text.trim(), zone)
                .map_err(|what| Problem::invalid(path, format!("{}: {what}", plain(path))))?;
            put(&mut root, path, value);
        }
        Ok(root)
    }
}

fn plain(path: &str) -> String {
    path.replace(['_', '.'], " ")
}

fn typed(kind: &str, text: &str, zone: &TimeZone) -> Result<Value, String> {
    match kind {
        "lines" => Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()),
        "int" => text.parse::<u64>().map(Value::from).map_err(|_| "a whole number is wanted".to_owned()),
        "bool" => Ok(Value::Bool(matches!(text, "true" | "on" | "yes"))),
        "time" => {
            let local: DateTime =
                text.parse().map_err(|_| "a date and time is wanted, such as 2026-01-26T09:30".to_owned())?;
            let at = local.to_zoned(zone.clone()).map_err(|error| error.to_string())?.timestamp();
            Ok(Value::String(at.to_string()))
        }
        "json" => serde_json::from_str(text).map_err(|error| error.to_string()),
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// Puts a value at a path. Lists of the same name are joined; else the last one stands.
fn put(map: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        Some((head, rest)) => {
            let inner = map.entry(head).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
        None => match (map.get_mut(path), value) {
            (Some(Value::Array(list)), Value::Array(more)) => list.extend(more),
            (_, value) => {
                map.insert(path.to_owned(), value);
            }
        },
    }
}

/// A request as the fields that would make it again, for a form that offers it: name and text.
pub(crate) fn fields_of(value: &Value) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    flatten(value, "", &mut fields);
    fields
}

fn flatten(value: &Value, path: &str, fields: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (name, inner) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(inner, &path, fields);
            }
        }
        Value::String(text) => fields.push((path.to_owned(), text.clone())),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            fields.push((format!("{path}:json"), value.to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use incident::Request;

    use super::*;

    fn request(text: &str) -> Result<Request, Problem> {
        Fields::read(text.as_bytes()).request(&TimeZone::get("America/New_York").unwrap())
    }

    #[test]
    fn a_form_says_what_the_api_would_be_told() {
        let made = request(
            "command=propose_containment&measure=isolate_host&target.on=system&target.system=FS01&why=+it+spreads&undo=",
        );
        let said = serde_json::json!({"command": "propose_containment", "measure": "isolate_host", "target": {"on": "system", "system": "FS01"}, "why": "it spreads"});
        assert_eq!(made.unwrap(), serde_json::from_value::<Request>(said).unwrap());
        let Request::SetWatch { until, .. } =
            request("command=set_watch&system=FS01&until:time=2026-01-26T09:30&what=beacons").unwrap()
        else {
            panic!("another request");
        };
        assert_eq!(until.to_string(), "2026-01-26T14:30:00Z");
    }

    #[test]
    fn a_request_that_a_page_offers_comes_back_as_itself() {
        let said = serde_json::json!({"command": "decide_breach", "answer": "breach", "reasons": ["a", "b"], "privileged": true});
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields_of(&said)).finish();
        assert_eq!(request(&text).unwrap(), serde_json::from_value::<Request>(said).unwrap());
    }

    #[test]
    fn a_field_left_empty_is_named_and_not_guessed() {
        let refused = request("command=verify_containment&action=&how=").unwrap_err();
        assert!(refused.detail.contains("left empty"), "{}", refused.detail);
        assert!(request("command=close&privileged=true").is_err());
        assert!(request("command=engage&party=counsel&name=x&means=y&within_minutes:int=soon").is_err());
    }
}
