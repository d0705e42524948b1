//! What the language promises, clause by clause.
#![cfg(test)]

use sigma::{
    Kind, Route, Scratch, Settings, Value, compile,
    correlation::{Hit, InOrder, Running},
};

struct Text(Option<&'static str>);

impl Value for Text {
    fn is_null(&self) -> bool {
        self.0.is_none()
    }
    fn write(&self, into: &mut String) {
        into.push_str(self.0.unwrap_or_default());
    }
}

/// Whether a rule with this detection finds an event with these values; none if it is not supported.
fn finds(detection: &str, event: &[(&str, Option<&'static str>)]) -> Option<bool> {
    let indented: String = detection.lines().map(|line| format!("    {line}\n")).collect();
    let text = format!("title: t\nlogsource: {{product: x}}\ndetection:\n{indented}");
    let mut settings = Settings::default();
    settings.placeholders.insert("admins".to_owned(), vec!["root".to_owned(), "toor*".to_owned()]);
    let set = compile([("t", text.as_str())], &settings);
    if set.rules.is_empty() {
        assert!(!set.refused.is_empty(), "{detection}");
        return None;
    }
    let names: Vec<Box<str>> = event.iter().map(|(name, _)| (*name).into()).collect();
    let values: Vec<Text> = event.iter().map(|(_, value)| Text(*value)).collect();
    let route = Route::new(&set, 0..1, &Kind { names: &names, aliases: &[], fixed: &[] });
    let mut found = false;
    Scratch::default().judge(&route, &values, &mut |_, _| found = true);
    Some(found)
}

/// One field, one item: item, value, whether it is found.
const ITEMS: &[(&str, Option<&str>, bool)] = &[
    ("f: WHOAMI", Some("whoami"), true),
    ("f: whoami", Some("whoami /all"), false),
    ("f|contains: Who", Some("xx WHOAMI"), true),
    ("f|startswith: who", Some("WhoAmI"), true),
    ("f|startswith: ami", Some("WhoAmI"), false),
    ("f|endswith: '\\cmd.exe'", Some("C:\\Windows\\CMD.EXE"), true),
    ("f|contains|all: [a, b]", Some("b and a"), true),
    ("f|contains|all: [a, z]", Some("b and a"), false),
    ("f: [a, b]", Some("B"), true),
    ("f|cased: Abc", Some("Abc"), true),
    ("f|cased: Abc", Some("abc"), false),
    ("f|contains|cased: Abc", Some("xAbcx"), true),
    ("f|re: '^a.c$'", Some("abc"), true),
    ("f|re: '^a.c$'", Some("ABC"), false),
    ("f|re|i: '^a.c$'", Some("ABC"), true),
    ("f|re|m: '^b$'", Some("a\nb"), true),
    ("f|re|s: 'a.b'", Some("a\nb"), true),
    ("f|re: 'a.b'", Some("a\nb"), false),
    ("f|cidr: 10.0.0.0/8", Some("10.1.2.3"), true),
    ("f|cidr: 10.0.0.0/8", Some("11.1.2.3"), false),
    ("f|cidr: 'fe80::/10'", Some("fe80::1"), true),
    ("f|gt: 5", Some("6"), true),
    ("f|gt: 5", Some("5"), false),
    ("f|gte: 5", Some("5"), true),
    ("f|lt: 5", Some("4.5"), true),
    ("f|lte: 5", Some("6"), false),
    ("f|neq: a", Some("b"), true),
    ("f|neq: a", Some("A"), false),
    ("f|exists: true", Some("x"), true),
    ("f|exists: false", Some("x"), false),
    ("g|exists: false", Some("x"), true),
    ("f: null", None, true),
    ("f: null", Some("x"), false),
    ("g: null", Some("x"), true),
    ("f: ''", Some(""), true),
    ("f: ''", Some("x"), false),
    ("f: 'a*c'", Some("abbc"), true),
    ("f: 'a?c'", Some("abc"), true),
    ("f: 'a?c'", Some("abbc"), false),
    ("f: 'a\\*c'", Some("a*c"), true),
    ("f: 'a\\*c'", Some("abc"), false),
    ("f: 'a\\\\*'", Some("a\\bc"), true),
    ("f: 'c:\\win'", Some("C:\\Win"), true),
    ("f: '*'", Some("x"), true),
    ("f: 3", Some("3"), true),
    ("f: true", Some("TRUE"), true),
    ("f|windash|contains: ' -enc'", Some("powershell /enc x"), true),
    ("f|windash|contains: ' -enc'", Some("powershell –enc x"), true),
    ("f|windash|contains: ' -enc'", Some("powershell enc x"), false),
    ("f|base64: foobar", Some("Zm9vYmFy"), true),
    ("f|base64offset|contains: foobar", Some("eGZvb2Jhcg=="), true),
    ("f|base64offset|contains: foobar", Some("eHhmb29iYXI="), true),
    ("f|wide|base64offset|contains: ab", Some("YQBiAA=="), true),
    ("f|expand: '%admins%'", Some("toor2"), true),
    ("f|expand: '%others%'", Some("toor"), false),
    ("f|hour: 3", Some("2026-01-26T03:31:32Z"), true),
    ("f|week: 5", Some("2026-01-26T03:31:32Z"), true),
    ("f|year: 2025", Some("2026-01-26T03:31:32Z"), false),
];

#[test]
fn each_modifier_finds_what_it_says() {
    for (item, value, expected) in ITEMS {
        let detection = format!("s:\n  {item}\ncondition: s");
        assert_eq!(finds(&detection, &[("f", *value)]), Some(*expected), "{item} in {value:?}");
    }
}

#[test]
fn conditions_count_and_combine_what_they_name() {
    let event = [("a", Some("1")), ("b", Some("needle in it"))];
    let named = "s1:\n  a: 1\ns2:\n  a: 2\n_s3:\n  a: 3\nk:\n  - needle\n  - other\n";
    for (condition, expected) in [
        ("s1 and not s2", true),
        ("1 of s*", true),
        ("all of s*", false),
        ("1 of them", true),
        ("all of them", false),
        ("k and s1", true),
        ("not (s1 or k)", false),
        ("s2 or s1 and k", true),
    ] {
        let detection = format!("{named}condition: {condition}");
        assert_eq!(finds(&detection, &event), Some(expected), "{condition}");
    }
}

#[test]
fn a_field_may_refer_to_another() {
    let same = "s:\n  a|fieldref: b\ncondition: s";
    assert_eq!(finds(same, &[("a", Some("X")), ("b", Some("x"))]), Some(true));
    assert_eq!(finds(same, &[("a", Some("y")), ("b", Some("x"))]), Some(false));
    let ends = "s:\n  a|fieldref|endswith: b\ncondition: s";
    assert_eq!(finds(ends, &[("a", Some("c:\\x.exe")), ("b", Some("X.EXE"))]), Some(true));
}

#[test]
fn what_cannot_be_supported_is_listed() {
    assert_eq!(finds("s:\n  a|re: '('\ncondition: s", &[("a", Some("x"))]), None);
    assert_eq!(finds("s:\n  a|nosuch: x\ncondition: s", &[("a", Some("x"))]), None);
    assert_eq!(finds("s:\n  a: x\ncondition: s | count() > 5", &[("a", Some("x"))]), None);
}

#[test]
fn a_set_survives_its_cache_and_no_damage_does() {
    let text = "title: t\nlogsource: {product: x}\ndetection: {s: {f: x}, condition: s}";
    let bytes = compile([("t", text)], &Settings::default()).to_bytes();
    assert_eq!(sigma::RuleSet::from_bytes(&bytes).unwrap().rules.len(), 1);
    assert!(sigma::RuleSet::from_bytes(&bytes[..bytes.len() / 2]).is_none());
}

#[test]
fn what_a_correlation_speaks_of_is_silent_unless_one_says_that_it_reports() {
    let base = |name: &str| {
        format!(
            "title: {name}\nname: {name}\nlogsource: {{product: x}}\ndetection: {{s: {{f: {name}}}, condition: s}}\n"
        )
    };
    let over = |name: &str, of: &str, generate: bool| {
        format!(
            "title: {name}\nname: {name}\ncorrelation:\n  type: event_count\n  rules: [{of}]\n  group-by: [u]\n  \
             timespan: 5m\n  generate: {generate}\n  condition: {{gte: 2}}\n"
        )
    };
    let documents = [
        base("quiet"),
        base("both"),
        base("alone"),
        over("inner", "quiet", false),
        over("outer", "inner", false),
        over("no", "both", false),
        over("yes", "both", true),
    ];
    let text = documents.join("---\n");
    let set = compile([("t", text.as_str())], &Settings::default());
    assert!(set.refused.is_empty(), "{:?}", set.refused);
    let silent: Vec<&str> =
        set.rules.iter().filter(|rule| rule.silent).map(|rule| rule.title.as_str()).collect();
    assert_eq!(silent, ["quiet"]);
    let silent: Vec<&str> =
        set.correlations.iter().filter(|rule| rule.silent).map(|rule| rule.title.as_str()).collect();
    assert_eq!(silent, ["inner"]);
}

fn correlation(condition: &str) -> sigma::RuleSet {
    let text = format!(
        "title: base\nname: base\nlogsource: {{product: x}}\ndetection: {{s: {{f: a}}, condition: s}}\n---\n\
         title: many\ncorrelation:\n  type: event_count\n  rules: [base]\n  group-by: [u]\n  timespan: 1m\n  \
         condition: {{{condition}}}\n"
    );
    let set = compile([("t", text.as_str())], &Settings::default());
    assert!(set.refused.is_empty(), "{:?}", set.refused);
    set
}

/// A hit of the rule `base` at a second, by a user.
fn hit(event: u64, second: i64, user: &str) -> Hit {
    let values = vec![("u".into(), user.into())];
    Hit { rule: 0, time: second * 1_000_000, values, event }
}

#[test]
fn a_correlation_tells_with_the_portion_that_completes_it_and_counts_an_event_once() {
    let set = correlation("gte: 3");
    let mut running = Running::new(&set.correlations[0]);
    assert!(running.take(&[hit(0, 10, "a"), hit(1, 500, "a"), hit(2, 11, "b")]).is_empty());
    // The second portion is of another file, and its events lie before and between those of the first.
    assert_eq!(running.take(&[hit(3, 30, "a"), hit(4, 5, "a"), hit(5, 12, "b")]), [[4, 0, 3]]);
    assert!(running.take(&[hit(6, 31, "a"), hit(7, 32, "a")]).is_empty());
    assert_eq!(running.take(&[hit(8, 33, "a"), hit(9, 13, "b")]), [[6, 7, 8], [2, 5, 9]]);
    assert!(running.finish().is_empty());
}

#[test]
fn what_a_later_event_could_make_void_is_told_at_the_end() {
    let set = correlation("gte: 1, lt: 3");
    assert!(set.correlations[0].waits());
    let mut running = Running::new(&set.correlations[0]);
    assert!(running.take(&[hit(0, 10, "a")]).is_empty());
    assert_eq!(running.finish(), [[0]]);
}

#[test]
fn in_the_order_of_time_the_same_is_found_and_nothing_is_kept_that_no_window_covers() {
    let set = correlation("gte: 3");
    let rule = &set.correlations[0];
    let mut in_order = InOrder::new(rule, 10_000);
    let (mut found, mut all) = (Vec::new(), Vec::new());
    for event in 0..60_000_u64 {
        // Many users once in a long while, and one who comes back often enough.
        let user = if event % 7 == 0 { "often".to_owned() } else { format!("u{}", event % 20_000) };
        let hit = hit(event, i64::try_from(event / 2).unwrap(), &user);
        all.push(hit.clone());
        found.extend(in_order.take(hit).map(|hits| hits.iter().map(|hit| hit.event).collect::<Vec<_>>()));
    }
    assert!(found.len() > 1_000);
    assert_eq!(found, rule.judge(&all));
    assert_eq!(in_order.forgotten(), 0);
    // A window that covers more than may be kept forgets the oldest, and says so.
    let mut few = InOrder::new(rule, 64);
    for event in 0..1_000 {
        few.take(hit(event, 10 + i64::try_from(event / 100).unwrap(), &event.to_string()));
    }
    assert!(few.forgotten() > 0);
}
