//! From evidence to status: a pure function over values.

use crate::report::{Claim, Integrity, Statement, Status};

/// What a platform has to assume (Measures, Article 6).
///
/// - An AI statement that someone trusted signed decides, and among several the strongest; an
///   unsigned one never overrides it.
/// - Without such, the strongest AI statement that is not broken decides: confirmed, possible,
///   suspected. Contradictions never cancel it, and a statement of another origin never outweighs
///   it, whoever signed that.
/// - A declaration by the user makes it possible at least.
/// - A mark that is broken or can't be understood: inconclusive, never none.
/// - Otherwise none, which says nothing about how the content was made.
///
/// ```
/// use biaoshi::{Bound, Claim, Integrity, Key, Statement, Status, verify::decide};
/// let of = |claim, integrity, key| Statement { claim, integrity, key, bound: Some(Bound::Content) };
/// let ai = of(Claim::Ai, Integrity::Absent, None);
/// let camera = of(Claim::NotAi, Integrity::Intact, Some(Key::Trusted));
/// let signed = of(Claim::PossiblyAi, Integrity::Intact, Some(Key::Pinned));
/// assert_eq!(decide(&[camera, ai], false), Status::Confirmed);
/// assert_eq!(decide(&[signed, ai], false), Status::Possible);
/// assert_eq!(decide(&[of(Claim::Ai, Integrity::Broken, None)], false), Status::Inconclusive);
/// assert_eq!(decide(&[camera], false), Status::None);
/// ```
#[must_use]
pub fn decide(evidence: &[Statement], declared: bool) -> Status {
    const STEPS: [(Claim, Status); 3] = [
        (Claim::Ai, Status::Confirmed),
        (Claim::PossiblyAi, Status::Possible),
        (Claim::SuspectedAi, Status::Suspected),
    ];
    let strongest = |counts: &dyn Fn(&Statement) -> bool| {
        let stated = |claim| evidence.iter().any(|s| s.claim == claim && counts(s));
        STEPS.into_iter().find(|(claim, _)| stated(*claim)).map(|(_, status)| status)
    };
    let stated = strongest(&|s| s.is_vouched()).or_else(|| strongest(&|s| s.integrity != Integrity::Broken));
    match stated {
        Some(Status::Confirmed) => Status::Confirmed,
        _ if declared => Status::Possible,
        Some(status) => status,
        None if evidence.iter().any(unclear) => Status::Inconclusive,
        None => Status::None,
    }
}

/// Whether something is there that can't be relied on and may have been an AI statement.
fn unclear(statement: &Statement) -> bool {
    let broken = statement.integrity == Integrity::Broken && statement.claim != Claim::NotAi;
    statement.claim == Claim::Unclear || broken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Bound, Key};
    use proptest::prelude::*;

    const CLAIMS: [Claim; 6] =
        [Claim::Ai, Claim::PossiblyAi, Claim::SuspectedAi, Claim::NotAi, Claim::Unclear, Claim::Silent];
    const STATES: [(Integrity, Option<Key>); 8] = [
        (Integrity::NotChecked, None),
        (Integrity::Intact, Some(Key::Embedded)),
        (Integrity::Intact, Some(Key::Expired)),
        (Integrity::Intact, Some(Key::Trusted)),
        (Integrity::Intact, Some(Key::Pinned)),
        (Integrity::Broken, None),
        (Integrity::Unsupported, None),
        (Integrity::Absent, None),
    ];

    fn strength(status: Status) -> u8 {
        match status {
            Status::Confirmed => 4,
            Status::Possible => 3,
            Status::Suspected => 2,
            Status::Inconclusive => 1,
            Status::None => 0,
        }
    }

    fn statement() -> impl Strategy<Value = Statement> {
        (0..CLAIMS.len(), 0..STATES.len()).prop_map(|(c, s)| {
            let (integrity, key) = STATES.get(s).copied().unwrap_or((Integrity::Absent, None));
            Statement {
                claim: CLAIMS.get(c).copied().unwrap_or(Claim::Ai),
                integrity,
                key,
                bound: Some(Bound::Content),
            }
        })
    }

    fn says_ai(s: Statement) -> bool {
        matches!(s.claim, Claim::Ai | Claim::PossiblyAi | Claim::SuspectedAi)
    }

    proptest! {
        /// Whoever is not trusted can only make the status stronger, or leave it.
        #[test]
        fn what_nobody_vouches_for_never_weakens_the_status(
            mut evidence in prop::collection::vec(statement(), 0..6),
            extra in statement(),
            declared: bool,
        ) {
            prop_assume!(!extra.is_vouched() || !says_ai(extra));
            let before = decide(&evidence, declared);
            evidence.push(extra);
            let after = decide(&evidence, declared);
            prop_assert!(strength(after) >= strength(before), "{before:?} became {after:?}");
        }

        /// A trusted AI statement stands as it is, whatever others say unsigned.
        #[test]
        fn an_unsigned_statement_never_overrides_a_trusted_one(
            mut evidence in prop::collection::vec(statement(), 0..5),
            (claim, state) in (0..3usize, 3..5usize),
            extra in statement(),
        ) {
            let (integrity, key) = STATES.get(state).copied().unwrap_or((Integrity::Absent, None));
            let claim = CLAIMS.get(claim).copied().unwrap_or(Claim::Ai);
            evidence.push(Statement { claim, integrity, key, bound: Some(Bound::Content) });
            let extra = if extra.is_vouched() { Statement { bound: None, ..extra } } else { extra };
            let mut more = evidence.clone();
            more.push(extra);
            prop_assert_eq!(decide(&more, false), decide(&evidence, false));
        }

        /// The truth table has one state for each of these classes.
        #[test]
        fn integrities_of_a_class_behave_alike(
            evidence in prop::collection::vec(statement(), 0..5),
            claim in 0..CLAIMS.len(),
            class in 0..3usize,
            declared: bool,
        ) {
            let classes: [&[usize]; 3] = [&[3, 4], &[1, 2], &[0, 6, 7]];
            let claim = CLAIMS.get(claim).copied().unwrap_or(Claim::Ai);
            let mut results = classes.get(class).copied().unwrap_or_default().iter().map(|state| {
                let (integrity, key) = STATES.get(*state).copied().unwrap_or((Integrity::Absent, None));
                let mut more = evidence.clone();
                more.push(Statement { claim, integrity, key, bound: Some(Bound::Picture) });
                decide(&more, declared)
            });
            let first = results.next();
            prop_assert!(results.all(|status| Some(status) == first));
        }

        #[test]
        fn order_and_repetition_change_nothing(evidence in prop::collection::vec(statement(), 0..6), declared: bool) {
            let mut other: Vec<_> = evidence.iter().rev().copied().collect();
            other.extend_from_slice(&evidence);
            prop_assert_eq!(decide(&evidence, declared), decide(&other, declared));
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
            for (integrity, key) in STATES {
                let expected = if integrity == Integrity::Broken { broken } else { sound };
                assert_eq!(
                    decide(&[Statement { claim, integrity, key, bound: None }], false),
                    expected,
                    "{claim:?} {integrity:?}"
                );
            }
        }
        assert_eq!(decide(&[], false), Status::None);
        assert_eq!(decide(&[], true), Status::Possible);
        let ai = Statement { claim: Claim::Ai, integrity: Integrity::Absent, key: None, bound: None };
        assert_eq!(decide(&[ai], true), Status::Confirmed);
        let trusted = Statement {
            claim: Claim::SuspectedAi,
            integrity: Integrity::Intact,
            key: Some(Key::Trusted),
            bound: Some(Bound::Content),
        };
        assert_eq!(decide(&[trusted], true), Status::Possible);
        // What could have been taken from elsewhere stands against nothing.
        let open = Statement { claim: Claim::Ai, integrity: Integrity::Absent, key: None, bound: None };
        assert_eq!(decide(&[trusted, open], false), Status::Suspected);
        for bound in [Some(Bound::Nothing), None] {
            assert_eq!(decide(&[Statement { bound, ..trusted }, open], false), Status::Confirmed);
        }
    }
}
