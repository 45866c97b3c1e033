//! Stage `sql`: SQL files → statements. sqlparser's types never leave this module.
//!
//! ```text
//! text ──lex──▶ tokens ──split at `;`──▶ one statement ──header──▶ kind, names, where its query stands
//!                                                        └─dialect─▶ syntax tree ──query, expression──▶ `Query`
//! ```
//!
//! One statement at a time goes through the parser: a bad one costs one diagnostic, not the file. A statement that
//! is not understood becomes [`StatementKind::Opaque`], a barrier; it is never skipped.

mod dialect;
mod expression;
mod header;
mod lex;
mod prepass;
mod query;
mod split;
mod text;
mod words;

use std::ops::Range;

pub use lex::{LexError, Token, TokenKind, tokens};

use self::split::Splitter;
use self::text::Text;
use super::source::Source;
use super::statement::{Statement, StatementId, StatementKind};
use crate::diagnostic::{Diagnostic, Severity, Span};

/// Stack of the parsing thread, bytes: trees of generated SQL can be 100,000 levels deep.
const STACK: usize = 256 << 20;

/// Runs `work` on a thread whose stack is deep enough for every statement that [`parse`] takes. None where the system
/// gives no such thread.
pub(super) fn on_large_stack<R: Send>(work: impl FnOnce() -> R + Send) -> Option<R> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, work);
        thread.ok()?.join().ok()
    })
}

/// The statements of one SQL file; their ids are assigned by the caller. To be called on a large stack.
pub(super) fn parse(
    source: &Source,
    max_statement_bytes: u64,
) -> (Vec<Statement>, Vec<Diagnostic>) {
    std::panic::catch_unwind(|| parse_statements(source, max_statement_bytes))
        .unwrap_or_else(|_| not_parsed(source, "the parser failed on this file"))
}

/// A file of which nothing is known: one barrier.
pub(super) fn not_parsed(source: &Source, reason: &str) -> (Vec<Statement>, Vec<Diagnostic>) {
    let whole = whole(source);
    let diagnostic = Diagnostic::new("parse-error", Severity::Error, whole, reason.to_owned());
    let opaque = StatementKind::Opaque {
        reason: reason.to_owned(),
    };
    (vec![statement(source, whole, 1, opaque)], vec![diagnostic])
}

fn parse_statements(source: &Source, max_bytes: u64) -> (Vec<Statement>, Vec<Diagnostic>) {
    let (tokens, error) = lex::tokens_before_error(source.rendered());
    let mut ranges = Splitter::new(source.rendered(), &tokens).statements();
    let unfinished = error
        .as_ref()
        .map(|error| unfinished(source, &tokens, &mut ranges, error));
    let mut statements = Vec::new();
    let mut diagnostics = Vec::new();
    for (range, number) in ranges.into_iter().zip(1..) {
        let tokens = tokens.get(range).unwrap_or(&[]);
        let (span, kind) = read(source, tokens, max_bytes, &mut diagnostics);
        statements.push(statement(source, span, number, kind));
    }
    if let (Some(span), Some(error)) = (unfinished, error) {
        let number = u32::try_from(statements.len() + 1).unwrap_or(u32::MAX);
        let reason = error.to_string();
        let place = source.to_template(error.at..error.at + 1);
        diagnostics.push(
            Diagnostic::new("parse-error", Severity::Error, place, reason.clone())
                .help("the rest of the file is one barrier"),
        );
        let opaque = StatementKind::Opaque { reason };
        statements.push(statement(source, span, number, opaque));
    }
    (statements, diagnostics)
}

/// What one statement says. One that is not understood is opaque, and a diagnostic says why.
fn read(
    source: &Source,
    tokens: &[Token],
    max_bytes: u64,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Span, StatementKind) {
    let start = tokens.first().map_or(0, |token| token.range.start);
    let end = tokens.last().map_or(start, |token| token.range.end);
    let span = source.to_template(start..end);
    let barrier = "the statement is a barrier: no frame lives across it";
    let diagnostic = if u64::from(end - start) > max_bytes {
        let message = format!(
            "a statement of {} bytes is longer than the {max_bytes} bytes that are looked into",
            end - start
        );
        let place = source.to_template(start..start + 1);
        Diagnostic::new("statement-too-long", Severity::Warning, place, message).help(format!(
            "{barrier}; `[pipeline] max_statement_bytes` sets the bound"
        ))
    } else {
        // A text of its own: what is needed for one statement is freed before the next.
        let text = Text::new(source, tokens);
        match header::kind(&text, 0..tokens.len()) {
            Ok(kind) => return (span, kind),
            Err(failure) => {
                let place = failure.range.map_or(span, |range| text.span(range));
                Diagnostic::new(failure.code, failure.severity, place, failure.message)
                    .help(barrier)
            }
        }
    };
    let reason = diagnostic.message.clone();
    diagnostics.push(diagnostic);
    (span, StatementKind::Opaque { reason })
}

/// Takes the statement in which there are no tokens any more out of `ranges`: where it ends is unknown, so it reaches
/// to the end of the file.
fn unfinished(
    source: &Source,
    tokens: &[Token],
    ranges: &mut Vec<Range<usize>>,
    error: &LexError,
) -> Span {
    let last = ranges
        .pop_if(|range| range.end == tokens.len())
        .and_then(|range| tokens.get(range.start));
    let start = last.map_or(error.at, |token| token.range.start);
    let end = u32::try_from(source.rendered().len()).unwrap_or(u32::MAX);
    source.to_template(start..end)
}

fn whole(source: &Source) -> Span {
    let end = u32::try_from(source.rendered().len()).unwrap_or(u32::MAX);
    source.to_template(0..end)
}

fn statement(source: &Source, span: Span, number: u32, kind: StatementKind) -> Statement {
    Statement {
        id: StatementId(0),
        source: source.id,
        span,
        number,
        kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::source::{Sources, Variables};
    use crate::frontend::statement::{Expression, Query, QueryBody, Relation, Select, SelectItem};

    struct Fixture {
        sources: Sources,
        statements: Vec<Statement>,
        diagnostics: Vec<Diagnostic>,
    }

    fn fixture(text: &str) -> Fixture {
        let variables = Variables::from([("day".to_owned(), "2024-06-30".to_owned())]);
        let sources = Sources::from_texts([("a.sql", text)], &variables);
        let source = sources.iter().next().unwrap();
        let (statements, diagnostics) = on_large_stack(|| parse(source, 4 << 20)).unwrap();
        Fixture {
            sources,
            statements,
            diagnostics,
        }
    }

    impl Fixture {
        fn text(&self, span: Span) -> &str {
            self.sources.text(span)
        }

        fn texts(&self, expressions: &[Expression]) -> Vec<&str> {
            expressions
                .iter()
                .map(|expression| self.text(expression.span))
                .collect()
        }

        fn select(&self) -> &Select {
            match &self.statements[0].kind {
                StatementKind::Query(Query {
                    body: QueryBody::Select(select),
                    ..
                }) => select,
                other => panic!("{other:?}, {:?}", self.diagnostics),
            }
        }

        fn words(&self) -> Vec<&str> {
            self.statements
                .iter()
                .map(|statement| statement.kind.word())
                .collect()
        }
    }

    #[test]
    fn statements_are_cut_at_semicolons_only() {
        let fixture = fixture("-- a;b\nSELECT ';' ;; /* ; */ SELECT `a;b` FROM t;\n");
        let texts: Vec<_> = fixture
            .statements
            .iter()
            .map(|s| fixture.text(s.span))
            .collect();
        assert_eq!(texts, ["SELECT ';'", "SELECT `a;b` FROM t"]);
        assert_eq!(fixture.diagnostics, []);
    }

    #[test]
    fn kinds_are_told_from_the_header() {
        let fixture = fixture(
            "INSERT OVERWRITE TABLE a.b PARTITION (d = 1) SELECT 1; INSERT INTO b (x, y) (SELECT 1, 2);
             CREATE TABLE t USING parquet COMMENT 'AS SELECT' PARTITIONED BY (d) AS SELECT 1 d;
             CREATE OR REPLACE TEMP VIEW v AS WITH x AS (SELECT 1) SELECT * FROM x;
             CREATE TABLE IF NOT EXISTS t (a INT) USING csv; DROP TABLE IF EXISTS t PURGE;
             USE insurance; SET spark.sql.shuffle.partitions = 8; DESCRIBE TABLE EXTENDED t;
             TRUNCATE TABLE t; CREATE DATABASE IF NOT EXISTS m; LOCK TABLE t;
             CREATE TABLE t TBLPROPERTIES ('a' = 'b') SELECT 1",
        );
        assert_eq!(
            fixture.words(),
            [
                "insert_overwrite",
                "insert_into",
                "create_table_as",
                "create_temporary_view",
                "create_table",
                "drop",
                "use",
                "set",
                "describe",
                "truncate",
                "create_database",
                "opaque",
                "create_table_as"
            ]
        );
        assert_eq!(fixture.diagnostics.len(), 1);
        assert_eq!(fixture.diagnostics[0].code, "opaque-statement");
    }

    #[test]
    fn every_part_of_a_block_has_its_exact_text() {
        let fixture = fixture(
            "SELECT /*+ hint */ a.x, sum(CASE WHEN b.y = 1 THEN 1 END) AS `n`, f(a.z, 2) z
             FROM db.a AS a -- first
             LEFT JOIN b ON a.k = b.k AND (b.y IN (1, 2) AND b.d >= '${day}')
             WHERE (a.x BETWEEN 1 AND 2) AND NOT a.f AND a.d LIKE 'x%' AND a.q IS NOT DISTINCT FROM 3
             GROUP BY a.x, a.z HAVING count(*) > 1 AND max(b.y) < 3",
        );
        let select = fixture.select();
        let items: Vec<_> = select
            .items
            .iter()
            .map(|item| match item {
                SelectItem::Expression { expression, alias } => {
                    let alias = alias.as_ref().map(|alias| alias.text.as_str());
                    (fixture.text(expression.span), alias)
                }
                SelectItem::Wildcard { span, .. } => (fixture.text(*span), None),
            })
            .collect();
        assert_eq!(
            items,
            [
                ("a.x", None),
                ("sum(CASE WHEN b.y = 1 THEN 1 END)", Some("n")),
                ("f(a.z, 2)", Some("z"))
            ]
        );
        assert_eq!(
            fixture.texts(&select.filter),
            [
                "a.x BETWEEN 1 AND 2",
                "NOT a.f",
                "a.d LIKE 'x%'",
                "a.q IS NOT DISTINCT FROM 3"
            ]
        );
        assert_eq!(fixture.texts(&select.group_by), ["a.x", "a.z"]);
        assert_eq!(
            fixture.texts(&select.having),
            ["count(*) > 1", "max(b.y) < 3"]
        );
        let Relation::Joined { first, joins } = &select.from[0] else {
            panic!()
        };
        assert_eq!(
            fixture.texts(&joins[0].on),
            ["a.k = b.k", "b.y IN (1, 2)", "b.d >= '${day}'"]
        );
        let Relation::Table(table) = first.as_ref() else {
            panic!()
        };
        assert_eq!(fixture.text(table.name.span), "db.a");
    }

    #[test]
    fn nested_queries_are_found_with_their_text() {
        let fixture = fixture(
            "SELECT (SELECT max(u.b) FROM u) FROM (SELECT a FROM t) d
             WHERE d.a IN ((SELECT c FROM w) UNION ALL SELECT e FROM x) AND EXISTS (SELECT 1 FROM y)",
        );
        let select = fixture.select();
        let SelectItem::Expression { expression, .. } = &select.items[0] else {
            panic!()
        };
        assert_eq!(
            fixture.text(expression.queries[0].span),
            "SELECT max(u.b) FROM u"
        );
        assert!(
            expression.columns.is_empty(),
            "columns of the nested query are its own"
        );
        let Relation::Derived { query, .. } = &select.from[0] else {
            panic!()
        };
        assert_eq!(fixture.text(query.span), "SELECT a FROM t");
        let nested: Vec<_> = select
            .filter
            .iter()
            .map(|f| fixture.text(f.queries[0].span))
            .collect();
        assert_eq!(
            nested,
            [
                "(SELECT c FROM w) UNION ALL SELECT e FROM x",
                "SELECT 1 FROM y"
            ]
        );
    }

    #[test]
    fn ctes_keep_their_bodies() {
        let fixture = fixture(
            "WITH a AS (SELECT 1 AS x), b (y) AS (SELECT x FROM a) SELECT y FROM b LIMIT 3",
        );
        let StatementKind::Query(query) = &fixture.statements[0].kind else {
            panic!()
        };
        let bodies: Vec<_> = query
            .ctes
            .iter()
            .map(|cte| fixture.text(cte.query.span))
            .collect();
        assert_eq!(bodies, ["SELECT 1 AS x", "SELECT x FROM a"]);
        assert!(query.limited);
    }

    #[test]
    fn lambda_variables_are_no_columns() {
        let fixture = fixture("SELECT transform(t.xs, x -> x + t.y) FROM t");
        let SelectItem::Expression { expression, .. } = &fixture.select().items[0] else {
            panic!()
        };
        let columns: Vec<_> = expression
            .columns
            .iter()
            .map(|column| column.parts[1].text.as_str())
            .collect();
        assert_eq!(columns, ["xs", "y"]);
    }

    #[test]
    fn a_bad_statement_costs_one_diagnostic_with_its_place() {
        let fixture = fixture("SELECT 1;\nSELECT a b c;\nSELECT 2");
        assert_eq!(fixture.words(), ["query", "opaque", "query"]);
        assert_eq!(fixture.diagnostics.len(), 1);
        assert_eq!(fixture.diagnostics[0].code, "parse-error");
    }

    #[test]
    fn a_script_is_one_statement() {
        let fixture = fixture(
            "SELECT 1; BEGIN DECLARE n INT; IF n > 1 THEN SELECT 2; END IF;
               CASE WHEN n = 1 THEN SELECT CASE n WHEN 1 THEN 2 END; END CASE;
               REPEAT SET n = n + 1; UNTIL n > 3 END REPEAT; BEGIN SELECT 3; END;
             END; SELECT 4; l: BEGIN SELECT 5; END l; BEGIN; SELECT 6; END",
        );
        assert_eq!(
            fixture.words(),
            [
                "query", "script", "query", "script", "opaque", "query", "opaque"
            ]
        );
    }

    #[test]
    fn an_escaped_semicolon_ends_nothing() {
        let fixture = fixture(r"SET separator = a\;b; SELECT 1");
        assert_eq!(fixture.words(), ["set", "query"]);
    }

    #[test]
    fn a_text_that_never_ends_costs_the_rest_of_the_file() {
        let fixture = fixture("SELECT 1; SELECT 2;\nSELECT 'a FROM t; SELECT 3;\n");
        assert_eq!(fixture.words(), ["query", "query", "opaque"]);
        let rest = fixture.statements[2].span;
        assert_eq!(fixture.text(rest), "SELECT 'a FROM t; SELECT 3;\n");
        assert_eq!(fixture.diagnostics.len(), 1);
        assert_eq!(fixture.text(fixture.diagnostics[0].span.unwrap()), "'");
        let whole = super::tests::fixture("/* never");
        assert_eq!(whole.words(), ["opaque"]);
    }

    #[test]
    fn a_statement_beyond_the_bound_is_opaque() {
        let text = format!("SELECT 1; SELECT '{}'; SELECT 2", "x".repeat(100));
        let sources = Sources::from_texts([("a.sql", text)], &Variables::new());
        let (statements, diagnostics) = parse(sources.iter().next().unwrap(), 64);
        let words: Vec<_> = statements.iter().map(|it| it.kind.word()).collect();
        assert_eq!(words, ["query", "opaque", "query"]);
        assert_eq!(diagnostics[0].code, "statement-too-long");
        assert!(diagnostics[0].message.contains("109 bytes"));
    }

    #[test]
    fn deep_and_long_statements_are_answered() {
        let chain = format!(
            "SELECT a FROM t WHERE {}",
            vec!["a = 1"; 100_000].join(" AND ")
        );
        assert_eq!(fixture(&chain).words(), ["query"]);
        let deep = format!("SELECT {}1{}", "(".repeat(10_000), ")".repeat(10_000));
        assert_eq!(fixture(&deep).words(), ["query"]);
        let deep = format!("SELECT {}1{}", "(1 + ".repeat(10_000), ")".repeat(10_000));
        assert_eq!(fixture(&deep).words(), ["opaque"]);
    }
}
