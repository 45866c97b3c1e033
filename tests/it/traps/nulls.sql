-- Three-valued logic, outer joins, odd floating-point values.

--! trap not_in_with_null
-- NOT IN gives no row as soon as the other side has a NULL, which no frame may leave out.
--! row result 1_3 (0,)
--! row result 1_4 (1,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), (3, NULL) AS v(id, k);
CREATE TABLE d.u USING parquet AS SELECT * FROM VALUES ('b', 1), (NULL, 2) AS v(k, n);
--! file 1.sql
--! framed u_1
SELECT n FROM d.u WHERE k = 'b';
--! framed u_1
SELECT k FROM d.u WHERE n = 1;
--! framed
SELECT count(*) FROM d.t WHERE k NOT IN (SELECT k FROM d.u);
--! framed
SELECT count(*) FROM d.t WHERE k NOT IN (SELECT k FROM d.u WHERE k IS NOT NULL);

--! trap outer_join_filters
-- A test in ON keeps unmatched rows, the same test in WHERE drops them.
--! row result 1_1 (1, None)
--! row result 1_3 (1, None)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), (3, NULL) AS v(id, k);
CREATE TABLE d.u USING parquet AS SELECT * FROM VALUES (1, 10), (2, 20), (4, NULL) AS v(id, n);
--! file 1.sql
--! framed t_1 u_1
SELECT t.id, u.n FROM d.t LEFT JOIN d.u ON t.id = u.id AND u.n > 15;
--! framed t_1 u_1
SELECT t.id, u.n FROM d.t LEFT JOIN d.u ON t.id = u.id WHERE u.n > 15;
--! framed t_1 u_1
SELECT t.id, u.n FROM d.t LEFT JOIN d.u ON t.id = u.id AND t.k = 'b';
--! framed t_1 u_1
SELECT t.id, u.n FROM d.u RIGHT JOIN d.t ON t.id = u.id AND t.id > 1 AND u.n > 15;
--! framed t_1 u_1
SELECT t.id, u.n FROM d.t FULL JOIN d.u ON t.id = u.id AND u.n > 15 AND t.id > 1;

--! trap filter_on_the_nullable_side
-- IS NULL on the side that an outer join fills asks for rows that are not there.
--! row result 1_1 (3,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), (3, NULL) AS v(id, k);
CREATE TABLE d.u USING parquet AS SELECT * FROM VALUES (1, 10), (2, NULL), (4, 40) AS v(id, n);
--! file 1.sql
--! framed
SELECT t.id FROM d.t LEFT JOIN d.u ON t.id = u.id WHERE u.id IS NULL;
--! framed
SELECT t.id FROM d.t LEFT JOIN d.u ON t.id = u.id WHERE u.n IS NULL;
--! framed
SELECT t.id FROM d.t LEFT JOIN d.u ON t.id = u.id WHERE coalesce(u.n, 0) < 15;
--! framed
SELECT id FROM d.u WHERE n > 15;
--! framed
SELECT t.id FROM d.t LEFT ANTI JOIN d.u ON t.id = u.id AND u.n > 5;
--! framed
SELECT t.id FROM d.t LEFT SEMI JOIN d.u ON t.id = u.id AND u.n > 5;

--! trap tests_that_null_passes
-- A hull of tests must keep the rows for which a reader's test is true, NULLs included.
--! row result 1_3 (3,)
--! row result 1_4 (3,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), (3, NULL) AS v(id, k);
--! file 1.sql
--! framed
SELECT id FROM d.t WHERE k = 'a';
--! framed
SELECT id FROM d.t WHERE k <> 'a';
--! framed
SELECT id FROM d.t WHERE k IS NULL;
--! framed
SELECT id FROM d.t WHERE NOT (k <=> 'a') AND id > 2;
--! framed
SELECT id FROM d.t WHERE NOT (k = 'a');
--! framed
SELECT id FROM d.t WHERE k IN ('a', NULL);
--! framed
SELECT id FROM d.t WHERE k NOT IN ('a');

--! trap hull_with_null_literals
-- Tests against NULL are never true, and their hull keeps nothing for them but everything for the others.
--! row result 1_2 (1,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), (3, NULL) AS v(id, k);
--! file 1.sql
SELECT id FROM d.t WHERE k = NULL;
SELECT id FROM d.t WHERE k LIKE 'a%';
SELECT id FROM d.t WHERE k BETWEEN NULL AND 'z';
SELECT id FROM d.t WHERE k BETWEEN 'a' AND 'z' OR id = 3;
SELECT count(k) AS n, count(*) AS m FROM d.t WHERE id > 1;

--! trap odd_doubles
-- NaN equals NaN, -0.0 equals 0.0, NULL groups with NULL: in a frame as in the table.
--! row result 1_2 (nan, 2)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, DOUBLE('NaN')), (2, DOUBLE('NaN')), (3, 0.0D), (4, -0.0D), (5, NULL), (6, NULL), (7, DOUBLE('Infinity')) AS v(id, x);
--! file 1.sql
--! framed
SELECT id, x FROM d.t WHERE x > 5;
--! framed
SELECT x, count(*) AS n FROM d.t GROUP BY x;
--! framed
SELECT id FROM d.t WHERE x = 0;
--! framed
SELECT a.id, b.id FROM d.t AS a JOIN d.t AS b ON a.x = b.x;
--! framed
SELECT id, x FROM d.t ORDER BY x DESC, id;
--! framed
SELECT max(x) AS m, min(x) AS n, sum(x) AS s FROM d.t;

--! trap empty_groups
-- Aggregates over no rows give one row without a GROUP BY, and none with one.
--! row result 1_1 (0, None)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (2, 'b', 6), (3, 'b', NULL) AS v(id, k, x);
--! file 1.sql
--! framed
SELECT count(*) AS n, sum(x) AS s FROM d.t WHERE id > 100;
--! framed
SELECT k, count(*) AS n, sum(x) AS s FROM d.t WHERE id > 100 GROUP BY k;
--! framed
SELECT k, sum(x) AS s FROM d.t WHERE id > 2 GROUP BY k;
--! framed
SELECT k, sum(x) AS s, count(x) AS n FROM d.t WHERE id < 3 GROUP BY k HAVING count(*) > 0;

--! trap repeated_aggregate_and_empty_groups
-- The same aggregate in several statements keeps the groups that one reader finds and another one drops.
--! row result 2 ('b', None)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (2, 'b', NULL), (3, 'b', NULL) AS v(id, k, x);
--! file 1.sql
--! framed
WITH g AS (SELECT k, sum(x) AS s, count(*) AS n FROM d.t GROUP BY k) SELECT k FROM g WHERE s IS NOT NULL;
--! file 2.sql
--! framed
SELECT g.k, g.s FROM (SELECT k, sum(x) AS s, count(*) AS n FROM d.t GROUP BY k) AS g;
--! file 3.sql
--! framed
with G as ( select K, SUM(X) as S, COUNT(*) as N from d.T group by K ) -- the same in another hand
select max(n) as n from g;

--! trap empty_table
-- A frame over an empty table is as empty.
--! row result 1_3 (0,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING) USING parquet;
CREATE TABLE d.u USING parquet AS SELECT 1 AS id;
--! file 1.sql
--! framed
SELECT u.id, t.k FROM d.u LEFT JOIN d.t ON t.id = u.id;
--! framed
SELECT id FROM d.u WHERE id NOT IN (SELECT id FROM d.t);
--! framed
SELECT count(*) FROM d.t;
--! framed
SELECT k, count(*) AS n FROM d.t GROUP BY k;
