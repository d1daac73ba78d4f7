//! Numbers as people read them: three significant digits, thin separators.

/// Powers of ten between which a number is written out.
const PLAIN: std::ops::Range<i32> = -9..16;

/// `value` with at most `digits` significant digits and no trailing zeros (`0.0123`, `12.3`, `1230`);
/// with an exponent where that would be a row of zeros (`1e300`).
pub fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return if value.is_nan() { "unknown" } else { "unbounded" }.to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !PLAIN.contains(&magnitude) {
        // A row of three hundred digits is no number for people.
        let text = format!("{value:.*e}", digits.saturating_sub(1));
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let mantissa =
            if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
        return format!("{mantissa}e{exponent}");
    }
    let decimals = (digits as i32 - 1 - magnitude).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A whole number with commas between groups of three digits.
pub fn thousands(value: f64) -> String {
    if value.abs() >= 1e16 {
        return significant(value, 3);
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_are_enough_for_people() {
        assert_eq!(significant(0.012_345, 3), "0.0123");
        assert_eq!(significant(1.4, 3), "1.4");
        assert_eq!(significant(1234.5, 3), "1234");
        assert_eq!(significant(0.0, 3), "0");
        assert_eq!(significant(1.25e300, 3), "1.25e300");
        assert_eq!(significant(2e-301, 2), "2e-301");
        assert_eq!(significant(1e15, 3), "1000000000000000");
        assert_eq!(thousands(1e300), "1e300");
        assert_eq!(thousands(1_234_567.0), "1,234,567");
        assert_eq!(thousands(-999.0), "-999");
    }
}
