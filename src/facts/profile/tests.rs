//! Estimates, and profiles as files.

use super::*;

fn measure(samples: &[u64]) -> Measure {
    Measure::of(samples).unwrap()
}

fn sample(wall: u64) -> StepSample {
    StepSample {
        wall_micros: wall,
        busy_micros: wall / 2,
        cpu_micros: wall,
        ..StepSample::default()
    }
}

fn run(walls: &[(&str, &[&str], u64)], plain: bool) -> RunSamples {
    RunSamples {
        place: "here".to_owned(),
        plain,
        statements: walls
            .iter()
            .map(|(key, frames, wall)| {
                let frames = frames.iter().map(|name| (*name).to_owned()).collect();
                ((*key).to_owned(), frames, sample(*wall))
            })
            .collect(),
        frames: Vec::new(),
    }
}

#[test]
fn nothing_is_estimated_from_nothing() {
    assert_eq!(Measure::of(&[]), None);
    assert_eq!(
        measure(&[400]),
        Measure {
            samples: 1,
            value: 400,
            sigma: 100
        }
    );
}

#[test]
fn an_outlier_moves_nothing_far_wherever_it_comes() {
    for place in 0..6 {
        let mut samples = vec![1_000, 1_010, 990, 1_005, 995, 1_000];
        samples[place] = 90_000;
        let found = measure(&samples);
        assert!((990..=1_010).contains(&found.value), "{place}: {found:?}");
        assert!(found.sigma <= 60, "{place}: {found:?}");
    }
}

#[test]
fn a_lasting_change_is_followed_after_three_runs() {
    let before = [1_000; WINDOW];
    let after = |runs: usize| {
        let changed = std::iter::repeat_n(3_000, runs);
        let samples: Vec<u64> = before.iter().copied().chain(changed).collect();
        measure(&samples).value
    };
    assert_eq!(after(1), 1_000);
    assert_eq!(after(2), 1_000);
    assert_eq!(after(3), 3_000);
}

#[test]
fn newer_samples_weigh_more() {
    let rising: Vec<u64> = (1..=8).map(|run| run * 100).collect();
    let falling: Vec<u64> = rising.iter().rev().copied().collect();
    assert!(measure(&rising).value > measure(&falling).value);
}

#[test]
fn spread_samples_have_a_larger_sigma_and_more_of_them_a_smaller_error() {
    let near = measure(&[100_000, 101_000, 99_000, 100_500]);
    let far = measure(&[100_000, 160_000, 60_000, 110_000]);
    assert!(near.sigma < far.sigma, "{near:?} {far:?}");
    let two = measure(&[1_000, 2_000]);
    assert_eq!((two.value, two.sigma), (1_500, 886));
    let many = Measure { samples: 4, ..two };
    assert_eq!(many.error(), two.sigma / 2);
    let largest = measure(&[u64::MAX, u64::MAX, 0]);
    assert_eq!(largest.value, u64::MAX);
}

#[test]
fn work_is_what_executors_computed_and_the_time_of_the_driver_alone() {
    let sample = StepSample {
        wall_micros: 1_000,
        busy_micros: 700,
        cpu_micros: 1_300,
        ..StepSample::default()
    };
    assert_eq!(sample.work_micros(), 1_600);
}

#[test]
fn a_profile_keeps_apart_what_read_other_frames_and_forgets_what_is_gone() {
    let mut profile = Profile::default();
    profile.take(run(&[("a", &[], 100), ("gone", &[], 5)], true));
    for wall in 0..20 {
        profile.take(run(&[("a", &["f"], 10 + wall)], false));
    }
    let known = &profile.statements["a"];
    assert_eq!(known.len(), 2);
    assert_eq!(known[0].samples.len(), 1);
    assert_eq!(known[1].samples.len(), WINDOW);
    assert_eq!(known[1].samples.last().unwrap().wall_micros, 29);
    assert_eq!((profile.runs, profile.since_plain), (21, 20));
    assert!(profile.statements.contains_key("gone"));
    for _ in 0..FORGOTTEN_AFTER {
        profile.take(run(&[("a", &["f"], 10)], false));
    }
    assert!(!profile.statements.contains_key("gone"));
    assert_eq!(profile.statements["a"].len(), 1);
    let measured = profile.measurements().only(|key| key == "a");
    assert_eq!(measured.statements["a"][0].wall.value, 10);
    assert!(profile.measurements().only(|_| false).is_empty());
}

#[test]
fn another_machine_begins_anew() {
    let mut profile = Profile::default();
    profile.take(run(&[("a", &[], 100)], true));
    let mut other = run(&[("b", &[], 7)], false);
    other.place = "there".to_owned();
    profile.take(other);
    assert_eq!(profile.statements.keys().collect::<Vec<_>>(), ["b"]);
    assert_eq!((profile.runs, profile.place.as_str()), (1, "there"));
}

#[test]
fn a_profile_is_read_back_as_it_was_written_and_other_versions_are_refused() {
    let mut profile = Profile::default();
    let mut samples = run(&[("a", &["f"], 100)], false);
    let key = FrameKey {
        fingerprint: "f".to_owned(),
        medium: "memory".to_owned(),
        layout: "plain".to_owned(),
    };
    let frame = FrameSample {
        build: sample(50),
        memory_bytes: 1 << 20,
        cached_percent: 100,
        ..FrameSample::default()
    };
    samples.frames.push((key, frame));
    profile.take(samples);
    let text = profile.to_json();
    assert_eq!(Profile::parse(&text), Ok(profile.clone()));
    assert_eq!(profile.measurements().frames["f"][0].bytes.value, 1 << 20);
    let newer = text.replace(SCHEMA, "hoist-profile/2");
    let error = Profile::parse(&newer).unwrap_err();
    assert_eq!(
        error.to_string(),
        "its schema is `hoist-profile/2`, expected `hoist-profile/1`"
    );
    let odd = text.replace("\"runs\"", "\"walks\"");
    assert!(matches!(
        Profile::parse(&odd),
        Err(ProfileError::Malformed(_))
    ));
    assert!(matches!(
        Profile::parse("[]"),
        Err(ProfileError::Malformed(_))
    ));
}
