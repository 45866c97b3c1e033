-- Determinism, and what depends on the order of rows.

--! trap row_number_ties
-- Which of several equal rows is the first one is the choice of the plain run.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id % 7 AS k, id % 2 AS o, id AS payload FROM range(0, 60, 1, 3);
--! file 1.sql
CREATE TABLE d.o1 USING parquet AS SELECT k, payload FROM (SELECT *, row_number() OVER (PARTITION BY k ORDER BY o) AS rn FROM d.t) AS s WHERE rn = 1;
--! framed
SELECT k, count(*) AS n FROM d.t GROUP BY k;
--! framed
SELECT max(payload) AS p FROM d.t WHERE o = 1;

--! trap unique_order
-- With a declared key in the order there are no ties.
--! key d.t=payload
--! row result 1_1 (0, 0)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id % 7 AS k, id % 2 AS o, id AS payload FROM range(0, 60, 1, 3);
--! file 1.sql
--! framed
SELECT k, payload FROM (SELECT k, payload, row_number() OVER (PARTITION BY k ORDER BY o, payload) AS rn FROM d.t) AS s WHERE rn = 1;
--! framed
SELECT k, payload FROM d.t ORDER BY payload LIMIT 5;

--! trap limit_without_order
-- LIMIT alone takes the rows that come first.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id AS a, id % 5 AS b FROM range(0, 40, 1, 3);
--! file 1.sql
CREATE TABLE d.o USING parquet AS SELECT a FROM d.t LIMIT 3;
SELECT a FROM d.t WHERE b = 2 LIMIT 2;
SELECT a FROM (SELECT a FROM d.t LIMIT 4) AS s;
--! framed
SELECT sum(a) FROM d.t;
--! framed
SELECT b, max(a) AS m FROM d.t GROUP BY b;

--! trap first_and_last
-- first, last, collect_list and max_by follow the order of rows.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id AS a, id % 5 AS b, id % 3 AS c FROM range(0, 40, 1, 3);
--! file 1.sql
SELECT b, first(a) AS f, last(a) AS l FROM d.t GROUP BY b;
SELECT collect_list(a) AS all_of_them FROM d.t;
SELECT max_by(a, c) AS m, min_by(a, c) AS n FROM d.t;
SELECT b, array_agg(a) AS list, collect_set(c) AS s FROM d.t GROUP BY b;
--! framed
SELECT sum(a) FROM d.t WHERE c = 1;
--! framed
SELECT b, max(a) AS m FROM d.t GROUP BY b;

--! trap shared_order_sensitive_subquery
-- A subquery that keeps whichever rows come first stands in two statements.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id AS a, id % 5 AS b FROM range(0, 40, 1, 3);
--! file 1.sql
WITH latest AS (SELECT b, max_by(a, b) AS a FROM d.t GROUP BY b) SELECT sum(a) AS s FROM latest;
--! file 2.sql
WITH latest AS (SELECT b, max_by(a, b) AS a FROM d.t GROUP BY b) SELECT count(*) AS n FROM latest WHERE a > 3;
--! file 3.sql
--! framed
SELECT count(*) FROM d.t WHERE b = 1;
--! file 4.sql
--! framed
SELECT max(a) FROM d.t;

--! trap tablesample
-- A sample is drawn from the table, not from a frame with fewer rows or columns.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id AS a, id % 5 AS b FROM range(0, 40, 1, 3);
--! file 1.sql
--! raw
SELECT count(*) > 0 AS some FROM d.t TABLESAMPLE (100 PERCENT);
--! raw
SELECT a FROM d.t TABLESAMPLE (3 ROWS);
--! framed
SELECT sum(a) FROM d.t;
--! framed
SELECT b, max(a) AS m FROM d.t GROUP BY b;

--! trap random_common_table_expression
-- A common table expression with rand() in two statements gives two sets of values.
--! row result 1 (0,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id AS a, id % 5 AS b FROM range(20);
--! file 0.sql
CREATE TABLE d.o1 USING parquet AS WITH r AS (SELECT a, rand() AS x, uuid() AS u FROM d.t) SELECT x, u FROM r;
CREATE TABLE d.o2 USING parquet AS WITH r AS (SELECT a, rand() AS x, uuid() AS u FROM d.t) SELECT x, u FROM r;
--! file 1.sql
SELECT count(*) FROM d.o1 JOIN d.o2 ON o1.x = o2.x OR o1.u = o2.u;
--! file 2.sql
DROP TABLE d.o1;
DROP TABLE d.o2;
--! framed
SELECT sum(a) FROM d.t;
--! framed
SELECT b, max(a) AS m FROM d.t GROUP BY b;

--! trap time_in_subqueries
-- A subquery that asks for the time asks once per statement.
--! row result 1 (True, 1, 1)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id AS a, id % 5 AS b FROM range(20);
--! file 0.sql
CREATE TABLE d.o1 USING parquet AS SELECT at FROM (SELECT a, now() AS at FROM d.t) AS s;
CREATE TABLE d.o2 USING parquet AS SELECT at FROM (SELECT a, now() AS at FROM d.t) AS s;
--! file 1.sql
SELECT max(o1.at) < min(o2.at) AS later, count(DISTINCT o1.at) AS one, count(DISTINCT o2.at) AS other FROM d.o1 CROSS JOIN d.o2;
--! file 2.sql
DROP TABLE d.o1;
DROP TABLE d.o2;
--! framed
SELECT sum(a) FROM d.t;
--! framed
SELECT b, max(a) AS m FROM d.t GROUP BY b;

--! trap seeded_random
-- A seeded generator counts the rows of each partition: it gives the plain run's values over the plain run's rows.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id AS a, id % 5 AS b FROM range(0, 20, 1, 3);
--! file 1.sql
SELECT a, rand(7) AS r FROM d.t;
SELECT a, rand(7) AS r FROM d.t WHERE b = 1;
SELECT monotonically_increasing_id() AS n, a FROM d.t;
--! framed
SELECT sum(a) FROM d.t;
--! framed
SELECT b, max(a) AS m FROM d.t GROUP BY b;

--! trap file_of_a_row
-- Cached rows have forgotten the file that they came from.
--! row result 1_1 (True,)
--! row result 1_2 (True, True)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id AS a, id % 5 AS b FROM range(20);
--! file 1.sql
--! raw
SELECT input_file_name() LIKE '%/d.db/t/part-%' AS known FROM d.t;
--! raw
SELECT _metadata.file_name LIKE 'part-%' AS known, count(DISTINCT a) > 0 AS n FROM d.t GROUP BY 1;
--! framed
SELECT sum(a) FROM d.t;
--! framed
SELECT b, max(a) AS m FROM d.t GROUP BY b;

--! trap ordered_results
-- Rows of a bare query keep the order that it asks for.
--! row result 1_1 (19, 4)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id AS a, id % 5 AS b FROM range(0, 20, 1, 3);
--! file 1.sql
--! framed
SELECT a, b FROM d.t ORDER BY b DESC, a;
--! framed
SELECT b, sum(a) AS s FROM d.t GROUP BY b ORDER BY s DESC NULLS LAST;

--! trap sums_of_doubles
-- Doubles are summed in the same order: over cached rows of the same partitions to the last bit.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id % 3 AS k, 1 / (id + 0.1D) AS x, CAST(1 / (id + 0.3D) AS FLOAT) AS y FROM range(0, 90, 1, 3);
--! file 1.sql
--! framed
SELECT k, sum(x) AS s, avg(y) AS m, stddev(x) AS d FROM d.t GROUP BY k;
--! framed
SELECT sum(x) AS s, corr(x, y) AS c FROM d.t;

--! trap lag_over_ties
-- lag and a running count of rows depend on the order of equal rows.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id AS a, id % 3 AS b FROM range(0, 30, 1, 3);
--! file 1.sql
SELECT a, lag(a) OVER (ORDER BY b) AS before FROM d.t;
SELECT a, sum(a) OVER (ORDER BY b ROWS UNBOUNDED PRECEDING) AS running FROM d.t;
--! framed
SELECT a, sum(a) OVER (ORDER BY b) AS running FROM d.t;
--! framed
SELECT a, rank() OVER (ORDER BY b) AS r, dense_rank() OVER (ORDER BY b) AS d FROM d.t;
