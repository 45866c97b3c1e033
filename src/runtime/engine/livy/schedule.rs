//! When a running statement is asked for again.

use std::time::Duration;

use super::options::LivyOptions;

/// A poll comes after so much of a statement's age: what polling adds to it is at most that part.
const AGE_PART: u32 = 8;

/// Pause before the next poll of a statement whose state last changed so long ago.
pub(super) fn pause(age: Duration, options: &LivyOptions) -> Duration {
    let longest = options.longest_poll.max(options.first_poll);
    (age / AGE_PART).clamp(options.first_poll, longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times of all polls of a statement that takes so long, on a clock that stands still while the server answers.
    /// The first comes at once; the last is the one that finds the end.
    fn polls(length: Duration, options: &LivyOptions) -> Vec<Duration> {
        let mut times = vec![Duration::ZERO];
        while let Some(&now) = times.last()
            && now < length
        {
            times.push(now + pause(now, options));
        }
        times
    }

    fn defaults() -> LivyOptions {
        LivyOptions::new("http://localhost:8998")
    }

    #[test]
    fn the_first_polls_come_soon() {
        let times = polls(Duration::from_millis(800), &defaults());
        for pair in times.windows(2) {
            let pause = pair[1].saturating_sub(pair[0]).as_millis();
            assert!((20..=100).contains(&pause), "{times:?}");
        }
        assert_eq!(times[1], Duration::from_millis(20));
    }

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let times = polls(Duration::from_mins(10), &defaults());
        let pauses = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
        let pauses: Vec<Duration> = pauses.collect();
        assert!(pauses.is_sorted(), "{pauses:?}");
        assert_eq!(pauses.first(), Some(&Duration::from_millis(20)));
        assert_eq!(pauses.last(), Some(&Duration::from_secs(2)));
    }

    /// The end of a statement is found within one pause, and within an eighth of its time once that is more than the
    /// first pause.
    #[test]
    fn polling_adds_at_most_one_pause() {
        let options = defaults();
        for millis in [1, 30, 250, 1000, 7777, 60_000, 3_600_000] {
            let length = Duration::from_millis(millis);
            let found = *polls(length, &options).last().unwrap();
            let added = found.saturating_sub(length);
            assert!(added <= pause(length, &options), "{length:?}: {added:?}");
            assert!(
                added <= options.first_poll.max(length / 8),
                "{length:?}: {added:?}"
            );
        }
    }

    /// A statement of an hour is asked for every other second, not all the time.
    #[test]
    fn long_statements_are_asked_for_seldom() {
        let count = |length| polls(length, &defaults()).len();
        assert!(count(Duration::from_secs(1)) < 32);
        assert!(count(Duration::from_mins(1)) < 80);
        assert!(count(Duration::from_hours(1)) < 1860);
    }

    #[test]
    fn a_longest_pause_below_the_first_is_the_first() {
        let mut options = defaults();
        options.longest_poll = Duration::from_millis(1);
        assert_eq!(pause(Duration::from_hours(1), &options), options.first_poll);
    }
}
