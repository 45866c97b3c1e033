//! Numbers with units, for reasons.

/// Microseconds as `350 ms` or `12.3 s`.
pub(in crate::planner) fn duration(micros: u64) -> String {
    if micros < 1_000_000 {
        return format!("{} ms", micros / 1_000);
    }
    format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000)
}

/// Bytes as `512 B`, `1.5 KiB`, `120.3 MiB`, `2.0 GiB`.
pub(super) fn size(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    match units.iter().find(|(shift, _)| bytes >> shift > 0) {
        Some((shift, unit)) => {
            let tenths = (u128::from(bytes) * 10) >> shift;
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

/// `1 reader`, `2 readers`.
pub(super) fn readers(number: u64) -> String {
    if number == 1 {
        "1 reader".to_owned()
    } else {
        format!("{number} readers")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_carry_units() {
        assert_eq!(duration(350_999), "350 ms");
        assert_eq!(duration(12_345_678), "12.3 s");
        assert_eq!(size(512), "512 B");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(126_143_693), "120.3 MiB");
        assert_eq!(size(2 << 30), "2.0 GiB");
    }
}
