//! The header comment of a Python file: `# hoist: reads a, b; writes c; views v`.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::frontend::source::Source;
use crate::frontend::statement::{Identifier, Name, PythonDeclaration};

/// What starts the header, after `#`.
const MARK: &str = "hoist:";

/// The header of a Python file, where it has one that can be read.
pub(super) fn parse(
    source: &Source,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<PythonDeclaration> {
    let text = source.rendered();
    let mut declared: Option<PythonDeclaration> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if !(trimmed.is_empty() || trimmed.starts_with('#')) {
            break;
        }
        if let Some(header) = trimmed
            .trim_start_matches('#')
            .trim_start()
            .strip_prefix(MARK)
        {
            let from = start + line.len() - line.trim_start().len();
            let place = span(source, from..from + trimmed.len());
            let clauses = start + line.find(MARK).unwrap_or(0) + MARK.len();
            let declaration = declared.get_or_insert_default();
            declaration.span.get_or_insert(place);
            if let Err(message) = declaration_of(source, header, clauses, declaration) {
                diagnostics.push(
                    Diagnostic::new("python-header", Severity::Error, place, message).help(
                        "write `# hoist: reads a, b; writes c; views v`; the step is a barrier until then",
                    ),
                );
                declared = None;
                break;
            }
        }
        start += line.len();
    }
    declared
}

/// Reads `reads a, b; writes c; views v`, which starts at byte `at` of the file.
fn declaration_of(
    source: &Source,
    header: &str,
    at: usize,
    declaration: &mut PythonDeclaration,
) -> Result<(), String> {
    let mut start = at;
    for clause in header.split(';') {
        let word = clause.split_whitespace().next().unwrap_or("");
        let names = match word {
            "reads" => &mut declaration.reads,
            "writes" => &mut declaration.writes,
            "views" => &mut declaration.views,
            "" => {
                start += clause.len() + 1;
                continue;
            }
            _ => return Err(format!("`{word}` is neither `reads`, `writes` nor `views`")),
        };
        let after = clause.find(word).unwrap_or(0) + word.len();
        let mut name_start = start + after;
        for written in clause.get(after..).unwrap_or("").split(',') {
            if !written.trim().is_empty() {
                let from = name_start + written.len() - written.trim_start().len();
                names.push(name(source, written.trim(), from)?);
            }
            name_start += written.len() + 1;
        }
        start += clause.len() + 1;
    }
    Ok(())
}

fn name(source: &Source, written: &str, at: usize) -> Result<Name, String> {
    let mut parts = Vec::new();
    let mut start = at;
    for part in written.split('.') {
        let plain = part.trim_matches('`');
        if plain.is_empty() || !plain.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return Err(format!("`{written}` is not the name of a table"));
        }
        let place = span(source, start..start + part.len());
        parts.push(Identifier {
            text: plain.to_owned(),
            span: place,
        });
        start += part.len() + 1;
    }
    Ok(Name {
        parts,
        span: span(source, at..at + written.len()),
    })
}

fn span(source: &Source, range: Range<usize>) -> Span {
    let offset = |bytes| u32::try_from(bytes).unwrap_or(u32::MAX);
    source.to_template(offset(range.start)..offset(range.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::source::{Sources, Variables};

    fn parse_text(text: &str) -> (Option<PythonDeclaration>, Vec<Diagnostic>, Sources) {
        let sources = Sources::from_texts([("a.py", text)], &Variables::new());
        let mut diagnostics = Vec::new();
        let declared = parse(sources.iter().next().unwrap(), &mut diagnostics);
        (declared, diagnostics, sources)
    }

    #[test]
    fn the_header_declares_reads_writes_and_views_with_their_places() {
        let text = "# cleans makes\n#  hoist: reads raw.v, `w`; writes mart.clean\n# hoist: views x\nimport y\n";
        let (declared, diagnostics, sources) = parse_text(text);
        assert_eq!(diagnostics, []);
        let declared = declared.unwrap();
        let texts = |names: &[Name]| {
            names
                .iter()
                .map(|name| sources.text(name.span).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(&declared.reads), ["raw.v", "`w`"]);
        assert_eq!(texts(&declared.writes), ["mart.clean"]);
        assert_eq!(texts(&declared.views), ["x"]);
        assert_eq!(declared.reads[0].parts[1].text, "v");
    }

    #[test]
    fn a_header_after_code_does_not_count() {
        assert_eq!(parse_text("import y\n# hoist: reads a\n").0, None);
    }

    #[test]
    fn a_header_that_cannot_be_read_declares_nothing() {
        for text in [
            "# hoist: loads a\n",
            "# hoist: reads a b\n",
            "# hoist: reads {table}\n",
        ] {
            let (declared, diagnostics, _) = parse_text(text);
            assert_eq!(declared, None, "{text}");
            assert_eq!(diagnostics.len(), 1, "{text}");
        }
    }
}
