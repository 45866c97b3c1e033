use super::*;

#[test]
fn tests_are_kept_where_every_useful_row_passes_them() {
    let cases = [
        (
            "SELECT y FROM a WHERE x = 1 AND y IS NOT NULL",
            "db.a.x: x = 1; db.a.y: y IS NOT NULL",
        ),
        ("SELECT y FROM a p WHERE p.x IN (1, 2) OR y = 1", ""),
        ("SELECT y FROM a WHERE x = y", ""),
        // A field of a column is not the column.
        ("SELECT y FROM a WHERE a.s.field = 1", ""),
        ("SELECT y FROM a WHERE s.field = 1", ""),
        // Inner joins and commas: both inputs.
        (
            "SELECT 1 FROM a JOIN b ON a.k = b.k AND z > 1 WHERE y = 2",
            "db.a.y: y = 2; db.b.z: z > 1",
        ),
        (
            "SELECT 1 FROM a, b WHERE y = 2 AND z = 3",
            "db.a.y: y = 2; db.b.z: z = 3",
        ),
        // Outer joins: `ON` for the side that is filled with NULLs, `WHERE` for the other.
        (
            "SELECT 1 FROM a LEFT JOIN b ON a.k = b.k AND z = 1 AND y = 1 WHERE y = 2 AND z = 2",
            "db.a.y: y = 2; db.b.z: z = 1",
        ),
        (
            "SELECT 1 FROM a RIGHT JOIN b ON a.k = b.k AND z = 1 AND y = 1 WHERE y = 2 AND z = 2",
            "db.a.y: y = 1; db.b.z: z = 2",
        ),
        (
            "SELECT 1 FROM a FULL JOIN b ON a.k = b.k AND z = 1 AND y = 1 WHERE y = 2 AND z = 2",
            "",
        ),
        // Semi and anti joins.
        (
            "SELECT 1 FROM a LEFT SEMI JOIN b ON a.k = b.k AND z = 1 AND y = 1 WHERE s = 2",
            "db.a.y: y = 1; db.a.s: s = 2; db.b.z: z = 1",
        ),
        (
            "SELECT 1 FROM a LEFT ANTI JOIN b ON a.k = b.k AND z = 1 AND y = 1 WHERE s = 2",
            "db.a.s: s = 2; db.b.z: z = 1",
        ),
        // An inner join above an outer one.
        (
            "SELECT 1 FROM a LEFT JOIN b ON a.k = b.k JOIN c ON z = 1 AND y = 1 AND w = 1",
            "db.a.y: y = 1; db.c.w: w = 1",
        ),
        (
            "SELECT 1 FROM c LEFT JOIN (a JOIN b ON y = 1 AND z = 1) ON w = a.x AND s = 1",
            "db.a.y: y = 1; db.a.s: s = 1; db.b.z: z = 1",
        ),
        (
            "SELECT 1 FROM c RIGHT JOIN a ON y = 1 AND w = 1 LEFT JOIN b ON z = 1 WHERE w = 2",
            "db.c.w: w = 1; db.b.z: z = 1",
        ),
        // Only what certainly is a column of the table.
        ("SELECT 1 FROM a JOIN b ON a.k = b.k WHERE x = 1", ""),
        ("SELECT 1 FROM f, h WHERE g = 1", ""),
        ("SELECT 1 FROM f WHERE g = 1", "db.f.g: g = 1"),
        (
            "SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND y = 1 AND z = 2)",
            "db.b.z: z = 2",
        ),
        // Not through lateral relations, derived tables or aggregates.
        (
            "SELECT 1 FROM a LATERAL VIEW explode(s) t AS e WHERE a.x = 1",
            "",
        ),
        ("SELECT 1 FROM (SELECT x, y FROM a) q WHERE q.x = 1", ""),
        ("SELECT x FROM a GROUP BY x HAVING x = 1", ""),
        (
            "WITH q AS (SELECT x FROM a WHERE y = 3) SELECT 1 FROM q WHERE x = 1",
            "db.a.y: y = 3",
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(resolved(sql).filters(), expected, "{sql}");
    }
}

#[test]
fn a_filter_knows_its_places() {
    let resolved = resolved("SELECT 1 FROM a p WHERE (p.`Y` BETWEEN 1 AND 2)");
    let filter = &resolved.accesses.accesses[0].reads[0].filters[0];
    assert_eq!(resolved.sources.text(filter.span), "p.`Y` BETWEEN 1 AND 2");
    assert_eq!(resolved.sources.text(filter.reference), "p.`Y`");
    assert_eq!(filter.operator, TestOperator::Between);
    assert_eq!(filter.literals, [LiteralKind::Number, LiteralKind::Number]);
}
