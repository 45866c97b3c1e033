//! Sizes and durations as people write them.

/// Units of sizes, as Spark reads them: all are powers of 1024.
const SIZE_UNITS: [(&str, u64); 14] = [
    ("b", 1),
    ("k", 1 << 10),
    ("kb", 1 << 10),
    ("kib", 1 << 10),
    ("m", 1 << 20),
    ("mb", 1 << 20),
    ("mib", 1 << 20),
    ("g", 1 << 30),
    ("gb", 1 << 30),
    ("gib", 1 << 30),
    ("t", 1 << 40),
    ("tb", 1 << 40),
    ("tib", 1 << 40),
    ("", 1),
];

/// Units of durations, in microseconds.
const DURATION_UNITS: [(&str, u64); 5] = [
    ("us", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("min", 60_000_000),
    ("h", 3_600_000_000),
];

/// Bytes of a size such as `512MiB`, `1.5g` or `1073741824`; none where it is no size.
pub fn parse_size(text: &str) -> Option<u64> {
    scaled(text, &SIZE_UNITS)
}

/// Microseconds of a duration such as `200ms` or `1.5 s`; none where it is no duration.
pub fn parse_duration(text: &str) -> Option<u64> {
    scaled(text, &DURATION_UNITS)
}

/// Hundredths of a decimal number such as `2`, `1.5` or `1.25`, further digits cut off; none where it is none.
pub(super) fn parse_hundredths(text: &str) -> Option<u32> {
    u32::try_from(decimal(text.trim(), 100)?).ok()
}

/// A whole number from 1.
pub(super) fn parse_count(text: &str) -> Option<u32> {
    let number: u32 = text.trim().parse().ok()?;
    (number > 0).then_some(number)
}

fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    decimal(number, *factor)
}

/// `number × factor` in integers, rounded down.
fn decimal(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || number.ends_with('.') {
        return None;
    }
    let fraction = fraction.get(..fraction.len().min(6)).unwrap_or("");
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let value: u128 = format!("{whole}{fraction}").parse().ok()?;
    u64::try_from(value.checked_mul(u128::from(factor))? / scale).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024() {
        for (text, bytes) in [
            ("2GiB", Some(2 << 30)),
            ("4g", Some(4 << 30)),
            ("1.5 mb", Some(3 << 19)),
            ("77", Some(77)),
            ("0.5k", Some(512)),
            ("", None),
            ("g", None),
            ("1.g", None),
            ("-1g", None),
            ("2 parsecs", None),
            ("99999999999999999999t", None),
        ] {
            assert_eq!(parse_size(text), bytes, "{text}");
        }
    }

    #[test]
    fn durations_need_a_unit() {
        for (text, micros) in [
            ("200ms", Some(200_000)),
            ("1.5s", Some(1_500_000)),
            ("2 min", Some(120_000_000)),
            ("200", None),
        ] {
            assert_eq!(parse_duration(text), micros, "{text}");
        }
    }

    #[test]
    fn hundredths_are_exact() {
        assert_eq!(parse_hundredths("2.0"), Some(200));
        assert_eq!(parse_hundredths("1.25"), Some(125));
        assert_eq!(parse_hundredths("two"), None);
        assert_eq!(parse_count("4"), Some(4));
        assert_eq!(parse_count("0"), None);
        assert_eq!(parse_count("1.5"), None);
    }
}
