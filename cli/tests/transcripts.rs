//! Transcripts of the command: every line that people see is reviewed text.
//!
//! `TRYCMD=overwrite cargo test -p biaoshi-cli --test transcripts` rewrites them; put the elisions
//! (`[..]`) for ids, times and offsets back by hand.

#[test]
fn transcripts() {
    trycmd::TestCases::new().env("LC_ALL", "C").env("COLUMNS", "80").env("TZ", "UTC").case("tests/cmd/*.trycmd");
}
