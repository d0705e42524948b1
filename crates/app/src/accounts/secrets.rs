//! Passwords (argon2id), authenticator apps (RFC 6238) and recovery codes: what an account's secrets are and how they
//! are checked. They lie sealed in the account's row and are seen nowhere else.

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::phc::PasswordHash,
};
use kernel::{Digest, Timestamp};
use serde::{Deserialize, Serialize};
use totp_rs::{Builder, Totp};

use super::{Enrolment, passkeys::Passkey, single::Identity};
use crate::{AppError, ports::Outside};

/// Recovery codes given at once.
pub(super) const RECOVERY: usize = 10;
/// The shortest password: what NIST SP 800-63B-4 asks where a password may be the only factor.
const SHORTEST: usize = 15;
/// The longest, so that hashing one costs a known time.
const LONGEST: usize = 256;
/// Without a password of its own, an account is compared with this: the same work, and nothing matches it.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What only the account's owner knows or has.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Secrets {
    /// The name they sign in with.
    pub(super) sign_in: String,
    /// The password's hash as a PHC string.
    pub(super) password: Option<String>,
    /// The app that is asked for.
    pub(super) authenticator: Option<Authenticator>,
    /// An app that is being set up.
    #[serde(default)]
    pub(super) pending: Option<Authenticator>,
    /// Hashes of the recovery codes that are left.
    #[serde(default)]
    pub(super) recovery: Vec<Digest>,
    /// The public halves of passkeys.
    #[serde(default)]
    pub(super) passkeys: Vec<Passkey>,
    /// Providers' names for them.
    #[serde(default)]
    pub(super) identities: Vec<Identity>,
    /// Whether they may enter practices that are not theirs in an emergency.
    #[serde(default)]
    pub(super) elsewhere: bool,
}

impl Secrets {
    /// Whether there is a way in beside a link.
    pub(super) fn comes_in(&self) -> bool {
        self.password.is_some() || !self.passkeys.is_empty() || !self.identities.is_empty()
    }

    /// Whether a password alone is not enough.
    pub(super) fn second_factor(&self) -> bool {
        self.authenticator.is_some() || !self.passkeys.is_empty()
    }
}

/// An authenticator app.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Authenticator {
    secret: Vec<u8>,
    /// The time step of the last code that was used: a code counts once.
    pub(super) last_step: u64,
}

impl Authenticator {
    pub(super) const fn new(secret: Vec<u8>) -> Self {
        Self { secret, last_step: 0 }
    }

    fn totp(&self, account: &str) -> Result<Totp, AppError> {
        // SHA-1, six digits, thirty seconds: what every app can do, and what RFC 6238 says by default.
        Builder::new()
            .with_secret(self.secret.clone())
            .with_account_name(account.replace(':', " "))
            .with_issuer(Some("Tourniquet"))
            .build()
            .map_err(|error| AppError::Outside(Outside::never("an authenticator's secret", error)))
    }

    /// What the app has to be told.
    pub(super) fn enrolment(&self, account: &str) -> Result<Enrolment, AppError> {
        let totp = self.totp(account)?;
        let url = totp
            .to_url()
            .map_err(|error| AppError::Outside(Outside::never("an authenticator's address", error)))?;
        Ok(Enrolment { secret: totp.secret().to_base32(), address: url })
    }

    /// The step of a code that is right now and was not used before.
    pub(super) fn check(&self, code: &str, now: Timestamp) -> Option<u64> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let now = u64::try_from(now.as_second()).ok()?;
        self.totp("account").ok()?.check(&digits, now).filter(|step| *step > self.last_step)
    }
}

fn argon2() -> Argon2<'static> {
    // OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
    let parameters = Params::new(19 * 1024, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
}

/// A password's hash. Takes some 20 ms and 19 MiB on purpose.
pub(super) fn hash(password: &str, salt: &[u8; 16]) -> Result<String, AppError> {
    let hash: PasswordHash = argon2()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|error| AppError::Outside(Outside::never("the password cannot be hashed", error)))?;
    Ok(hash.to_string())
}

/// Whether it is the password. Takes as long without a hash to compare it with.
pub(super) fn matches(password: &str, phc: Option<&str>) -> bool {
    if password.len() > 4 * LONGEST {
        return false;
    }
    let Ok(parsed) = PasswordHash::new(phc.unwrap_or(NOBODY)) else { return false };
    let right = argon2().verify_password(password.as_bytes(), &parsed).is_ok();
    right && phc.is_some()
}

/// Why a password will not do; what to do instead.
pub(super) fn judge(password: &str, known: &[&str]) -> Result<(), String> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(format!(
            "{length} characters; at least {SHORTEST} are needed. Four or five words that only you would put together \
             are easy to keep in mind"
        ));
    }
    if length > LONGEST {
        return Err(format!("{length} characters; at most {LONGEST} are taken"));
    }
    if let Some(why) = easily_guessed(password, known) {
        return Err(format!("{why}. Take four or five words that do not belong together"));
    }
    Ok(())
}

/// What a machine tries first: one thing said again and again, a run of the keyboard or of the alphabet, the account's
/// own name, the words that head every list of leaked passwords. (NIST SP 800-63B-4 section 3.1.1.2.)
fn easily_guessed(password: &str, known: &[&str]) -> Option<&'static str> {
    const COMMON: [&str; 20] = [
        "password",
        "passwort",
        "welcome",
        "letmein",
        "qwerty",
        "asdfgh",
        "admin",
        "login",
        "iloveyou",
        "monkey",
        "dragon",
        "football",
        "baseball",
        "sunshine",
        "princess",
        "summer",
        "winter",
        "spring",
        "autumn",
        "tourniquet",
    ];
    const RUNS: [&str; 4] =
        ["01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1q2w3e4r5t6z7u8i9o0p"];
    let lower = password.to_lowercase();
    let letters: std::collections::BTreeSet<char> = lower.chars().collect();
    if letters.len() < 7 {
        return Some("The same few characters again and again are easily guessed");
    }
    let mut rest = lower.clone();
    for name in known {
        for part in name.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|part| part.len() > 2) {
            rest = rest.replace(part, "");
        }
    }
    let left = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count();
    if left(&rest) < 8 && left(&lower) > left(&rest) {
        return Some("It is made of your own name or address, which everybody knows");
    }
    for word in COMMON {
        rest = rest.replace(word, "");
    }
    for run in RUNS {
        let back: String = run.chars().rev().collect();
        for whole in [run, back.as_str()] {
            for piece in whole.as_bytes().windows(4) {
                rest = rest.replace(&*String::from_utf8_lossy(piece), "");
            }
        }
    }
    (rest.chars().filter(|c| c.is_alphanumeric()).count() < 8)
        .then_some("Words and runs of keys that head every list of passwords are tried first")
}

/// A recovery code: 80 bits in base 32 without look-alikes (Crockford), in four groups.
pub(super) fn recovery_code(random: [u8; 16]) -> String {
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut code = String::with_capacity(19);
    for (n, byte) in random.iter().enumerate() {
        if n > 0 && n % 4 == 0 {
            code.push('-');
        }
        code.push(LETTERS.get(usize::from(byte & 31)).copied().map_or('0', char::from));
    }
    code
}

/// What is kept of a recovery code. It has 80 random bits, so that a plain hash cannot be searched.
pub(super) fn recovery_hash(code: &str) -> Digest {
    let plain: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect();
    Digest::of(format!("recovery\u{0}{plain}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other_is() {
        let phc = hash("seven quiet lanterns drift", &[7; 16]).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(matches("seven quiet lanterns drift", Some(&phc)));
        assert!(!matches("seven quiet lanterns drift ", Some(&phc)));
        assert!(!matches("", Some(&phc)) && !matches("", None));
        assert!(PasswordHash::new(NOBODY).is_ok(), "an unknown name must cost the same time");
    }

    #[test]
    fn a_password_that_a_machine_would_guess_is_refused_with_a_way_out() {
        for weak in [
            "short",
            "passwordpassword",
            "aaaaaaaaaaaaaaaaaaaa",
            "dana.reyes@cedarhollow.example",
            "1234567890123456",
        ] {
            let why = judge(weak, &["dana.reyes@cedarhollow.example", "Dana Reyes"]).unwrap_err();
            assert!(why.contains("words"), "{weak}: {why}");
        }
        assert!(judge("seven quiet lanterns drift", &["dana@cedarhollow.example"]).is_ok());
    }

    #[test]
    fn a_code_counts_once_and_within_half_a_minute_of_its_time() {
        // RFC 6238 appendix B: the ASCII secret "12345678901234567890" at 59 s gives 94287082, of which six digits count.
        let mut app = Authenticator::new(b"12345678901234567890".to_vec());
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(app.check("287 082", at(59)), Some(1));
        assert_eq!(app.check("287082", at(59 + 30)), Some(1));
        assert_eq!(app.check("287082", at(59 + 91)), None);
        assert_eq!(app.check("287083", at(59)), None);
        assert_eq!(app.check("１２３４５６", at(59)), None);
        app.last_step = 1;
        assert_eq!(app.check("287082", at(59)), None);
    }

    #[test]
    fn a_recovery_code_is_read_however_it_is_typed() {
        let code = recovery_code([31, 1, 0, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]);
        assert_eq!(code.len(), 19);
        let typed = code.to_uppercase().replace('-', " ").replace('0', "O").replace('1', "l");
        assert_eq!(recovery_hash(&code), recovery_hash(&typed));
    }
}
