-- Frames that are built from other frames.

--! trap chain_latest
-- The frame of a repeated subquery reads the table's covering read, whose filter its own filters imply.
--! no aggregates
--! row table d.a ('x', 7)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'x', 3, 2020), (1, 'x', 7, 2021), (2, 'y', 5, 2021), (2, 'y', NULL, 2018), (3, NULL, 1, 2022) AS v(id, k, n, year);
CREATE TABLE d.a (k STRING, m INT) USING parquet;
CREATE TABLE d.b (k STRING, m INT) USING parquet;
--! file 1.sql
--! framed
INSERT INTO d.a WITH top AS (SELECT id, k, max(n) AS m FROM d.t WHERE year > 2019 GROUP BY id, k) SELECT top.k, top.m FROM top;
--! framed
INSERT INTO d.b SELECT q.k, min(q.m) AS m FROM (SELECT id, k, max(n) AS m FROM d.t WHERE year > 2019 GROUP BY id, k) AS q GROUP BY q.k;
--! framed
SELECT count(*) AS c FROM d.t WHERE year > 2019 AND n > 2;
--! framed
SELECT min(year) AS y FROM d.t AS x WHERE x.year = 2021 AND x.year > 2019;

--! trap chain_self_join
-- Of two places in one text, the one whose rows the covering read has is built from it.
--! no aggregates
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'x', 3), (1, 'x', 7), (2, 'y', 5), (2, 'y', NULL), (3, NULL, 1) AS v(id, k, n);
CREATE TABLE d.a (k STRING, m BIGINT) USING parquet;
--! file 1.sql
--! framed
INSERT INTO d.a WITH p AS (SELECT a.k, count(b.n) AS m FROM d.t AS a JOIN d.t AS b ON a.id = b.id WHERE b.n > 2 GROUP BY a.k) SELECT p.k, p.m FROM p;
--! framed
WITH p AS (SELECT a.k, count(b.n) AS m FROM d.t AS a JOIN d.t AS b ON a.id = b.id WHERE b.n > 2 GROUP BY a.k) SELECT max(p.m) AS m FROM p;
SELECT count(id) AS c FROM d.t WHERE n > 2;
SELECT max(n) AS c FROM d.t WHERE n > 2 AND id > 0;
SELECT min(id) AS c FROM d.t WHERE n > 2;

--! trap chain_before_a_write
-- The covering read goes before its table is written; what was built from it keeps the rows as they were only as long
-- as its own readers may see them.
--! no aggregates
--! row result 2 (1,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'x', 3), (1, 'x', 7), (2, 'y', 5) AS v(id, k, n);
CREATE TABLE d.a (k STRING, m INT) USING parquet;
--! file 1.sql
--! framed
INSERT INTO d.a SELECT q.k, q.m FROM (SELECT id, k, max(n) AS m FROM d.t GROUP BY id, k) AS q;
--! framed
INSERT INTO d.a SELECT q.k, q.m + 1 AS m FROM (SELECT id, k, max(n) AS m FROM d.t GROUP BY id, k) AS q;
--! framed
SELECT count(*) AS c FROM d.t WHERE n > 3;
--! framed
SELECT max(n) AS c FROM d.t;
--! raw
INSERT OVERWRITE TABLE d.t SELECT 9 AS id, 'z' AS k, 9 AS n;
--! file 2.sql
--! raw
SELECT count(*) AS c FROM (SELECT id, k, max(n) AS m FROM d.t GROUP BY id, k) AS q;

--! trap chain_unqualified
-- Columns stay qualified by the name of the table, which the frame gets as an alias; another subquery selects more.
--! no aggregates
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'x', 3), (1, 'x', 7), (2, 'y', 5), (3, NULL, NULL) AS v(id, k, n);
--! file 1.sql
USE d;
--! framed
SELECT q.k, q.m FROM (SELECT t.id, t.k, max(t.n) AS m FROM t WHERE t.n IS NOT NULL GROUP BY t.id, t.k) AS q;
--! framed
SELECT q.s FROM (SELECT t.id, t.k, sum(t.n) AS s, max(t.n) AS m FROM t WHERE t.n IS NOT NULL GROUP BY t.id, t.k) AS q;
--! framed
SELECT count(t.id) AS c FROM t WHERE t.k = 'x';
--! framed
SELECT max(n) AS c FROM d.t;

--! trap chain_of_two_texts
-- One covering read builds two frames and serves no statement by itself.
--! no aggregates
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING csv OPTIONS (header 'true') AS SELECT * FROM VALUES (1, 'x', 3), (1, 'x', 7), (2, 'y', 5), (3, NULL, NULL) AS v(id, k, n);
--! file 1.sql
--! framed
SELECT q.k, q.m FROM (SELECT t.id, t.k, max(t.n) AS m FROM d.t GROUP BY t.id, t.k) AS q;
--! framed
SELECT q.m FROM (SELECT t.id, t.k, max(t.n) AS m FROM d.t GROUP BY t.id, t.k) AS q;
--! framed
SELECT q.s + 1 AS s FROM (SELECT t.k, count(t.n) AS s FROM d.t GROUP BY t.k) AS q;
--! framed
SELECT q.s FROM (SELECT t.k, count(t.n) AS s FROM d.t GROUP BY t.k) AS q;
