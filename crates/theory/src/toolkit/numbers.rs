//! Numbers as the findings write them, and reading them back.

/// `decimals` digits after the point, with a true minus.
pub fn fixed(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}").replace('-', "−")
}

/// `1.23 × 10⁻⁵`, with `decimals` digits after the point.
pub fn scientific(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            format!("{} × 10{}", mantissa.replace('-', "−"), superscript(exponent))
        }
        None => text,
    }
}

/// A bound in place of rounding errors, which differ from machine to machine: `at most 10⁻¹²` where
/// the value keeps it, the value itself where it does not.
pub fn at_most(value: f64, exponent: i32) -> String {
    if value <= 10f64.powi(exponent) {
        format!("at most 10{}", superscript(&exponent.to_string()))
    } else {
        scientific(value, 1)
    }
}

const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

fn superscript(number: &str) -> String {
    let raised = |c: char| match c.to_digit(10) {
        Some(digit) => SUPERSCRIPTS[digit as usize],
        None => '⁻',
    };
    number.chars().map(raised).collect()
}

/// A piece of a text: a number, or what stands between two.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// A number as [`fixed`] or [`scientific`] writes it.
    Number(f64),
    /// Anything else.
    Words(String),
}

/// Cuts a text into numbers and the words between them. Digits inside a word (`x0`) are no number.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut words = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let inside_word = words.chars().last().is_some_and(char::is_alphabetic);
        match number(rest).filter(|_| !inside_word) {
            Some((value, length)) => {
                if !words.is_empty() {
                    found.push(Piece::Words(std::mem::take(&mut words)));
                }
                found.push(Piece::Number(value));
                rest = &rest[length..];
            }
            None => {
                words.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    if !words.is_empty() {
        found.push(Piece::Words(words));
    }
    found
}

/// The number that a text begins with, and its length in bytes.
fn number(text: &str) -> Option<(f64, usize)> {
    let unsigned = text.strip_prefix('−').unwrap_or(text);
    let sign = text.len() - unsigned.len();
    let digits = |from: &str| from.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(unsigned);
    if length == 0 {
        return None;
    }
    let fraction = unsigned[length..].strip_prefix('.').map_or(0, digits);
    if fraction > 0 {
        length += 1 + fraction;
    }
    let mantissa: f64 = unsigned[..length].parse().ok()?;
    let (power, power_length) = power_of_ten(&unsigned[length..]).unwrap_or((0, 0));
    let value = mantissa * 10f64.powi(power);
    Some((if sign > 0 { -value } else { value }, sign + length + power_length))
}

/// The exponent of a leading ` × 10⁻⁵`, and the length of all of it.
fn power_of_ten(text: &str) -> Option<(i32, usize)> {
    let raised = text.strip_prefix(" × 10")?;
    let (mut exponent, mut length, mut negative) = (0, 0, false);
    for c in raised.chars() {
        match SUPERSCRIPTS.iter().position(|&s| s == c) {
            Some(digit) => exponent = 10 * exponent + digit as i32,
            None if c == '⁻' && length == 0 => negative = true,
            None => break,
        }
        length += c.len_utf8();
    }
    let exponent = if negative { -exponent } else { exponent };
    (length > 0).then_some((exponent, text.len() - raised.len() + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_readers() {
        assert_eq!(fixed(-1.25, 1), "−1.2");
        assert_eq!(scientific(-0.000_012_34, 2), "−1.23 × 10⁻⁵");
        assert_eq!(scientific(5.0e12, 0), "5 × 10¹²");
        assert_eq!(at_most(3e-13, -12), "at most 10⁻¹²");
        assert_eq!(at_most(3e-11, -12), "3.0 × 10⁻¹¹");
    }

    #[test]
    fn what_was_written_is_read_back() {
        for value in [0.0, 1.5, -2.25e-7, 6.02e23, 1e-300] {
            match pieces(&scientific(value, 4)).as_slice() {
                [Piece::Number(read)] => assert!((read - value).abs() <= 1e-12 * value.abs()),
                other => panic!("{value}: {other:?}"),
            }
        }
    }

    #[test]
    fn words_and_numbers_alternate() {
        let found = pieces("x0 fell from 12.5 to −3 (2 × 10⁻³).");
        let numbers: Vec<f64> = found
            .iter()
            .filter_map(|piece| match piece {
                Piece::Number(value) => Some(*value),
                Piece::Words(_) => None,
            })
            .collect();
        assert_eq!(numbers, [12.5, -3.0, 0.002]);
        assert_eq!(found[0], Piece::Words("x0 fell from ".to_owned()));
    }
}
