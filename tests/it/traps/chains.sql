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

--! trap chain_nested
-- A repeated subquery in a repeated subquery: the outer one is built from the inner one, which others read too.
--! no aggregates
--! row table d.a ('on', 'x')
--! no tables
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING csv OPTIONS (header 'true') AS SELECT * FROM VALUES (1, 'x', 3), (1, 'x', 3), (1, 'y', 7), (2, 'y', 5), (2, 'y', 5), (3, NULL, 1), (3, NULL, 1) AS v(id, k, n);
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 'on'), (2, 'off'), (2, 'on'), (4, 'on') AS v(id, status);
CREATE TABLE d.a (status STRING, k STRING) USING parquet;
--! file 1.sql
--! framed l_1 o_1
INSERT INTO d.a WITH o AS (SELECT l.id, l.k, p.status FROM (SELECT DISTINCT id, k FROM d.t) AS l LEFT JOIN d.p ON l.id = p.id) SELECT o.status, o.k FROM o;
--! framed l_1 o_1
SELECT o.id, count(o.k) AS c FROM (SELECT q.id, q.k, x.status FROM (SELECT DISTINCT id, k FROM d.t) AS q LEFT JOIN d.p AS x ON q.id = x.id) AS o WHERE o.status = 'on' AND o.id = 1 GROUP BY o.id;
--! framed l_1 o_1
SELECT max(o.k) AS k FROM (SELECT q.id, q.k, x.status FROM (SELECT DISTINCT id, k FROM d.t) AS q LEFT JOIN d.p AS x ON q.id = x.id) AS o WHERE o.status = 'off';
--! framed l_1 o_1
SELECT o.status, o.id FROM (SELECT q.id, q.k, x.status FROM (SELECT DISTINCT id, k FROM d.t) AS q LEFT JOIN d.p AS x ON q.id = x.id) AS o WHERE o.k IS NULL;
--! framed l_1
SELECT max(l.k) AS k FROM (SELECT DISTINCT id, k FROM d.t) AS l;
--! framed l_1
SELECT count(*) AS c FROM (SELECT DISTINCT id, k FROM d.t) AS l WHERE l.id < 3;

--! trap chain_join_core
-- A subquery that joins and groups is built from the joined tables, which keep what other statements need.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING csv OPTIONS (header 'true') AS SELECT * FROM VALUES (1, 10, 'on', 5), (2, 10, 'off', 6), (3, 11, 'on', 7), (4, 12, 'on', 8), (5, NULL, 'on', 9), (6, 99, 'off', 1), (1, 10, 'on', 5) AS v(id, cid, status, premium);
CREATE TABLE d.c USING csv OPTIONS (header 'true') AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.a (name STRING, n BIGINT) USING parquet;
--! file 1.sql
--! framed g_1 p_c_1
INSERT INTO d.a WITH g AS (SELECT c.name, count(p.status) AS n, max(c.status) AS m FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.id < 5 GROUP BY c.name) SELECT g.name, g.n FROM g;
--! framed g_1 p_c_1
SELECT sum(x.n) AS n, max(x.m) AS m FROM (SELECT c.name, count(p.status) AS n, max(c.status) AS m FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.id < 5 GROUP BY c.name) AS x;
--! framed p_c_1
SELECT p.id, c.name, p.premium FROM d.c JOIN d.p ON p.cid = c.cid WHERE p.id < 5 AND c.name LIKE 'A%';
--! framed p_c_1
SELECT k.status, x.premium FROM d.p x, d.c k WHERE x.cid = k.cid AND x.id < 5;

--! trap chain_groups
-- A subquery over groups is built from the covering aggregate of the table; groups that it has not stay absent.
--! no tables
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING csv OPTIONS (header 'true') AS SELECT * FROM VALUES (1, 'x', 3), (1, 'x', 7), (2, 'y', 5), (2, 'y', NULL), (3, NULL, 1), (4, 'z', 9) AS v(id, k, n);
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES ('1', 'on'), ('2', 'off'), ('2', 'on'), ('4', 'on') AS v(id, status);
CREATE TABLE d.a (status STRING, m STRING) USING parquet;
--! file 1.sql
--! framed j_1 t_groups_1
INSERT INTO d.a WITH j AS (SELECT l.m, l.c, p.status FROM (SELECT id, max(n) AS m, count(*) AS c FROM d.t WHERE k <> 'z' GROUP BY id) AS l RIGHT JOIN d.p ON l.id = p.id) SELECT j.status, j.m FROM j;
--! framed j_1 t_groups_1
SELECT sum(x.c) AS c FROM (SELECT l.m, l.c, p.status FROM (SELECT id, max(n) AS m, count(*) AS c FROM d.t WHERE k <> 'z' GROUP BY id) AS l RIGHT JOIN d.p ON l.id = p.id) AS x WHERE x.status = 'on';
--! framed j_1 t_groups_1
SELECT max(x.m) AS m FROM (SELECT l.m, l.c, p.status FROM (SELECT id, max(n) AS m, count(*) AS c FROM d.t WHERE k <> 'z' GROUP BY id) AS l RIGHT JOIN d.p ON l.id = p.id) AS x WHERE x.c > 1;
--! framed j_1 t_groups_1
SELECT x.status, x.m FROM (SELECT l.m, l.c, p.status FROM (SELECT id, max(n) AS m, count(*) AS c FROM d.t WHERE k <> 'z' GROUP BY id) AS l RIGHT JOIN d.p ON l.id = p.id) AS x WHERE x.m IS NULL;
--! framed t_groups_1
SELECT id, min(n) AS m FROM d.t WHERE k = 'y' GROUP BY id;
--! framed t_groups_1
SELECT id, count(k) AS c FROM d.t GROUP BY id HAVING count(*) > 1;

--! trap chain_wider
-- The inner subquery has a frame with the columns of others: what is built from it takes its own.
--! no aggregates
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING csv OPTIONS (header 'true') AS SELECT * FROM VALUES (1, 'x', 3), (1, 'x', 7), (1, 'y', 7), (2, 'y', 5), (2, 'y', 5), (3, NULL, 1) AS v(id, k, n);
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES ('1', 'on'), ('2', 'off'), ('2', 'on'), ('4', 'on') AS v(id, status);
--! file 1.sql
--! framed
SELECT o.status FROM (SELECT l.M, p.status FROM (SELECT id, max(n) AS m FROM d.t GROUP BY id) AS l JOIN d.p ON l.id = p.id) AS o;
--! framed
SELECT max(o.M) AS m FROM (SELECT l.M, p.status FROM (SELECT id, max(n) AS m FROM d.t GROUP BY id) AS l JOIN d.p ON l.id = p.id) AS o;
--! framed
SELECT q.id, q.k FROM (SELECT id, min(k) AS k FROM d.t GROUP BY id) AS q;
--! framed
SELECT q.m, q.c FROM (SELECT id, count(k) AS c, max(n) AS m FROM d.t GROUP BY id) AS q;

--! trap chain_of_three
-- Rows of a table, of them those that differ, and of these what joins: each frame is built from the one before.
--! no aggregates
--! row table d.a ('on', 'x')
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING csv OPTIONS (header 'true') AS SELECT * FROM VALUES (1, 'x', 3), (1, 'x', 7), (1, 'y', 7), (2, 'y', 5), (2, 'y', 5), (3, NULL, 1) AS v(id, k, n);
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES ('1', 'on'), ('2', 'off'), ('2', 'on'), ('4', 'on') AS v(id, status);
CREATE TABLE d.a (status STRING, k STRING) USING parquet;
--! file 1.sql
--! framed l_1 o_1 t_1
INSERT INTO d.a WITH o AS (SELECT l.id, l.k, p.status FROM (SELECT DISTINCT id, k FROM d.t WHERE k IS NOT NULL) AS l JOIN d.p ON l.id = p.id) SELECT o.status, o.k FROM o;
--! framed l_1 o_1 t_1
SELECT count(o.k) AS c FROM (SELECT l.id, l.k, p.status FROM (SELECT DISTINCT id, k FROM d.t WHERE k IS NOT NULL) AS l JOIN d.p ON l.id = p.id) AS o;
--! framed l_1 t_1
SELECT max(l.k) AS k FROM (SELECT DISTINCT id, k FROM d.t WHERE k IS NOT NULL) AS l;
--! framed l_1 t_1
SELECT count(*) AS c FROM (SELECT DISTINCT id, k FROM d.t WHERE k IS NOT NULL) AS l;
--! framed t_1
SELECT count(n) AS c FROM d.t WHERE k IS NOT NULL AND n > 3;
--! framed t_1
SELECT max(n) AS m, min(id) AS i FROM d.t WHERE k IS NOT NULL;

--! trap chain_core_of_a_read
-- Joined tables are built from a covering read of one of them whose rows they keep.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING csv OPTIONS (header 'true') AS SELECT * FROM VALUES (1, 10, 'on', 5), (2, 10, 'off', 6), (3, 11, 'on', 7), (4, 12, 'on', 8), (5, NULL, 'on', 9), (6, 99, 'off', 1), (1, 10, 'on', 5), (7, 11, 'on', NULL) AS v(id, cid, status, premium);
CREATE TABLE d.c USING csv OPTIONS (header 'true') AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
--! file 1.sql
--! framed p_1 p_c_1
SELECT p.id, c.name FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.premium > 4;
--! framed p_1 p_c_1
SELECT c.status, p.premium FROM d.c c, d.p p WHERE p.cid = c.cid AND p.premium > 4 AND p.id < 4;
--! framed p_1
SELECT id, cid, status FROM d.p WHERE premium > 4;
--! framed p_1
SELECT premium, id, cid FROM d.p x WHERE x.premium > 4 AND status = 'on';

--! trap chain_core_of_a_read_beside
-- What is filled with NULLs is built from a covering read of all rows of the table.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING csv OPTIONS (header 'true') AS SELECT * FROM VALUES (1, 10, 'on', 5), (2, 10, 'off', 6), (3, 11, 'on', 7), (4, 12, 'on', 8), (5, NULL, 'on', 9), (6, 99, 'off', 1), (1, 10, 'on', 5), (7, 11, 'on', NULL) AS v(id, cid, status, premium);
CREATE TABLE d.c USING csv OPTIONS (header 'true') AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
--! file 1.sql
--! framed c_1 p_c_1
SELECT p.id, c.name FROM d.p p LEFT JOIN d.c c ON p.cid = c.cid;
--! framed c_1 p_c_1
SELECT p.premium, c.status FROM d.p p LEFT JOIN d.c c ON p.cid = c.cid WHERE p.id < 5;
--! framed c_1
SELECT cid, name, status FROM d.c;
--! framed c_1
SELECT status, cid FROM d.c WHERE name IS NOT NULL;

--! trap chain_groups_of_a_read
-- Groups are made of a covering read whose rows they keep; groups that a statement has not stay absent.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING csv OPTIONS (header 'true') AS SELECT * FROM VALUES (1, 'x', 3), (1, 'x', 7), (2, 'y', 5), (2, 'y', NULL), (3, NULL, 1), (4, 'z', 9), (3, 'x', 3) AS v(id, k, n);
--! file 1.sql
--! framed t_1 t_groups_1
SELECT id, count(*) AS c FROM d.t WHERE n > 2 GROUP BY id;
--! framed t_1 t_groups_1
SELECT id, max(n) AS m, count(k) AS c FROM d.t WHERE n > 2 AND k = 'x' GROUP BY id;
--! framed t_1
SELECT id, k, n FROM d.t WHERE n > 2;
--! framed t_1
SELECT k, id FROM d.t AS x WHERE x.n > 2 AND x.id < 3;

--! trap chain_read_join_groups
-- Rows of a table, what joins them, and what is counted of that.
--! row table d.a ('Bob', 1)
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING csv OPTIONS (header 'true') AS SELECT * FROM VALUES (1, 10, 'on', 5), (2, 10, 'off', 6), (3, 11, 'on', 7), (4, 12, 'on', 8), (5, NULL, 'on', 9), (6, 99, 'off', 1), (1, 10, 'on', 5), (7, 11, 'on', NULL) AS v(id, cid, status, premium);
CREATE TABLE d.c USING csv OPTIONS (header 'true') AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.a (name STRING, n BIGINT) USING parquet;
--! file 1.sql
--! framed g_1 p_1 p_c_1
INSERT INTO d.a WITH g AS (SELECT c.name, count(p.status) AS n FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.premium > 4 GROUP BY c.name) SELECT g.name, g.n FROM g;
--! framed g_1 p_1 p_c_1
SELECT max(x.n) AS n FROM (SELECT c.name, count(p.status) AS n FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.premium > 4 GROUP BY c.name) AS x;
--! framed p_1 p_c_1
SELECT p.id, c.status FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.premium > 4;
--! framed p_1
SELECT id, cid, status FROM d.p WHERE premium > 4;
--! framed p_1
SELECT premium, id, cid FROM d.p x WHERE x.premium > 4 AND status = 'on';
