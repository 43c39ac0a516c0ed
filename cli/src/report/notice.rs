//! Notices that were perceived or made, in words.

use biaoshi::Lang;
use biaoshi::notice::{Form, Moment, Perceived, Reader};

use crate::output::shown;
use crate::text::{self, Text};

/// Where in a text, document or sound.
pub(crate) fn moment(at: Moment) -> &'static Text {
    match at {
        Moment::Start => &text::AT_START,
        Moment::Middle => &text::AT_MIDDLE,
        Moment::End => &text::AT_END,
    }
}

/// A notice as perceived, in one line.
pub(crate) fn perceived(notice: &Perceived, lang: Lang) -> String {
    let words = match notice.form {
        Form::Rhythm => text::SEEN_RHYTHM.get(lang).to_owned(),
        Form::Text | Form::Picture => notice.text.as_deref().map_or_else(|| "?".to_owned(), shown),
    };
    let mut more = Vec::new();
    if let Some(at) = notice.at {
        more.push(moment(at).get(lang).to_owned());
    }
    if let Some(height) = notice.height_permille {
        more.push(text::SEEN_HEIGHT.with(lang, "percent", tenths(height.into())));
    }
    if let (Some(start), Some(long)) = (notice.start_ms, notice.duration_ms) {
        let args = [("from", seconds(start)), ("long", seconds(long))];
        more.push(text::SEEN_TIME.fill(lang, &args));
    }
    if notice.reader == Reader::Ocr {
        more.push(text::SEEN_OCR.get(lang).to_owned());
    }
    if !notice.both_elements {
        more.push(text::SEEN_LACKS.get(lang).to_owned());
    }
    let comma = text::COMMA.get(lang);
    std::iter::once(words).chain(more).collect::<Vec<_>>().join(comma)
}

/// Milliseconds as seconds.
pub(crate) fn seconds(ms: u64) -> String {
    tenths(ms / 100)
}

fn tenths(value: u64) -> String {
    format!("{}.{}", value / 10, value % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_is_said_and_nothing_else() {
        let notice = Perceived {
            form: Form::Picture,
            reader: Reader::Ocr,
            text: Some("AI生成".to_owned()),
            both_elements: true,
            at: Some(Moment::Start),
            rect: None,
            edge: None,
            height_permille: Some(49),
            start_ms: Some(0),
            duration_ms: Some(2040),
        };
        assert_eq!(
            perceived(&notice, Lang::En),
            "AI生成, at the start, 4.9 % of the shortest side, from 0.0 s for 2.0 s, read by character recognition"
        );
        let bare = Perceived { reader: Reader::Biaoshi, at: None, height_permille: None, start_ms: None, ..notice };
        assert_eq!(perceived(&bare, Lang::Zh), "AI生成");
    }
}
