-- Aggregates over one table by the same columns, computed together.

--! trap groups_absent_under_one_filter
-- A group of which a statement keeps no row is none of its groups, though another statement keeps rows of it.
--! row table d.ones (1, 2)
--! row table d.bs (2, 7)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (1, 'a', 6), (2, 'b', 7), (3, 'c', 8) AS v(id, k, n);
--! file 1.sql
--! framed t_groups_1
CREATE TABLE d.ones USING parquet AS SELECT id, count(*) AS c FROM d.t WHERE k = 'a' GROUP BY id;
--! framed t_groups_1
CREATE TABLE d.bs USING parquet AS SELECT id, sum(n) AS s FROM d.t WHERE k = 'b' GROUP BY id;
--! framed t_groups_1
SELECT id, max(n) AS m FROM d.t WHERE k IN ('a', 'zz') GROUP BY id;
--! framed t_groups_1
SELECT id FROM d.t WHERE k = 'c' GROUP BY id;
--! framed t_groups_1
SELECT id, min(k) AS m FROM d.t WHERE k = 'nowhere' GROUP BY id;

--! trap nulls_in_keys_and_tests
-- NULLs are one group; a test that gives NULL keeps no row, under `NOT`, `IN`, `OR` and `<=>` too.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (NULL, 'a', 6), (NULL, NULL, 7), (2, NULL, NULL), (2, 'b', NULL), (3, 'a', NULL), (4, NULL, 1) AS v(id, k, n);
--! file 1.sql
--! framed t_groups_1
SELECT id, count(*) AS c, count(n) AS cn, sum(n) AS s FROM d.t WHERE k = 'a' GROUP BY id;
--! framed t_groups_1
SELECT id, count(*) AS c, count(k) AS ck, sum(n) AS s FROM d.t WHERE NOT k = 'a' GROUP BY id;
--! framed t_groups_1
SELECT id, avg(n) AS s FROM d.t WHERE k NOT IN ('b', 'c') GROUP BY id;
--! framed t_groups_1
SELECT id, count(*) AS c, max(n) AS m FROM d.t WHERE k <=> NULL GROUP BY id;
--! framed t_groups_1
SELECT id, count(*) AS c, min(n) AS m FROM d.t WHERE (n > 5 OR k = 'b') GROUP BY id;
--! framed t_groups_1
SELECT id, count_if(n > 5) AS c, every(n > 5) AS e, any(n > 5) AS a FROM d.t WHERE n IS NULL OR n > 1 GROUP BY id;

--! trap types_of_values
-- Sums, means and extremes have the types, the nullability and the values of the plain run, in what is written too.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, b BYTE, s SMALLINT, i INT, l BIGINT, f FLOAT, g DOUBLE, d DECIMAL(10, 2), w DECIMAL(38, 6), t STRING, y BINARY, z BOOLEAN, a DATE, m TIMESTAMP, r ARRAY<INT>, o STRUCT<x: INT>) USING parquet;
INSERT INTO d.t SELECT id % 3, id, id, id, id * 1000000007, id / 3, id / 7, id / 9, id / 11, concat('t', id), cast(concat('y', id) AS BINARY), id % 2 = 0, date_add(DATE '2024-01-30', cast(id AS INT)), timestamp_seconds(id * 77777), array(cast(id AS INT)), struct(cast(id AS INT)) FROM range(30);
INSERT INTO d.t (id) VALUES (0), (7);
--! file 1.sql
--! framed t_groups_1
CREATE TABLE d.sums USING parquet AS SELECT id, count(*) AS c, sum(b) AS b, sum(s) AS s, sum(i) AS i, sum(l) AS l, sum(d) AS d, sum(w) AS w, try_sum(l) AS tl FROM d.t WHERE i > 4 GROUP BY id;
--! framed t_groups_1
CREATE TABLE d.means USING parquet AS SELECT id, avg(b) AS b, avg(i) AS i, avg(l) AS l, avg(d) AS d, avg(w) AS w, mean(s) AS s FROM d.t WHERE i < 20 GROUP BY id;
--! framed t_groups_1
CREATE TABLE d.least USING parquet AS SELECT id, min(b) AS b, min(f) AS f, min(g) AS g, min(d) AS d, min(t) AS t, min(y) AS y, min(z) AS z, min(a) AS a, min(m) AS m, min(r) AS r, min(o) AS o FROM d.t WHERE t LIKE 't1%' GROUP BY id;
--! framed t_groups_1
CREATE TABLE d.most USING parquet AS SELECT id, max(b) AS b, max(f) AS f, max(g) AS g, max(d) AS d, max(t) AS t, max(y) AS y, max(z) AS z, max(a) AS a, max(m) AS m, max(r) AS r, max(o) AS o FROM d.t WHERE a BETWEEN DATE '2024-02-01' AND DATE '2024-02-20' GROUP BY id;
--! framed t_groups_1
INSERT OVERWRITE DIRECTORY '@folder@/out' USING parquet SELECT id, count(*) AS c, count(i) AS ci, count_if(z) AS cz, bool_and(z) AS z, bool_or(z) AS zo, coalesce(sum(i), 0) AS s, CASE WHEN count(*) > 3 THEN 'many' ELSE 'few' END AS how FROM d.t WHERE m >= TIMESTAMP '1970-01-02 00:00:00' GROUP BY id;
--! framed t_groups_1
CREATE TABLE d.floats USING parquet AS SELECT id, sum(f) AS f, sum(g) AS g, avg(g) AS ag, stddev(g) AS sg, var_pop(l) AS vl, round(variance(f), 3) AS vf FROM d.t GROUP BY id;

--! trap keys_of_every_type
-- Groups by columns of several types come back as they were, with their names in the reader's spelling.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (Id INT, k STRING, d DECIMAL(10, 2), a DATE, z BOOLEAN, m TIMESTAMP, n BIGINT) USING parquet;
INSERT INTO d.t SELECT id % 3, if(id % 4 = 0, NULL, concat('k', id % 2)), (id % 2) / 4, date_add(DATE '2024-01-30', cast(id % 2 AS INT)), id % 2 = 0, timestamp_seconds(id % 2), id FROM range(40);
--! file 1.sql
--! framed t_groups_1
CREATE TABLE d.one USING parquet AS SELECT ID, K AS kind, D, a, Z, m, count(*) AS c FROM d.t WHERE n > 3 GROUP BY a, id, k, d, z, m;
--! framed t_groups_1
CREATE TABLE d.two USING parquet AS SELECT t.d + 1 AS more, upper(t.k) AS k, year(a) AS y, not z AS z, sum(N) AS s FROM d.t GROUP BY t.id, t.k, t.d, t.a, t.z, t.m;
--! framed t_groups_1
SELECT `k`, min(n) AS low FROM d.T AS `x y` WHERE `x y`.n < 30 GROUP BY `x y`.id, k, d, `a`, z, m ORDER BY low, k;

--! trap totals_over_no_rows
-- Without `GROUP BY` there is one row, whatever is kept: counts of 0, sums of NULL. A condition on it may leave out the row.
--! row result 1_2 (0, None, None)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (1, 'b', 6), (2, 'b', 7) AS v(id, k, n);
--! file 1.sql
--! framed t_totals_1
SELECT count(*) AS c, sum(n) AS s, max(k) AS m FROM d.t WHERE n > 5;
--! framed t_totals_1
SELECT count(*) AS c, sum(n) AS s, max(k) AS m FROM d.t WHERE n > 50;
--! framed t_totals_1
SELECT sum(n) AS s FROM d.t WHERE k = 'zz' HAVING count(*) > 0;
--! framed t_totals_1
SELECT avg(n) AS s FROM d.t WHERE k = 'b' HAVING count(*) > 1;
--! framed t_totals_1
SELECT 'none' AS s FROM d.t WHERE k = 'zz' HAVING sum(n) IS NULL;
--! framed t_totals_1
CREATE TABLE d.counted USING parquet AS SELECT count(*) AS c, coalesce(sum(n), 0) AS s FROM d.t WHERE k = 'zz' AND n > 1;

--! trap conditions_on_groups
-- `HAVING` is a condition beside the test that leaves out absent groups, whatever it joins by `OR`; `ORDER BY` an aggregate.
--! aggregates
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (1, 'b', 6), (2, 'b', 7), (3, 'c', 8), (4, 'c', NULL) AS v(id, k, n);
--! file 1.sql
--! framed t_groups_1
SELECT id, sum(n) AS s FROM d.t WHERE k = 'b' GROUP BY id HAVING count(*) > 5 OR id > 0;
--! framed t_groups_1
SELECT id, count(*) AS c FROM d.t WHERE k <> 'b' GROUP BY id HAVING sum(n) IS NULL OR id < 2;
--! framed t_groups_1
SELECT id FROM d.t WHERE n > 4 GROUP BY id HAVING (max(n) > 5) AND NOT min(n) > 7 /* all of it */ ORDER BY id;
--! framed t_groups_1
SELECT id, count(*) AS c FROM d.t WHERE n > 4 GROUP BY id ORDER BY -max(n), id;
--! framed t_groups_1
SELECT id, max(n) AS m FROM d.t GROUP BY id HAVING max(k) = 'c' AND count(n) >= 0 -- no test of rows
ORDER BY m DESC NULLS LAST;
--! raw
--! fails UNRESOLVED_COLUMN.WITH_SUGGESTION
SELECT id FROM d.t WHERE n > 4 GROUP BY id HAVING max(n) > 5 ORDER BY -max(n), id;

--! trap aggregates_of_an_empty_table
-- Without rows there are no groups, and one row of totals.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING, n INT) USING parquet;
--! file 1.sql
--! framed t_groups_1
CREATE TABLE d.a USING parquet AS SELECT id, sum(n) AS s FROM d.t WHERE k = 'b' GROUP BY id;
--! framed t_groups_1
CREATE TABLE d.b USING parquet AS SELECT id, count(*) AS c FROM d.t GROUP BY id;
--! framed t_groups_1
CREATE TABLE d.c USING parquet AS SELECT count(*) AS c, min(k) AS k FROM d.t;
--! framed t_groups_1
CREATE TABLE d.e USING parquet AS SELECT sum(n) AS s FROM d.t WHERE k = 'b';

--! trap aggregates_within_statements
-- Groupings in common table expressions, derived tables, inputs of set operations and subqueries of tests.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (1, 'b', 6), (2, 'b', 7), (3, 'c', 8) AS v(id, k, n);
CREATE TABLE d.u USING parquet AS SELECT * FROM VALUES (1, 'one'), (2, 'two'), (3, 'three'), (4, 'four') AS v(id, name);
--! file 1.sql
--! framed
CREATE TABLE d.joined USING parquet AS
WITH bs AS (SELECT t.id, count(*) AS c, max(t.n) AS m FROM d.t WHERE t.k = 'b' GROUP BY t.id)
SELECT u.name, bs.c, bs.m FROM d.u LEFT JOIN bs ON bs.id = u.id;
--! framed
SELECT u.name, x.s FROM d.u JOIN (SELECT id, sum(n) AS s FROM d.t AS u WHERE u.n > 5 GROUP BY id) AS x ON x.id = u.id;
--! framed
SELECT id, count(*) AS c FROM d.t WHERE k = 'c' GROUP BY id UNION ALL SELECT id, max(n) AS m FROM d.t WHERE k = 'a' GROUP BY id;
--! framed
SELECT name FROM d.u WHERE id IN (SELECT id FROM d.t WHERE k < 'c' GROUP BY id HAVING count(*) > 1);
--! framed
WITH t AS (SELECT id, min(n) AS low FROM d.t GROUP BY id) SELECT max(low) AS h FROM t;

--! trap tests_shared_and_own
-- Tests that all make, in any order and layout; tests of one reader; several readers with the same tests.
--! variable day=2024-02-02
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT cast(id % 5 AS INT) AS id, concat('k', id % 3) AS k, cast(id AS INT) AS n, date_add(DATE '2024-02-01', cast(id % 4 AS INT)) AS day FROM range(60);
--! file 1.sql
--! framed t_groups_1
SELECT id, count(*) AS c FROM d.t WHERE day >= '${day}' AND k = 'k1' AND n BETWEEN 3 AND 40 GROUP BY id;
--! framed t_groups_1
SELECT id, sum(n) AS s FROM d.t x WHERE (n BETWEEN 3 AND 40 AND (x.k = 'k1')) /* the same */ AND DAY >= '${day}' GROUP BY id;
--! framed t_groups_1
SELECT id, count(*) AS c, sum(n * 2) AS s FROM d.t WHERE day >= '${day}' AND (k LIKE '%2' OR n % 7 = 0) GROUP BY id;
--! framed t_groups_1
SELECT id, sum(CASE WHEN k = 'k0' THEN n ELSE 0 END) AS s, sum(if(n > 5, 1, 0)) AS i FROM d.t WHERE day >= '${day}' GROUP BY id;
--! framed t_groups_1
SELECT id, max(length(k) + n) AS s FROM d.t WHERE NOT (k = 'k0' AND n > 9) AND day >= '${day}' AND CASE WHEN n > 2 AND n < 50 THEN true END GROUP BY id;

--! trap columns_called_as_in_the_frame
-- Columns, aliases and values that look like names of a frame's columns.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a1', 5), (1, 'n1', 6), (2, 'n1', 7) AS v(a1, n1, a_2);
--! file 1.sql
--! framed t_groups_1
SELECT a1, count(*) AS n1, sum(a_2) AS a2 FROM d.t WHERE n1 = 'n1' GROUP BY a1;
--! framed t_groups_1
SELECT a1 AS a1, max(n1) AS `a__1` FROM d.t n1 WHERE n1.n1 = 'a1' GROUP BY n1.a1;

--! trap keys_that_differ_though_equal
-- Equal keys of floating point may look different: they are grouped by each statement itself.
--! reason column-type
--! maybe frame
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (0.0D, 'a', 5), (-0.0D, 'b', 6), (double('NaN'), 'b', 7), (double('NaN'), 'a', 7) AS v(g, k, n);
--! file 1.sql
SELECT g, count(*) AS c FROM d.t WHERE k = 'b' GROUP BY g;
SELECT g, sum(n) AS s FROM d.t WHERE k = 'a' GROUP BY g;

--! trap aggregates_of_padded_strings
-- CHAR columns are compared padded and keep their length in what is written.
--! reason column-type
--! maybe frame
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (c CHAR(4), v VARCHAR(4), n INT) USING parquet;
INSERT INTO d.t VALUES ('a', 'a', 1), ('b', 'b ', 2), ('a ', 'b', 3);
--! file 1.sql
SELECT c, count(*) AS k FROM d.t WHERE n > 1 GROUP BY c;
SELECT c, sum(n) AS k FROM d.t WHERE v = 'b' GROUP BY c;

--! trap aggregates_that_fail_under_ansi
-- A sum or a cast that fails on rows that one statement keeps out: under ANSI rules nothing is computed together.
--! reason may-fail
--! maybe frame
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, '7', 9223372036854775807), (1, 'x', 9223372036854775807), (2, '8', 1) AS v(id, k, n);
--! file 1.sql
SET spark.sql.ansi.enabled = true;
SELECT id, sum(n) AS s FROM d.t WHERE k = '8' GROUP BY id;
SELECT id, sum(cast(k AS INT)) AS s FROM d.t WHERE k <> 'x' GROUP BY id;
SELECT id, max(n) AS s FROM d.t GROUP BY id;
SET spark.sql.ansi.enabled = false;

--! trap sums_that_overflow
-- Without ANSI rules a decimal sum that is too large is NULL and a sum of BIGINT wraps around, in each reader's rows alone.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, w DECIMAL(38, 0), n BIGINT, k STRING) USING parquet;
INSERT INTO d.t VALUES (1, 99999999999999999999999999999999999999, 9223372036854775807, 'a'), (1, 99999999999999999999999999999999999999, 9223372036854775807, 'b'), (1, 1, 1, 'c');
--! file 1.sql
--! framed t_groups_1
SELECT id, sum(w) AS w, sum(n) AS n, avg(w) AS aw FROM d.t WHERE k <> 'c' GROUP BY id;
--! framed t_groups_1
SELECT id, sum(w) AS w, sum(n) AS n FROM d.t WHERE k > 'b' GROUP BY id;
--! framed t_groups_1
SELECT id, sum(w) AS w, sum(n) AS n FROM d.t GROUP BY id;

--! trap aggregates_before_and_behind_a_write
-- Each version has groups of its own.
--! row result 1_3 (1, 1)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING) USING parquet PARTITIONED BY (k);
INSERT INTO d.t VALUES (1, 'a'), (1, 'b'), (2, 'b');
--! file 1.sql
--! framed t_groups_1
SELECT id, count(*) AS c FROM d.t WHERE k = 'a' GROUP BY id;
--! framed t_groups_1
SELECT id, max(k) AS c FROM d.t WHERE k >= 'b' GROUP BY id;
INSERT OVERWRITE d.t PARTITION (k = 'a') VALUES (3);
INSERT INTO d.t VALUES (1, 'c');
--! framed t_groups_2
SELECT id, count(*) AS c FROM d.t WHERE k = 'c' GROUP BY id;
--! framed t_groups_2
SELECT id, max(k) AS c FROM d.t WHERE k IN ('a', 'b') GROUP BY id;

--! trap groupings_left_alone
-- Distinct values of an expression, sketches, means by several groupings, and groupings of expressions are computed where they stand.
--! reason aggregate
--! reason grouping
--! reason outputs-unknown
--! maybe frame
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (1, 'b', 6), (1, 'b', 6), (2, 'b', 7) AS v(id, k, n);
--! file 1.sql
SELECT id, count(DISTINCT n + 1) AS c FROM d.t WHERE k = 'b' GROUP BY id;
SELECT id, count(*) FROM d.t WHERE k = 'a' GROUP BY id;
SELECT id + 1 AS i, count(*) AS c FROM d.t WHERE k = 'a' GROUP BY ROLLUP (id + 1);
SELECT id + 1 AS i, sum(n) AS c FROM d.t WHERE k = 'b' GROUP BY ROLLUP (id + 1);
SELECT id, avg(n) AS c FROM d.t WHERE k = 'b' GROUP BY id WITH ROLLUP;
SELECT id, approx_count_distinct(n) AS c FROM d.t WHERE k = 'b' GROUP BY id;

--! trap tests_of_keys_stay_with_readers
-- A test of what is grouped by keeps whole groups, NULL among them, in any form and beside tests of rows.
--! row table d.sevens (7, 2)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (7, 'a', 5), (7, 'a', 6), (7, 'b', 7), (3, 'a', 8), (NULL, 'a', 9), (NULL, NULL, 1), (4, 'c', NULL) AS v(id, k, n);
--! file 1.sql
--! framed t_groups_1
CREATE TABLE d.sevens USING parquet AS SELECT id, count(*) AS c FROM d.t WHERE id = 7 AND k = 'a' GROUP BY id;
--! framed t_groups_1
CREATE TABLE d.nulls USING parquet AS SELECT t.id, sum(n) AS s FROM d.t WHERE t.id IS NULL OR t.id > 3 GROUP BY id HAVING count(*) > 1 OR id = 4;
--! framed t_groups_1
SELECT x.id, max(k) AS m FROM d.t AS x WHERE NOT (x.id <=> 7) /* the others */ AND (k LIKE 'a%' AND x.`id` IN (3, 4, 7) OR x.id < 0) GROUP BY x.id;
--! framed t_groups_1
SELECT id, min(n) AS m FROM d.t WHERE id BETWEEN 3 AND 7 AND id <> 4 AND k IS NOT NULL GROUP BY id HAVING min(n) > 4;
--! framed t_groups_1
SELECT id FROM d.t WHERE CASE WHEN id > 3 THEN true END AND coalesce(id, 0) + 1 > 2 GROUP BY id;
--! framed t_groups_1
SELECT id, count(k) AS c FROM d.t WHERE id = 99 GROUP BY id;

--! trap groups_grouped_again
-- Fewer columns: numbers of rows are added and 0 where there are none, sums keep their types, groups absent stay absent.
--! row table d.total (9, 3, 0)
--! row result 1_2 (0, None, None, None)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING, z BOOLEAN, b BYTE, i INT, l BIGINT, d DECIMAL(10, 2), w DECIMAL(28, 3), a DATE, m TIMESTAMP) USING parquet;
INSERT INTO d.t SELECT id % 3, if(id % 4 = 0, NULL, concat('k', id % 2)), id % 5 = 0, id, id, id * 1000000007, id / 7, id / 11, date_add(DATE '2024-01-30', cast(id AS INT)), timestamp_seconds(id * 77777) FROM range(9);
--! file 1.sql
--! framed t_groups_1
CREATE TABLE d.fine USING parquet AS SELECT id, k, count(*) AS c, sum(l) AS l, max(a) AS a FROM d.t WHERE i > 2 GROUP BY id, k;
--! framed t_groups_1
CREATE TABLE d.by_id USING parquet AS SELECT id, count(*) AS c, count(k) AS ck, sum(b) AS b, sum(i) AS i, sum(l) AS l, sum(d) AS d, sum(w) AS w FROM d.t WHERE i > 2 GROUP BY id;
--! framed t_groups_1
CREATE TABLE d.by_k USING parquet AS SELECT k, min(d) AS d, max(w) AS w, min(a) AS a, max(m) AS m, min(k) AS least, max(z) AS z, any(z) AS az, every(z) AS ez, bool_or(i > 5) AS o, count_if(z) AS cz FROM d.t WHERE i < 7 AND id <> 1 GROUP BY k;
--! framed t_groups_1
CREATE TABLE d.total USING parquet AS SELECT count(*) AS c, max(i) - 5 AS m, count(k) - count(k) AS s FROM d.t WHERE i >= 0 OR z;
--! framed t_groups_1
SELECT id, sum(i) / count(*) AS mean, CASE WHEN count_if(z) > 0 THEN 'some' ELSE 'none' END AS how FROM d.t WHERE l > 3 GROUP BY id HAVING sum(d) > 0.5 AND count(*) < 9 ORDER BY id DESC;
--! framed t_groups_1
SELECT count(*) AS c, sum(i) AS i, sum(d) AS d, max(k) AS k FROM d.t WHERE i > 100;
--! framed t_groups_1
SELECT max(k) AS k FROM d.t WHERE i > 100 HAVING count(*) > 0;
--! framed t_groups_1
SELECT k FROM d.t WHERE id = 2 AND i > 4 GROUP BY k;
--! framed t_groups_1
INSERT OVERWRITE DIRECTORY '@folder@/again' USING parquet SELECT id, count(*) AS c, sum(d) AS d FROM d.t GROUP BY id ORDER BY count(*) DESC, sum(i) * 0, id;

--! trap numbers_of_cases_grouped_again
-- Sums of numbers that a `CASE` gives keep their type and their NULLs.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT cast(id % 3 AS INT) AS id, nullif(concat('k', id % 4), 'k2') AS k, cast(nullif(id % 5, 3) AS INT) AS n FROM range(40);
--! file 1.sql
--! framed t_groups_1
CREATE TABLE d.fine USING parquet AS SELECT id, k, sum(CASE WHEN n > 2 THEN 1 ELSE 0 END) AS c FROM d.t WHERE n > 0 GROUP BY id, k;
--! framed t_groups_1
CREATE TABLE d.by_id USING parquet AS SELECT id, sum(CASE WHEN n > 2 THEN 1 ELSE 0 END) AS c, sum(CASE k WHEN 'k0' THEN 999999999 WHEN 'k1' THEN 7 END) AS s FROM d.t WHERE n > 0 GROUP BY id;
--! framed t_groups_1
CREATE TABLE d.total USING parquet AS SELECT sum(CASE WHEN k = 'nowhere' THEN 3 END) AS none, sum(CASE WHEN CASE WHEN n > 2 THEN 'x' END = 'x' THEN 2 ELSE 1 END) / count(*) AS mean FROM d.t;

--! trap groups_that_cannot_be_grouped_again
-- Means, deviations, sums of floating point and values seen once are not those of smaller groups.
--! reason finer-groups
--! maybe frame
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT cast(id % 3 AS INT) AS id, concat('k', id % 2) AS k, id * 4611686018427387904 AS n, cast(id / 7 AS DECIMAL(10, 2)) AS d, cast(id / 3 AS DECIMAL(38, 3)) AS w, id / 7D AS g FROM range(40);
--! file 1.sql
SELECT id, k, count(*) AS c FROM d.t GROUP BY id, k;
SELECT id, avg(n) AS a FROM d.t GROUP BY id;
SELECT id, avg(d) AS a, sum(w) AS w FROM d.t GROUP BY id;
SELECT k, sum(g) AS a, min(g) AS l FROM d.t GROUP BY k;
SELECT k, sum(CASE WHEN g > 1 THEN 0.1 ELSE 2 END) AS c FROM d.t GROUP BY k;
SELECT k, count(DISTINCT n) AS c, try_sum(n) AS t FROM d.t GROUP BY k;
SELECT stddev(n) AS s FROM d.t;

--! trap sums_beside_distinct_values
-- Spark groups twice for distinct values, and so adds floating point up in another order.
--! reason summation-order
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT concat('k', id % 2) AS k, id % 7 AS n, id / 7D AS g FROM range(400);
--! file 1.sql
--! framed t_1 t_groups_1
SELECT k, sum(g) AS s FROM d.t GROUP BY k;
--! framed t_1 t_groups_1
SELECT k, avg(g) AS a, max(n) AS m FROM d.t GROUP BY k;
--! framed t_1 t_groups_1
SELECT k, stddev(n) AS s, count(*) AS c FROM d.t GROUP BY k;
SELECT k, count(DISTINCT n) AS c, sum(g) AS s FROM d.t GROUP BY k;

--! trap sums_of_sums_that_overflow
-- BIGINT wraps around in any order of additions; decimals of more than 28 digits are left alone.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING, n BIGINT, w DECIMAL(28, 0)) USING parquet;
INSERT INTO d.t VALUES (1, 'a', 9223372036854775807, 9999999999999999999999999999), (1, 'b', 9223372036854775807, 9999999999999999999999999999), (1, 'b', 5, -1), (2, 'a', -9223372036854775808, NULL), (2, 'b', -1, 9999999999999999999999999999);
--! file 1.sql
--! framed t_groups_1
SELECT id, k, sum(n) AS n, sum(w) AS w FROM d.t GROUP BY id, k;
--! framed t_groups_1
CREATE TABLE d.a USING parquet AS SELECT id, sum(n) AS n, sum(w) AS w FROM d.t GROUP BY id;
--! framed t_groups_1
CREATE TABLE d.b USING parquet AS SELECT sum(n) AS n, sum(w) AS w, sum(w) / 3 AS third FROM d.t WHERE n <> 5;

--! trap several_groupings
-- `ROLLUP`, `CUBE` and `GROUPING SETS` over groups: subtotals, NULL keys beside them, and which grouping a row is of.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT cast(nullif(id % 4, 3) AS INT) AS id, nullif(concat('k', id % 3), 'k1') AS k, cast(id AS INT) AS n, cast(id / 7 AS DECIMAL(9, 3)) AS d FROM range(30);
--! file 1.sql
--! framed t_groups_1
CREATE TABLE d.fine USING parquet AS SELECT id, k, count(*) AS c, sum(n) AS s FROM d.t WHERE n > 4 GROUP BY id, k;
--! framed t_groups_1
CREATE TABLE d.rolled USING parquet AS SELECT id, k, count(*) AS c, sum(d) AS d, grouping(id) AS gi, grouping_id() AS g FROM d.t WHERE n > 4 GROUP BY id, k WITH ROLLUP;
--! framed t_groups_1
CREATE TABLE d.cubed USING parquet AS SELECT t.id, t.k, max(t.n) AS m, min(t.k) AS l, sum(t.id) AS si FROM d.t WHERE t.id > 0 OR t.k = 'k0' GROUP BY CUBE (t.id, t.k) HAVING count(*) > 2;
--! framed t_groups_1
CREATE TABLE d.sets USING parquet AS SELECT k, id, count(n) AS c, grouping_id(k, id) AS g FROM d.t WHERE n < 25 GROUP BY GROUPING SETS ((k, id), (id), ());
--! framed t_groups_1
SELECT k, count(*) AS c FROM d.t WHERE n > 8 AND k <> 'k2' GROUP BY ROLLUP (k) ORDER BY c DESC, k NULLS LAST;
--! framed t_groups_1
SELECT id, k, sum(n) AS s FROM d.t WHERE n > 99 GROUP BY id, k GROUPING SETS ((id), ());
--! framed t_groups_1
SELECT id, k, sum(n) AS s FROM d.t GROUP BY id, ROLLUP (k);

--! trap values_seen_once
-- `DISTINCT` in aggregates, several of them at once, over the rows of each reader and with NULLs.
--! aggregates
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT cast(id % 3 AS INT) AS id, nullif(concat('k', id % 5), 'k3') AS k, cast(nullif(id % 7, 2) AS INT) AS n, cast(id % 4 AS DECIMAL(10, 2)) AS d, id % 2 AS l FROM range(60);
INSERT INTO d.t VALUES (9, NULL, NULL, NULL, NULL);
--! file 1.sql
--! framed t_groups_1
CREATE TABLE d.a USING parquet AS SELECT id, count(DISTINCT n) AS c, sum(DISTINCT d) AS s, count(*) AS r FROM d.t WHERE k = 'k1' OR k IS NULL GROUP BY id;
--! framed t_groups_1
CREATE TABLE d.b USING parquet AS SELECT id, count(distinct n, k) AS c, avg(DISTINCT d) AS a, max(DISTINCT t.k) AS m FROM d.t WHERE n > 2 GROUP BY id HAVING count(DISTINCT n) > 1;
--! framed t_groups_1
CREATE TABLE d.c USING parquet AS SELECT id, sum(DISTINCT l) AS s, avg(distinct d) AS a, min(DISTINCT n) AS m, count(n) AS n FROM d.t GROUP BY id;
--! framed t_groups_1
SELECT id, count(DISTINCT n) AS c FROM d.t WHERE k = 'nowhere' GROUP BY id;
