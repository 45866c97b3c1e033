-- Statements whose whole query says what another one says.

--! trap whole_inserts
-- Tables filled by the same query keep their own column names, types and NULLs.
--! subqueries
--! row table d.b (2, '7')
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 3), (2, 'b', 7), (2, 'b', NULL) AS v(id, k, n);
CREATE TABLE d.a (identifier BIGINT, total DECIMAL(12,2)) USING parquet;
CREATE TABLE d.b (i INT, s STRING) USING parquet;
--! file 1.sql
--! framed
INSERT INTO d.a SELECT t.id, sum(n) AS s FROM d.t AS t WHERE k = 'b' GROUP BY t.id;
--! framed
INSERT OVERWRITE TABLE d.b
select x.ID, sum(N) as S -- the same
from d.t x where (k = 'b') group by x.id;
--! framed
SELECT s + 1 AS s FROM (SELECT t.id, sum(n) AS s FROM d.t WHERE (k = 'b') GROUP BY t.id) AS q;

--! trap whole_tables
-- A table made by a query has its columns' names as written there, what is known never to be NULL, and comments.
--! subqueries
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT COMMENT 'its number', k VARCHAR(3), w VARCHAR(5)) USING parquet;
INSERT INTO d.t VALUES (1, 'a', 'x'), (2, 'b', 'yy'), (2, NULL, NULL);
--! file 1.sql
--! framed
CREATE TABLE d.a USING parquet AS SELECT id, k, w, count(*) AS n FROM d.t GROUP BY id, k, w;
--! framed
CREATE TABLE d.b USING parquet PARTITIONED BY (K) AS SELECT ID, K, W, count(*) AS N FROM d.t GROUP BY id, k, w;
DESCRIBE d.a;
DESCRIBE d.b;

--! trap whole_views
-- The query of a view is computed where the view is read, at the versions current there.
--! row result 2 (3,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
CREATE TABLE d.u (n BIGINT) USING parquet;
--! file 1.sql
--! raw
CREATE TEMPORARY VIEW v AS SELECT count(id) AS n FROM d.t;
--! framed
INSERT INTO d.u SELECT count(id) AS n FROM d.t;
--! framed
SELECT count(id) AS n FROM d.t;
INSERT INTO d.t VALUES (3, 'c');
--! file 2.sql
SELECT n FROM v;

--! trap whole_with_parts
-- A common table expression of two statements that are equal as a whole, and of a third that is not.
--! subqueries
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 3), (2, 'b', 7), (2, 'b', NULL) AS v(id, k, n);
CREATE TABLE d.a (id INT, m INT) USING parquet;
--! file 1.sql
--! framed
INSERT INTO d.a WITH q AS (SELECT t.id, t.k, max(t.n) AS m FROM d.t GROUP BY t.id, t.k) SELECT q.id, min(q.m) AS m FROM q GROUP BY q.id;
--! framed
WITH r AS (SELECT x.id, x.k, max(x.n) AS m FROM d.t x GROUP BY x.id, x.k) SELECT r.id, min(r.m) AS m FROM r GROUP BY r.id;
WITH r AS (SELECT x.id, x.k, max(x.n) AS m FROM d.t x GROUP BY x.id, x.k) SELECT r.k, max(r.m) AS top FROM r GROUP BY r.k;

--! trap whole_with_order
-- Rows that are asked for in an order, or only some of them, are not shared.
--! no frame
--! subqueries
--! reason order-sensitive
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), (3, 'b') AS v(id, k);
CREATE TABLE d.a (k STRING, n BIGINT) USING parquet;
--! file 1.sql
SELECT k, count(*) AS n FROM d.t GROUP BY k ORDER BY n DESC LIMIT 1;
INSERT INTO d.a SELECT k, count(*) AS n FROM d.t GROUP BY k ORDER BY n DESC LIMIT 1;

--! trap whole_of_own_target
-- A statement that writes what it reads is not equal to the same query before or after it.
--! subqueries
--! row table d.t (2, 4)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, n BIGINT) USING parquet;
INSERT INTO d.t VALUES (1, 1), (2, 2), (2, 3);
CREATE TABLE d.a (id INT, n BIGINT) USING parquet;
CREATE TABLE d.b (id INT, n BIGINT) USING parquet;
--! file 1.sql
--! framed
INSERT INTO d.a SELECT id, count(n) AS n FROM d.t GROUP BY id;
--! framed
INSERT INTO d.b SELECT id, count(n) AS n FROM d.t GROUP BY id;
--! raw
INSERT INTO d.t SELECT id, count(n) + 2 AS n FROM d.t GROUP BY id;
--! raw
SELECT id, count(n) AS n FROM d.t GROUP BY id;

--! trap whole_unions
-- A union as a whole, with rows that occur twice.
--! subqueries
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), (2, 'b') AS v(id, k);
CREATE TABLE d.a (id INT, k STRING) USING parquet;
--! file 1.sql
--! framed
INSERT INTO d.a SELECT id, k FROM d.t WHERE id > 1 UNION ALL SELECT id, k FROM d.t;
--! framed
SELECT id, k FROM d.t WHERE id > 1 UNION ALL SELECT id, k FROM d.t;
--! raw
SELECT id, k FROM d.t WHERE id > 1 UNION SELECT id, k FROM d.t;
