//! Web Authentication (W3C, Level 3), the relying party's half: registration (section 7.1) and authentication (section
//! 7.2). A passkey is asked to know its owner (a discoverable credential) and to verify them; attestation is not asked
//! for, as any maker's device will do.

use app::ports::{Challenge, Claimed, Known, Outside, Owner, Passkeys, Site, Unproven};
use kernel::Digest;
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthenticationServerState, DiscoverableCredentialRequestOptions,
    PublicKeyCredentialCreationOptions, Registration, RegistrationServerState,
    bin::{Decode, Encode as _},
    request::{
        AsciiDomain, ExtensionInfo, PublicKeyCredentialDescriptor, RpId,
        auth::AuthenticationVerificationOptions,
        register::{
            CredProtect, Nickname, PublicKeyCredentialUserEntity, RegistrationVerificationOptions,
            UserHandle, Username,
        },
    },
    response::{
        AuthTransports, CredentialId,
        auth::DiscoverableAuthentication,
        register::{CompressedPubKey, DynamicState, StaticState},
    },
};

/// The longest answer that is read, in bytes: a certificate chain and room.
const LONGEST: usize = 64 << 10;

type Handle = UserHandle<32>;
type Key = StaticState<CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>>;

/// See the module.
#[derive(Debug, Default, Clone, Copy)]
pub struct WebAuthn;

fn party(site: &Site) -> Result<RpId, Outside> {
    let domain = AsciiDomain::try_from(site.domain.clone()).map_err(|_| {
        Outside::never("the server's address is none that a passkey can be made for", site.domain.clone())
    })?;
    Ok(RpId::Domain(domain))
}

fn handle(digest: Digest) -> Result<Handle, Outside> {
    Handle::decode(*digest.as_bytes())
        .map_err(|_| Outside::never("an account's handle", "it is no handle of 32 bytes"))
}

fn descriptor(known: &Known) -> Option<PublicKeyCredentialDescriptor<Vec<u8>>> {
    let id = CredentialId::<Vec<u8>>::decode(known.credential.clone()).ok()?;
    let transports = AuthTransports::decode(known.transports).ok()?;
    Some(PublicKeyCredentialDescriptor { id, transports })
}

fn never(what: &'static str) -> impl Fn() -> Outside {
    move || Outside::never(what, "the protocol has no words for it")
}

/// What went wrong, for a person; what exactly, for the log.
fn unproven(told: &str, error: impl std::fmt::Display) -> Unproven {
    tracing::info!(%error, "a passkey's answer did not do");
    Unproven(told.to_owned())
}

impl Passkeys for WebAuthn {
    fn begin(&self, site: &Site, owner: &Owner, known: &[Known]) -> Result<Challenge, Outside> {
        let (party, handle) = (party(site)?, handle(owner.handle)?);
        // The device shows both to its owner; a name that the protocol cannot carry (RFC 8265) is left to our own pages.
        let name = Username::try_from(owner.sign_in.as_str()).or_else(|_| Username::try_from("account"));
        let name = name.map_err(|_| never("an account's name")())?;
        let user = PublicKeyCredentialUserEntity {
            name,
            id: &handle,
            display_name: Nickname::try_from(owner.name.as_str()).ok(),
        };
        let there = known.iter().filter_map(descriptor).collect();
        let mut wanted = PublicKeyCredentialCreationOptions::passkey(&party, user, there);
        // Wished for and not insisted on: the passkeys of telephones and of password managers do not know it, and each
        // use asks for their owner all the same.
        wanted.extensions.cred_protect =
            CredProtect::UserVerificationRequired(ExtensionInfo::AllowDontEnforceValue);
        let (server, client) = wanted
            .start_ceremony()
            .map_err(|error| Outside::never("a passkey cannot be asked for", error))?;
        let options = serde_json::to_value(&client)
            .map_err(|error| Outside::never("a passkey cannot be asked for", error))?;
        let state = server.encode().map_err(|error| Outside::never("the machine's clock", error))?;
        Ok(Challenge { options, state })
    }

    fn registered(&self, site: &Site, state: &[u8], answer: &str) -> Result<Known, Unproven> {
        let told = "the browser's answer does not fit what it was asked: begin again";
        if answer.len() > LONGEST {
            return Err(Unproven(told.to_owned()));
        }
        let party = party(site).map_err(|error| unproven(told, error))?;
        let server = RegistrationServerState::<32>::decode(state).map_err(|error| unproven(told, error))?;
        let answer =
            Registration::from_json_relaxed(answer.as_bytes()).map_err(|error| unproven(told, error))?;
        let origins = [site.origin.as_str()];
        let options = RegistrationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            ..RegistrationVerificationOptions::default()
        };
        let made = server.verify(&party, &answer, &options).map_err(|error| unproven(told, error))?;
        let Ok(key) = made.static_state().encode();
        let Ok(state) = made.dynamic_state().encode();
        let Ok(transports) = made.transports().encode();
        let id: &[u8] = made.id().into_inner();
        Ok(Known { credential: id.to_vec(), key, state: state.to_vec(), transports })
    }

    fn ask(&self, site: &Site) -> Result<Challenge, Outside> {
        let party = party(site)?;
        let (server, client) = DiscoverableCredentialRequestOptions::passkey(&party)
            .start_ceremony()
            .map_err(|error| Outside::never("a passkey cannot be asked for", error))?;
        let options = serde_json::to_value(&client)
            .map_err(|error| Outside::never("a passkey cannot be asked for", error))?;
        let state = server.encode().map_err(|error| Outside::never("the machine's clock", error))?;
        Ok(Challenge { options, state })
    }

    fn claimed(&self, answer: &str) -> Result<Claimed, Unproven> {
        let told = "the browser's answer is none";
        if answer.len() > LONGEST {
            return Err(Unproven(told.to_owned()));
        }
        let answer = DiscoverableAuthentication::<32>::from_json_relaxed(answer.as_bytes())
            .map_err(|error| unproven(told, error))?;
        let owner: &[u8] = answer.response().user_handle().as_ref();
        let owner = <[u8; 32]>::try_from(owner).map_err(|error| unproven(told, error))?;
        let credential: &[u8] = answer.raw_id().into_inner();
        Ok(Claimed { owner: Digest::from_bytes(owner), credential: credential.to_vec() })
    }

    fn proved(
        &self,
        site: &Site,
        state: &[u8],
        answer: &str,
        owner: Digest,
        known: &Known,
    ) -> Result<Known, Unproven> {
        let told = "the passkey's answer does not fit what it was asked: try again";
        let damaged = "the passkey that is kept here cannot be read: remove it and make a new one";
        let party = party(site).map_err(|error| unproven(told, error))?;
        let server =
            DiscoverableAuthenticationServerState::decode(state).map_err(|error| unproven(told, error))?;
        let answer = DiscoverableAuthentication::<32>::from_json_relaxed(answer.as_bytes())
            .map_err(|error| unproven(told, error))?;
        let handle = handle(owner).map_err(|error| unproven(told, error))?;
        let key = Key::decode(known.key.as_slice()).map_err(|error| unproven(damaged, error))?;
        let moving = <[u8; 7]>::try_from(known.state.as_slice()).map_err(|error| unproven(damaged, error))?;
        let moving = DynamicState::decode(moving).map_err(|error| unproven(damaged, error))?;
        if *answer.raw_id().inner() != known.credential.as_slice() {
            return Err(Unproven(told.to_owned()));
        }
        let mut credential = AuthenticatedCredential::new(answer.raw_id(), &handle, key, moving)
            .map_err(|error| unproven(damaged, error))?;
        let origins = [site.origin.as_str()];
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            ..AuthenticationVerificationOptions::default()
        };
        server.verify(&party, &answer, &mut credential, &options).map_err(|error| unproven(told, error))?;
        let Ok(state) = credential.dynamic_state().encode();
        Ok(Known { state: state.to_vec(), ..known.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        Site::of("http://localhost:8787").unwrap()
    }

    fn owner() -> Owner {
        Owner {
            handle: Digest::of(b"dana"),
            sign_in: "dana@cedarhollow.example".into(),
            name: "Dana Reyes".into(),
        }
    }

    #[test]
    fn a_passkey_is_asked_to_know_and_to_verify_its_owner() {
        let asked = WebAuthn.begin(&site(), &owner(), &[]).unwrap();
        let text = asked.options.to_string();
        for part in [
            r#""residentKey":"required""#,
            r#""userVerification":"required""#,
            r#""id":"localhost""#,
            "dana@cedarhollow.example",
            "Dana Reyes",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let used = WebAuthn.ask(&site()).unwrap().options.to_string();
        assert!(
            used.contains(r#""userVerification":"required""#) && used.contains(r#""rpId":"localhost""#),
            "{used}"
        );
        assert_ne!(
            WebAuthn.ask(&site()).unwrap().options["challenge"],
            WebAuthn.ask(&site()).unwrap().options["challenge"]
        );
    }

    #[test]
    fn a_name_that_the_protocol_cannot_carry_keeps_nobody_out() {
        let odd = Owner { sign_in: "a\u{202e}b@x.example".into(), name: "\u{202e}".into(), ..owner() };
        assert!(WebAuthn.begin(&site(), &odd, &[]).is_ok());
    }

    #[test]
    fn what_is_no_answer_proves_nothing() {
        let asked = WebAuthn.ask(&site()).unwrap();
        let known = Known { credential: vec![1; 16], key: vec![0; 8], state: vec![0; 7], transports: 0 };
        let long = "x".repeat(LONGEST + 1);
        for answer in ["", "{}", "null", "[]", r#"{"id":"","rawId":""}"#, &long] {
            assert!(WebAuthn.claimed(answer).is_err());
            assert!(WebAuthn.proved(&site(), &asked.state, answer, Digest::of(b"dana"), &known).is_err());
            assert!(WebAuthn.registered(&site(), &asked.state, answer).is_err());
        }
    }
}
