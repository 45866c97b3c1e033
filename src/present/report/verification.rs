//! A comparison of two runs, for people and for programs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;

use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;
use serde::Serialize;

use super::json::pretty;
use super::layout::{Align, Table, count, wrap};
use crate::runtime::verify::{Comparison, OutputComparison, Verdict};

/// The comparison as text: a row per output, then what else differs, then one line of totals.
pub fn text(comparison: &Comparison) -> String {
    let mut table = Table::new(&[
        ("output", Align::Left),
        ("rows", Align::Right),
        ("verdict", Align::Left),
    ]);
    for output in &comparison.outputs {
        table.row([output.name.clone(), rows(output), verdict(output)]);
    }
    let mut text = if table.is_empty() {
        "The pipeline has no output.\n".to_owned()
    } else {
        table.text()
    };
    text.push('\n');
    for left in &comparison.left_behind {
        let _ = writeln!(text, "left behind by the hoisted run: {left}");
    }
    for lost in &comparison.lost {
        let _ = writeln!(text, "not there after the hoisted run: {lost}");
    }
    for note in &comparison.notes {
        let _ = writeln!(text, "{}", wrap(&format!("note: {note}"), 0));
    }
    let number = |wanted: fn(&Verdict) -> bool| {
        let outputs = comparison.outputs.iter();
        outputs.filter(|output| wanted(&output.verdict)).count()
    };
    let equal = number(|verdict| matches!(verdict, Verdict::Equal));
    let different = number(|verdict| matches!(verdict, Verdict::Different(_)));
    let open = number(|verdict| matches!(verdict, Verdict::NotCompared(_)));
    let _ = writeln!(
        text,
        "Verify: {}: {equal} equal, {different} different, {open} not compared; {}",
        count(comparison.outputs.len(), "output"),
        count(comparison.plain_runs as usize, "plain run")
    );
    text
}

fn rows(output: &OutputComparison) -> String {
    if output.rows_plain == output.rows_hoisted {
        output.rows_plain.to_string()
    } else {
        format!("{} -> {}", output.rows_plain, output.rows_hoisted)
    }
}

fn verdict(output: &OutputComparison) -> String {
    let mut text = match &output.verdict {
        Verdict::Equal => "equal".to_owned(),
        Verdict::Different(how) => format!("DIFFERENT: {how}"),
        Verdict::NotCompared(reason) => format!("not compared: {reason}"),
    };
    for note in &output.notes {
        let _ = write!(text, "; {note}");
    }
    text
}

/// `hoist-verification/1`.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    /// Nothing differs and nothing is left behind.
    holds: bool,
    outputs: Vec<Entry<'a>>,
    left_behind: &'a [String],
    /// What plain runs leave and the hoisted one does not.
    lost: &'a [String],
    plain_runs: u32,
    notes: &'a [String],
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    /// `equal`, `different` or `not_compared`.
    verdict: &'static str,
    reason: Option<&'a str>,
    rows_plain: u64,
    rows_hoisted: u64,
    unstable: UnstableEntry<'a>,
    notes: &'a [String],
}

/// What differs between the plain runs and was therefore not held against the hoisted one.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a field of the document"
)]
#[derive(Serialize)]
struct UnstableEntry<'a> {
    rows: bool,
    columns: &'a BTreeSet<String>,
    /// Which values stand together in rows.
    together: bool,
    partitions: bool,
    order: bool,
}

/// The comparison as a JSON document.
pub fn json(comparison: &Comparison) -> String {
    pretty(&Document {
        schema: "hoist-verification/1",
        holds: comparison.holds(),
        outputs: comparison
            .outputs
            .iter()
            .map(|output| {
                let (verdict, reason) = match &output.verdict {
                    Verdict::Equal => ("equal", None),
                    Verdict::Different(how) => ("different", Some(how.as_str())),
                    Verdict::NotCompared(reason) => ("not_compared", Some(reason.as_str())),
                };
                Entry {
                    name: &output.name,
                    verdict,
                    reason,
                    rows_plain: output.rows_plain,
                    rows_hoisted: output.rows_hoisted,
                    unstable: UnstableEntry {
                        rows: output.unstable.rows,
                        columns: &output.unstable.columns,
                        together: output.unstable.together,
                        partitions: output.unstable.partitions,
                        order: output.unstable.order,
                    },
                    notes: &output.notes,
                }
            })
            .collect(),
        left_behind: &comparison.left_behind,
        lost: &comparison.lost,
        plain_runs: comparison.plain_runs,
        notes: &comparison.notes,
    })
}

/// A test case of a `JUnit` document.
struct Case<'a> {
    name: &'a str,
    verdict: &'a Verdict,
    /// Said in its output.
    details: Vec<String>,
}

/// The comparison as a `JUnit` document: a test case per output, and one for what the session holds at the end. A
/// difference is a failure, what was not compared is skipped.
pub fn junit(comparison: &Comparison) -> String {
    let left = comparison.left_behind.iter();
    let lost = comparison.lost.iter();
    let holdings: Vec<String> = left
        .map(|left| format!("left behind: {left}"))
        .chain(lost.map(|lost| format!("not there: {lost}")))
        .collect();
    let end = if holdings.is_empty() {
        Verdict::Equal
    } else {
        Verdict::Different(holdings.join("; "))
    };
    let mut cases: Vec<Case<'_>> = comparison
        .outputs
        .iter()
        .map(|output| Case {
            name: &output.name,
            verdict: &output.verdict,
            details: std::iter::once(format!("rows: {}", rows(output)))
                .chain(output.notes.iter().cloned())
                .collect(),
        })
        .collect();
    cases.push(Case {
        name: "nothing left behind",
        verdict: &end,
        details: comparison.notes.clone(),
    });
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    match write_cases(&mut writer, &cases) {
        Ok(()) => {
            let mut text = String::from_utf8_lossy(&writer.into_inner()).into_owned();
            text.push('\n');
            text
        }
        // A vector takes everything.
        Err(error) => format!("<!-- {error} -->\n"),
    }
}

fn write_cases(writer: &mut Writer<Vec<u8>>, cases: &[Case<'_>]) -> io::Result<()> {
    let number = |wanted: fn(&Verdict) -> bool| {
        let wanted = cases.iter().filter(|case| wanted(case.verdict));
        wanted.count().to_string()
    };
    let tests = cases.len().to_string();
    let failures = number(|verdict| matches!(verdict, Verdict::Different(_)));
    let skipped = number(|verdict| matches!(verdict, Verdict::NotCompared(_)));
    let totals = [
        ("name", "hoist verify"),
        ("tests", tests.as_str()),
        ("failures", failures.as_str()),
        ("errors", "0"),
        ("skipped", skipped.as_str()),
    ];
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let suites = writer.create_element("testsuites");
    suites
        .with_attributes(totals)
        .write_inner_content(|writer| {
            let suite = writer.create_element("testsuite").with_attributes(totals);
            suite.write_inner_content(|writer| {
                cases.iter().try_for_each(|case| write_case(writer, case))
            })?;
            Ok(())
        })?;
    Ok(())
}

fn write_case(writer: &mut Writer<Vec<u8>>, case: &Case<'_>) -> io::Result<()> {
    let element = writer.create_element("testcase").with_attributes([
        ("classname", "hoist.verify"),
        ("name", printable(case.name).as_str()),
    ]);
    element.write_inner_content(|writer| {
        let outcome = match case.verdict {
            Verdict::Equal => None,
            Verdict::Different(reason) => Some(("failure", reason)),
            Verdict::NotCompared(reason) => Some(("skipped", reason)),
        };
        if let Some((element, reason)) = outcome {
            let reason = printable(reason);
            let element = writer.create_element(element);
            element
                .with_attribute(("message", reason.as_str()))
                .write_empty()?;
        }
        let details = printable(&case.details.join("\n"));
        if !details.is_empty() {
            let output = writer.create_element("system-out");
            output.write_text_content(BytesText::new(&details))?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Without the characters that XML cannot hold.
pub(super) fn printable(text: &str) -> String {
    let held = |c: char| {
        matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'))
    };
    text.chars()
        .map(|c| if held(c) { c } else { '\u{fffd}' })
        .collect()
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;

    use super::*;
    use crate::runtime::run::RunRecord;
    use crate::runtime::verify::Unstable;

    fn comparison() -> Comparison {
        let output = |name: &str, verdict| OutputComparison {
            name: name.to_owned(),
            verdict,
            rows_plain: 3,
            rows_hoisted: 2,
            unstable: Unstable {
                columns: ["id".to_owned()].into(),
                ..Unstable::default()
            },
            notes: vec!["unstable: `id`".to_owned()],
        };
        Comparison {
            outputs: vec![
                output("d.a", Verdict::Equal),
                output(
                    "d.<\"b\">",
                    Verdict::Different("2 & not 3 \u{1}".to_owned()),
                ),
                output(
                    "c.py:1",
                    Verdict::NotCompared("not seen through".to_owned()),
                ),
            ],
            plain: RunRecord::default(),
            hoisted: RunRecord::default(),
            plain_runs: 2,
            left_behind: vec!["database `x`".to_owned()],
            lost: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Names of elements with their attributes, in the order of the document; fails where it is not well-formed.
    fn elements(text: &str) -> Vec<(String, BTreeSet<(String, String)>)> {
        let mut reader = Reader::from_str(text);
        let mut found = Vec::new();
        let mut depth = 0;
        loop {
            let event = reader.read_event().unwrap();
            let element = match &event {
                Event::Eof => break,
                Event::Start(element) => {
                    depth += 1;
                    element
                }
                Event::Empty(element) => element,
                Event::End(_) => {
                    depth -= 1;
                    continue;
                }
                _ => continue,
            };
            let name = String::from_utf8(element.name().as_ref().to_vec()).unwrap();
            let attributes = element.attributes().map(|attribute| {
                let attribute = attribute.unwrap();
                let key = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
                (key, attribute.unescape_value().unwrap().into_owned())
            });
            found.push((name, attributes.collect()));
        }
        assert_eq!(depth, 0);
        found
    }

    #[test]
    fn junit_has_a_case_per_output_and_the_difference_in_the_failing_one() {
        let found = elements(&junit(&comparison()));
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "testsuites",
                "testsuite",
                "testcase",
                "system-out",
                "testcase",
                "failure",
                "system-out",
                "testcase",
                "skipped",
                "system-out",
                "testcase",
                "failure",
            ]
        );
        let has = |index: usize, key: &str, value: &str| {
            found[index].1.contains(&(key.to_owned(), value.to_owned()))
        };
        for suite in [0, 1] {
            assert!(
                has(suite, "tests", "4") && has(suite, "failures", "2"),
                "{found:?}"
            );
            assert!(
                has(suite, "skipped", "1") && has(suite, "errors", "0"),
                "{found:?}"
            );
        }
        assert!(has(4, "name", "d.<\"b\">") && has(4, "classname", "hoist.verify"));
        assert!(has(5, "message", "2 & not 3 \u{fffd}"), "{found:?}");
        assert!(has(11, "message", "left behind: database `x`"));
    }

    #[test]
    fn unstable_columns_are_said_in_text_and_json() {
        let text = text(&comparison());
        assert!(
            text.contains("unstable: `id`") && text.contains("2 plain runs"),
            "{text}"
        );
        let json: serde_json::Value = serde_json::from_str(&json(&comparison())).unwrap();
        assert_eq!(
            json["outputs"][0]["unstable"]["columns"],
            serde_json::json!(["id"])
        );
        assert_eq!(json["plain_runs"], 2);
    }
}
