//! Rows of beeps that are no notice: the hardest things to tell from one.

use biaoshi::carrier::notice::rhythm::Listener;

use super::Result;
use super::alarms::BOUND;
use super::synth::{Random, Rhythm, any_notice};

/// Morse code, "1" short and "3" long.
const MORSE: [&str; 36] = [
    "13", "3111", "3131", "311", "1", "1131", "331", "1111", "11", "1333", "313", "1311", "33", "31", "333", "1331",
    "3313", "131", "111", "3", "113", "1113", "133", "3113", "3133", "3311", "33333", "13333", "11333", "11133",
    "11113", "11111", "31111", "33111", "33311", "33331",
];

/// Lengths of a row, in units, by chance.
type Maker = fn(&mut Random) -> Vec<f64>;

pub(crate) fn run(cases: u64) -> Result<()> {
    println!("rows of beeps                        | cases | score over 1,000 | heard as notice | best score");
    let rows: [(&str, Maker); 7] = [
        ("random lengths of 1 to 4 units", random_row),
        ("random lengths, 4 sounds", four),
        ("Morse, one letter but L", letter),
        ("Morse, two letters but AI", letters),
        ("Morse, words of 4 to 8 letters", word),
        ("alarm clock, equal beeps", alarm),
        ("repeated notes, 16th grid, rests", notes),
    ];
    for (name, row) in rows {
        let (mut some, mut alarms, mut best) = (0, 0, 0);
        for case in 0..cases {
            let random = &mut Random(case);
            let rhythm = Rhythm { units: row(random), ..any_notice(random) };
            let mut samples = vec![0.0; 16_000];
            samples.extend(rhythm.samples(16_000.0));
            let mut listener = Listener::new(16_000, 1)?.least_score(1);
            listener.push(&samples);
            let score = listener.finish().iter().map(|heard| heard.score).max().unwrap_or(0);
            best = best.max(score);
            some += u32::from(score > 1_000);
            alarms += u32::from(score >= BOUND);
        }
        println!("{name:<36} | {cases:>5} | {some:>16} | {alarms:>15} | {best:>10}");
    }
    Ok(())
}

fn random_row(random: &mut Random) -> Vec<f64> {
    let count = 2 * random.between(3.0, 14.0) as usize + 1;
    (0..count).map(|_| random.between(0.7, 4.0)).collect()
}

fn four(random: &mut Random) -> Vec<f64> {
    (0..7).map(|_| random.between(0.7, 4.0)).collect()
}

fn spell(letters: &[&str]) -> Vec<f64> {
    let mut out = Vec::new();
    for letter in letters {
        for sign in letter.bytes() {
            out.push(f64::from(sign - b'0'));
            out.push(1.0);
        }
        if let Some(last) = out.last_mut() {
            *last = 3.0;
        }
    }
    out.pop();
    out
}

fn letter(random: &mut Random) -> Vec<f64> {
    loop {
        let letter = random.pick(&MORSE);
        if letter != "1311" {
            return spell(&[letter]);
        }
    }
}

fn letters(random: &mut Random) -> Vec<f64> {
    loop {
        let both = [random.pick(&MORSE), random.pick(&MORSE)];
        // Other letters with the same signs differ from the notice by one gap of three units.
        if both != ["13", "11"] {
            return spell(&both);
        }
    }
}

fn word(random: &mut Random) -> Vec<f64> {
    let count = random.between(4.0, 8.99) as usize;
    spell(&(0..count).map(|_| random.pick(&MORSE)).collect::<Vec<_>>())
}

fn alarm(random: &mut Random) -> Vec<f64> {
    let (count, gap) = (random.between(3.0, 9.0) as usize, random.between(0.5, 3.0));
    let mut row = vec![gap; 2 * count + 1];
    row.iter_mut().step_by(2).for_each(|sound| *sound = 1.0);
    row
}

/// Notes of one pitch on a grid, each held for most of its time, with rests.
fn notes(random: &mut Random) -> Vec<f64> {
    let held = random.between(0.4, 0.9);
    let mut row = Vec::new();
    for _ in 0..random.between(4.0, 20.0) as usize {
        let long = random.pick(&[1.0, 1.0, 2.0, 2.0, 3.0, 4.0]);
        let rest = random.pick(&[0.0, 0.0, 0.0, 1.0, 2.0]);
        row.push(long * held);
        row.push(long * (1.0 - held) + rest);
    }
    row.pop();
    row
}
