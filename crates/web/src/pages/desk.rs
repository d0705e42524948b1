//! Who sits before a page, and what came with a form. A handler takes a [`Desk`] to look and an [`Act`] to change
//! something. An act is taken only from a signed-in browser, from one of our own pages (`Sec-Fetch-Site` or `Origin`),
//! with the token of the very page that was shown: a digest over the session's secret and the page's own random word. The
//! word and the form's place on the page are the idempotency key as well, so that a form sent twice is taken once. All
//! forms of a page share one word and one token, which pack to nothing; a page with a hundred forms stays small.

use std::sync::{
    Arc,
    atomic::{AtomicU16, Ordering},
};

use app::{access::Caller, command::How, ports::TokenKind, practices::Profile};
use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts},
    http::{Request, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use kernel::{Actor, Capability, Digest};
use maud::{Markup, html};

use super::form::Fields;
use crate::{
    caller::{same_origin, session_cookie},
    error::Problem,
    limits,
    multipart::{Multipart, Part},
    received,
    state::Web,
};

/// The longest field beside a file, in bytes.
const FIELD: usize = 64 << 10;

/// A signed-in browser that asks for a page.
pub(crate) struct Desk {
    pub(crate) web: Web,
    pub(crate) actor: Actor,
    /// The page that is asked for: where a form of it leads back to.
    pub(crate) here: String,
    /// The practice at which the caller acts, where it is one.
    pub(super) place: Option<Arc<Profile>>,
    /// The caller's token row, for what outlives the request (event streams).
    pub(crate) caller: Caller,
    secret: String,
    /// The random word of this showing of the page, and how many forms it has so far.
    word: String,
    forms: AtomicU16,
}

impl Desk {
    /// Whether the role may; what it may not is not offered.
    pub(crate) fn may(&self, capability: Capability) -> bool {
        self.actor.role.may(capability) && self.caller.within("write")
    }

    /// Refuses to show a page to those who do not read incidents.
    pub(crate) fn needs(&self, needs: Capability) -> Result<(), Problem> {
        if self.actor.role.may(needs) {
            Ok(())
        } else {
            Err(kernel::Forbidden { role: self.actor.role, needs }.into())
        }
    }

    /// What seals the forms of this showing of the page.
    pub(super) fn own_seal(&self) -> Seal {
        Seal { word: self.word.clone(), token: form_token(&self.secret, &self.word) }
    }

    /// A desk of the same rights on which forms bear a mark in place of anybody's seal, and nobody's name is known.
    pub(super) fn alike(&self, mark: &Seal) -> Self {
        let actor = Actor { name: String::new(), ..self.actor.clone() };
        Self {
            web: self.web.clone(),
            caller: Caller { actor: actor.clone(), token: self.caller.token.clone() },
            actor,
            here: self.here.clone(),
            place: self.place.clone(),
            secret: String::new(),
            word: mark.word.clone(),
            forms: AtomicU16::new(0),
        }
    }

    /// The hidden fields of a form: its word, its token and the way back.
    pub(crate) fn seal(&self) -> Markup {
        self.sealed_for(&self.here)
    }

    /// The same, with another way back than to this page.
    pub(crate) fn sealed_for(&self, back: &str) -> Markup {
        let place = self.forms.fetch_add(1, Ordering::Relaxed);
        html! {
            input type="hidden" name="_once" value={ (self.word) (format!("{place:04x}")) };
            input type="hidden" name="_form" value=(form_token(&self.secret, &self.word));
            input type="hidden" name="_back" value=(back);
        }
    }
}

/// What the forms of one showing of a page carry.
#[derive(Debug, Clone)]
pub(super) struct Seal {
    word: String,
    token: String,
}

impl Seal {
    /// A mark that stands where a seal is to go.
    pub(super) fn mark(random: &[u8; 16]) -> Self {
        let word: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { token: form_token("", &word), word }
    }

    /// A drawn page with this seal in place of another.
    pub(super) fn instead_of(&self, other: &Self, drawn: &str) -> String {
        drawn.replace(&other.word, &self.word).replace(&other.token, &self.token)
    }

    #[cfg(test)]
    pub(super) fn word(&self) -> &str {
        &self.word
    }

    #[cfg(test)]
    pub(super) fn token(&self) -> &str {
        &self.token
    }
}

/// The token that goes with a page's word in this session.
fn form_token(secret: &str, word: &str) -> String {
    Digest::of(format!("form {word} {secret}").as_bytes()).to_string()
}

/// The page's word in what a form of it carries: 32 digits, before the 4 of the form's place.
fn word_of(once: &str) -> Option<&str> {
    let (word, place) = once.split_at_checked(32)?;
    (place.len() == 4 && once.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(word)
}

impl FromRequestParts<Web> for Desk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let secret =
            session_cookie(&parts.headers, web.config.secure).ok_or_else(Problem::unauthenticated)?;
        let found = web.app.caller(secret).await?.filter(|caller| caller.token.kind == TokenKind::Session);
        let caller = found.ok_or_else(Problem::unauthenticated)?;
        if !caller.within("read") {
            let (title, detail) =
                ("This sign-in shows no pages", "ask the lead for a link that is not narrowed");
            return Err(Problem::new(StatusCode::FORBIDDEN, "out_of_scope", title, detail));
        }
        let place = match caller.actor.practice {
            Some(own) => Some(web.app.profile(&caller.actor, own).await?),
            None => None,
        };
        let here = parts.uri.path_and_query().map_or("/", |place| place.as_str());
        let random: [u8; 16] = web.app.edge().random();
        Ok(Self {
            web: web.clone(),
            actor: caller.actor.clone(),
            here: here.to_owned(),
            place,
            secret: secret.to_owned(),
            caller,
            word: random.iter().map(|byte| format!("{byte:02x}")).collect(),
            forms: AtomicU16::new(0),
        })
    }
}

/// A form that was sent.
pub(crate) struct Act {
    pub(crate) desk: Desk,
    pub(crate) fields: Fields,
    once: String,
    back: String,
}

impl Act {
    /// How a command of this form is given: whatever stands now, and once.
    pub(crate) fn how(&self) -> How {
        How { expected: None, key: Some(format!("{} form {}", self.desk.actor.id, self.once)) }
    }

    /// Back to where the form was.
    pub(crate) fn back(&self) -> Response {
        Redirect::to(&self.back).into_response()
    }

    /// The same, with what to say there: the version that the incident stands at now.
    pub(crate) fn back_after(&self, version: u64) -> Response {
        self.back_with(&[("done", version.to_string())])
    }

    /// The same, with these members in the query, in place of those of their names.
    pub(crate) fn back_with(&self, told: &[(&str, String)]) -> Response {
        let (path, fragment) = self.back.split_once('#').unwrap_or((&self.back, ""));
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let own = |pair: &str| {
            told.iter().any(|(name, _)| pair.split('=').next().is_some_and(|given| given == *name))
        };
        let kept = query.split('&').filter(|pair| !pair.is_empty() && !own(pair)).map(str::to_owned);
        let told = told.iter().map(|(name, text)| format!("{name}={text}"));
        let query = kept.chain(told).collect::<Vec<_>>().join("&");
        let fragment = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
        Redirect::to(&format!("{path}?{query}{fragment}")).into_response()
    }
}

/// A path of our own, or the start.
fn own_path(text: Option<&str>) -> String {
    let own = text.filter(|text| {
        text.starts_with('/')
            && !text.starts_with("//")
            && text.len() < 2_000
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    });
    own.unwrap_or("/").to_owned()
}

/// A form that brings files: its fields before the first file, and the rest of it still to be read.
pub(crate) struct Upload {
    pub(crate) act: Act,
    /// Stands at the first file, where there is one.
    pub(crate) form: Multipart,
    /// What the part says where it stands.
    pub(crate) file: Option<Part>,
    /// The size of the whole form, where the browser said.
    pub(crate) size: Option<u64>,
}

impl FromRequest<Web> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, web: &Web) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let desk = writing(&mut parts, web).await?;
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let size = text(header::CONTENT_LENGTH).and_then(|text| text.parse().ok());
        let mut form = Multipart::new(text(header::CONTENT_TYPE).unwrap_or_default(), body)?;
        let (mut fields, mut file) = (Fields::default(), None);
        while let Some(part) = form.part().await? {
            if part.file.is_some() {
                file = Some(part);
                break;
            }
            fields.add(&part.name, form.text(FIELD).await?);
        }
        // The fields stand before the files in every form of ours, so that no file is read for a forged one.
        Ok(Self { act: Act::of(desk, fields)?, form, file, size })
    }
}

/// The browser that sends a form, where it may write and the form is from a page of ours.
async fn writing(parts: &mut Parts, web: &Web) -> Result<Desk, Problem> {
    let desk = Desk::from_request_parts(parts, web).await?;
    if !same_origin(&parts.headers) {
        return Err(stale_form("the form came from another site"));
    }
    if !desk.caller.within("write") {
        let (title, detail) = ("This sign-in only looks", "ask the lead for a link that may write");
        return Err(Problem::new(StatusCode::FORBIDDEN, "out_of_scope", title, detail));
    }
    Ok(desk)
}

impl FromRequest<Web> for Act {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, web: &Web) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let desk = writing(&mut parts, web).await?;
        let kind =
            parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            let title = "The body is of another kind";
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "media_type",
                title,
                "a page's form is sent as application/x-www-form-urlencoded",
            ));
        }
        let bytes = received::bytes(Request::from_parts(parts, body), web, limits::JSON_BODY).await?;
        Self::of(desk, Fields::read(&bytes))
    }
}

impl Act {
    /// The fields as a form that was shown to this browser.
    fn of(desk: Desk, mut fields: Fields) -> Result<Self, Problem> {
        let once = fields.take("_once").unwrap_or_default();
        let token = word_of(&once).map(|word| form_token(&desk.secret, word));
        if token.is_none() || fields.take("_form") != token {
            return Err(stale_form("the form is not one that was shown to you since you signed in"));
        }
        let back = own_path(fields.take("_back").as_deref());
        Ok(Self { desk, fields, once, back })
    }
}

fn stale_form(detail: &str) -> Problem {
    let detail = format!("{detail}: open the page again and send it from there. Nothing was recorded");
    Problem::new(StatusCode::FORBIDDEN, "cross_site", "The form was not taken", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_our_own_pages_only() {
        assert_eq!(own_path(Some("/incidents/x?a=1#now")), "/incidents/x?a=1#now");
        for foreign in
            ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "/a b", ""]
        {
            assert_eq!(own_path(Some(foreign)), "/", "{foreign}");
        }
        assert_eq!(own_path(None), "/");
    }

    #[test]
    fn a_pages_token_fits_its_own_word_and_session_alone() {
        let token = form_token("tq_1", "00");
        assert_ne!(token, form_token("tq_2", "00"));
        assert_ne!(token, form_token("tq_1", "01"));
    }

    #[test]
    fn a_form_carries_its_pages_word_and_its_own_place() {
        let word = "0123456789abcdef0123456789abcdef";
        assert_eq!(word_of(&format!("{word}002a")), Some(word));
        let wide = "é".repeat(18);
        for wrong in [
            "",
            word,
            "zz",
            wide.as_str(),
            &format!("{word}002"),
            &format!("{word}zz2a"),
            &format!("{word}002a0"),
        ] {
            assert_eq!(word_of(wrong), None, "{wrong}");
        }
    }
}
