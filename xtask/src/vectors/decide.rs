//! The truth table of `decide`: four carriers, what each states, its integrity, declared or not.

use serde_json::json;

use super::run;
use super::suite::{Files, Suite};

pub fn build(out: &mut Files) {
    let mut suite = Suite::new("decide", "decide");
    let states = run::decide_states();
    for first in &states {
        let fields =
            json!({ "params": { "first": first, "states": states }, "expected": { "results": run::decide(first) } });
        let comment = format!("the first of four carriers is {first}; the others run through every state");
        suite.add(&first.replace(['_', '/'], "-"), &["Decision"], &comment, fields);
    }
    suite.finish("decide/vectors.json", out);
}
