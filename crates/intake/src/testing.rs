//! What the adapters' own tests share: an input as a vendor sends it, and the alerts as they would be printed.

use serde_json::Value;

/// The alerts of some bytes whose source nobody names, without the digest.
pub(crate) fn alerts_of(input: &[u8]) -> Vec<Value> {
    let read = crate::read(None, input).map(|taken| {
        let mut alert =
            serde_json::to_value(taken.expect("the input is whole").alert).expect("an alert is JSON");
        alert.as_object_mut().expect("an alert is an object").remove("raw_sha256");
        alert
    });
    read.collect()
}

/// The alerts of a JSON input.
pub(crate) fn alerts(input: &Value) -> Vec<Value> {
    alerts_of(input.to_string().as_bytes())
}
