//! The passphrase that seals a backup: age's own form with scrypt (RFC 7914), so that a person years later can open the
//! file with any implementation of age. Only the passphrase opens it; nobody can recover one that was lost.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read, Write},
    iter,
    path::Path,
};

use age::{DecryptError, secrecy::SecretString, stream::StreamWriter};

use super::outside;
use crate::AppError;

/// What every age file begins with.
const MAGIC: &[u8] = b"age-encryption.org/v1\n";
/// scrypt's work as a power of two: about a second and 256 MB of memory for each guess.
const WORK: u8 = 18;
/// The most work that a file may ask for: a hostile one must not take all memory.
const MOST_WORK: u8 = 20;
/// The shortest passphrase, in characters.
const SHORTEST: usize = 12;

/// A passphrase. It never prints.
#[derive(Clone)]
pub struct Passphrase(SecretString);

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

impl Passphrase {
    /// A passphrase to seal with.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where it is too short to withstand guessing.
    pub fn new(text: String) -> Result<Self, AppError> {
        if text.chars().count() < SHORTEST {
            let what =
                format!("a passphrase needs at least {SHORTEST} characters: four or five words are good");
            return Err(AppError::invalid("/passphrase", what));
        }
        Ok(Self(text.into()))
    }

    /// A passphrase to open with, whatever its length.
    #[must_use]
    pub fn given(text: String) -> Self {
        Self(text.into())
    }

    pub(super) fn seal<W: Write>(&self, out: W) -> io::Result<StreamWriter<W>> {
        let mut recipient = age::scrypt::Recipient::new(self.0.clone());
        recipient.set_work_factor(WORK);
        let recipient: &dyn age::Recipient = &recipient;
        let sealing = age::Encryptor::with_recipients(iter::once(recipient)).map_err(io::Error::other)?;
        sealing.wrap_output(out)
    }
}

/// Whether a backup is sealed.
///
/// # Errors
/// [`AppError`] where it cannot be read.
pub fn is_sealed(backup: &Path) -> Result<bool, AppError> {
    begun(backup).map(|(_, sealed)| sealed)
}

fn begun(backup: &Path) -> Result<(BufReader<File>, bool), AppError> {
    let file = File::open(backup).map_err(outside("cannot read", backup))?;
    let mut file = BufReader::with_capacity(1 << 20, file);
    let sealed = file.fill_buf().map_err(outside("cannot read", backup))?.starts_with(MAGIC);
    Ok((file, sealed))
}

/// The archive of a backup, opened where it is sealed.
pub(super) fn open(backup: &Path, passphrase: Option<&Passphrase>) -> Result<Box<dyn Read>, AppError> {
    let bad = |what: String| AppError::invalid(backup.display().to_string(), what);
    let (file, sealed) = begun(backup)?;
    if !sealed {
        return Ok(Box::new(file));
    }
    let Some(passphrase) = passphrase else {
        return Err(bad("is sealed with a passphrase: give it with --passphrase-file FILE".to_owned()));
    };
    let mut identity = age::scrypt::Identity::new(passphrase.0.clone());
    identity.set_max_work_factor(MOST_WORK);
    let identity: &dyn age::Identity = &identity;
    let opened = age::Decryptor::new_buffered(file).and_then(|sealed| sealed.decrypt(iter::once(identity)));
    match opened {
        Ok(reader) => Ok(Box::new(reader)),
        Err(DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed) => Err(bad(
            "the passphrase does not open this backup: check it, capitals and blanks too. Nobody can open it without"
                .to_owned(),
        )),
        Err(DecryptError::NoMatchingKeys) => {
            Err(bad("is sealed for a key and not with a passphrase: open it with `age -d -i KEY` first".to_owned()))
        }
        Err(DecryptError::Io(error)) => Err(outside("cannot read", backup)(error)),
        Err(error) => Err(bad(format!("not a whole backup: {error}. Use another copy"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_file_opens_with_its_passphrase_and_no_other_and_never_in_part() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sealed");
        let passphrase = Passphrase::new("correct horse battery".to_owned()).unwrap();
        let text = vec![7_u8; 200_000];
        let mut out = passphrase.seal(File::create(&path).unwrap()).unwrap();
        out.write_all(&text).unwrap();
        out.finish().unwrap();
        assert!(is_sealed(&path).unwrap());
        let mut back = Vec::new();
        open(&path, Some(&passphrase)).unwrap().read_to_end(&mut back).unwrap();
        assert_eq!(back, text);
        let wrong = open(&path, Some(&Passphrase::given("correct horse".to_owned()))).err().unwrap();
        assert!(wrong.to_string().contains("does not open this backup"), "{wrong}");
        let none = open(&path, None).err().unwrap();
        assert!(none.to_string().contains("--passphrase-file"), "{none}");
        let sealed = std::fs::read(&path).unwrap();
        std::fs::write(&path, &sealed[..sealed.len() - 70_000]).unwrap();
        let mut cut = Vec::new();
        assert!(open(&path, Some(&passphrase)).unwrap().read_to_end(&mut cut).is_err());
        assert!(Passphrase::new("short".to_owned()).is_err());
        assert_eq!(format!("{passphrase:?}"), "Passphrase(…)");
    }
}
