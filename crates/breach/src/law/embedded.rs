//! The tables as they lie in `content/law`, compiled in. A new jurisdiction is one line here.

use super::Sources;

/// Names and texts of the jurisdictions' files.
macro_rules! states {
    ($($code:literal)+) => {
        &[$((
            concat!("states/", $code, ".toml"),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../content/law/states/", $code, ".toml")),
        )),+]
    };
}

pub(super) const SOURCES: Sources<'static> = Sources {
    tables: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../content/law/tables.toml")),
    federal: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../content/law/federal.toml")),
    other: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../content/law/other.toml")),
    form: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../content/law/hhs-form.toml")),
    states: states! {
        "AK" "AL" "AR" "AZ" "CA" "CO" "CT" "DC" "DE"
        "FL" "GA" "GU" "HI" "IA" "ID" "IL" "IN" "KS"
        "KY" "LA" "MA" "MD" "ME" "MI" "MN" "MO" "MS"
        "MT" "NC" "ND" "NE" "NH" "NJ" "NM" "NV" "NY"
        "OH" "OK" "OR" "PA" "PR" "RI" "SC" "SD" "TN"
        "TX" "UT" "VA" "VI" "VT" "WA" "WI" "WV" "WY"
    },
};
