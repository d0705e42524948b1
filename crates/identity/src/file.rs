//! The file that names the providers of sign-ins, in TOML: a table `[[provider]]` each. A secret stands in a file of its
//! own, so that this one can be shown around.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use app::ports::Provider;
use serde::Deserialize;

use crate::single::Configured;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    provider: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The word in addresses: letters, digits and hyphens.
    key: String,
    /// Its name for people.
    name: String,
    /// The issuer: `https://…`.
    issuer: String,
    /// The name under which this server is known there.
    client_id: String,
    /// The file that holds its secret alone; absent for a public client.
    #[serde(default)]
    client_secret_file: Option<PathBuf>,
    /// Domains whose addresses the provider has verified.
    #[serde(default)]
    email_domains: Vec<String>,
    /// Who asks for the second factor.
    #[serde(default)]
    second_factor: SecondFactor,
}

#[derive(Deserialize, Default, PartialEq, Eq, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum SecondFactor {
    /// The provider does, and its word is enough.
    #[default]
    Provider,
    /// This server does, after the provider.
    Here,
}

/// The file will not do; what to change.
#[derive(Debug)]
pub struct Misread {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub what: String,
}

impl std::fmt::Display for Misread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.what)
    }
}

impl std::error::Error for Misread {}

/// Reads the file, and the files of secrets that it names (from its own folder where they are not absolute).
///
/// # Errors
/// [`Misread`].
pub fn read(path: &Path) -> Result<Vec<Configured>, Misread> {
    let bad = |path: &Path, what: String| Misread { path: path.to_owned(), what };
    let text = std::fs::read_to_string(path).map_err(|error| bad(path, error.to_string()))?;
    let file: File = toml::from_str(&text).map_err(|error| bad(path, error.to_string()))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut keys = BTreeSet::new();
    file.provider
        .into_iter()
        .map(|entry| {
            let what = judge(&entry).or_else(|| {
                (!keys.insert(entry.key.clone()))
                    .then(|| format!("`{}` is there twice: each provider needs a key of its own", entry.key))
            });
            if let Some(what) = what {
                return Err(bad(path, what));
            }
            let secret = entry.client_secret_file.as_ref().map(|name| {
                let place = folder.join(name);
                let text = std::fs::read_to_string(&place).map_err(|error| bad(&place, error.to_string()))?;
                let secret = text.trim().to_owned();
                if secret.is_empty() { Err(bad(&place, "holds no secret".to_owned())) } else { Ok(secret) }
            });
            let Entry { key, name, issuer, client_id, email_domains, second_factor, .. } = entry;
            let provider = Provider {
                key,
                name,
                issuer,
                domains: email_domains,
                second_factor_here: second_factor == SecondFactor::Here,
            };
            Ok(Configured { provider, client_id, client_secret: secret.transpose()? })
        })
        .collect()
}

fn judge(entry: &Entry) -> Option<String> {
    let Entry { key, name, issuer, client_id, email_domains, .. } = entry;
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Some(format!("key `{key}`: letters, digits and hyphens"));
    }
    if name.trim().is_empty() || client_id.trim().is_empty() {
        return Some(format!("`{key}` needs a name and a client_id"));
    }
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|own| {
        issuer.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    });
    if !issuer.starts_with("https://") && !local {
        return Some(format!(
            "issuer `{issuer}`: an address with https://, exactly as the provider writes it"
        ));
    }
    email_domains
        .iter()
        .find(|domain| !domain.contains('.') || domain.contains(['@', '*', ' ']))
        .map(|domain| format!("email_domains: `{domain}` is no domain such as cedarhollow.example"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<Vec<Configured>, Misread> {
        let folder = std::env::temp_dir().join(format!(
            "identity-file-{}-{:x}",
            std::process::id(),
            kernel::Digest::of(text.as_bytes()).as_bytes()[0]
        ));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("providers.toml");
        std::fs::write(&path, text).unwrap();
        std::fs::write(folder.join("secret"), " s3cret\n").unwrap();
        let read = read(&path);
        std::fs::remove_dir_all(&folder).unwrap();
        read
    }

    const GOOD: &str = "[[provider]]\nkey = \"clinic\"\nname = \"Clinic\"\nissuer = \"https://id.example\"\nclient_id = \"tq\"\n";

    #[test]
    fn a_provider_is_read_with_its_secret_from_another_file() {
        let read = written(&format!("{GOOD}client_secret_file = \"secret\"\nemail_domains = [\"cedarhollow.example\"]\nsecond_factor = \"here\"\n")).unwrap();
        let [one] = read.as_slice() else { panic!("one provider") };
        assert_eq!(one.client_secret.as_deref(), Some("s3cret"));
        assert!(one.provider.second_factor_here);
    }

    #[test]
    fn a_file_that_would_let_the_wrong_people_in_is_refused_and_says_why() {
        for (change, why) in [
            ("issuer = \"http://id.example\"", "https://"),
            ("issuer = \"http://localhost.evil.example\"", "https://"),
            ("key = \"a/b\"", "letters, digits"),
            ("client_secret_file = \"nowhere\"", "nowhere"),
            ("email_domains = [\"*\"]", "no domain"),
            ("second_factor = \"none\"", "second_factor"),
            ("surprise = 1", "surprise"),
        ] {
            let key = change.split(' ').next().unwrap();
            let kept: Vec<&str> = GOOD.lines().filter(|line| !line.starts_with(&format!("{key} "))).collect();
            let told = written(&format!("{}\n{change}\n", kept.join("\n"))).unwrap_err().to_string();
            assert!(told.contains(why), "{change}: {told}");
        }
        assert!(written(&format!("{GOOD}{GOOD}")).unwrap_err().to_string().contains("twice"));
    }
}
