//! Any bytes as protection data, of the label that the first line makes.

use biaoshi::label::aigc::Key;
use biaoshi::label::security::{Outcome, Reserved, check, read};
use biaoshi::{Aigc, Lang, Limits};

use super::printable;

pub fn run(data: &[u8]) {
    let limits = Limits::default();
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (id, value) = text.split_once('\n').unwrap_or(("", text));
    let mut aigc = Aigc::default();
    for (key, value) in [(Key::Label, "1"), (Key::ContentProducer, "example"), (Key::ProduceId, id)] {
        aigc.set(key, value);
    }
    let reserved = read(value, &limits);
    for which in [Key::ReservedCode1, Key::ReservedCode2] {
        aigc.set(which, value);
        let checked = check(&aigc, which, &|_| false, &[], &limits);
        assert!(!checked.pinned, "nobody pinned a key");
        match (&reserved, &checked.outcome) {
            (Reserved::Empty | Reserved::Marker, outcome) => assert_eq!(*outcome, Outcome::Absent),
            (Reserved::Opaque, outcome) => assert_eq!(*outcome, Outcome::Opaque),
            (Reserved::Malformed(_), outcome) => assert!(matches!(outcome, Outcome::Unsupported(_)), "{outcome:?}"),
            _ => {}
        }
        if let Outcome::Unsupported(why) | Outcome::Broken(why) = &checked.outcome {
            for lang in [Lang::En, Lang::Zh] {
                printable(&why.text(lang));
            }
        }
        // Without a key that somebody trusts, what was said does not depend on who asks.
        assert_eq!(check(&aigc, which, &|_| false, &[], &limits).outcome, checked.outcome);
    }
}
