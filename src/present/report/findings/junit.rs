//! Findings as a `JUnit` document, which CI servers show as tests: a case per finding.

use std::fmt::Write as _;
use std::io;

use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;

use super::super::verification::printable;
use super::{Told, word};
use crate::diagnostic::Severity;
use crate::present::rule::Finding;

/// Errors and warnings are failures, where there is a base the new ones; the others pass, and so does what is worth knowing.
/// Without findings one case passes.
pub fn text(told: Told<'_>) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    match document(&mut writer, told) {
        Ok(()) => {
            let mut text = String::from_utf8_lossy(&writer.into_inner()).into_owned();
            text.push('\n');
            text
        }
        // A vector takes everything.
        Err(error) => format!("<!-- {error} -->\n"),
    }
}

fn fails(finding: &Finding, told: Told<'_>) -> bool {
    finding.diagnostic.severity > Severity::Info && !told.remains(finding)
}

fn document(writer: &mut Writer<Vec<u8>>, told: Told<'_>) -> io::Result<()> {
    let findings = told.findings;
    let tests = findings.len().max(1).to_string();
    let failures = findings
        .iter()
        .filter(|finding| fails(finding, told))
        .count()
        .to_string();
    let totals = [
        ("name", "hoist"),
        ("tests", tests.as_str()),
        ("failures", failures.as_str()),
        ("errors", "0"),
    ];
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let suites = writer.create_element("testsuites").with_attributes(totals);
    suites.write_inner_content(|writer| {
        let suite = writer.create_element("testsuite").with_attributes(totals);
        suite.write_inner_content(|writer| {
            if findings.is_empty() {
                let case = writer.create_element("testcase");
                case.with_attributes([("classname", "hoist"), ("name", "no finding")])
                    .write_empty()?;
            }
            findings
                .iter()
                .try_for_each(|finding| case(writer, finding, told))
        })?;
        Ok(())
    })?;
    Ok(())
}

fn case(writer: &mut Writer<Vec<u8>>, finding: &Finding, told: Told<'_>) -> io::Result<()> {
    let files = told.files;
    let diagnostic = &finding.diagnostic;
    let place = files.at(diagnostic.span);
    let file = place.rsplit_once(':').map_or("", |(file, _)| file);
    let message = printable(&diagnostic.message);
    let mut details = format!("{place}: {}: {message}", word(diagnostic.severity));
    for label in &diagnostic.labels {
        let place = files.at(Some(label.span));
        let _ = write!(details, "\n{place}: {}", printable(&label.text));
    }
    if let Some(help) = &diagnostic.help {
        let _ = write!(details, "\nhelp: {}", printable(help));
    }
    if told.remains(finding) {
        details.push_str("\nthe base has this finding, too");
    }
    let element = writer.create_element("testcase").with_attributes([
        ("classname", printable(file).as_str()),
        (
            "name",
            format!("{} {}", diagnostic.code, printable(&place)).as_str(),
        ),
    ]);
    element.write_inner_content(|writer| {
        if fails(finding, told) {
            let failure = writer
                .create_element("failure")
                .with_attributes([("type", diagnostic.code), ("message", message.as_str())]);
            failure.write_text_content(BytesText::new(&details))?;
        } else {
            let output = writer.create_element("system-out");
            output.write_text_content(BytesText::new(&details))?;
        }
        Ok(())
    })?;
    Ok(())
}
