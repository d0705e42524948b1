//! What kind of incident it is. The kinds are those that a medical practice meets; the words match the `event.kind`
//! of a breach assessment where one exists.

use crate::word::words;

words! {
    /// What happened to the practice.
    IncidentKind, "a kind of incident":
    Ransomware = "ransomware", "ransomware";
    BusinessEmailCompromise = "business_email_compromise", "business e-mail compromise";
    LostOrStolenDevice = "lost_or_stolen_device", "lost or stolen device";
    InsiderSnooping = "insider_snooping", "insider snooping";
    VendorBreach = "vendor_breach", "breach at a vendor";
    MisdirectedPhi = "misdirected_phi", "misdirected PHI";
    Outage = "outage", "EHR or network outage";
    Malware = "malware", "malware";
    Other = "other", "other";
}
