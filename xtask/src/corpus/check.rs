//! Whether labelling kept what it promises to keep.

use std::collections::BTreeMap;
use std::io::Cursor;

use biaoshi::container::Patch;
use biaoshi::{Format, Inspection, Label, Labeler, Limits, Result, Verifier};

use super::{Outcome, bounded};

/// One file that was labelled.
pub(super) struct Job<'a> {
    pub(super) name: &'a str,
    pub(super) labeler: &'a Labeler<'a>,
    pub(super) label: &'a Label,
    pub(super) input: &'a [u8],
    pub(super) before: &'a Inspection,
    pub(super) heap: usize,
}

pub(super) fn inspect(name: &str, bytes: &[u8]) -> Result<Inspection> {
    biaoshi::inspect_source(&mut Cursor::new(bytes), Some(name), &Limits::default())
}

pub(super) fn written(outcome: &mut Outcome, job: &Job<'_>, out: &[u8], changed: bool) {
    let Job { name, labeler, label, input, before, heap } = *job;
    if !changed {
        if out != input {
            outcome.failures.push("label: nothing changed, and the bytes did".into());
        }
        return;
    }
    match bounded(outcome, "plan", input.len(), heap, || labeler.plan(&mut Cursor::new(input), label)) {
        Some(Ok(plan)) => {
            if let Some(fault) = unlike(input, out, &plan) {
                outcome.failures.push(format!("label: {fault}"));
            }
        }
        Some(Err(e)) => outcome.failures.push(format!("plan: {e}")),
        None => {}
    }
    match bounded(outcome, "inspect the output", out.len(), heap, || inspect(name, out)) {
        Some(Ok(after)) => {
            let pictures = matches!(before.format, Format::Png | Format::Jpeg | Format::Webp);
            let lost = if pictures { loss(before, input, &after, out) } else { gone(before, input, &after, out) };
            if let Some(lost) = lost {
                outcome.failures.push(format!("label: {lost}"));
            }
        }
        Some(Err(e)) => outcome.failures.push(format!("inspect the output: {e}")),
        None => {}
    }
    let verifier = Verifier::new().file_name(name);
    match bounded(outcome, "verify the output", out.len(), heap, || verifier.verify_bytes(out)) {
        Some(Ok(report))
            if report.evidence.iter().any(|e| e.label.as_ref().is_some_and(|l| l.produce_id == "corpus-0001")) => {}
        Some(Ok(_)) => outcome.failures.push("verify the output: the label is not there".into()),
        Some(Err(e)) => outcome.failures.push(format!("verify the output: {e}")),
        None => {}
    }
    match bounded(outcome, "label again", out.len(), heap, || labeler.label_bytes(out, label)) {
        Some(Ok((again, receipt))) if !receipt.changed && again == out => {}
        Some(Ok(_)) => outcome.failures.push("label again: changed the file".into()),
        Some(Err(e)) => outcome.failures.push(format!("label again: {e}")),
        None => {}
    }
}

/// Whether the output is anything but the input with the planned edits.
fn unlike(input: &[u8], out: &[u8], plan: &Patch) -> Option<String> {
    let (mut from, mut to) = (0usize, 0usize);
    for edit in plan.edits() {
        let at = usize::try_from(edit.at).ok()?;
        let (kept, end) = (at - from, to + (at - from) + edit.insert.len());
        if out.get(to..to + kept) != input.get(from..at) || out.get(to + kept..end) != Some(&edit.insert[..]) {
            return Some(format!("the output is not the plan near byte {to}"));
        }
        (from, to) = (at + usize::try_from(edit.remove).ok()?, end);
    }
    (out.get(to..) != input.get(from..)).then(|| format!("the output is not the plan behind byte {to}"))
}

/// What labelling lost: the content, or a metadata value that stood there before.
fn gone(before: &Inspection, input: &[u8], after: &Inspection, output: &[u8]) -> Option<String> {
    let essence = |found: &Inspection, bytes: &[u8]| -> Vec<u8> {
        let parts = found.segments.iter().filter(|s| s.essence);
        parts
            .flat_map(|s| bytes.get(s.offset as usize..(s.offset + s.length) as usize).unwrap_or_default().to_vec())
            .collect()
    };
    if essence(before, input) != essence(after, output) {
        return Some("the content changed".to_owned());
    }
    let mut there: BTreeMap<_, usize> = BTreeMap::new();
    for value in &after.values {
        *there.entry((&value.slot, &value.text)).or_default() += 1;
    }
    for value in before.values.iter().filter(|v| v.slot != "xmp") {
        match there.get_mut(&(&value.slot, &value.text)) {
            Some(count) if *count > 0 => *count -= 1,
            _ => return Some(format!("the value of {} is gone", value.slot)),
        }
    }
    packet_loss(before, after)
}

/// Whether the packet lost anything.
fn packet_loss(before: &Inspection, after: &Inspection) -> Option<String> {
    let text = |found: &Inspection| found.values.iter().find(|v| v.slot == "xmp").and_then(|v| v.text.clone());
    let (old, new) = (text(before)?, text(after)?);
    let (a, b) = (old.as_bytes(), new.as_bytes());
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    // A slash of `<rdf:RDF/>` may move into the end tag.
    (head + tail + 1 < a.len()).then(|| format!("the packet lost bytes near {head}"))
}

/// Parts other than the packet, with their bytes; what a format must adapt is masked.
fn parts<'a>(found: &Inspection, bytes: &'a [u8], packet: Option<usize>) -> Vec<(String, std::borrow::Cow<'a, [u8]>)> {
    found
        .segments
        .iter()
        .enumerate()
        .filter(|(n, _)| Some(*n) != packet)
        .map(|(_, s)| {
            let (from, to) = (s.offset as usize, (s.offset + s.length) as usize);
            let mut part = std::borrow::Cow::Borrowed(bytes.get(from..to).unwrap_or_default());
            // WebP states its length in the header, and in VP8X which chunks there are.
            let mask: &[usize] = match (found.format, s.name.as_str()) {
                (Format::Webp, "RIFF") => &[4, 5, 6, 7],
                (Format::Webp, "VP8X") => &[8],
                _ => &[],
            };
            for at in mask {
                if let Some(b) = part.to_mut().get_mut(*at) {
                    *b = if *at == 8 { *b & !0x04 } else { 0 };
                }
            }
            (s.name.clone(), part)
        })
        .collect()
}

/// What labelling lost, if anything: every part but the packet stands as it stood, in its order,
/// and the old packet is the new one without one stretch of bytes.
fn loss(before: &Inspection, input: &[u8], after: &Inspection, output: &[u8]) -> Option<String> {
    let packet = |found: &Inspection| found.segments.iter().position(|s| s.slot.as_deref() == Some("xmp"));
    let (old, new) = (packet(before), packet(after));
    let Some(new_at) = new else { return Some("no packet in the output".into()) };
    let mut was = parts(before, input, old);
    let mut is = parts(after, output, new);
    // A simple WebP becomes an extended one.
    if before.format == Format::Webp && before.segments.iter().all(|s| s.name != "VP8X") {
        is.retain(|(name, _)| name != "VP8X");
        was.retain(|(name, _)| name != "VP8X");
    }
    if was.len() != is.len() {
        return Some(format!("{} parts became {}", was.len(), is.len()));
    }
    if let Some(((name, _), _)) = was.iter().zip(&is).find(|(a, b)| a != b) {
        return Some(format!("part {name} changed"));
    }
    let old_at = old?;
    let text = |found: &Inspection| found.values.iter().any(|v| v.slot == "xmp" && v.text.is_some());
    if !(text(before) && text(after)) {
        // Not UTF-8: compare the stored parts.
        let part = |found: &Inspection, at: usize, bytes: &[u8]| {
            found
                .segments
                .get(at)
                .and_then(|s| bytes.get(s.offset as usize..(s.offset + s.length) as usize))
                .map(<[u8]>::to_vec)
        };
        let (a, b) = (part(before, old_at, input)?, part(after, new_at, output)?);
        return (b.len() < a.len()).then(|| "the packet shrank".to_owned());
    }
    packet_loss(before, after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use biaoshi::{Explicit, Profile};

    fn labelled() -> (Vec<u8>, Vec<u8>) {
        let input = biaoshi::doc_picture();
        let plain = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("test"));
        let (out, _) = plain.label_bytes(&input, &Label::new("corpus").with_produce_id("corpus-0001")).expect("labels");
        (input, out)
    }

    fn lost(input: &[u8], output: &[u8]) -> Option<String> {
        loss(&biaoshi::inspect(input).expect("reads"), input, &biaoshi::inspect(output).expect("reads"), output)
    }

    #[test]
    fn a_changed_byte_and_a_missing_part_are_losses() {
        let (input, output) = labelled();
        assert_eq!(lost(&input, &output), None);
        let mut changed = output.clone();
        let at = changed.len() - 40;
        changed[at] ^= 1;
        assert!(lost(&input, &changed).is_some_and(|l| l.contains("IDAT changed")));
        let longer = [&input[..], b"trailing"].concat();
        assert!(lost(&longer, &output).is_some_and(|l| l.contains("parts became")));
        assert!(lost(&input, &input).is_some());
    }
}
