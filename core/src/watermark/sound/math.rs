//! Logarithm and exponential that are the same on every machine: additions, products and bits only.

/// Base-2 logarithm of a positive normal number, within 2e-5.
pub(super) fn log2(x: f32) -> f32 {
    let bits = x.to_bits();
    let exponent = ((bits >> 23) & 0xff) as i32 - 127;
    let m = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000);
    // Around sqrt(2): odd series of atanh in (m - c) / (m + c).
    const C: f32 = std::f32::consts::SQRT_2;
    let t = (m - C) / (m + C);
    let s = t * t;
    let series = t * (2.0 + s * (0.666_666_7 + s * (0.4 + s * 0.285_714_3)));
    exponent as f32 + 0.5 + series * std::f32::consts::LOG2_E
}

/// 2 to the power `x`, for `x` from -30 to 30, within 1e-6 of its value.
pub(super) fn exp2(x: f32) -> f32 {
    let x = x.clamp(-30.0, 30.0);
    let whole = (x + 64.5) as i32 - 64;
    let f = (x - whole as f32) * std::f32::consts::LN_2;
    let series = 1.0 + f * (1.0 + f * (0.5 + f * (1.0 / 6.0 + f * (1.0 / 24.0 + f * (1.0 / 120.0)))));
    f32::from_bits(((whole + 127) as u32) << 23) * series
}

/// Decibels of power in one power of two.
pub(super) const DB: f32 = 3.010_3;
