use biaoshi::{Explicit, Label, Labeler, Placement, Profile};
use std::collections::BTreeMap;
fn main() {
    for notice in [false, true] {
        let mut seen: BTreeMap<String, (usize, String)> = BTreeMap::new();
        for e in std::fs::read_dir(std::env::args().nth(1).unwrap()).unwrap() {
            let p = e.unwrap().path();
            let b = std::fs::read(&p).unwrap();
            let ex = if notice { Explicit::corner(Placement::TopLeft).language("en") } else { Explicit::none("x") };
            let l = Labeler::new(Profile::CN_GB45438).explicit(ex).limits(biaoshi_fuzz::limits());
            let k = match l.label_bytes(&b, &Label::new("example").with_produce_id("fuzz-1")) {
                Ok((_, r)) => format!("OK {:?} changed {}", r.format, r.changed),
                Err(e) => format!("{} {}", e.code(), e.to_string().chars().take(70).collect::<String>()),
            };
            let s = seen.entry(k).or_default(); s.0 += 1; s.1 = p.display().to_string();
        }
        let mut v: Vec<_> = seen.into_iter().collect(); v.sort_by_key(|x| std::cmp::Reverse(x.1.0));
        for (k, n) in v.iter().take(28) { println!("{notice} {} {k}", n.0); }
    }
}
