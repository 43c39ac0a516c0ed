//! Labels in texts that are sent while they are made.

use crate::error::{Error, Result};
use crate::label::Label;
use crate::message::write as rows;
use crate::notice::TextNotice;
use crate::stream::{EventStream, Markup, TextStream};

use super::Labeler;

impl Labeler<'_> {
    /// A stream that puts this labeler's notice around a text, which has no other place for a label.
    ///
    /// ```
    /// use biaoshi::{Label, Labeler, Profile, stream::Markup};
    /// let labeler = Labeler::new(Profile::CN_GB45438);
    /// let mut stream = labeler.text_stream(&Label::new("example-provider"), Markup::Plain)?;
    /// assert_eq!(stream.push(b"Hello"), "AI生成\n\nHello".as_bytes());
    /// # Ok::<(), biaoshi::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] for wording that breaks a rule and for a notice in the middle;
    /// [`Error::Unsupported`] if the notice is waived, for then nothing is left to write.
    pub fn text_stream(&self, label: &Label, markup: Markup) -> Result<TextStream> {
        match self.stream_notice(label)? {
            Some(notice) => TextStream::new(&notice, markup),
            None => Err(Error::Unsupported(rows::STREAM_WAIVED.problem())),
        }
    }

    /// A stream that labels server-sent events in the shape of chat completions. Nothing is signed:
    /// what a signature would cover is not known before the end.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a label or wording that breaks a rule and for a notice in the middle.
    pub fn event_stream(&self, label: &Label, markup: Markup) -> Result<EventStream> {
        let unsigned = Labeler { signer: None, ..self.clone() };
        EventStream::new(&unsigned.aigc(label, None)?, self.stream_notice(label)?.as_ref(), markup)
    }

    /// The notice of a text, unless it is waived.
    fn stream_notice(&self, label: &Label) -> Result<Option<TextNotice>> {
        if self.explicit.waived.is_some() {
            return Ok(None);
        }
        let (lines, languages) = self.explicit.lines(label, &self.profiles, |e| e.text.as_ref())?;
        Ok(Some(TextNotice { lines, languages, at: self.explicit.moments(), ..TextNotice::default() }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::labeler::Explicit;
    use crate::notice::Moment;
    use crate::profile::Profile;

    #[test]
    fn a_waived_notice_leaves_events_their_label_and_texts_nothing() {
        let label = Label::new("example-provider").with_produce_id("1");
        let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("on request"));
        assert_eq!(labeler.text_stream(&label, Markup::Plain).unwrap_err().code(), "notice.stream_waived");
        let mut events = labeler.event_stream(&label, Markup::Plain).unwrap();
        let event = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";
        let out = String::from_utf8(events.push(event)).unwrap();
        assert!(out.contains("\"AIGC\":{\"Label\":\"1\"") && out.contains("\"content\":\"Hi\""), "{out}");
    }

    #[test]
    fn places_and_words_are_those_of_the_labeler() {
        let label = Label::new("example-provider");
        let explicit = Explicit::default().language("zh-Hant").at(Moment::End);
        let labeler = Labeler::new(Profile::CN_GB45438).explicit(explicit);
        let mut stream = labeler.text_stream(&label, Markup::Plain).unwrap();
        assert_eq!(stream.push_text(b"Hi"), "Hi");
        assert!(stream.finish_text().contains("AI"));
        let middle = Labeler::new(Profile::CN_GB45438).explicit(Explicit::default().at(Moment::Middle));
        assert!(matches!(middle.text_stream(&label, Markup::Plain), Err(Error::Invalid(_))));
    }
}
