//! A rule's question as steps: each looks at one check and says where to go on from yes and from no. What is known already
//! or is cheap to find out stands first.

use crate::{route::Check, rule::Ask, test::Test};

/// Where a rule ends.
pub(crate) const YES: u32 = u32::MAX;
pub(crate) const NO: u32 = u32::MAX - 1;

/// One step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) check: u32,
    pub(crate) yes: u32,
    pub(crate) no: u32,
}

/// Adds the steps of a question; gives its first, or its end where it has none. None where it counts, which steps cannot.
pub(crate) fn steps(ask: &Ask, checks: &[Check], into: &mut Vec<Step>) -> Option<u32> {
    let before = into.len();
    let first = lay(ask, YES, NO, checks, into);
    if first.is_none() {
        into.truncate(before);
    }
    first
}

fn lay(ask: &Ask, yes: u32, no: u32, checks: &[Check], into: &mut Vec<Step>) -> Option<u32> {
    match ask {
        Ask::Is(check) => {
            let at = u32::try_from(into.len()).ok().filter(|at| *at < NO)?;
            into.push(Step { check: *check, yes, no });
            Some(at)
        }
        Ask::Not(part) => lay(part, no, yes, checks, into),
        Ask::Const(is) => Some(if *is { yes } else { no }),
        Ask::All(parts) => {
            let ordered = ordered(parts, checks);
            ordered.into_iter().rev().try_fold(yes, |then, part| lay(part, then, no, checks, into))
        }
        Ask::Any(parts) => {
            let ordered = ordered(parts, checks);
            ordered.into_iter().rev().try_fold(no, |other, part| lay(part, yes, other, checks, into))
        }
        Ask::AtLeast(..) => None,
    }
}

fn ordered<'a>(parts: &'a [Ask], checks: &[Check]) -> Vec<&'a Ask> {
    let mut parts: Vec<&Ask> = parts.iter().collect();
    parts.sort_by_key(|part| cost(part, checks));
    parts
}

/// What it may cost to find an answer.
fn cost(ask: &Ask, checks: &[Check]) -> u32 {
    match ask {
        Ask::Is(number) => match checks.get(*number as usize) {
            Some(check) if check.indexed => 0,
            Some(check) => match check.test {
                Test::Null | Test::Exists(_) => 1,
                Test::Regex(_) => 100,
                _ => 10,
            },
            None => 0,
        },
        Ask::Not(part) => cost(part, checks),
        Ask::All(parts) | Ask::Any(parts) | Ask::AtLeast(_, parts) => {
            parts.iter().map(|part| cost(part, checks)).fold(0, u32::saturating_add)
        }
        Ask::Const(_) => 0,
    }
}
