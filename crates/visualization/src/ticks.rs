//! Round numbers along an axis, and how to write them.

/// One tick: its value and its text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub value: f64,
    pub text: String,
}

/// Multiples of 1, 2 or 5 times a power of ten inside `[low, high]`, about `wanted` of them.
///
/// `whole` keeps the steps at 1 or more, for axes that count.
pub(crate) fn linear(low: f64, high: f64, wanted: usize, whole: bool) -> Vec<Tick> {
    let mut step = round_step((high - low) / wanted.max(1) as f64);
    if whole {
        step = step.max(1.0);
    }
    if !step.is_finite() || step <= 0.0 {
        return vec![Tick { value: low, text: format_value(low) }];
    }
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    // A hair outside still counts: 0.3 / 0.1 is not 3.
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last)
        .map(|index| {
            let value = index as f64 * step;
            Tick { value, text: fixed_or_scientific(value, decimals) }
        })
        .collect()
}

/// Powers of ten inside `[low, high]`, both positive; 1, 2 and 5 times them where the span is short,
/// and linear ticks where it is too short for those.
pub(crate) fn logarithmic(low: f64, high: f64, wanted: usize) -> Vec<Tick> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let within = |value: &f64| *value >= low * (1.0 - 1e-9) && *value <= high * (1.0 + 1e-9);
    let multiples = |factors: &[f64]| -> Vec<f64> {
        let values = (first..=last).flat_map(|e| factors.iter().map(move |f| f * 10f64.powi(e)));
        values.filter(within).collect()
    };
    let powers = multiples(&[1.0]);
    let values = if powers.len() > 2 { powers } else { multiples(&[1.0, 2.0, 5.0]) };
    if values.len() < 3 {
        return linear(low, high, wanted, false).into_iter().filter(|t| t.value > 0.0).collect();
    }
    let every = values.len().div_ceil(wanted.max(1) * 2);
    let kept = values.into_iter().step_by(every);
    kept.map(|value| Tick { value, text: format_value(value) }).collect()
}

/// The given values that lie inside `[low, high]`.
pub(crate) fn at(values: &[f64], (low, high): (f64, f64)) -> Vec<Tick> {
    let inside = values.iter().copied().filter(|&value| value >= low && value <= high);
    inside.map(|value| Tick { value, text: format_value(value) }).collect()
}

/// The smallest of 1, 2, 5 and 10 times a power of ten that is not clearly below `raw`.
fn round_step(raw: f64) -> f64 {
    let power = 10f64.powf(raw.log10().floor());
    let mantissa = raw / power;
    let round = [1.0, 2.0, 5.0].into_iter().find(|round| mantissa <= round * 1.4).unwrap_or(10.0);
    round * power
}

/// Four significant digits at most, for numbers that stand alone.
pub(crate) fn format_value(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = value.abs().log10().floor();
    let decimals = (3.0 - digits).clamp(0.0, 12.0) as usize;
    let text = fixed_or_scientific(value, decimals);
    if text.contains('.') && !text.contains('×') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

/// Ordinary notation between a ten-thousandth and ten million, powers of ten outside.
fn fixed_or_scientific(value: f64, decimals: usize) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e7).contains(&size) {
        return scientific(value);
    }
    let text = format!("{size:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = group_thousands(whole);
    if !fraction.is_empty() {
        grouped = format!("{grouped}.{fraction}");
    }
    if value < 0.0 { format!("−{grouped}") } else { grouped }
}

/// `1,234,567`.
fn group_thousands(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `2×10⁻⁵`, and `10⁸` where the factor is one.
fn scientific(value: f64) -> String {
    let mut exponent = value.abs().log10().floor() as i32;
    let mut factor = format!("{:.1}", value.abs() / 10f64.powi(exponent));
    if factor == "10.0" {
        (factor, exponent) = ("1.0".to_owned(), exponent + 1);
    }
    let factor = factor.trim_end_matches(".0");
    let sign = if value < 0.0 { "−" } else { "" };
    let power: String = exponent.to_string().chars().map(superscript).collect();
    if factor == "1" { format!("{sign}10{power}") } else { format!("{sign}{factor}×10{power}") }
}

fn superscript(c: char) -> char {
    match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' | '4'..='9' => char::from_u32(0x2070 + (c as u32 - '0' as u32)).unwrap_or(c),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.text.as_str()).collect()
    }

    #[test]
    fn linear_ticks_are_round_and_inside() {
        assert_eq!(
            texts(&linear(-0.3, 1.02, 5, false)),
            ["−0.2", "0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(
            texts(&linear(0.0, 25_000.0, 5, false)),
            ["0", "5,000", "10,000", "15,000", "20,000", "25,000"]
        );
        assert_eq!(texts(&linear(1.0, 3.0, 8, true)), ["1", "2", "3"]);
    }

    #[test]
    fn logarithmic_ticks_are_decades_or_their_round_multiples() {
        assert_eq!(texts(&logarithmic(0.002, 20.0, 6)), ["0.01", "0.1", "1", "10"]);
        assert_eq!(texts(&logarithmic(1.5, 60.0, 6)), ["2", "5", "10", "20", "50"]);
        assert_eq!(texts(&logarithmic(1e-9, 1e-5, 6))[0], "10⁻⁹");
        assert!(logarithmic(240.0, 260.0, 5).len() >= 3);
    }

    #[test]
    fn numbers_are_written_for_readers() {
        assert_eq!(format_value(1_234.567), "1,235");
        assert_eq!(format_value(-0.5), "−0.5");
        assert_eq!(format_value(241.04), "241");
        assert_eq!(format_value(2.34567), "2.346");
        assert_eq!(format_value(0.00002), "2×10⁻⁵");
        assert_eq!(format_value(9.99e12), "10¹³");
        assert_eq!(format_value(100.0), "100");
    }

    #[test]
    fn an_empty_range_still_has_a_tick() {
        assert_eq!(linear(2.0, 2.0, 5, false).len(), 1);
    }
}
