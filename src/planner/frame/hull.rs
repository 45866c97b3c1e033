//! The filter of a covering read: what every row that matters to some reader passes.
//!
//! Each reader's tests are a conjunction that its useful rows pass, so their disjunction is implied by every
//! reader. Tests are copied as text, so nothing has to be proven about their meaning; only tests that cannot throw
//! on rows of other readers are used.

use super::HullTest;
use super::texts::Texts;
use crate::facts::access::{Filter, Read};
use crate::frontend::statement::{LiteralKind, TestOperator};

/// Most disjuncts of a hull. Beyond it Spark evaluates more than the hull saves; what all readers have in common
/// is kept.
const MOST_DISJUNCTS: usize = 8;

/// A test with what it is compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Test {
    /// Tokens, up to blanks, comments and letter case of words.
    key: Vec<String>,
    test: HullTest,
}

impl Test {
    /// The same as a test of a table of a join core, by its number there.
    pub(super) fn of_member(&self, member: usize) -> Test {
        let mut test = self.clone();
        test.key.insert(0, member.to_string());
        test.test.member = member;
        test
    }
}

/// The usable tests of a read, in text order, each once.
pub(super) fn tests(texts: &Texts<'_>, read: &Read, columns: &[(String, String)]) -> Vec<Test> {
    let mut found: Vec<Test> = Vec::new();
    for filter in &read.filters {
        let column = columns
            .iter()
            .find(|(name, _)| name.to_lowercase() == filter.column);
        let test = column
            .filter(|(_, data_type)| is_usable(filter, data_type, texts.text(filter.span)))
            .and_then(|(name, _)| test(texts, filter, name));
        if let Some(test) = test
            && !found.iter().any(|known| known.key == test.key)
        {
            found.push(test);
        }
    }
    found
}

fn test(texts: &Texts<'_>, filter: &Filter, column: &str) -> Option<Test> {
    let (whole, reference) = (filter.span, filter.reference);
    if !whole.contains(reference)
        || reference.start == reference.end
        || texts.loose_variable(whole).is_some()
        || super::placeholder(texts.text(whole)).is_some()
    {
        return None;
    }
    let key: Vec<String> = texts
        .within(whole)
        .iter()
        .filter(|token| !reference.contains(token.span))
        .map(|token| super::canonical::word(token))
        .collect();
    if key.is_empty() {
        return None;
    }
    let place = texts
        .within(whole)
        .iter()
        .position(|token| reference.contains(token.span))?;
    let key = [vec![column.to_lowercase(), place.to_string()], key].concat();
    let before = texts.text(crate::diagnostic::Span {
        end: reference.start,
        ..whole
    });
    let after = texts.text(crate::diagnostic::Span {
        start: reference.end,
        ..whole
    });
    let test = HullTest {
        member: 0,
        column: column.to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
    };
    Some(Test { key, test })
}

/// Most digits that a decimal holds.
const MOST_DIGITS: usize = 38;

/// Whether a test cannot fail on any row, under ANSI rules either: comparing needs no cast between strings and numbers,
/// both sides fit one decimal, and a pattern has no escape, which could be malformed.
fn is_usable(filter: &Filter, data_type: &str, text: &str) -> bool {
    if matches!(
        filter.operator,
        TestOperator::IsNull | TestOperator::IsNotNull
    ) {
        return true;
    }
    let data_type = data_type.to_lowercase();
    let base = data_type.split(['(', '<']).next().unwrap_or("").trim();
    let like = filter.operator == TestOperator::Like;
    let allowed: &[LiteralKind] = match base {
        // The value of a variable may hold an escape.
        "string" if !like || !text.contains(['\\', '$']) => &[LiteralKind::String],
        "tinyint" | "smallint" | "int" | "integer" | "bigint" | "decimal" | "float" | "double"
            if !like && fits(base, &data_type, text) =>
        {
            &[LiteralKind::Number]
        }
        "date" if !like => &[LiteralKind::Date, LiteralKind::String],
        "timestamp" if !like => &[
            LiteralKind::Timestamp,
            LiteralKind::Date,
            LiteralKind::String,
        ],
        "boolean" if !like => &[LiteralKind::Boolean],
        _ => &[],
    };
    !filter.literals.is_empty()
        && filter
            .literals
            .iter()
            .all(|literal| allowed.contains(literal))
}

/// Whether a column and the numbers of its test fit one decimal: the digits of the type and of the longest number
/// together are a bound for it. The other numbers are compared as they are, or as floating point.
fn fits(base: &str, data_type: &str, text: &str) -> bool {
    let digits = match base {
        "float" | "double" => return true,
        "tinyint" => 3,
        "smallint" => 5,
        "int" | "integer" => 10,
        "bigint" => 20,
        _ => {
            let stated = data_type.split(['(', ',', ')']).nth(1);
            // Without digits Spark means decimal(10,0).
            stated.map_or(10, |stated| stated.trim().parse().unwrap_or(MOST_DIGITS))
        }
    };
    let longest = text
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .map(|number| number.chars().filter(char::is_ascii_digit).count())
        .max();
    digits + longest.unwrap_or(0) <= MOST_DIGITS
}

/// The disjunction of the readers' conjunctions; empty where a reader has no test or it would be too long.
pub(super) fn hull(readers: &[&[Test]]) -> Vec<Vec<HullTest>> {
    if readers.iter().any(|tests| tests.is_empty()) {
        return Vec::new();
    }
    // A conjunction that has all tests of another passes fewer rows: the other absorbs it.
    let mut disjuncts: Vec<&[Test]> = Vec::new();
    for tests in readers {
        if disjuncts.iter().any(|known| implies(tests, known)) {
            continue;
        }
        disjuncts.retain(|known| !implies(known, tests));
        disjuncts.push(tests);
    }
    if disjuncts.len() > MOST_DISJUNCTS {
        let (first, rest) = readers.split_first().unwrap_or((&(&[] as &[Test]), &[]));
        let common: Vec<HullTest> = first
            .iter()
            .filter(|test| rest.iter().all(|tests| has(tests, test)))
            .map(|test| test.test.clone())
            .collect();
        return if common.is_empty() {
            Vec::new()
        } else {
            vec![common]
        };
    }
    // The same test is written once and the same way.
    let spelling = |test: &Test| {
        let all = readers.iter().flat_map(|tests| tests.iter());
        all.clone()
            .find(|known| known.key == test.key)
            .map_or_else(|| test.test.clone(), |known| known.test.clone())
    };
    disjuncts
        .iter()
        .map(|tests| tests.iter().map(spelling).collect())
        .collect()
}

fn implies(narrow: &[Test], wide: &[Test]) -> bool {
    wide.iter().all(|test| has(narrow, test))
}

fn has(tests: &[Test], test: &Test) -> bool {
    tests.iter().any(|known| known.key == test.key)
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::diagnostic::{SourceId, Span};

    fn named(tests: &[&str]) -> Vec<Test> {
        tests
            .iter()
            .map(|text| Test {
                key: vec![(*text).to_owned()],
                test: HullTest {
                    member: 0,
                    column: (*text).to_owned(),
                    before: String::new(),
                    after: String::new(),
                },
            })
            .collect()
    }

    fn shown(readers: &[&[&str]]) -> String {
        let readers: Vec<Vec<Test>> = readers.iter().map(|tests| named(tests)).collect();
        let readers: Vec<&[Test]> = readers.iter().map(Vec::as_slice).collect();
        let disjuncts = hull(&readers);
        let conjunction = |tests: &Vec<HullTest>| {
            tests
                .iter()
                .map(|test| test.column.clone())
                .collect::<Vec<_>>()
                .join("&")
        };
        disjuncts
            .iter()
            .map(conjunction)
            .collect::<Vec<_>>()
            .join("|")
    }

    #[test]
    fn conjunctions_are_or_ed_once_and_absorbed() {
        assert_eq!(shown(&[&["a", "b"], &["c"]]), "a&b|c");
        assert_eq!(shown(&[&["a", "b"], &["b", "a"]]), "a&b");
        assert_eq!(shown(&[&["a", "b"], &["a"], &["a", "c"]]), "a");
    }

    #[test]
    fn a_reader_of_all_rows_leaves_no_hull() {
        assert_eq!(shown(&[&["a"], &[]]), "");
    }

    #[test]
    fn a_long_hull_keeps_what_is_common() {
        let names: Vec<String> = (0..9).map(|number| format!("x{number}")).collect();
        let with: Vec<[&str; 2]> = names.iter().map(|name| ["a", name.as_str()]).collect();
        let with: Vec<&[&str]> = with.iter().map(<[&str; 2]>::as_slice).collect();
        assert_eq!(shown(&with), "a");
        let without: Vec<[&str; 1]> = names.iter().map(|name| [name.as_str()]).collect();
        let without: Vec<&[&str]> = without.iter().map(<[&str; 1]>::as_slice).collect();
        assert_eq!(shown(&without), "");
    }

    #[test]
    fn strings_and_numbers_are_not_compared() {
        let span = Span {
            source: SourceId(0),
            start: 0,
            end: 1,
        };
        let compared = |operator, literals: &[LiteralKind], data_type: &str, text: &str| {
            let filter = Filter {
                span,
                column: "c".to_owned(),
                reference: span,
                operator,
                literals: literals.to_vec(),
            };
            is_usable(&filter, data_type, text)
        };
        let usable = |operator, literals: &[LiteralKind], data_type: &str| {
            compared(operator, literals, data_type, "c")
        };
        let like = |text| compared(TestOperator::Like, &[LiteralKind::String], "string", text);
        assert!(like("c LIKE 'a%'"));
        assert!(!like(r"c LIKE 'a\%'"));
        assert!(!like("c LIKE '${x}'"));
        let number = |data_type, text| {
            compared(
                TestOperator::Compare,
                &[LiteralKind::Number],
                data_type,
                text,
            )
        };
        assert!(number("decimal(30,2)", "c > 0.5"));
        assert!(number("bigint", "c > 123456789.123456789"));
        assert!(!number("decimal(38,0)", "c > 0.5"));
        assert!(!number("bigint", "c > 0.0000000000000000001"));
        assert!(number(
            "double",
            "c > 0.00000000000000000000000000000000000001"
        ));
        assert!(usable(
            TestOperator::Compare,
            &[LiteralKind::Number],
            "decimal(12,2)"
        ));
        assert!(usable(
            TestOperator::Between,
            &[LiteralKind::String; 2],
            "date"
        ));
        assert!(usable(TestOperator::IsNull, &[], "array<int>"));
        assert!(!usable(
            TestOperator::Compare,
            &[LiteralKind::Number],
            "string"
        ));
        assert!(!usable(
            TestOperator::In,
            &[LiteralKind::Number, LiteralKind::Null],
            "int"
        ));
        assert!(!usable(
            TestOperator::Compare,
            &[LiteralKind::String],
            "int"
        ));
        assert!(!usable(TestOperator::Like, &[LiteralKind::String], "date"));
        assert!(!usable(
            TestOperator::Compare,
            &[LiteralKind::String],
            "char(5)"
        ));
    }
}
