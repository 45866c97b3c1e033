//! Covering aggregates.

use super::{emitted, shown};

#[test]
fn aggregates_over_one_table_by_the_same_columns_are_computed_together() {
    insta::assert_snapshot!(emitted(&[
        "INSERT INTO m.copy SELECT id, count(*) AS n, max(p.day) AS last -- of the old\n FROM policies p WHERE p.year > 1 AND p.status = 'a' GROUP BY id HAVING count(*) > 1",
        "SELECT `policies`.ID, coalesce(sum(premium), 0) / Count( * ) AS mean FROM m.policies WHERE (status = 'a') AND (year < 0 OR premium > 7) GROUP BY policies.ID ORDER BY max(premium)",
        "SELECT x.n1 FROM (SELECT policies.id, count(*) n1 FROM policies WHERE status = 'a' GROUP BY id HAVING id > 3) x",
    ]), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_policies_groups_1 AS SELECT * FROM (SELECT `Id`, count(*) FILTER (WHERE `year` > 1) AS `a_1`, max(`day`) FILTER (WHERE `year` > 1) AS `a_2`, count_if(`year` > 1) AS `n_1`, sum(`premium`) FILTER (WHERE (`year` < 0 OR `premium` > 7)) AS `a_3`, Count( * ) FILTER (WHERE (`year` < 0 OR `premium` > 7)) AS `a_4`, max(`premium`) FILTER (WHERE (`year` < 0 OR `premium` > 7)) AS `a_5`, count_if((`year` < 0 OR `premium` > 7)) AS `n_2`, count(*) AS `a_6` FROM `m`.`policies` WHERE `status` = 'a' GROUP BY `Id`) WHERE '{ns}' IS NOT NULL
    CACHE TABLE {ns}_policies_groups_1 OPTIONS ('storageLevel' 'MEMORY_AND_DISK')
    INSERT INTO m.copy SELECT id, a_1 AS n, a_2 AS last -- of the old
     FROM {ns}_policies_groups_1 AS p WHERE n_1 > 0 AND ( a_1 > 1)
    SELECT `policies`.ID, coalesce(a_3, 0) / a_4 AS mean FROM {ns}_policies_groups_1 AS policies WHERE n_2 > 0 ORDER BY a_5
    SELECT x.n1 FROM (SELECT policies.id, a_6 n1 FROM {ns}_policies_groups_1 AS policies WHERE id > 3) x
    UNCACHE TABLE IF EXISTS {ns}_policies_groups_1
    DROP VIEW IF EXISTS {ns}_policies_groups_1
    ");
    insta::assert_snapshot!(emitted(&[
        "SELECT count(*) AS n FROM policies WHERE year > 1",
        "SELECT sum(premium) AS s FROM policies WHERE year > 1 AND status LIKE 'a%' HAVING count(*) > 1",
    ]), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_policies_totals_1 AS SELECT * FROM (SELECT count(*) AS `a1`, sum(`premium`) FILTER (WHERE `status` LIKE 'a%') AS `a2`, count(*) FILTER (WHERE `status` LIKE 'a%') AS `a3` FROM `m`.`policies` WHERE `year` > 1) WHERE '{ns}' IS NOT NULL
    CACHE TABLE {ns}_policies_totals_1 OPTIONS ('storageLevel' 'MEMORY_AND_DISK')
    SELECT a1 AS n FROM {ns}_policies_totals_1 AS policies
    SELECT a2 AS s FROM {ns}_policies_totals_1 AS policies WHERE a3 > 1
    UNCACHE TABLE IF EXISTS {ns}_policies_totals_1
    DROP VIEW IF EXISTS {ns}_policies_totals_1
    ");
}

#[test]
fn what_cannot_be_computed_over_several_rows_at_once_is_refused() {
    let other = "SELECT id, count(*) AS n FROM policies WHERE year > 1 GROUP BY id";
    let refused = |text: &str| {
        let found = shown(&[other, text]);
        let reasons = found
            .lines()
            .filter(|line| !line.starts_with("covering ") && !line.starts_with("single-reader:"));
        reasons.collect::<Vec<_>>().join("\n")
    };
    let texts = [
        "SELECT id, count(*) FROM policies GROUP BY id",
        "SELECT id, count(DISTINCT year + 1) AS n FROM policies GROUP BY id",
        "SELECT id, stddev(DISTINCT year) AS n FROM policies GROUP BY id",
        "SELECT id, count(*) FILTER (WHERE year > 2) AS n FROM policies GROUP BY id",
        "SELECT id, percentile(year, 0.5) AS n FROM policies GROUP BY id",
        "SELECT id, first(year) AS n FROM policies GROUP BY id",
        "SELECT id, max(year) AS n, row_number() OVER (ORDER BY id) AS r FROM policies GROUP BY id",
        "SELECT DISTINCT id, max(year) AS n FROM policies GROUP BY id",
        "SELECT id, max(year) AS year FROM policies GROUP BY id HAVING max(year) > 1",
        "SELECT id, max(year) AS y FROM policies GROUP BY id HAVING y > 1",
        "SELECT id, max(year) AS y FROM policies GROUP BY id HAVING min(year) > 1 ORDER BY max(year)",
        "SELECT id, max(year) AS y FROM policies WHERE year IN (SELECT a FROM copy) GROUP BY id",
        "SELECT id, max(year) AS y, y + 1 AS z FROM policies GROUP BY id",
        "SELECT id, max(year + rand()) AS y FROM policies GROUP BY id",
        "SELECT id, max(year) AS y FROM policies WHERE day > current_date() GROUP BY id",
        "SELECT id, max(year) AS y FROM policies WHERE status RLIKE 'a(' GROUP BY id",
    ];
    let lines: Vec<String> = texts.iter().map(|text| refused(text)).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    outputs-unknown: the output column `count(*)` has no name of its own
    aggregate: `count` cannot be computed over the rows of several places at once
    aggregate: `stddev` cannot be computed over the rows of several places at once
    aggregate: `count` cannot be computed over the rows of several places at once
    aggregate: `percentile` cannot be computed over the rows of several places at once
    order-sensitive: the statement uses `first`, whose result depends on the order of rows
    order-sensitive: the statement uses `first`, whose result depends on the order of rows
    order-sensitive: the statement uses `row_number`, whose result depends on the order of rows
    order-sensitive: the statement uses `row_number`, whose result depends on the order of rows
    block-shape: it is more than `SELECT … FROM table WHERE … GROUP BY … HAVING …`
    ambiguous-alias: `year` is named in `HAVING` or `ORDER BY` and is an output column as well
    ambiguous-alias: `y` is named in `HAVING` or `ORDER BY` and is an output column as well
    aggregate: `max(year)` cannot be computed over the rows of several places at once
    nested-query: it holds a subquery in an expression
    grouping: `y` is no column that it groups by
    non-deterministic: it uses `rand`, which gives other values at each evaluation
    non-deterministic: it uses `current_date`, which gives other values at each evaluation
    may-fail: it uses `an operator that may fail`, which may fail on rows that the tests of one reader keep from it and those of another do not
    ");
    // These group by something else.
    let twice = |text: &str| shown(&[text, text]);
    let texts = [
        "SELECT year + 1 AS y, count(*) AS n FROM policies GROUP BY year + 1",
        "SELECT id, count(*) AS n FROM policies GROUP BY id + 1, ROLLUP (id)",
        "SELECT id, avg(year) AS n FROM policies GROUP BY CUBE (id, year)",
        "SELECT id, count(*) AS n FROM policies GROUP BY 1",
        "SELECT paid, count(*) AS n FROM claims GROUP BY paid",
    ];
    let lines: Vec<String> = texts.iter().map(|text| twice(text)).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    covering year where  for [0, 1]
    subquery y,n for [0, 1]
    grouping: it groups by `year + 1`, which is no plain column of its table

    covering Id where  for [0, 1]
    subquery id,n for [0, 1]
    grouping: it groups by `id + 1`, which is no plain column of its table

    covering Id,year where  for [0, 1]
    subquery id,n for [0, 1]
    finer-groups: `avg(year)` cannot be computed from its values over smaller groups with the same type and value

    covering Id where  for [0, 1]
    subquery id,n for [0, 1]
    grouping: it groups by `1`, which is no plain column of its table

    covering paid where  for [0, 1]
    subquery paid,n for [0, 1]
    column-type: `paid` has the type `double`
    ");
}

#[test]
fn tests_of_columns_grouped_by_stay_with_their_reader() {
    insta::assert_snapshot!(emitted(&[
        "SELECT id, sum(year) AS s FROM policies WHERE id BETWEEN 3 AND 5 AND status = 'a' GROUP BY id",
        "SELECT p.id, sum(year) AS s FROM policies p WHERE (p.ID = 7 OR p.id < 2) AND status = 'a' GROUP BY id HAVING count(*) > 1",
        "SELECT id, max(day) AS m FROM policies WHERE id > 1 GROUP BY id",
    ]), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_policies_groups_1 AS SELECT * FROM (SELECT `Id`, sum(`year`) FILTER (WHERE `status` = 'a') AS `a1`, count_if(`status` = 'a') AS `n1`, count(*) FILTER (WHERE `status` = 'a') AS `a2`, max(`day`) AS `a3` FROM `m`.`policies` WHERE (`Id` BETWEEN 3 AND 5 AND `status` = 'a') OR ((`Id` = 7 OR `Id` < 2) AND `status` = 'a') OR `Id` > 1 GROUP BY `Id`) WHERE '{ns}' IS NOT NULL
    CACHE TABLE {ns}_policies_groups_1 OPTIONS ('storageLevel' 'MEMORY_AND_DISK')
    SELECT id, a1 AS s FROM {ns}_policies_groups_1 AS policies WHERE id BETWEEN 3 AND 5 AND n1 > 0
    SELECT p.id, a1 AS s FROM {ns}_policies_groups_1 AS p WHERE (p.ID = 7 OR p.id < 2) AND n1 > 0 AND ( a2 > 1)
    SELECT id, a3 AS m FROM {ns}_policies_groups_1 AS policies WHERE id > 1
    UNCACHE TABLE IF EXISTS {ns}_policies_groups_1
    DROP VIEW IF EXISTS {ns}_policies_groups_1
    ");
}

#[test]
fn groups_are_grouped_again_by_fewer_columns() {
    insta::assert_snapshot!(emitted(&[
        "SELECT id, status, count(*) AS n, sum(year) AS s, max(status) AS m FROM policies WHERE year > 1 GROUP BY id, status",
        "SELECT status, Count(*) / 2 AS n, sum(year) AS s FROM policies WHERE year > 1 AND id = 7 GROUP BY status HAVING sum(year) > 3 ORDER BY status",
        "SELECT max(status) AS m, min(id) AS i, every(year > 3) AS e FROM policies WHERE day > '2024-01-01'",
        "SELECT id, status, count_if(year > 5) AS n, grouping(id) AS g FROM policies GROUP BY ROLLUP (id, status) ORDER BY grouping_id()",
    ]), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_policies_groups_1 AS SELECT * FROM (SELECT `Id`, `status`, count(*) FILTER (WHERE `year` > 1) AS `a1`, sum(`year`) FILTER (WHERE `year` > 1) AS `a2`, max(`status`) FILTER (WHERE `year` > 1) AS `a3`, count_if(`year` > 1) AS `n1`, max(`status`) FILTER (WHERE `day` > '2024-01-01') AS `a4`, min(`Id`) FILTER (WHERE `day` > '2024-01-01') AS `a5`, every(`year` > 3) FILTER (WHERE `day` > '2024-01-01') AS `a6`, count_if(`day` > '2024-01-01') AS `n2`, count_if(`year` > 5) AS `a7` FROM `m`.`policies` GROUP BY `Id`, `status`) WHERE '{ns}' IS NOT NULL
    CACHE TABLE {ns}_policies_groups_1 OPTIONS ('storageLevel' 'MEMORY_AND_DISK')
    CREATE OR REPLACE TEMPORARY VIEW {ns}_subquery_1 AS SELECT * FROM (SELECT id, status, a1 AS n, a2 AS s, a3 AS m FROM {ns}_policies_groups_1 AS policies WHERE n1 > 0) WHERE '{ns}' IS NOT NULL
    CACHE TABLE {ns}_subquery_1 OPTIONS ('storageLevel' 'MEMORY_AND_DISK')
    SELECT `id`, `status`, `n`, `s`, `m` FROM {ns}_subquery_1
    SELECT status, coalesce(sum(a1), 0) / 2 AS n, sum(a2) AS s FROM {ns}_policies_groups_1 AS policies WHERE id = 7 AND n1 > 0 GROUP BY status HAVING sum(a2) > 3 ORDER BY status
    SELECT max(a4) AS m, min(a5) AS i, every(a6) AS e FROM {ns}_policies_groups_1 AS policies WHERE n2 > 0
    SELECT id, status, coalesce(sum(a7), 0) AS n, grouping(id) AS g FROM {ns}_policies_groups_1 AS policies GROUP BY ROLLUP (id, status) ORDER BY grouping_id()
    UNCACHE TABLE IF EXISTS {ns}_subquery_1
    UNCACHE TABLE IF EXISTS {ns}_policies_groups_1
    DROP VIEW IF EXISTS {ns}_subquery_1
    DROP VIEW IF EXISTS {ns}_policies_groups_1
    ");
    let refused = |text: &str| {
        let finer = "SELECT id, year, count(*) AS n FROM policies GROUP BY id, year";
        let found = shown(&[finer, text]);
        let reasons = found.lines().filter(|line| !line.starts_with("covering "));
        reasons.collect::<Vec<_>>().join("\n")
    };
    let texts = [
        "SELECT id, avg(year) AS a FROM policies GROUP BY id",
        "SELECT id, try_sum(year) AS a FROM policies GROUP BY id",
        "SELECT id, sum(year + 1) AS a FROM policies GROUP BY id",
        "SELECT id, sum(premium) AS a FROM policies GROUP BY id",
        "SELECT id, sum(CASE WHEN year > 1 THEN 1 ELSE 0.5 END) AS a FROM policies GROUP BY id",
        "SELECT id, sum(CASE WHEN year > 1 THEN 1 ELSE 0 - 1 END) AS a FROM policies GROUP BY id",
        "SELECT id, sum(CASE WHEN year > 1 THEN 1 END + CASE WHEN year > 2 THEN 1 END) AS a FROM policies GROUP BY id",
        "SELECT id, sum(CASE year WHEN 1 THEN 1L WHEN 2 THEN 12345678901 END) AS a FROM policies GROUP BY id",
        "SELECT id, count(DISTINCT year) AS a FROM policies GROUP BY id",
        "SELECT id, stddev(year) AS a FROM policies GROUP BY id WITH CUBE",
    ];
    let lines: Vec<String> = texts.iter().map(|text| refused(text)).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    single-reader: one place is left: there is nothing to share
    finer-groups: `avg(year)` cannot be computed from its values over smaller groups with the same type and value
    single-reader: one place is left: there is nothing to share
    finer-groups: `try_sum(year)` cannot be computed from its values over smaller groups with the same type and value
    single-reader: one place is left: there is nothing to share
    finer-groups: `sum(year + 1)` cannot be computed from its values over smaller groups with the same type and value
    aggregate a1: count(*), a2: sum([premium]) by Id,year where  &  for [0, 1]
    single-reader: one place is left: there is nothing to share
    finer-groups: `sum(CASE WHEN year > 1 THEN 1 ELSE 0.5 END)` cannot be computed from its values over smaller groups with the same type and value
    single-reader: one place is left: there is nothing to share
    finer-groups: `sum(CASE WHEN year > 1 THEN 1 ELSE 0 - 1 END)` cannot be computed from its values over smaller groups with the same type and value
    single-reader: one place is left: there is nothing to share
    finer-groups: `sum(CASE WHEN year > 1 THEN 1 END + CASE WHEN year > 2 THEN 1 END)` cannot be computed from its values over smaller groups with the same type and value
    single-reader: one place is left: there is nothing to share
    finer-groups: `sum(CASE year WHEN 1 THEN 1L WHEN 2 THEN 12345678901 END)` cannot be computed from its values over smaller groups with the same type and value
    single-reader: one place is left: there is nothing to share
    finer-groups: `count(DISTINCT year)` cannot be computed from its values over smaller groups with the same type and value
    single-reader: one place is left: there is nothing to share
    finer-groups: `stddev(year)` cannot be computed from its values over smaller groups with the same type and value
    ");
}

#[test]
fn numbers_that_cases_give_are_added_again() {
    insta::assert_snapshot!(emitted(&[
        "SELECT id, year, count(*) AS n FROM policies GROUP BY id, year",
        "SELECT id, sum(CASE WHEN year > 1 THEN 1 ELSE 0 END) AS a FROM policies GROUP BY id",
        "SELECT sum(case year when 1 then 5 when 2 then 7 end) AS a, sum(CASE WHEN CASE WHEN status = 'a' THEN 'x' END = ('y') THEN 3 END) AS b FROM policies",
    ]), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_subquery_1 AS SELECT * FROM (SELECT id, year, count(*) AS n FROM policies GROUP BY id, year) WHERE '{ns}' IS NOT NULL
    CACHE TABLE {ns}_subquery_1 OPTIONS ('storageLevel' 'MEMORY_AND_DISK')
    SELECT `id`, `year`, `n` FROM {ns}_subquery_1
    CREATE OR REPLACE TEMPORARY VIEW {ns}_policies_groups_1 AS SELECT * FROM (SELECT `Id`, sum(CASE WHEN `year` > 1 THEN 1 ELSE 0 END) AS `a1`, sum(case `year` when 1 then 5 when 2 then 7 end) AS `a2`, sum(CASE WHEN CASE WHEN `status` = 'a' THEN 'x' END = ('y') THEN 3 END) AS `a3` FROM `m`.`policies` GROUP BY `Id`) WHERE '{ns}' IS NOT NULL
    CACHE TABLE {ns}_policies_groups_1 OPTIONS ('storageLevel' 'MEMORY_AND_DISK')
    SELECT id, a1 AS a FROM {ns}_policies_groups_1 AS policies
    SELECT sum(a2) AS a, sum(a3) AS b FROM {ns}_policies_groups_1 AS policies
    UNCACHE TABLE IF EXISTS {ns}_subquery_1
    UNCACHE TABLE IF EXISTS {ns}_policies_groups_1
    DROP VIEW IF EXISTS {ns}_policies_groups_1
    DROP VIEW IF EXISTS {ns}_subquery_1
    ");
}

#[test]
fn groups_are_made_of_those_by_all_of_the_columns() {
    // Those by both columns cannot be computed together with others, so the other two have nothing in common.
    insta::assert_snapshot!(shown(&[
        "SELECT id, status, avg(year) AS a FROM policies GROUP BY id, status WITH ROLLUP",
        "SELECT id, count(*) AS n FROM policies GROUP BY id",
        "SELECT status, count(*) AS n FROM policies GROUP BY status",
    ]), @"
    covering Id,year,status where  for [0, 1, 2]
    covering Id,year,status where  for [0, 1]
    finer-groups: `avg(year)` cannot be computed from its values over smaller groups with the same type and value
    ");
}

#[test]
fn values_that_are_seen_once_are_those_of_columns() {
    insta::assert_snapshot!(emitted(&[
        "SELECT id, count(DISTINCT year, status) AS n FROM policies WHERE day > '2024' GROUP BY id",
        "SELECT id, sum(distinct p.year) AS s FROM policies p WHERE status = 'a' GROUP BY id",
    ]), @"
    CREATE OR REPLACE TEMPORARY VIEW {ns}_policies_groups_1 AS SELECT * FROM (SELECT `Id`, count(DISTINCT `year`, `status`) FILTER (WHERE `day` > '2024') AS `a1`, count_if(`day` > '2024') AS `n1`, sum(distinct `year`) FILTER (WHERE `status` = 'a') AS `a2`, count_if(`status` = 'a') AS `n2` FROM `m`.`policies` WHERE `day` > '2024' OR `status` = 'a' GROUP BY `Id`) WHERE '{ns}' IS NOT NULL
    CACHE TABLE {ns}_policies_groups_1 OPTIONS ('storageLevel' 'MEMORY_AND_DISK')
    SELECT id, a1 AS n FROM {ns}_policies_groups_1 AS policies WHERE n1 > 0
    SELECT id, a2 AS s FROM {ns}_policies_groups_1 AS p WHERE n2 > 0
    UNCACHE TABLE IF EXISTS {ns}_policies_groups_1
    DROP VIEW IF EXISTS {ns}_policies_groups_1
    ");
}
