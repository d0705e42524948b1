use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn text(value: &(impl Serialize + ?Sized)) -> String {
    String::from_utf8(to_vec(value).unwrap()).unwrap()
}

/// RFC 8785 section 3.2.2 and 3.2.4: the sample and its bytes.
#[test]
fn the_sample_of_the_rfc_gets_the_bytes_of_the_rfc() {
    let value: Value = serde_json::from_str(
        r#"{
          "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
          "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
          "literals": [null, true, false]
        }"#,
    )
    .unwrap();
    assert_eq!(
        text(&value),
        r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
    );
}

/// RFC 8785 section 3.2.3: the sorting sample.
#[test]
fn members_are_sorted_by_utf16_code_units() {
    let value = json!({
        "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
        "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control",
        "\u{f6}": "Latin Small Letter O With Diaeresis"
    });
    assert_eq!(
        text(&value),
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\
         \"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\
         \"😀\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}"
    );
}

/// RFC 8785 appendix B: number samples, as IEEE 754 bits.
#[test]
fn numbers_are_written_as_ecmascript_writes_them() {
    let samples = [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ];
    for (bits, written) in samples {
        let value = f64::from_bits(bits);
        assert_eq!(text(&value), written);
        assert_eq!(text(&value).parse::<f64>().unwrap(), value, "{bits:x} reads back as itself");
        assert_eq!(text(&json!([value])), format!("[{}]", text(&value)));
    }
    assert_eq!(to_vec(&f64::NAN), Err(CanonicalError::NotFinite));
    assert_eq!(to_vec(&f64::INFINITY), Err(CanonicalError::NotFinite));
}

#[test]
fn two_entries_never_share_bytes_by_rounding_or_repetition() {
    assert_eq!(text(&9_007_199_254_740_991_i64), "9007199254740991");
    assert_eq!(text(&json!(-9_007_199_254_740_991_i64)), "-9007199254740991");
    assert_eq!(
        to_vec(&9_007_199_254_740_993_u64),
        Err(CanonicalError::IntegerTooLarge(9_007_199_254_740_993))
    );
    assert!(to_vec(&u128::MAX).is_err() && to_vec(&i64::MIN).is_err());

    struct Twice;
    impl Serialize for Twice {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([("a", 1), ("b", 2), ("a", 3)])
        }
    }
    assert_eq!(to_vec(&Twice), Err(CanonicalError::DuplicateMember("a".into())));
}

#[test]
fn every_shape_of_rust_value_is_written_as_serde_json_writes_it() {
    #[derive(Serialize)]
    enum Shape {
        Unit,
        Newtype(u8),
        Tuple(u8, Option<char>),
        Struct { z: (), a: bool },
    }
    #[derive(Serialize)]
    struct Pair(i8, &'static str);
    let value = (
        [Shape::Unit, Shape::Newtype(1), Shape::Tuple(2, Some('\u{1}')), Shape::Struct { z: (), a: true }],
        Pair(-1, "x"),
        std::collections::BTreeMap::from([(10, "ten"), (9, "nine")]),
        None::<u8>,
    );
    assert_eq!(
        text(&value),
        r#"[["Unit",{"Newtype":1},{"Tuple":[2,"\u0001"]},{"Struct":{"a":true,"z":null}}],[-1,"x"],{"10":"ten","9":"nine"},null]"#
    );
}

#[test]
fn a_bottomless_value_is_refused_before_the_stack_ends() {
    let mut value = json!(1);
    for _ in 0..MAX_DEPTH {
        value = json!([value]);
    }
    assert!(to_vec(&value).is_ok());
    assert_eq!(to_vec(&json!([value])), Err(CanonicalError::TooDeep));
}

pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..9_007_199_254_740_991).prop_map(Value::from),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,6}|[a-z\u{e000}-\u{10ffff}]{0,3}", inner, 0..6)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    /// `serde_jcs` is a second implementation of the RFC.
    #[test]
    fn the_bytes_are_those_of_a_second_implementation(value in any_json()) {
        let ours = to_vec(&value).unwrap();
        prop_assert_eq!(&ours, &serde_jcs::to_vec(&value).unwrap());
        // Reading the bytes and writing them again changes nothing.
        let again: Value = serde_json::from_slice(&ours).unwrap();
        prop_assert_eq!(serde_jcs::to_vec(&again).unwrap(), ours);
    }
}
