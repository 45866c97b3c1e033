//! Colours of a terminal: only where they are wanted, and never the only bearer of a meaning.

use super::Folder;

/// A text without the sequences that colour it.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once('m').map_or("", |(_, rest)| rest)
    })
}

#[test]
fn colours_are_left_out_where_nobody_wants_them_and_say_nothing_alone() {
    let folder = Folder::new(&[(
        "p/a.sql",
        "CREATE TABLE m.a AS SELECT t.k FROM d.t, d.u;\n\
             -- never read\nCREATE TABLE m.b AS SELECT k FROM d.t WHERE k = NULL;\n",
    )]);
    let forced = [("CLICOLOR_FORCE", "1")];
    let refused = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
    for arguments in [&["analyze", "p"][..], &["analyze", "nowhere"]] {
        let coloured = folder.hoist_with(arguments, &forced).texts();
        assert!(coloured.contains("\u{1b}["), "{coloured}");
        let plain = folder.hoist(arguments).texts();
        assert_eq!(without_colours(&coloured), plain);
        assert_eq!(folder.hoist_with(arguments, &refused).texts(), plain);
        let always = [&["--color", "always"], arguments].concat();
        assert_eq!(folder.hoist_with(&always, &refused).texts(), coloured);
        let never = [&["--color", "never"], arguments].concat();
        assert_eq!(folder.hoist_with(&never, &forced).texts(), plain);
    }
    let json = folder.hoist_with(&["analyze", "p", "--format", "json"], &forced);
    assert!(!json.texts().contains("\u{1b}["));
}
