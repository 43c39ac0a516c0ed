//! Functions whose every bit is the same on every machine: from `+ - * /` and square roots alone.

/// Cosine and sine of `turns` full turns, to 1e-12 (polynomials of an eighth of a turn, after reduction).
pub(super) fn turn(turns: f64) -> (f64, f64) {
    let turns = turns - turns.floor();
    // Quarter turns are exact; what remains is within an eighth.
    let quarter = (turns * 4.0 + 0.5).floor();
    let x = (turns - quarter * 0.25) * std::f64::consts::TAU;
    let y = x * x;
    let mut sine = 0.0;
    let mut cosine = 0.0;
    for n in (0..8).rev() {
        let k = f64::from(2 * n);
        cosine = 1.0 - y * cosine / ((k + 1.0) * (k + 2.0));
        sine = 1.0 - y * sine / ((k + 2.0) * (k + 3.0));
    }
    sine *= x;
    if !(0.5..=3.5).contains(&quarter) {
        (cosine, sine)
    } else if quarter < 1.5 {
        (-sine, cosine)
    } else if quarter < 2.5 {
        (-cosine, -sine)
    } else {
        (sine, -cosine)
    }
}

/// Natural logarithm to 1e-12 of positive normal numbers; 0 of all others.
pub(super) fn ln(x: f64) -> f64 {
    if !x.is_normal() || x <= 0.0 {
        return 0.0;
    }
    let bits = x.to_bits();
    let exponent = f64::from(i32::try_from((bits >> 52) & 0x7FF).unwrap_or(1023).saturating_sub(1023));
    let mut mantissa = f64::from_bits((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
    let mut exponent = exponent;
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1.0;
    }
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let t2 = t * t;
    let mut sum = 0.0;
    for n in (0..9).rev() {
        sum = sum * t2 + 1.0 / (2.0 * f64::from(n) + 1.0);
    }
    2.0 * t * sum + exponent * std::f64::consts::LN_2
}

/// Exponential to 1e-12, of -700 to 700.
pub(super) fn exp(x: f64) -> f64 {
    let x = x.clamp(-700.0, 700.0);
    let n = (x / std::f64::consts::LN_2 + 0.5).floor();
    let r = x - n * std::f64::consts::LN_2;
    let mut sum = 1.0;
    for k in (1..14).rev() {
        sum = 1.0 + sum * r / f64::from(k);
    }
    let mut power = 1.0;
    let factor = if n < 0.0 { 0.5 } else { 2.0 };
    let mut left = n.abs();
    while left >= 1.0 {
        power *= factor;
        left -= 1.0;
    }
    sum * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agree_with_the_library() {
        for i in -4000..4000 {
            let x = f64::from(i) * 0.000_777;
            let (c, s) = turn(x);
            let a = x * std::f64::consts::TAU;
            assert!((c - a.cos()).abs() < 1e-11 && (s - a.sin()).abs() < 1e-11, "{x}");
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-12);
            let y = f64::from(i + 4001) * 0.013;
            assert!((ln(y) - y.ln()).abs() < 1e-12);
        }
        assert_eq!(ln(0.0), 0.0);
        assert_eq!(ln(-1.0), 0.0);
        assert_eq!(turn(0.25), (0.0, 1.0));
    }
}
