//! Texts → parsed documents → compiled rules. Equal tests of equal fields become one predicate, whichever rules make
//! them.

use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use rsigma_parser::{
    ConditionExpr, Detection, DetectionItem, Detections, FilterRuleTarget, Modifier, Quantifier,
    SelectorPattern, SigmaCollection, SigmaString, SigmaValue, SpecialChar, StringPart,
};

use crate::{
    Level,
    correlation::{self, Correlation},
    rule::{ANY, Ask, LogSource, Predicate, Rule, RuleSet},
    test::{Comparison, Place, Test, TimePart, Token, regex},
};

/// What a compilation is given beside the rules.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Values for the placeholders of `expand`, such as `%domain_controllers%`.
    pub placeholders: BTreeMap<String, Vec<String>>,
}

/// Compiles documents: name (for remarks) and text of each.
#[must_use]
pub fn compile<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>, settings: &Settings) -> RuleSet {
    let mut compiler = Compiler::new(settings);
    let texts: Vec<(&str, &str)> = texts.into_iter().collect();
    let mut parsed = Vec::with_capacity(texts.len());
    for ((name, _), result) in texts.iter().zip(parse(&texts)) {
        match result {
            Ok(collection) => parsed.push((*name, collection)),
            Err(error) => compiler.set.refused.push(((*name).to_owned(), error)),
        }
    }
    compiler.documents(&parsed);
    let mut set = compiler.set;
    for (number, predicate) in (0..).zip(&set.predicates) {
        let pieces = crate::hint::pieces(&predicate.test);
        if !pieces.is_empty() {
            set.hints.insert(number, pieces);
        }
    }
    set.prepare();
    set
}

/// Parses the texts, the threads of the machine each its share: parsing is most of what compiling costs.
fn parse(texts: &[(&str, &str)]) -> Vec<Result<SigmaCollection, String>> {
    let one =
        |(_, text): &(&str, &str)| rsigma_parser::parse_sigma_yaml(text).map_err(|error| error.to_string());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    if threads == 1 || texts.len() < 64 {
        return texts.iter().map(one).collect();
    }
    std::thread::scope(|scope| {
        let shares = texts.chunks(texts.len().div_ceil(threads));
        let started: Vec<_> = shares
            .map(|share| (share, scope.spawn(move || share.iter().map(one).collect::<Vec<_>>())))
            .collect();
        let lost = "the parser gave up on this text or one beside it";
        started
            .into_iter()
            .flat_map(|(share, thread)| {
                thread.join().unwrap_or_else(|_| share.iter().map(|_| Err(lost.to_owned())).collect())
            })
            .collect()
    })
}

struct Compiler<'s> {
    settings: &'s Settings,
    set: RuleSet,
    fields: HashMap<Box<str>, u16>,
    predicates: HashMap<Predicate, u32>,
}

fn level(level: Option<rsigma_parser::Level>) -> Level {
    level.and_then(|level| level.as_str().parse().ok()).unwrap_or_default()
}

impl<'s> Compiler<'s> {
    fn new(settings: &'s Settings) -> Self {
        Self { settings, set: RuleSet::default(), fields: HashMap::new(), predicates: HashMap::new() }
    }

    fn documents(&mut self, parsed: &[(&str, SigmaCollection)]) {
        let filters: Vec<_> = parsed.iter().flat_map(|(_, collection)| &collection.filters).collect();
        for (name, collection) in parsed {
            for error in &collection.errors {
                self.set.refused.push(((*name).to_owned(), error.clone()));
            }
            for rule in &collection.rules {
                let mut ask = self.detections(&rule.detection);
                for filter in &filters {
                    let meant = match &filter.rules {
                        FilterRuleTarget::Any => filter.logsource.as_ref().is_none_or(|source| {
                            let fits = |a: &Option<String>, b: &Option<String>| a.is_none() || a == b;
                            fits(&source.product, &rule.logsource.product)
                                && fits(&source.category, &rule.logsource.category)
                                && fits(&source.service, &rule.logsource.service)
                        }),
                        FilterRuleTarget::Specific(names) => names.iter().any(|name| {
                            Some(name) == rule.id.as_ref()
                                || Some(name) == rule.name.as_ref()
                                || *name == rule.title
                        }),
                    };
                    if meant {
                        ask =
                            ask.and_then(|ask| Ok(Ask::All(vec![ask, self.detections(&filter.detection)?])));
                    }
                }
                match ask {
                    Ok(ask) => self.set.rules.push(Rule {
                        id: rule.id.clone().unwrap_or_else(|| rule.title.clone()),
                        name: rule.name.clone(),
                        title: rule.title.clone(),
                        level: level(rule.level),
                        tags: rule.tags.clone(),
                        source: LogSource {
                            product: rule.logsource.product.clone(),
                            category: rule.logsource.category.clone(),
                            service: rule.logsource.service.clone(),
                        },
                        silent: false,
                        ask,
                    }),
                    Err(why) => self.set.refused.push(((*name).to_owned(), why)),
                }
            }
        }
        self.correlations(parsed);
    }

    /// A correlation may speak of another, wherever that stands: those that still lack one wait for the next round.
    fn correlations(&mut self, parsed: &[(&str, SigmaCollection)]) {
        let all = |(name, collection): &'_ (&'_ str, SigmaCollection)| {
            let name = (*name).to_owned();
            collection.correlations.iter().cloned().map(move |rule| (name.clone(), rule)).collect::<Vec<_>>()
        };
        let mut waiting: Vec<_> = parsed.iter().flat_map(all).collect();
        loop {
            let (before, mut left) = (waiting.len(), Vec::new());
            for (name, rule) in waiting {
                match Correlation::compile(&rule, &self.set.rules, &self.set.correlations) {
                    Ok(correlation) => self.set.correlations.push(correlation),
                    Err(why) => left.push((name, rule, why)),
                }
            }
            if left.is_empty() || left.len() == before {
                self.set.refused.extend(left.into_iter().map(|(name, _, why)| (name, why)));
                correlation::silence(&mut self.set.rules, &mut self.set.correlations);
                return;
            }
            waiting = left.into_iter().map(|(name, rule, _)| (name, rule)).collect();
        }
    }

    fn field(&mut self, name: &str) -> Result<u16, String> {
        if let Some(number) = self.fields.get(name) {
            return Ok(*number);
        }
        let number = u16::try_from(self.set.fields.len())
            .ok()
            .filter(|number| *number < ANY)
            .ok_or("the rules name more than 65,000 fields")?;
        self.set.fields.push(name.into());
        self.fields.insert(name.into(), number);
        Ok(number)
    }

    fn is(&mut self, field: u16, test: Test) -> Ask {
        let predicate = Predicate { field, test };
        if let Some(number) = self.predicates.get(&predicate) {
            return Ask::Is(*number);
        }
        let number = u32::try_from(self.set.predicates.len()).unwrap_or(u32::MAX);
        self.set.predicates.push(predicate.clone());
        self.predicates.insert(predicate, number);
        Ask::Is(number)
    }

    fn detections(&mut self, detections: &Detections) -> Result<Ask, String> {
        if detections.condition_strings.iter().any(|condition| condition.contains('|')) {
            return Err("aggregations in a condition (`| count() …`) left the language with version 2; write a correlation rule".to_owned());
        }
        let asks: Result<Vec<_>, _> = detections
            .conditions
            .iter()
            .map(|condition| self.condition(condition, &detections.named))
            .collect();
        Ok(any(asks?))
    }

    fn condition(
        &mut self,
        condition: &ConditionExpr,
        named: &HashMap<String, Detection>,
    ) -> Result<Ask, String> {
        let each = |this: &mut Self, parts: &[ConditionExpr]| -> Result<Vec<Ask>, String> {
            parts.iter().map(|part| this.condition(part, named)).collect()
        };
        Ok(match condition {
            ConditionExpr::And(parts) => all(each(self, parts)?),
            ConditionExpr::Or(parts) => any(each(self, parts)?),
            ConditionExpr::Not(part) => Ask::Not(Box::new(self.condition(part, named)?)),
            ConditionExpr::Identifier(name) => {
                let detection = named
                    .get(name)
                    .ok_or_else(|| format!("the condition names `{name}`, which the rule does not define"))?;
                self.detection(detection)?
            }
            ConditionExpr::Selector { quantifier, pattern } => {
                let mut names: Vec<&String> = named
                    .keys()
                    .filter(|name| match pattern {
                        SelectorPattern::Them => !name.starts_with('_'),
                        SelectorPattern::Pattern(pattern) => {
                            rsigma_parser::detection_name_matches(pattern, name)
                        }
                    })
                    .collect();
                names.sort();
                if names.is_empty() {
                    return Err(format!("`{quantifier} of {pattern}` names nothing that the rule defines"));
                }
                let asks: Result<Vec<_>, _> =
                    names.into_iter().filter_map(|name| named.get(name)).map(|d| self.detection(d)).collect();
                match quantifier {
                    Quantifier::Any => any(asks?),
                    Quantifier::All => all(asks?),
                    Quantifier::Count(count) => Ask::AtLeast(*count, asks?),
                }
            }
        })
    }

    fn detection(&mut self, detection: &Detection) -> Result<Ask, String> {
        Ok(match detection {
            Detection::AllOf(items) => {
                all(items.iter().map(|item| self.item(item)).collect::<Result<_, _>>()?)
            }
            Detection::And(parts) => {
                all(parts.iter().map(|part| self.detection(part)).collect::<Result<_, _>>()?)
            }
            Detection::AnyOf(parts) => {
                any(parts.iter().map(|part| self.detection(part)).collect::<Result<_, _>>()?)
            }
            Detection::Keywords(values) => {
                let mut asks = Vec::new();
                for value in values {
                    asks.push(self.value(ANY, &[], value)?);
                }
                any(asks)
            }
            Detection::ArrayMatch { field, .. } => {
                return Err(format!(
                    "`{field}[…]`: object scopes over lists are a proposal, not version 2 of the language"
                ));
            }
            Detection::Conditional { .. } => {
                return Err("conditions inside a list's scope are a proposal, not version 2 of the language"
                    .to_owned());
            }
        })
    }

    fn item(&mut self, item: &DetectionItem) -> Result<Ask, String> {
        let modifiers = &item.field.modifiers;
        let has = |modifier| modifiers.contains(&modifier);
        let field = match item.field.name.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => self.field(name)?,
            None => ANY,
        };
        if has(Modifier::Exists) {
            let wanted = match item.values.first() {
                Some(SigmaValue::Bool(yes)) => *yes,
                Some(SigmaValue::String(text)) => {
                    !matches!(text.original.to_ascii_lowercase().as_str(), "false" | "no")
                }
                _ => return Err("`exists` takes true or false".to_owned()),
            };
            return Ok(self.is(field, Test::Exists(wanted)));
        }
        let mut asks = Vec::new();
        for value in &item.values {
            asks.push(self.value(field, modifiers, value)?);
        }
        let together = if has(Modifier::All) { all(asks) } else { any(asks) };
        if has(Modifier::Neq) {
            let there = self.is(field, Test::Exists(true));
            return Ok(all(vec![there, Ask::Not(Box::new(together))]));
        }
        Ok(together)
    }

    fn value(&mut self, field: u16, modifiers: &[Modifier], value: &SigmaValue) -> Result<Ask, String> {
        let has = |modifier| modifiers.contains(&modifier);
        let plain = || match value {
            SigmaValue::String(text) => text.original.clone(),
            value => value.to_string(),
        };
        let cased = has(Modifier::Cased);
        let place = place(modifiers, field == ANY);
        if has(Modifier::Re) {
            let flags: String =
                [(Modifier::IgnoreCase, 'i'), (Modifier::Multiline, 'm'), (Modifier::DotAll, 's')]
                    .into_iter()
                    .filter_map(|(modifier, flag)| has(modifier).then_some(flag))
                    .collect();
            let pattern = if flags.is_empty() { plain() } else { format!("(?{flags}){}", plain()) };
            regex(&pattern).map_err(|error| format!("the regular expression cannot be used: {error}"))?;
            return Ok(self.is(field, Test::Regex(pattern.into())));
        }
        if has(Modifier::Cidr) {
            let text = plain();
            let fault = || format!("`{text}` is no network in CIDR notation");
            let (address, bits) = text.split_once('/').ok_or_else(fault)?;
            let address: std::net::IpAddr = address.parse().map_err(|_| fault())?;
            let bits: u8 = bits.parse().map_err(|_| fault())?;
            if bits > if address.is_ipv4() { 32 } else { 128 } {
                return Err(fault());
            }
            return Ok(self.is(field, Test::Cidr(address, bits)));
        }
        if has(Modifier::FieldRef) {
            let other = self.field(&plain())?;
            let place = if place == Place::Within && field == ANY { Place::Whole } else { place };
            return Ok(self.is(field, Test::SameAs { field: other, place, cased }));
        }
        for (modifier, comparison) in [
            (Modifier::Gt, Comparison::Gt),
            (Modifier::Gte, Comparison::Gte),
            (Modifier::Lt, Comparison::Lt),
            (Modifier::Lte, Comparison::Lte),
        ] {
            if has(modifier) {
                let number: f64 = plain().parse().map_err(|_| format!("`{}` is no number", plain()))?;
                return Ok(self.is(field, Test::Number(comparison, number.to_bits())));
            }
        }
        for (modifier, part) in [
            (Modifier::Minute, TimePart::Minute),
            (Modifier::Hour, TimePart::Hour),
            (Modifier::Day, TimePart::Day),
            (Modifier::Week, TimePart::Week),
            (Modifier::Month, TimePart::Month),
            (Modifier::Year, TimePart::Year),
        ] {
            if has(modifier) {
                let number = plain().parse().map_err(|_| format!("`{}` is no whole number", plain()))?;
                return Ok(self.is(field, Test::Time(part, number)));
            }
        }
        match value {
            SigmaValue::Null => Ok(self.is(field, Test::Null)),
            SigmaValue::String(text) => self.text(field, modifiers, text, place, cased),
            other => Ok(self.plain(field, &other.to_string(), place, cased)),
        }
    }

    fn text(
        &mut self,
        field: u16,
        modifiers: &[Modifier],
        text: &SigmaString,
        place: Place,
        cased: bool,
    ) -> Result<Ask, String> {
        let has = |modifier| modifiers.contains(&modifier);
        let mut texts = vec![text.clone()];
        if has(Modifier::Expand) {
            texts = expand(text, &self.settings.placeholders);
        }
        if has(Modifier::WindAsh) {
            texts = texts.iter().flat_map(windash).collect();
        }
        let mut asks = Vec::new();
        for text in texts {
            if !modifiers.iter().any(|m| encodes(*m)) {
                asks.push(self.sigma_string(field, &text, place, cased));
                continue;
            }
            let plain = text.as_plain().ok_or("an encoded value cannot have wildcards")?;
            let bytes = bytes_of(&plain, modifiers);
            if has(Modifier::Base64Offset) {
                for needle in base64_offsets(&bytes) {
                    asks.push(self.plain(field, &needle, Place::Within, cased));
                }
            } else if has(Modifier::Base64) {
                let needle = base64::engine::general_purpose::STANDARD.encode(&bytes);
                asks.push(self.plain(field, &needle, place, cased));
            } else {
                asks.push(self.plain(field, &String::from_utf8_lossy(&bytes), place, cased));
            }
        }
        Ok(any(asks))
    }

    fn plain(&mut self, field: u16, text: &str, place: Place, cased: bool) -> Ask {
        let needle = if cased { text.to_owned() } else { crate::fold(text) };
        self.is(field, Test::Text { place, needle: needle.into(), cased })
    }

    fn sigma_string(&mut self, field: u16, text: &SigmaString, mut place: Place, cased: bool) -> Ask {
        // `*needle*` and its like are plain text in another place.
        let mut parts = text.parts.as_slice();
        let many = |part: Option<&StringPart>| part == Some(&StringPart::Special(SpecialChar::WildcardMulti));
        let (mut open_start, mut open_end) = match place {
            Place::Whole => (false, false),
            Place::Within => (true, true),
            Place::Start => (false, true),
            Place::End => (true, false),
        };
        while many(parts.first()) {
            open_start = true;
            parts = parts.get(1..).unwrap_or_default();
        }
        while many(parts.last()) {
            open_end = true;
            parts = parts.split_last().map(|(_, rest)| rest).unwrap_or_default();
        }
        if parts.is_empty() && !text.parts.is_empty() {
            // `*` alone: any value that is there.
            return self.is(field, Test::Exists(true));
        }
        if parts.iter().all(|part| matches!(part, StringPart::Plain(_))) {
            place = match (open_start, open_end) {
                (false, false) => Place::Whole,
                (true, true) => Place::Within,
                (false, true) => Place::Start,
                (true, false) => Place::End,
            };
            let plain: String = parts
                .iter()
                .filter_map(|part| match part {
                    StringPart::Plain(text) => Some(text.as_str()),
                    StringPart::Special(_) => None,
                })
                .collect();
            return self.plain(field, &plain, place, cased);
        }
        let mut tokens = Vec::new();
        if open_start {
            tokens.push(Token::Many);
        }
        for part in parts {
            match part {
                StringPart::Plain(text) => {
                    let text = if cased { text.clone() } else { crate::fold(text) };
                    tokens.extend(text.chars().map(Token::Letter));
                }
                StringPart::Special(SpecialChar::WildcardSingle) => tokens.push(Token::One),
                StringPart::Special(SpecialChar::WildcardMulti) => {
                    if tokens.last() != Some(&Token::Many) {
                        tokens.push(Token::Many);
                    }
                }
            }
        }
        if open_end {
            tokens.push(Token::Many);
        }
        self.is(field, Test::Wild { tokens: tokens.into(), cased })
    }
}

fn place(modifiers: &[Modifier], keyless: bool) -> Place {
    if modifiers.contains(&Modifier::Contains) {
        Place::Within
    } else if modifiers.contains(&Modifier::StartsWith) {
        Place::Start
    } else if modifiers.contains(&Modifier::EndsWith) {
        Place::End
    } else if keyless {
        Place::Within
    } else {
        Place::Whole
    }
}

fn encodes(modifier: Modifier) -> bool {
    use Modifier as M;
    matches!(modifier, M::Wide | M::Utf16 | M::Utf16be | M::Base64 | M::Base64Offset)
}

fn bytes_of(text: &str, modifiers: &[Modifier]) -> Vec<u8> {
    let units = || text.encode_utf16();
    if modifiers.contains(&Modifier::Wide) {
        units().flat_map(u16::to_le_bytes).collect()
    } else if modifiers.contains(&Modifier::Utf16be) {
        units().flat_map(u16::to_be_bytes).collect()
    } else if modifiers.contains(&Modifier::Utf16) {
        [0xFF, 0xFE].into_iter().chain(units().flat_map(u16::to_le_bytes)).collect()
    } else {
        text.as_bytes().to_vec()
    }
}

/// What of the bytes is the same in Base64 wherever in a longer text they begin: for each of the three offsets, the
/// letters that no neighbour has a part in.
fn base64_offsets(bytes: &[u8]) -> Vec<String> {
    (0..3_usize)
        .filter_map(|offset| {
            let mut padded = vec![0; offset];
            padded.extend_from_slice(bytes);
            let text = base64::engine::general_purpose::STANDARD_NO_PAD.encode(&padded);
            let start = [0, 2, 3].get(offset)?;
            let end = padded.len() * 8 / 6;
            text.get(*start..end).filter(|text| !text.is_empty()).map(str::to_owned)
        })
        .collect()
}

/// The value with every way to write a dash that introduces an option (specification, `windash`).
fn windash(text: &SigmaString) -> Vec<SigmaString> {
    const DASHES: [char; 5] = ['-', '/', '–', '—', '―'];
    let letters: Vec<char> = text.original.chars().collect();
    let mut places = Vec::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let starts = before.is_none_or(|before| !before.is_alphanumeric() && *before != '_');
        let follows = letters.get(at + 1).is_some_and(|next| next.is_alphanumeric() || *next == '_');
        if matches!(letter, '-' | '/') && starts && follows {
            places.push(at);
        }
    }
    // Options are many rarely; beyond four the variants would be too many, and all take the same dash.
    let mut variants = vec![letters];
    if places.len() > 4 {
        let letters = variants.remove(0);
        variants = DASHES
            .iter()
            .map(|dash| {
                let swap = |(at, letter): (usize, &char)| if places.contains(&at) { *dash } else { *letter };
                letters.iter().enumerate().map(swap).collect()
            })
            .chain([letters.clone()])
            .collect();
    } else {
        for at in places {
            variants = variants
                .into_iter()
                .flat_map(|variant| {
                    DASHES.map(|dash| {
                        let mut variant = variant.clone();
                        if let Some(letter) = variant.get_mut(at) {
                            *letter = dash;
                        }
                        variant
                    })
                })
                .collect();
        }
    }
    variants.sort_unstable();
    variants.dedup();
    variants.into_iter().map(|letters| SigmaString::new(&letters.into_iter().collect::<String>())).collect()
}

/// The value with its placeholders (`%name%`) replaced; one without values stays as it is written and finds nothing.
fn expand(text: &SigmaString, placeholders: &BTreeMap<String, Vec<String>>) -> Vec<SigmaString> {
    let mut texts = vec![text.original.clone()];
    for (name, values) in placeholders {
        let mark = format!("%{name}%");
        texts = texts
            .into_iter()
            .flat_map(|text| {
                if text.contains(&mark) {
                    values.iter().map(|value| text.replace(&mark, value)).collect()
                } else {
                    vec![text]
                }
            })
            .collect();
    }
    texts.iter().map(|text| SigmaString::new(text)).collect()
}

fn all(mut asks: Vec<Ask>) -> Ask {
    if asks.len() == 1 { asks.remove(0) } else { Ask::All(asks) }
}

fn any(mut asks: Vec<Ask>) -> Ask {
    if asks.len() == 1 { asks.remove(0) } else { Ask::Any(asks) }
}
