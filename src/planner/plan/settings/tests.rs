use super::*;

#[test]
fn sizes_are_read_as_spark_writes_them() {
    let sizes = [
        "10485760b",
        "10485760",
        "64MB",
        " 1g ",
        "0",
        "-1",
        "",
        "x",
        "10 MB",
    ];
    assert_eq!(
        sizes.map(bytes),
        [
            Some(10 << 20),
            Some(10 << 20),
            Some(64 << 20),
            Some(1 << 30),
            Some(0),
            None,
            None,
            None,
            None,
        ]
    );
    assert_eq!(bytes("99999999999999999p"), None);
}

#[test]
fn adaptive_plans_of_cached_rows_are_right_from_a_version_on() {
    let sound = ["3.5.1", "3.5.6-amzn-0", "3.5.10", "4.0.0", "4.2.0-preview1"];
    assert!(sound.into_iter().all(is_sound));
    let not = ["3.5.0", "3.4.2", "2.4.8", "", "3.5", "three"];
    assert!(!not.into_iter().any(is_sound));
}

#[test]
fn words_say_what_is_done() {
    let words = [SETTINGS[0], SETTINGS[1], SETTINGS[2], "on"];
    assert_eq!(
        words.map(WantedSettings::of),
        [
            Some(WantedSettings::Off),
            Some(WantedSettings::Proposed),
            Some(WantedSettings::Applied),
            None
        ]
    );
    assert_eq!(WantedSettings::default(), WantedSettings::Proposed);
}
