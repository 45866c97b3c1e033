//! Days and microseconds since 1970-01-01 from and to text, proleptic Gregorian as in Spark.

/// Microseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000;

/// Days from 1970-01-01 (Howard Hinnant's algorithm).
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day.
pub(super) fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The date so many months later, at most the last day of its month.
pub(super) fn add_months(date: i64, months: i64) -> i64 {
    let (year, month, day) = civil(date);
    let count = year * 12 + month - 1 + months;
    let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
    let next = if month == 12 {
        days(year + 1, 1, 1)
    } else {
        days(year, month + 1, 1)
    };
    days(year, month, day.min(next - days(year, month, 1)))
}

/// Reads `yyyy`, `yyyy-MM` or `yyyy-MM-dd`, as Spark's cast does; whatever follows is ignored.
pub(super) fn read_date(text: &str) -> Option<i64> {
    let text = text.trim();
    let end = text.find([' ', 'T']).unwrap_or(text.len());
    let mut parts = text.get(..end)?.split('-');
    let year = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let mut part = || {
        parts
            .next()
            .map_or(Some(1), |part| part.parse::<i64>().ok())
    };
    let (month, day) = (part()?, part()?);
    let valid = (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let read = valid.then(|| days(year, month, day))?;
    (civil(read) == (year, month, day)).then_some(read)
}

/// Reads a date with or without a time of day; a zone is ignored.
pub(super) fn read_timestamp(text: &str) -> Option<i64> {
    let date = read_date(text)? * DAY;
    let Some((_, time)) = text.trim().split_once([' ', 'T']) else {
        return Some(date);
    };
    let end = time.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.'));
    let time = time.get(..end.unwrap_or(time.len()))?;
    let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = whole.split(':');
    let mut part = |limit: i64| {
        let read = parts
            .next()
            .map_or(Some(0), |part| part.parse::<i64>().ok())?;
        (read < limit).then_some(read)
    };
    let seconds = part(24)? * 3600 + part(60)? * 60 + part(60)?;
    let fraction = format!("{fraction:0<6}");
    Some(date + seconds * 1_000_000 + fraction.get(..6)?.parse::<i64>().ok()?)
}

/// `yyyy-MM-dd`.
pub(super) fn date_text(date: i64) -> String {
    let (year, month, day) = civil(date);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `yyyy-MM-dd HH:mm:ss.SSSSSS`, without a zone.
pub(super) fn timestamp_text(micros: i64) -> String {
    let (date, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000);
    format!(
        "{} {:02}:{:02}:{:02}.{fraction:06}",
        date_text(date),
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_written() {
        for text in [
            "1900-01-02",
            "1970-01-01",
            "2000-02-29",
            "2024-12-31",
            "9999-12-31",
        ] {
            assert_eq!(date_text(read_date(text).unwrap()), text);
        }
        assert_eq!(read_date("1970-01-02"), Some(1));
        assert_eq!(read_date("2024-06"), read_date("2024-06-01"));
        for text in ["2023-02-29", "24-01-01", "abc", "2024-13-01", ""] {
            assert_eq!(read_date(text), None, "{text}");
        }
    }

    #[test]
    fn timestamps_are_read_and_written() {
        let text = "2024-02-29 23:59:59.000001";
        assert_eq!(timestamp_text(read_timestamp(text).unwrap()), text);
        assert_eq!(read_timestamp("1970-01-01T00:00:01.5Z"), Some(1_500_000));
        assert_eq!(read_timestamp("1970-01-02"), Some(DAY));
        assert_eq!(read_timestamp("1970-01-02 25:00:00"), None);
        assert_eq!(timestamp_text(-1), "1969-12-31 23:59:59.999999");
    }

    #[test]
    fn months_end_where_they_end() {
        let added = add_months(read_date("2024-01-31").unwrap(), 1);
        assert_eq!(date_text(added), "2024-02-29");
        assert_eq!(date_text(add_months(added, -14)), "2022-12-29");
    }
}
