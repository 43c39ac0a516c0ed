//! Any bytes, judged and listed.

use biaoshi::{Claim, Lang, Status, Verifier};

use super::{expected, limits, printable};

pub fn run(data: &[u8]) {
    named("a.png", data);
}

/// The same for a file of this name.
pub fn named(name: &str, data: &[u8]) {
    let listed = biaoshi::inspect_source(&mut std::io::Cursor::new(data), Some(name), &limits());
    let report = match Verifier::new().limits(limits()).file_name(name).verify_bytes(data) {
        Ok(report) => report,
        Err(error) => {
            expected(&error);
            assert_eq!(listed.map(|_| ()).map_err(|e| e.code()), Err(error.code()), "inspect and verify disagree");
            return;
        }
    };
    let listed = listed.expect("inspect reads what verify reads");
    assert_eq!((listed.format, listed.bytes), (report.format, data.len() as u64));
    assert_eq!(report.bytes, data.len() as u64);

    // The parts cover the file: no gap, no overlap.
    let mut at = 0;
    for part in &listed.segments {
        assert_eq!(part.offset, at, "{part:?}");
        at += part.length;
    }
    assert_eq!(at, report.bytes);
    let inside = |offset: u64, length: u64| offset.checked_add(length).is_some_and(|end| end <= report.bytes);
    assert!(listed.values.iter().all(|v| inside(v.offset, v.length)));
    assert!(report.evidence.iter().all(|e| inside(e.site.offset, e.site.length)), "{:?}", report.evidence);
    for finding in &report.findings {
        assert!(finding.site.as_ref().is_none_or(|s| inside(s.offset, s.length)), "{finding:?}");
        for lang in [Lang::En, Lang::Zh] {
            printable(&finding.text(lang));
            printable(&finding.hint(lang));
        }
    }

    // "None" only where nothing claims anything, and a mark is never lost on the way.
    let says = |claim: Claim| report.evidence.iter().any(|e| e.claim == claim);
    let status = match () {
        () if says(Claim::Ai) => Status::Confirmed,
        () if says(Claim::PossiblyAi) => Status::Possible,
        () if says(Claim::SuspectedAi) => Status::Suspected,
        () if says(Claim::Unclear) => Status::Inconclusive,
        () => Status::None,
    };
    assert_eq!(report.status, status);
    assert!(!report.carries_intact_label() || !matches!(status, Status::None | Status::Inconclusive));
    serde_json::to_string(&report.document(Lang::Zh)).expect("a report is JSON");
}
