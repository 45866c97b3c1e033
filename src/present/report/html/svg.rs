//! Numbers of drawings: units are tenths, so that the same input gives the same digits.

/// A number of tenths, such as `12.5`.
pub(super) fn tenths(number: u64) -> String {
    match number % 10 {
        0 => (number / 10).to_string(),
        rest => format!("{}.{rest}", number / 10),
    }
}

/// Where a value of a scale from 0 to `whole` lies on a line of `length` tenths.
pub(super) fn scaled(value: u64, whole: u64, length: u64) -> u64 {
    let scaled = u128::from(value) * u128::from(length) / u128::from(whole.max(1));
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// Round values of a scale from 0 to `whole`, at most about ten of them: multiples of 1, 2 or 5 times a power of ten.
pub(super) fn ticks(whole: u64) -> Vec<u64> {
    let mut power = 1_u64;
    let step = loop {
        let fits = [1, 2, 5].map(|times| power.saturating_mul(times));
        let step = fits.into_iter().find(|step| whole / step <= 10);
        match step.or_else(|| power.checked_mul(10).is_none().then_some(whole)) {
            Some(step) => break step.max(1),
            None => power *= 10,
        }
    };
    let number = whole / step;
    (0..=number).map(|number| number * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_drawings() {
        assert_eq!([0, 5, 10, 125].map(tenths), ["0", "0.5", "1", "12.5"]);
        assert_eq!(scaled(1, 3, 7600), 2533);
        assert_eq!(scaled(u64::MAX, u64::MAX, 7600), 7600);
        assert_eq!(scaled(5, 0, 10), 50);
        assert_eq!(ticks(29), [0, 5, 10, 15, 20, 25]);
        assert_eq!(ticks(0), [0]);
        assert_eq!(ticks(3), [0, 1, 2, 3]);
        assert!(ticks(u64::MAX).len() <= 11);
    }
}
