//! Which words of a content are shown to those who look for notices.

use super::Shown;
use crate::limits::Limits;
use crate::notice::Moment;

/// Of all passages of one content, in order, those within [`Limits::shown_bytes`] of its beginning,
/// its middle and its end, with the place of each: the first passage and the first quarter of the
/// text are its start, the last passage and the last quarter its end.
pub(crate) fn choose(passages: Vec<Shown>, limits: &Limits) -> Vec<Shown> {
    let passages: Vec<Shown> = passages.into_iter().filter(|p| !p.text.trim().is_empty()).collect();
    let total = passages.iter().fold(0usize, |sum, p| sum.saturating_add(p.text.len()));
    let (window, last) = (limits.shown_bytes, passages.len().saturating_sub(1));
    let middle = total / 2;
    let around = middle.saturating_sub(window / 2)..middle.saturating_add(window / 2);
    let mut out = Vec::new();
    let mut end = 0usize;
    for (number, mut passage) in passages.into_iter().enumerate() {
        let start = end;
        end = start.saturating_add(passage.text.len());
        let near = start < window || end > total.saturating_sub(window) || start < around.end && end > around.start;
        if !near {
            continue;
        }
        passage.at = if number == 0 || end <= total / 4 {
            Moment::Start
        } else if number == last || start >= total.saturating_sub(total / 4) {
            Moment::End
        } else {
            Moment::Middle
        };
        cut(&mut passage.text, window, passage.at == Moment::End);
        out.push(passage);
    }
    out
}

/// Shortens a text to `max` bytes, from its front if its end matters.
fn cut(text: &mut String, max: usize, keep_end: bool) {
    if text.len() <= max {
        return;
    }
    if keep_end {
        let from = (text.len().saturating_sub(max)..text.len()).find(|at| text.is_char_boundary(*at));
        text.drain(..from.unwrap_or(text.len()));
    } else {
        let to = (0..=max).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(to.unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    fn passages(texts: &[String]) -> Vec<Shown> {
        let one = |text: &String| Shown { text: text.clone(), part: String::new(), range: 0..0, at: Moment::Start };
        texts.iter().map(one).collect()
    }

    proptest! {
        #[test]
        fn what_is_chosen_is_bounded_in_order_and_has_both_ends(
            texts in prop::collection::vec("[a-z人工智能 ]{0,40}", 0..60),
            window in 8usize..400,
        ) {
            let limits = Limits { shown_bytes: window, ..Limits::default() };
            let out = choose(passages(&texts), &limits);
            let kept: Vec<&String> = texts.iter().filter(|t| !t.trim().is_empty()).collect();
            prop_assert!(out.iter().map(|p| p.text.len()).sum::<usize>() <= 3 * window + 4 * 240);
            prop_assert!(out.windows(2).all(|pair| pair[0].at <= pair[1].at));
            if let (Some(first), Some(last)) = (kept.first(), kept.last()) {
                prop_assert!(first.starts_with(&out[0].text));
                prop_assert!(last.ends_with(&out.last().unwrap().text) || out.len() == 1);
                prop_assert_eq!(out[0].at, Moment::Start);
                if kept.len() > 1 { prop_assert_eq!(out.last().unwrap().at, Moment::End); }
            }
            if kept.iter().map(|t| t.len()).sum::<usize>() <= window {
                let all: Vec<&String> = out.iter().map(|p| &p.text).collect();
                prop_assert_eq!(all, kept);
            }
        }
    }
}
