//! From evidence to status: a pure function over values.

use crate::report::{Claim, Integrity, Status};

/// What a platform has to assume (Measures, Article 6).
///
/// - The strongest statement that is not broken decides: confirmed, then possible, then suspected.
///   Contradictions never cancel it, and a claim of another origin never outweighs it.
/// - Then the user's own declaration: possible.
/// - A mark that is broken or can't be understood: inconclusive, never none.
/// - Otherwise none, which says nothing about how the content was made.
///
/// ```
/// use biaoshi::{Claim, Integrity, Status, verify::decide};
/// let ai = (Claim::Ai, Integrity::Absent);
/// let camera = (Claim::NotAi, Integrity::Intact);
/// assert_eq!(decide(&[camera, ai], false), Status::Confirmed);
/// assert_eq!(decide(&[(Claim::Ai, Integrity::Broken)], false), Status::Inconclusive);
/// assert_eq!(decide(&[camera], false), Status::None);
/// ```
#[must_use]
pub fn decide(evidence: &[(Claim, Integrity)], declared: bool) -> Status {
    let sound = |claim: Claim| evidence.iter().any(|(c, i)| *c == claim && *i != Integrity::Broken);
    if sound(Claim::Ai) {
        Status::Confirmed
    } else if sound(Claim::PossiblyAi) || (declared && !sound(Claim::Ai)) {
        Status::Possible
    } else if sound(Claim::SuspectedAi) {
        Status::Suspected
    } else if evidence.iter().any(|(claim, integrity)| {
        *claim == Claim::Unclear || (*integrity == Integrity::Broken && !matches!(claim, Claim::NotAi))
    }) {
        Status::Inconclusive
    } else {
        Status::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLAIMS: [Claim; 6] =
        [Claim::Ai, Claim::PossiblyAi, Claim::SuspectedAi, Claim::NotAi, Claim::Unclear, Claim::Silent];
    const STATES: [Integrity; 5] =
        [Integrity::NotChecked, Integrity::Intact, Integrity::Broken, Integrity::Unsupported, Integrity::Absent];

    fn strength(status: Status) -> u8 {
        match status {
            Status::Confirmed => 4,
            Status::Possible => 3,
            Status::Suspected => 2,
            Status::Inconclusive => 1,
            Status::None => 0,
        }
    }

    proptest! {
        #[test]
        fn more_evidence_never_weakens_the_status(
            picks in prop::collection::vec((0usize..6, 0usize..5), 0..6),
            extra in (0usize..6, 0usize..5),
            declared: bool,
        ) {
            let mut evidence: Vec<_> = picks
                .into_iter()
                .filter_map(|(c, i)| Some((*CLAIMS.get(c)?, *STATES.get(i)?)))
                .collect();
            let before = decide(&evidence, declared);
            evidence.extend(CLAIMS.get(extra.0).copied().zip(STATES.get(extra.1).copied()));
            let after = decide(&evidence, declared);
            prop_assert!(strength(after) >= strength(before), "{before:?} became {after:?}");
        }
    }

    #[test]
    fn single_marks() {
        let table = [
            (Claim::Ai, Status::Confirmed, Status::Inconclusive),
            (Claim::PossiblyAi, Status::Possible, Status::Inconclusive),
            (Claim::SuspectedAi, Status::Suspected, Status::Inconclusive),
            (Claim::NotAi, Status::None, Status::None),
            (Claim::Unclear, Status::Inconclusive, Status::Inconclusive),
            (Claim::Silent, Status::None, Status::Inconclusive),
        ];
        for (claim, sound, broken) in table {
            for state in STATES {
                let expected = if state == Integrity::Broken { broken } else { sound };
                assert_eq!(decide(&[(claim, state)], false), expected, "{claim:?} {state:?}");
            }
        }
        assert_eq!(decide(&[], false), Status::None);
        assert_eq!(decide(&[], true), Status::Possible);
    }
}
