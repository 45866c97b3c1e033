-- Shapes of queries.

--! trap count_star_only
-- A reader that needs no column needs the rows all the same.
--! row result 1_1 (3,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), (3, NULL) AS v(id, k);
--! file 1.sql
--! framed
SELECT count(*) FROM d.t;
--! framed
SELECT count(1) AS n FROM d.t;
--! framed
SELECT 'row' AS r FROM d.t;
--! framed
SELECT EXISTS (SELECT 1 FROM d.t) AS some;

--! trap shadowing_common_table_expression
-- A common table expression hides the table of its name, in its statement and not in its own text.
--! row result 1_2 (2,)
--! setup
CREATE TABLE t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
--! framed
SELECT id FROM t;
--! framed
WITH t AS (SELECT id FROM t WHERE k = 'b') SELECT max(id) FROM t;
--! framed
SELECT k FROM t WHERE id IN (WITH t AS (SELECT 1 AS id) SELECT id FROM t);
--! framed
WITH u AS (SELECT id FROM t), t AS (SELECT 7 AS id) SELECT (SELECT max(id) FROM u) AS u, (SELECT max(id) FROM t) AS t;

--! trap correlated_subqueries
-- A subquery that uses columns of its outer query, in EXISTS, IN and as a value.
--! row result 1_1 (1,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), (3, NULL) AS v(id, k);
CREATE TABLE d.u USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (2, 'x', 6), (2, 'b', 7) AS v(id, k, n);
--! file 1.sql
--! framed
SELECT id FROM d.t WHERE NOT EXISTS (SELECT 1 FROM d.u WHERE u.id = t.id AND n > 5) AND k IS NOT NULL;
--! framed
SELECT id, (SELECT max(n) FROM d.u WHERE u.id = t.id AND u.k = t.k) AS m FROM d.t;
--! framed
SELECT id FROM d.t WHERE (id, k) IN (SELECT id, k FROM d.u WHERE n < 7);
--! framed
SELECT id FROM d.t WHERE id IN (SELECT id FROM d.u WHERE t.k <> u.k);
--! framed
SELECT max(n) FROM d.u WHERE k = 'x';

--! trap lateral
-- LATERAL subqueries, LATERAL VIEW and their outer forms.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, array('p', 'q'), map('x', 1)), (2, array(), NULL), (3, NULL, map('y', 2, 'z', NULL)) AS v(id, list, m);
--! file 1.sql
SELECT id, item FROM d.t LATERAL VIEW explode(list) e AS item;
SELECT id, item, pos FROM d.t LATERAL VIEW OUTER posexplode(list) e AS pos, item WHERE id > 1;
SELECT t.id, l.s FROM d.t AS t, LATERAL (SELECT t.id * 2 AS s) AS l;
SELECT t.id, k, v FROM d.t AS t LATERAL VIEW explode(t.m) AS k, v;
--! framed
SELECT id FROM d.t WHERE size(list) > 1;
--! framed
SELECT id, m['y'] AS y, list[0] AS one FROM d.t;

--! trap grouping_sets
-- ROLLUP, CUBE and GROUPING SETS, with grouping_id and groups of NULL.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 'x'), (2, 'b', 'x'), (3, NULL, 'y') AS v(id, k, j);
--! file 1.sql
--! framed
SELECT k, j, sum(id) AS s, grouping_id() AS g FROM d.t GROUP BY ROLLUP (k, j);
--! framed
SELECT k, j, count(*) AS n FROM d.t WHERE id > 1 GROUP BY CUBE (k, j);
--! framed
SELECT k, j, count(*) AS n, grouping(k) AS g FROM d.t GROUP BY GROUPING SETS ((k), (j), ());

--! trap windows
-- Window functions over framed rows see all rows of their partitions, whatever is filtered above.
--! row result 1_1 (3, 6)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'a'), (3, 'a') AS v(id, k);
--! file 1.sql
--! framed
SELECT id, s FROM (SELECT id, sum(id) OVER (PARTITION BY k) AS s FROM d.t) AS w WHERE id > 2;
--! framed
SELECT id FROM d.t WHERE id > 2;
--! framed
SELECT id, max(id) OVER (PARTITION BY k ORDER BY id RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS m FROM d.t WHERE k = 'a';

--! trap set_operations
-- UNION widens types by position; INTERSECT and EXCEPT compare whole rows.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), (2, 'b'), (3, NULL) AS v(id, k);
CREATE TABLE d.u USING parquet AS SELECT * FROM VALUES (2.5BD, 'b'), (2.0BD, 'b'), (3.0BD, NULL) AS v(id, k);
--! file 1.sql
--! framed
CREATE TABLE d.o USING parquet AS SELECT id, k FROM d.t UNION ALL SELECT id, k FROM d.u;
--! framed
SELECT id, k FROM d.t UNION SELECT id, k FROM d.u WHERE id > 2.2;
--! framed
SELECT id, k FROM d.t EXCEPT ALL SELECT id, k FROM d.u;
--! framed
SELECT k FROM d.t INTERSECT SELECT k FROM d.u;
(SELECT id FROM d.t WHERE id = 1) UNION ALL (SELECT id FROM d.u ORDER BY id LIMIT 3) ORDER BY id;

--! trap pivot
-- PIVOT and UNPIVOT use every column that their input has.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (1, 'b', 6), (2, 'a', 7) AS v(id, k, n);
--! file 1.sql
SELECT * FROM (SELECT id, k, n FROM d.t) PIVOT (sum(n) FOR k IN ('a', 'b'));
SELECT * FROM d.t PIVOT (max(n) AS m FOR k IN ('a' AS first, 'b' AS second));
SELECT * FROM (SELECT id, n FROM d.t) UNPIVOT (value FOR name IN (id, n));
--! framed
SELECT id FROM d.t WHERE k = 'a';
--! framed
SELECT max(n) FROM d.t;

--! trap self_join
-- Two aliases of one table are two reads, which may need other rows.
--! row result 1_1 (1, 2)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', NULL), (2, 'b', 1), (3, NULL, 2) AS v(id, k, parent);
--! file 1.sql
--! framed
SELECT p.id, c.id FROM d.t AS p JOIN d.t AS c ON c.parent = p.id WHERE p.k = 'a';
--! framed
SELECT p.k, c.k FROM d.t p LEFT JOIN d.t c ON c.parent = p.id AND c.k = 'b';
--! framed
SELECT t.id FROM d.t, d.t AS other WHERE t.id = other.parent;

--! trap natural_and_using
-- NATURAL JOIN and USING join by the columns that the inputs have, so a frame may not have fewer.
--! row result 1_1 (2, 'b', 20)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
CREATE TABLE d.u USING parquet AS SELECT * FROM VALUES (1, 'other', 10), (2, 'b', 20) AS v(id, k, n);
--! file 1.sql
SELECT id, k, n FROM d.t NATURAL JOIN d.u;
SELECT id, n FROM d.t JOIN d.u USING (id);
SELECT * FROM d.t FULL JOIN d.u USING (id, k);
--! framed
SELECT id FROM d.t;
--! framed
SELECT k FROM d.t WHERE id = 2;

--! trap hints
-- A hint names a table or an alias; what it names must still be there, and the rows stay the same.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
CREATE TABLE d.u USING parquet AS SELECT * FROM VALUES (1, 10), (2, 20) AS v(id, n);
--! file 1.sql
SELECT /*+ BROADCAST(t) */ t.id, u.n FROM d.t JOIN d.u ON t.id = u.id;
SELECT /*+ MERGE(x) */ x.id, u.n FROM d.t AS x JOIN d.u ON x.id = u.id;
SELECT /*+ REPARTITION(2, k) */ k, id FROM d.t;
SELECT /*+ COALESCE(1) */ id FROM d.u WHERE n > 10;
SELECT max(id) AS m FROM d.t;
SELECT max(n) AS m FROM d.u;

--! trap repeated_subquery
-- A subquery that stands in two statements in another layout is one; one with another literal is another.
--! row result 3 (1, 'x')
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (1, 'b', 6), (2, 'a', 7) AS v(id, k, n);
--! file 1.sql
--! framed
SELECT sum(m) AS s FROM (SELECT id, max(n) AS m FROM d.t WHERE k = 'a' GROUP BY id) AS s;
--! file 2.sql
--! framed
SELECT id FROM (
  select ID, MAX( N ) m -- the largest
  from D.t x where x.K = 'a' group by id
) q WHERE q.m > 5;
--! file 3.sql
SELECT count(*) AS s, 'x' AS x FROM (SELECT id, max(n) AS m FROM d.t WHERE k = 'b' GROUP BY id) AS s;

--! trap conjuncts_in_another_order
-- What AND joins may stand in any order and in brackets; what OR joins is something else without them.
--! row result 1 (1, 10)
--! row result 2 (1, 11)
--! row result 3_1 (2,)
--! row result 3_2 (1,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (1, 'b', 6), (2, 'a', CAST(NULL AS INT)), (2, 'c', 1) AS v(id, k, n);
CREATE TABLE d.u USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (2, 'c', 1) AS v(id, k, n);
--! file 1.sql
--! framed
SELECT id, m * 2 AS m FROM (
  SELECT t.id, max(t.n) AS m FROM d.t JOIN d.u ON t.id = u.id AND t.k = u.k
  WHERE t.n IS NOT NULL AND (t.k = 'a' OR t.k = 'b') AND t.id BETWEEN 0 AND 9 GROUP BY t.id
) AS s;
--! file 2.sql
--! framed
SELECT id, m + 6 AS m FROM (
  SELECT x.id, max(x.n) AS m FROM d.t AS x JOIN d.u AS y ON (y.k = x.k AND (y.id = x.id))
  WHERE ((x.k = 'a' OR x.k = 'b') AND x.id BETWEEN 0 AND 9) AND (x.n IS NOT NULL) GROUP BY x.id
) AS s;
--! file 3.sql
--! framed
SELECT count(m) AS c FROM (SELECT id, max(n) AS m FROM d.t WHERE id = 1 OR id = 2 AND k = 'c' GROUP BY id) AS s;
--! framed
SELECT count(m) AS c FROM (SELECT id, max(n) AS m FROM d.t WHERE (id = 1 OR id = 2) AND k = 'c' GROUP BY id) AS s;

--! trap other_texts_of_a_query
-- FROM first, TABLE, VALUES, aliases used sideways, ordinals.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
FROM d.t SELECT id, k WHERE id = 1;
TABLE d.t;
SELECT id + 1 AS next, next * 2 AS twice FROM d.t;
SELECT k, count(*) AS n FROM d.t GROUP BY 1 HAVING n > 0 ORDER BY 2, 1;
SELECT t.id, v.w FROM d.t JOIN (VALUES (1, 'one'), (2, 'two')) AS v(id, w) ON t.id = v.id;
--! framed
SELECT max(id) AS m FROM d.t;
--! framed
SELECT count(DISTINCT k) AS n FROM d.t;

--! trap columns_renamed_by_position
-- An alias with a list of columns renames by position: the frame would have other positions.
--! row result 1_1 ('a',)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
--! raw
SELECT q FROM d.t AS x (p, q);
--! framed
SELECT k FROM d.t;
--! framed
SELECT k, count(*) AS n FROM d.t GROUP BY k;
