//! Which letters go to whom, and how (45 CFR 164.404(d)(1), 164.502(g)).

use crate::{
    facts::Individuals,
    result::{Addressee, LetterMethod, Letters},
};

/// The letters for these people. The dead without a known address of kin get none; e-mail goes to adults who agreed to
/// it, then to parents who did. Letters that came back are among them: the substitute notice is besides.
pub(super) fn plan(people: &Individuals) -> Vec<Letters> {
    let dead = people.deceased.unwrap_or_default();
    let minors = people.minors.unwrap_or(0);
    let alone = people.minors_consented_alone.unwrap_or(0);
    let parents = minors.saturating_sub(alone);
    let adults = people
        .total()
        .saturating_sub(minors)
        .saturating_sub(dead.kin_address_known)
        .saturating_sub(dead.kin_address_unknown);
    let mut email = people.email_agreed.unwrap_or(0);
    let mut out = Vec::new();
    for (to, count) in
        [(Addressee::Individual, adults), (Addressee::ParentOrGuardian, parents), (Addressee::Minor, alone)]
    {
        let by_email = count.min(email);
        email -= by_email;
        out.push(Letters { to, count: count - by_email, method: LetterMethod::FirstClassMail });
        out.push(Letters { to, count: by_email, method: LetterMethod::Email });
    }
    // 164.404(d)(1)(ii) knows first-class mail alone for the next of kin.
    out.push(Letters {
        to: Addressee::NextOfKin,
        count: dead.kin_address_known,
        method: LetterMethod::FirstClassMail,
    });
    out.retain(|batch| batch.count > 0);
    out
}
