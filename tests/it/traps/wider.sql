-- Subqueries that select different columns of one block, or filter it more or less.

--! trap other_columns
-- A join of which each statement selects something else: columns under other names, the same name for another column.
--! subqueries
--! row result 1_2 ('b', 7)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (2, 'b', 6), (2, NULL, 7), (NULL, 'x', 1) AS v(id, k, n);
CREATE TABLE d.u USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (2, 'b', 7), (2, 'b', 8), (NULL, 'y', 2) AS v(id, k, n);
--! file 1.sql
--! framed x_1
SELECT * FROM (SELECT a.id, b.n FROM d.t AS a JOIN d.u b ON a.id = b.id) x;
--! framed x_1
SELECT * FROM (SELECT q.k AS id, p.n FROM d.u p, d.t AS q WHERE false) z UNION ALL SELECT * FROM (SELECT u.k AS n, u.n AS k FROM d.t JOIN d.u ON u.id = t.id) y;
--! framed x_1
CREATE TABLE d.o USING parquet AS WITH x AS (SELECT c.n + e.n AS ID, upper(c.k) N, e.n AS `k k` FROM d.t c JOIN d.u e ON e.id = c.id) SELECT ID, N, `k k` FROM x;

--! trap stronger_filter
-- A test that the frame does not make, of columns that the statement selects under other names or not at all.
--! subqueries
--! row result 1_2 (6,)
--! row result 1_3 (2, 7)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (2, 'b', 6), (2, NULL, 7), (3, 'c', 9) AS v(id, k, n);
CREATE TABLE d.u USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (2, 'b', 7), (2, 'b', 8), (3, 'y', 2) AS v(id, k, n);
--! file 1.sql
--! framed x_1
SELECT * FROM (SELECT a.id, a.n AS k FROM d.t AS a JOIN d.u b ON a.id = b.id WHERE a.n < 9) x;
--! framed x_1
SELECT id FROM (SELECT x.n AS id FROM d.t AS x JOIN d.u y ON x.id = y.id WHERE x.n < 9 AND x.k = 'b') q;
--! framed x_1
SELECT id, v FROM (SELECT x.id, x.n AS v FROM d.t x JOIN d.u y ON y.id = x.id WHERE (x.k IS NULL OR y.n - x.n < 0) AND x.n < 9 AND y.k NOT IN ('z')) q;
--! framed x_1
SELECT count(*) FROM (SELECT x.id FROM d.t x JOIN d.u y ON y.id = x.id WHERE x.n < 9 AND NOT x.k LIKE 'a%') q;

--! trap other_aggregates
-- Groups of which each statement asks for other totals; a test of rows behind groups would count other rows.
--! subqueries
--! row result 1_2 (1, 3)
--! row result 1_3 (1, 1)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (1, 'b', 6), (1, NULL, 7), (2, 'c', NULL) AS v(id, k, n);
--! file 1.sql
--! framed x_1
SELECT * FROM (SELECT id, max(n) AS m FROM d.t GROUP BY id HAVING count(*) > 0) x;
--! framed x_1
SELECT id, c FROM (SELECT count(*) AS c, t.id, min(n) AS m FROM d.t GROUP BY id HAVING count(*) > 0) y WHERE c > 1;
--! framed x_1
CREATE TABLE d.o USING parquet AS SELECT * FROM (SELECT id % 2 AS id, sum(n) AS n, avg(n) AS `avg(n)`, count(k) AS k FROM d.t AS z GROUP BY id HAVING count(*) > 0) y;
--! raw
SELECT id, c FROM (SELECT id, count(*) AS c FROM d.t WHERE k = 'a' GROUP BY id HAVING count(*) > 0) y;
--! raw
SELECT max(id), max(c) FROM (SELECT id, count(*) AS c FROM d.t GROUP BY id HAVING count(*) > 2) y;

--! trap names_in_having
-- A name in HAVING may mean an item of the select list or a column: no other item may take its place.
--! row result 1_2 (2,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 5, 9), (1, 5, 9), (2, 8, 1) AS v(id, n, m);
--! file 1.sql
--! framed t_1
SELECT id FROM (SELECT id, sum(m) AS n FROM d.t GROUP BY id, n HAVING n > 6) x;
--! framed t_1
SELECT id FROM (SELECT id, n FROM d.t GROUP BY id, n HAVING n > 6) x;
--! framed t_1
SELECT id FROM (SELECT id, max(m) AS n FROM d.t GROUP BY id, n HAVING n > 6) x;
--! framed t_1
SELECT id FROM (SELECT id, count(*) AS m FROM d.t GROUP BY id HAVING max(m) > 1) x;

--! trap aliases_of_the_list
-- An item may name an alias of the list; where a relation has a column of that name, it means the column.
--! subqueries
--! row result 1_1 (2, 4)
--! row result 1_2 (2, 20)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 10), (2, 20) AS v(id, n);
CREATE TABLE d.u USING parquet AS SELECT * FROM VALUES (1, 10), (2, 20) AS v(uid, m);
--! file 1.sql
--! raw
SELECT max(x), max(y) FROM (SELECT t.id AS x, x * 2 AS y FROM d.t JOIN d.u ON t.id = u.uid) q;
--! framed q_1
SELECT max(x), max(y) FROM (SELECT t.id AS x, n + 0 AS y FROM d.t JOIN d.u ON t.id = u.uid) q;
--! framed q_1
SELECT max(n), max(y) FROM (SELECT t.id AS n, n + 1 AS y FROM d.t JOIN d.u ON t.id = u.uid) q;
--! framed q_1
SELECT max(z), max(m) FROM (SELECT t.id + 1 AS id, id AS z, m FROM d.t JOIN d.u ON t.id = u.uid) q;

--! trap latest_per_key
-- The latest row per key of which each statement shows other columns; a test in the block would choose another latest row.
--! subqueries
--! key d.t=id,version
--! row result 1_1 (1, 'b')
--! row result 1_3 (1, 'a')
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 1, 'a', 5), (1, 2, 'b', 6), (2, 1, 'c', 7), (2, 3, NULL, 8) AS v(id, version, k, n);
--! file 1.sql
--! framed
SELECT id, k FROM (SELECT id, k, row_number() OVER (PARTITION BY id ORDER BY version DESC) AS r FROM d.t WHERE n > 0) x WHERE r = 1;
--! framed
SELECT id, n FROM (SELECT row_number() OVER (PARTITION BY id ORDER BY version DESC) AS place, id, n FROM d.t WHERE n > 0) x WHERE place = 1;
--! raw
SELECT id, k FROM (SELECT id, k, row_number() OVER (PARTITION BY id ORDER BY version DESC) AS r FROM d.t WHERE n > 0 AND k = 'a') x WHERE r = 1;
--! framed
SELECT k AS id FROM (SELECT k, n FROM d.t WHERE n > 0 AND n < 7 AND k IS NOT NULL) x JOIN (SELECT id, version, row_number() OVER (PARTITION BY id ORDER BY version DESC) AS r FROM d.t WHERE n > 0) y ON x.n = y.version + 4;

--! trap several_rows_per_item
-- An item that gives several rows, or none, changes what stands beside it.
--! subqueries
--! row result 1_1 (2,)
--! row result 1_2 (3,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, array(1, 2, 3)), (2, array()) AS v(id, list);
CREATE TABLE d.u USING parquet AS SELECT * FROM VALUES (1), (2) AS v(id);
--! file 1.sql
--! framed
SELECT count(*) FROM (SELECT t.id FROM d.t JOIN d.u ON t.id = u.id) x;
--! raw
SELECT count(*) FROM (SELECT explode(t.list) AS item FROM d.t JOIN d.u ON t.id = u.id) x;
--! framed
SELECT count(*) FROM (SELECT u.id AS v FROM d.t JOIN d.u ON t.id = u.id) x;
--! raw
SELECT * FROM (SELECT max(t.id) AS id FROM d.t JOIN d.u ON t.id = u.id) x;

--! trap one_name_two_tables
-- The subquery whose text is taken stands behind USE and names its tables without a database, the first reader does not.
--! subqueries
--! row result 1_1 (1, 'in a')
--! setup
CREATE DATABASE a;
CREATE DATABASE b;
CREATE TABLE a.t USING parquet AS SELECT 1 AS id, 'in a' AS k;
CREATE TABLE a.u USING parquet AS SELECT 1 AS id, 2 AS n;
CREATE TABLE b.t USING parquet AS SELECT 1 AS id, 'in b' AS k;
CREATE TABLE b.u USING parquet AS SELECT 1 AS id, 3 AS n;
--! file 1.sql
USE b;
--! framed x_1
SELECT * FROM (SELECT t.id, t.k FROM a.t JOIN a.u ON t.id = u.id WHERE u.n < 9 AND t.k <> 'z') x;
USE a;
--! framed x_1
SELECT * FROM (SELECT u.n, t.k FROM t JOIN u ON t.id = u.id WHERE u.n < 9) x;
--! framed x_1
SELECT * FROM (SELECT u.n AS id FROM `T` t JOIN U ON t.id = u.id WHERE u.n < 9) x;

--! trap temporary_views_and_fields
-- Relations that are a temporary view and a derived table; a field of a column is no qualified column.
--! subqueries
--! row result 2_1 (1, 5)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, named_struct('id', 5, 'n', 6) AS pair;
CREATE TABLE d.u USING parquet AS SELECT 1 AS id, 7 AS n;
--! file 1.sql
CREATE TEMPORARY VIEW v AS SELECT id, pair FROM d.t;
--! file 2.sql
--! framed
SELECT * FROM (SELECT v.id, v.pair.id AS f FROM v JOIN (SELECT id, n FROM d.u) e ON v.id = e.id) x;
--! framed
SELECT * FROM (SELECT p.id, e.n FROM v p JOIN (SELECT id, n FROM d.u) e ON p.id = e.id WHERE e.n > 1) x;
SELECT * FROM (SELECT pair.id, pair.n FROM v e JOIN (SELECT id, n FROM d.u) pair ON e.id = pair.id) x;
--! framed
SELECT * FROM (SELECT p.pair.n, g.n AS g FROM v p JOIN (SELECT id, n FROM d.u) g ON p.id = g.id) x;

--! trap schema_of_what_is_made
-- Types, nullability, spelling and comments of the columns of a new table.
--! subqueries
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (Id INT COMMENT 'the number', c VARCHAR(5), v VARCHAR(7), p DECIMAL(10,2)) USING orc;
INSERT INTO d.t VALUES (1, 'a', 'b', 1.5), (2, 'xyz', NULL, NULL);
CREATE TABLE d.u (id INT, at TIMESTAMP) USING parquet;
INSERT INTO d.u VALUES (1, TIMESTAMP '2024-06-30 12:00:00'), (3, NULL);
--! file 1.sql
--! framed
CREATE TABLE d.o1 USING parquet AS SELECT * FROM (SELECT t.id, t.c, u.at FROM d.t LEFT JOIN d.u ON t.id = u.id) x;
--! framed
CREATE TABLE d.o2 USING parquet AS SELECT * FROM (SELECT a.ID AS `Id 2`, a.V, a.p * 2 AS p, b.at IS NULL AS n FROM d.t a LEFT JOIN d.u b ON a.id = b.id) x;
--! framed
CREATE TABLE d.o3 USING orc AS WITH x AS (SELECT a.C AS code, coalesce(a.p, 0) AS P, a.id FROM d.t a LEFT JOIN d.u b ON a.id = b.id WHERE a.c = 'a') SELECT * FROM x;
--! framed
SELECT * FROM (SELECT a.v AS c, 1 AS one, NULL AS nothing FROM d.t a LEFT JOIN d.u b ON a.id = b.id WHERE b.at IS NOT NULL AND a.v > 'a') x;

--! trap distinct_totals
-- Totals of distinct values beside others, and rows that are distinct.
--! subqueries
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (1, 'a', 5), (1, NULL, 7), (2, 'c', NULL) AS v(id, k, n);
--! file 1.sql
--! framed
SELECT * FROM (SELECT id, max(n) AS m FROM d.t GROUP BY id) x;
--! raw
SELECT * FROM (SELECT id, count(DISTINCT n) AS m, sum(DISTINCT n) AS s FROM d.t GROUP BY id) x;
--! framed
SELECT * FROM (SELECT id AS k, sum(n) FILTER (WHERE k = 'a') AS m FROM d.t GROUP BY id) x;
--! raw
SELECT * FROM (SELECT DISTINCT id FROM d.t GROUP BY id) x;

--! trap names_outside_of_the_body
-- Names that a list gives to columns stand behind the name of a subquery, not in its body.
--! subqueries
--! row result 1_1 (1, 6)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 5), (1, 6), (2, 7) AS v(id, n);
--! file 1.sql
--! framed
SELECT a, b FROM (SELECT id AS x, max(n) AS y FROM d.t GROUP BY id) AS l (a, b) WHERE a = 1;
--! framed
WITH l (id, n) AS (SELECT id AS x, max(n) AS y FROM d.t GROUP BY id) SELECT max(n), min(l.id) FROM l;
--! framed
WITH l (y, x) AS (SELECT count(*) AS id, id AS n FROM d.t GROUP BY id) SELECT sum(y), max(x) FROM l;
