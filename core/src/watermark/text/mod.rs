//! Marks in text that a language model writes, made while its words are chosen.
//!
//! SynthID-Text's tournament sampling (Dathathri and others, Nature 634, 2024), by the published
//! implementations, whose g-values this one gives bit for bit, and with a scheme of our own that is secure. For
//! each place a secret key decides for every candidate token some thirty times between 0 and 1: its
//! *g-values*. A tournament shifts the odds of the candidates to those with many ones, in such a way that over
//! all keys each word is as likely as before. Who has the key and the tokenizer finds more ones in a marked text
//! than chance explains.
//!
//! ```
//! use biaoshi::watermark::text::{Scheme, TextDetector, TextKey, TextWatermark};
//! let key = TextKey::generate(Scheme::HmacSha256)?; // or TextKey::load("text.key")
//! let mark = TextWatermark::new(&key);
//!
//! // While text is made: candidates that top-k and top-p left, and their scores after temperature.
//! let mut sequence = mark.sequence();
//! let (ids, mut scores) = ([11, 42, 97], [0.5, 0.0, -1.0]);
//! mark.reweight(&mut sequence, &ids, &mut scores)?;
//! sequence.push(42); // the token that was then drawn
//!
//! // Later, of its tokens: three are too few to tell.
//! let found = TextDetector::new(&mark).detect(&[42, 97, 11], None, &Default::default())?;
//! assert_eq!(found.answer, biaoshi::watermark::text::Answer::TooShort);
//! # Ok::<(), biaoshi::Error>(())
//! ```
//!
//! It says that text was made with a key, never that text was not: a paraphrase by another model or a
//! translation removes it, and in text that left no choice of words (code, tables, quotations, short answers)
//! there is none. `spec/watermark-text.md` has the schemes, what they can't do, and figures.

mod bayes;
mod detect;
mod generate;
mod hash;
mod key;
mod null;
mod tournament;

pub use bayes::{BayesModel, FIT_MIN};
pub use detect::{Answer, Bayes, Detection, Options, Score, TextDetector, mean_score, weighted_mean_score};
pub use generate::{Row, Step, TextSequence, TextWatermark, largest};
pub use key::{HISTORY_MAX, LAYERS, LAYERS_MAX, NGRAM_MAX, Scheme, TABLE_MAX, TextKey};
