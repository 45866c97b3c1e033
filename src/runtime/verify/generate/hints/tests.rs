use super::*;

fn tests(text: &str, column: &str) -> Vec<(Option<String>, Operator, Vec<String>)> {
    let hints = Hints::read([text]);
    let class = hints.class(column);
    let found = hints.tests(&class).into_iter().cloned();
    found
        .map(|test| {
            let literals = test.literals.into_iter().map(|literal| literal.text);
            (test.function, test.operator, literals.collect())
        })
        .collect()
}

#[test]
fn comparisons_are_read_from_either_side() {
    use Operator::*;
    for (text, operator, literals) in [
        ("SELECT 1 FROM t WHERE t.x >= -5", GreaterEqual, vec!["-5"]),
        ("SELECT 1 FROM t WHERE 1.50BD > x", Less, vec!["1.50"]),
        (
            "SELECT 1 WHERE `x` NOT IN ('a', \"b\")",
            NotIn,
            vec!["a", "b"],
        ),
        (
            "SELECT 1 WHERE x BETWEEN DATE '2024-01-01' AND '2024-06-30' AND y = 1",
            Between,
            vec!["2024-01-01", "2024-06-30"],
        ),
        (
            "SELECT count(*) FILTER (WHERE x LIKE 'it\\'s%')",
            Like,
            vec!["it's%"],
        ),
        (
            "SELECT CASE x WHEN 'a' THEN CASE y WHEN 'no' THEN 1 END WHEN 'b' THEN 2 END",
            In,
            vec!["a", "b"],
        ),
        (
            "SELECT 1 WHERE x < DATE '2024-03-31' - INTERVAL 1 MONTH",
            Less,
            vec!["2024-03-31", "2024-02-29"],
        ),
        (
            "SELECT 1 WHERE DATE'2024-03-31' <= x",
            GreaterEqual,
            vec!["2024-03-31"],
        ),
    ] {
        let literals = literals.into_iter().map(str::to_owned).collect();
        assert_eq!(tests(text, "X"), [(None, operator, literals)], "{text}");
    }
}

#[test]
fn functions_of_a_column_are_named() {
    for (text, function) in [
        ("SELECT 1 WHERE year(t.x) = 2024", "year"),
        ("SELECT 1 WHERE extract(YEAR FROM x) = 2024", "year"),
        ("SELECT 1 WHERE CAST(x AS DATE) = 2024", "cast"),
        ("SELECT 1 FROM t WHERE (a OR b) AND 2024 = Year(x)", "year"),
    ] {
        let expected = (
            Some(function.to_owned()),
            Operator::Equal,
            vec!["2024".to_owned()],
        );
        assert_eq!(tests(text, "x"), [expected], "{text}");
    }
    let both = "SELECT 1 WHERE datediff(t.x, t.y) > 30";
    for column in ["x", "y"] {
        let expected = (
            Some("datediff".to_owned()),
            Operator::Near,
            vec!["30".to_owned()],
        );
        assert_eq!(tests(both, column), [expected]);
    }
}

#[test]
fn names_that_carry_the_same_values_are_one_class() {
    let hints = Hints::read([
        "SELECT a.id AS policy FROM a JOIN b ON a.id = CAST(b.ref AS BIGINT) AND a.day < b.day2",
        "SELECT 1 FROM b JOIN c USING (`code`, kind) WHERE c.holder NOT IN (SELECT DISTINCT owner FROM d)",
        "WITH w AS (SELECT policy AS p FROM a) SELECT sum(x) AS total FROM w AS v",
    ]);
    assert_eq!(hints.class("ref"), hints.class("ID"));
    assert_eq!(hints.class("p"), hints.class("id"));
    assert_eq!(hints.class("holder"), hints.class("owner"));
    assert_ne!(hints.class("day"), hints.class("day2"));
    assert_ne!(hints.class("total"), hints.class("x"));
    assert_ne!(hints.class("w"), hints.class("v"));
    for (column, joined) in [
        ("p", true),
        ("code", true),
        ("kind", true),
        ("owner", true),
        ("day", false),
    ] {
        assert_eq!(hints.is_joined(&hints.class(column)), joined, "{column}");
    }
}

#[test]
fn each_statement_has_its_own_tests_and_text_without_sense_has_none() {
    let hints = Hints::read([
        "SELECT 1 WHERE x = 1; SELECT 2; SELECT 3 WHERE x = 2",
        "= ) IN ( BETWEEN '",
        "x = 'open",
    ]);
    assert_eq!(hints.scopes().len(), 2);
    assert_eq!(hints.tests("x").len(), 2);
    let dates = Hints::read([
        "SELECT 1 WHERE d > '2024-01-01' AND e = TIMESTAMP '2025-01-01 00:00:00' AND f = 2023",
    ]);
    let texts: Vec<String> = dates
        .dates()
        .into_iter()
        .map(crate::runtime::verify::generate::calendar::date_text)
        .collect();
    assert_eq!(texts, ["2025-01-01", "2024-01-01"]);
}
