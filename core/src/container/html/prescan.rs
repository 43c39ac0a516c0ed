//! The search for a declaration of the encoding in the first bytes of a document (HTML 13.2.3.2).
//!
//! It looks at bytes, before there are elements: a declaration in a script, a template or `noscript`
//! counts, one in a comment does not.

use std::ops::Range;

/// The last declaration that ends within `head`. The first with a known encoding counts; which are
/// known differs from reader to reader, so what holds for the last holds for the one that counts.
pub(super) fn declared(head: &[u8]) -> Option<Range<usize>> {
    let mut search = Search { head, at: 0 };
    let mut found = None;
    while let Some(rest) = head.get(search.at..).filter(|rest| !rest.is_empty()) {
        let start = search.at;
        let Some(declares) = search.step(rest) else { break };
        if declares {
            found = Some(start..search.at);
        }
    }
    found
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0C)
}

struct Search<'h> {
    head: &'h [u8],
    at: usize,
}

impl Search<'_> {
    /// Passes what `rest` begins with: whether it is a declaration; nothing if the bytes end in it.
    fn step(&mut self, rest: &[u8]) -> Option<bool> {
        let name = |word: &[u8]| rest.get(1..=word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word));
        if rest.starts_with(b"<!--") {
            // The dashes that open a comment may close it.
            self.at += rest.windows(3).skip(2).position(|w| w == b"-->")?.checked_add(5)?;
            return Some(false);
        }
        if rest.starts_with(b"<") && name(b"meta") && rest.get(5).is_some_and(|b| is_space(*b) || *b == b'/') {
            self.at += 5;
            return self.meta();
        }
        match rest {
            [b'<', b'/', letter, ..] | [b'<', letter, ..] if letter.is_ascii_alphabetic() => {
                self.at += rest.iter().position(|b| is_space(*b) || *b == b'>')?;
                while self.attribute()?.is_some() {}
            }
            [b'<', b'!' | b'/' | b'?', ..] => self.at += rest.iter().position(|b| *b == b'>')?,
            _ => {}
        }
        self.at += 1;
        Some(false)
    }

    /// The attributes of a `meta` element, and whether they declare an encoding.
    fn meta(&mut self) -> Option<bool> {
        let (mut charset, mut kind, mut content) = (false, false, false);
        while let Some((name, value)) = self.attribute()? {
            match name.as_slice() {
                b"charset" => charset = true,
                b"http-equiv" => kind |= value == b"content-type",
                b"content" => content |= value.windows(7).any(|w| w == b"charset"),
                _ => {}
            }
        }
        self.at += 1;
        Some(charset || (kind && content))
    }

    /// The next attribute in lower case; `Some(None)` at the `>` that ends the tag, `None` if the
    /// bytes end.
    fn attribute(&mut self) -> Option<Option<(Vec<u8>, Vec<u8>)>> {
        while self.peek().is_some_and(|b| is_space(b) || b == b'/') {
            self.at += 1;
        }
        if self.peek()? == b'>' {
            return Some(None);
        }
        let mut name = Vec::new();
        loop {
            match self.peek()? {
                b'=' if !name.is_empty() => break,
                b'/' | b'>' => return Some(Some((name, Vec::new()))),
                byte if is_space(byte) => break,
                byte => name.push(byte.to_ascii_lowercase()),
            }
            self.at += 1;
        }
        self.skip_space();
        if self.peek()? != b'=' {
            return Some(Some((name, Vec::new())));
        }
        self.at += 1;
        self.skip_space();
        let quote = self.peek().filter(|b| matches!(b, b'"' | b'\''));
        self.at += usize::from(quote.is_some());
        let mut value = Vec::new();
        loop {
            let byte = self.peek()?;
            let ends = quote.map_or(is_space(byte) || byte == b'>', |quote| byte == quote);
            if ends {
                self.at += usize::from(quote.is_some());
                return Some(Some((name, value)));
            }
            value.push(byte.to_ascii_lowercase());
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.head.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_declaration_counts_where_readers_look() {
        for shown in [
            "<meta charset=gbk>",
            "<META/CHARSET = 'gbk' />",
            "<meta http-equiv=Content-Type content='text/html; charset=gbk'>",
            "<meta content='text/html; CHARSET=gbk' http-equiv='Content-Type'>",
        ] {
            for before in [
                "",
                "<html><head>",
                "<!-- x -->",
                "<!-->",
                "<script>'",
                "<template>",
                "<noscript>",
                "<a b='<'>",
                "<?x y>",
            ] {
                let text = format!("{before}{shown}</p>");
                assert_eq!(declared(text.as_bytes()), Some(before.len()..before.len() + shown.len()), "{text}");
                // What the bytes end in is no declaration.
                assert_eq!(declared(&text.as_bytes()[..before.len() + shown.len() - 1]), None, "{text}");
            }
        }
        for hidden in [
            "<!-- <meta charset=gbk> -->",
            "<!--<meta charset=gbk>",
            "<a b='<meta charset=gbk>'>",
            "<metal charset=gbk>",
            "<meta content='charset=gbk'>",
            "<meta http-equiv=refresh content='charset=gbk'>",
            "< meta charset=gbk>",
            "<?x <meta charset=gbk>",
        ] {
            assert_eq!(declared(hidden.as_bytes()), None, "{hidden}");
        }
        assert_eq!(declared(b"<meta charset=a><meta charset=b>"), Some(16..32));
    }

    proptest! {
        #[test]
        fn any_bytes_are_searched(bytes in "[<>!/=?'\" metachrsxif-]{0,60}") {
            let found = declared(bytes.as_bytes());
            prop_assert!(found.is_none_or(|range| range.end <= bytes.len() && bytes.as_bytes()[range.end - 1] == b'>'));
        }
    }
}
