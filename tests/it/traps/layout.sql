-- Layouts: rows that are clustered come in another order, and from other parts.

--! trap joined_and_grouped
-- Nothing shows how rows are spread: joins, groupings, exact sums, windows over whole groups.
--! clustered t_1
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT int(id % 7) AS k, int(id % 3) AS g, cast(id / 4 AS DECIMAL(10,2)) AS amount, if(id % 9 = 0, NULL, id) AS v FROM range(0, 90, 1, 3);
CREATE TABLE d.u USING parquet AS SELECT int(id % 9) AS k, concat('n', id) AS name FROM range(0, 20, 1, 2);
--! file 1.sql
--! framed
CREATE TABLE d.o1 USING parquet AS SELECT t.k, t.v, u.name FROM d.t AS t LEFT JOIN d.u AS u ON t.k = u.k;
--! framed
CREATE TABLE d.o2 USING parquet AS SELECT k, count(v) AS n, sum(amount) AS s, avg(amount) AS a, max(v) AS m FROM d.t GROUP BY k;
--! framed
CREATE TABLE d.o3 USING parquet AS SELECT k, g, count(DISTINCT v) AS n FROM d.t GROUP BY ROLLUP (k, g);
--! framed
SELECT v, count(*) OVER (PARTITION BY k) AS n, rank() OVER (PARTITION BY k ORDER BY g) AS r FROM d.t WHERE g = 1;
--! framed
SELECT u.name FROM d.u AS u WHERE EXISTS (SELECT 1 FROM d.t AS t WHERE t.k = u.k AND t.g = 2);
--! file 2.sql
SELECT k, name FROM d.o1 WHERE v > 3;

--! trap null_and_nan_keys
-- Keys that are NULL, NaN or a negative zero go where equal ones go.
--! clustered t_1 u_1
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT CASE id % 6 WHEN 0 THEN NULL WHEN 1 THEN double('NaN') WHEN 2 THEN -0.0D WHEN 3 THEN 0.0D ELSE double(id % 4) END AS x, id AS v FROM range(0, 60, 1, 3);
CREATE TABLE d.u USING parquet AS SELECT * FROM VALUES (0.0D, 'zero'), (double('NaN'), 'nan'), (NULL, 'null'), (2.0D, 'two') AS u (x, name);
--! file 1.sql
--! framed
SELECT t.v, u.name FROM d.t AS t JOIN d.u AS u ON t.x = u.x;
--! framed
SELECT t.v, u.name FROM d.t AS t LEFT JOIN d.u AS u ON t.x = u.x WHERE t.v > 5;
--! framed
SELECT count(*) AS n, max(v) AS m FROM d.t GROUP BY x;

--! trap tie_winners
-- Which of several equal rows comes first shows in the statement that reads the table as it is, and it must not in those that share.
--! clustered
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id % 7 AS k, id % 2 AS o, id AS payload FROM range(0, 60, 1, 3);
--! file 1.sql
--! raw
CREATE TABLE d.o1 USING parquet AS SELECT k, payload FROM (SELECT *, row_number() OVER (PARTITION BY k ORDER BY o) AS rn FROM d.t) AS s WHERE rn = 1;
--! framed
CREATE TABLE d.o2 USING parquet AS SELECT k, payload FROM d.t WHERE o = 1;
--! framed
CREATE TABLE d.o3 USING parquet AS SELECT k, count(*) AS n FROM d.t GROUP BY k;
--! framed
SELECT k, max(payload) AS p FROM d.t GROUP BY k;
--! file 2.sql
SELECT k, payload FROM (SELECT *, row_number() OVER (PARTITION BY payload % 3 ORDER BY k % 2) AS rn FROM d.o2) AS s WHERE rn = 1;

--! trap ties_of_what_was_written
-- A table that a reader writes has its rows in their order: ties, LIMIT, first and sums of floats over it show that.
--! clustered
--! reason arrangement-shows
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id % 7 AS k, id % 2 AS o, id AS payload FROM range(0, 600, 1, 3);
--! file 1.sql
--! framed
CREATE TABLE d.o2 USING parquet AS SELECT k, o, payload FROM d.t WHERE payload > 2;
--! framed
CREATE TABLE d.o3 USING parquet AS SELECT k, count(*) AS n FROM d.t GROUP BY k;
--! framed
CREATE TABLE d.o4 USING parquet AS SELECT k, max(payload) AS p FROM d.t GROUP BY k;
--! file 2.sql
CREATE TABLE d.copy USING parquet AS SELECT k, payload / 7 AS x, payload FROM d.o2;
--! file 3.sql
SELECT first(payload) AS f, last(payload) AS l FROM d.copy WHERE payload < 0 OR payload >= 0;
SELECT payload FROM d.copy LIMIT 3;

--! trap sums_of_floats
-- The last digits of a sum depend on the order of addition.
--! clustered
--! reason arrangement-shows
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id % 7 AS k, 1D / (id + 1) AS x, id AS v FROM range(0, 5000, 1, 3);
--! file 1.sql
--! framed
SELECT k, sum(x) AS s FROM d.t GROUP BY k;
--! framed
SELECT k, count(*) AS n FROM d.t GROUP BY k;

--! trap an_alias_of_a_written_table
-- The rows that a reader writes are read under another name: through a view, and from the folder.
--! clustered
--! reason arrangement-shows
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id % 7 AS k, id AS v FROM range(0, 600, 1, 3);
CREATE TABLE d.o USING parquet AS SELECT 1L AS k, 1L AS v;
CREATE VIEW d.seen AS SELECT k, v FROM d.o;
--! file 1.sql
--! framed
INSERT OVERWRITE d.o SELECT k, v FROM d.t WHERE v > 5;
--! framed
SELECT k, count(*) AS n FROM d.t GROUP BY k;
--! framed
SELECT k, max(v) AS m FROM d.t GROUP BY k;
--! file 2.sql
SELECT v FROM d.seen LIMIT 5;

--! trap clustered_subquery
-- A subquery that is computed once, joined and grouped by the same column.
--! clustered big_1
--! subqueries
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT int(id % 7) AS k, id AS v FROM range(0, 90, 1, 3);
CREATE TABLE d.u USING parquet AS SELECT int(id % 9) AS k, concat('n', id) AS name FROM range(0, 20, 1, 2);
--! file 1.sql
--! framed
WITH big AS (SELECT k, v, v + 1 AS w FROM d.t WHERE v > 5) SELECT big.w, u.name FROM big JOIN d.u AS u ON big.k = u.k;
--! framed
SELECT q.k, count(q.w) AS n FROM (SELECT k, v, v + 1 AS w FROM d.t WHERE v > 5) AS q JOIN d.u AS u ON q.k = u.k WHERE u.name <> 'n1' GROUP BY q.k;
