//! Any bytes as an XMP packet, read and added to.

use biaoshi::Error;
use biaoshi::metadata::xmp::{Addition, IPTC_EXT, TC260, XmpView, extended_guid, insertion, read, read_lenient};

use super::{expected, limits, same};

fn facts(view: &XmpView) -> Vec<(&str, &str, &str, &str)> {
    view.properties.iter().map(|p| (&*p.namespace, p.local.as_str(), p.value.as_str(), &*p.about)).collect()
}

pub fn run(data: &[u8]) {
    let limits = limits();
    let (view, error) = read_lenient(data, &limits);
    assert_eq!(read(data, &limits).err(), error);
    let _ = extended_guid(&view);
    assert!(view.properties.iter().all(|p| p.range.start <= p.range.end && p.range.end <= data.len()), "{view:?}");
    assert!(view.rdf_end.is_none_or(|at| at <= data.len()));
    assert!(error.as_ref().is_none_or(|e| e.offset <= data.len()), "{error:?}");

    let value = "{\"Label\":\"1\"} <&>' ]]> \u{4F60}\u{1F600}\t";
    let additions = [
        Addition::new(TC260, "TC260", "AIGC", value),
        Addition::new(IPTC_EXT, "Iptc4xmpExt", "DigitalSourceType", "http://example/a"),
    ];
    let edit = match insertion(data, &additions, &limits) {
        Ok(edit) => edit,
        Err(error) => return expected(&error),
    };
    assert!(error.is_none(), "a damaged packet is added to");

    // Every byte stays, but for the slash of an element that closes itself.
    let cut = data.get(edit.range.clone()).expect("the edit is inside");
    assert!(cut.iter().all(|b| matches!(b, b'/' | 0)) && cut.len() <= 4, "{cut:?} cut out");
    let out = edit.apply(data);
    assert!(out.starts_with(&data[..edit.range.start]) && out.ends_with(&data[edit.range.end..]));
    assert_eq!(out.len(), data.len() - cut.len() + edit.bytes.len());

    // It reads back, behind everything that was there.
    let Ok(after) = read(&out, &limits) else {
        assert!(out.len() as u64 > limits.metadata_bytes, "the new packet does not read");
        return;
    };
    let mut wanted = facts(&view);
    let added = after.find(TC260, "AIGC").next().expect("the label is there");
    assert_eq!(added.value, value);
    wanted.push((TC260, "AIGC", value, &added.about));
    wanted.push((IPTC_EXT, "DigitalSourceType", "http://example/a", &added.about));
    let mut found = facts(&after);
    wanted.sort_unstable();
    found.sort_unstable();
    same("the set of properties", &found, &wanted);
    assert!(matches!(insertion(&out, &additions, &limits), Err(Error::Refused(_))));
}
