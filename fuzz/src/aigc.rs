//! Any bytes as a label, and as the values of one.

use biaoshi::label::aigc::{Key, parse};
use biaoshi::{Aigc, Limits, ProviderCode, SourceType};

use super::{expected, spoken};

pub fn run(data: &[u8]) {
    let limits = Limits::default();
    match parse(data, &limits) {
        Ok(parsed) => strict(&parsed.aigc, &limits),
        Err(broken) => expected(&biaoshi::Error::from(broken)),
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = SourceType::read(text);
    if let Ok(code) = ProviderCode::parse(text) {
        assert_eq!(code.to_string(), text);
    }

    // Seven values, one a line.
    let mut aigc = Aigc::default();
    for (key, value) in Key::ALL.into_iter().zip(text.split('\n')) {
        aigc.set(key, value);
    }
    strict(&aigc, &limits);
}

/// What the strict writer takes, the reader gives back with nothing to say about its form.
fn strict(aigc: &Aigc, limits: &Limits) {
    if let Err(error) = aigc.check(limits) {
        return spoken(&error);
    }
    let (bare, wrapped) = (aigc.to_json(), aigc.to_wrapped_json());
    for json in [&bare, &wrapped] {
        if json.len() <= limits.label_bytes {
            let again = parse(json.as_bytes(), limits).expect("what was written can be read");
            assert_eq!(&again.aigc, aigc);
            assert_eq!(again.level, aigc.level());
            assert_eq!(again.aigc.to_json(), bare);
        }
    }
}
