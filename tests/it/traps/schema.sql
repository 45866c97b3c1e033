-- Schema fidelity: an output has the schema of the plain run, down to comments and the schema inside the files.

--! trap char_and_varchar
-- CHAR is padded when it is read and keeps its type in a table made from it; so does VARCHAR.
--! reason padded-column
--! row result 1_1 ('[a    ]', 5)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, c CHAR(5), v VARCHAR(7)) USING parquet;
INSERT INTO d.t VALUES (1, 'a', 'b'), (2, 'xyz', NULL);
--! file 1.sql
--! raw
CREATE TABLE d.o USING parquet AS SELECT c, v FROM d.t;
--! raw
CREATE TABLE d.p USING parquet AS SELECT * FROM d.t WHERE id = 1;
--! framed
CREATE TABLE d.q USING parquet AS SELECT v, CASE WHEN id > 1 THEN v ELSE v END AS w FROM d.t;
--! framed
SELECT concat('[', c, ']') AS c, length(c) AS n FROM d.t WHERE c = 'a';
--! framed
SELECT id FROM d.t WHERE c IN ('a', 'xyz') AND v = 'b';
--! framed
SELECT id, c, v FROM d.t;
SELECT a.id FROM d.t AS a JOIN d.t AS b ON a.c = b.c;

--! trap char_in_a_subquery
-- The same where a subquery is shared.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, c CHAR(5), v VARCHAR(7)) USING orc;
INSERT INTO d.t VALUES (1, 'a', 'b'), (2, 'xyz', NULL);
--! file 1.sql
--! framed
WITH s AS (SELECT DISTINCT c, v FROM d.t) SELECT c, v FROM s;
--! file 2.sql
--! framed
WITH s AS (SELECT DISTINCT c, v FROM d.t) SELECT v, c FROM s WHERE c = 'a';
--! raw
CREATE TABLE d.p USING parquet AS WITH s AS (SELECT DISTINCT c, v FROM d.t) SELECT v, c FROM s WHERE c = 'a';

--! trap padded_columns_that_are_written
-- Files tell whether a CHAR column that became bare while optimising was padded where it was read, or came from a frame.
--! reason padded-column
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, c CHAR(5), n INT) USING parquet;
INSERT INTO d.t VALUES (1, 'a', 2), (2, 'xyz', 3);
CREATE TABLE d.o (id INT, k STRING) USING parquet;
CREATE VIEW d.w AS SELECT id, c AS k FROM d.t;
--! file 1.sql
--! framed
SELECT id, c FROM d.t WHERE c = 'a';
--! framed
SELECT n, c FROM d.t;
--! raw
INSERT OVERWRITE d.o SELECT id, c AS k FROM d.t;
--! raw
CREATE TABLE d.p USING parquet AS SELECT CASE WHEN id = 1 THEN c ELSE c END AS c, id FROM d.t;
--! raw
INSERT OVERWRITE DIRECTORY '@folder@/out' USING parquet SELECT cast(t.c AS STRING) AS c, id FROM d.t;
--! raw
CREATE TABLE d.q USING parquet AS SELECT if(id > 1, k, k) AS k FROM d.w;
--! framed
CREATE TABLE d.r USING parquet AS SELECT id, n FROM d.t;

--! trap padded_columns_that_the_pipeline_makes
-- What the catalog says of a table's columns is not what the pipeline makes of them.
--! reason padded-column
--! maybe frame
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, c CHAR(5)) USING parquet;
INSERT INTO d.t VALUES (1, 'a'), (2, 'xyz');
CREATE TABLE d.m (id INT, c STRING) USING parquet;
INSERT INTO d.m VALUES (1, 'old');
--! file 1.sql
DROP TABLE d.m;
CREATE TABLE d.m USING parquet AS SELECT id, c FROM d.t;
--! framed
SELECT c FROM d.m WHERE id > 0;
--! framed
SELECT id, c FROM d.m;
--! raw
CREATE TABLE d.p USING parquet AS SELECT CASE WHEN id = 1 THEN c ELSE c END AS c, id FROM d.m;
--! raw
INSERT OVERWRITE DIRECTORY '@folder@/out' USING parquet SELECT cast(c AS STRING) AS c FROM d.m;

--! trap padded_columns_from_where_nothing_is_known
-- The footers of files tell which columns are CHAR: a table that is made from them has some, by whatever way.
--! reason padded-column
--! maybe frame
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, c CHAR(5)) USING parquet LOCATION '@folder@/t';
INSERT INTO d.t VALUES (1, 'a'), (2, 'xyz');
CREATE TABLE d.m (id INT, c STRING) USING parquet;
CREATE TABLE d.n (id INT, c STRING) USING parquet;
CREATE TABLE d.o (id INT, c STRING) USING parquet;
--! file 1.sql
DROP TABLE d.m;
CREATE TABLE d.m USING parquet AS SELECT id, c FROM parquet.`@folder@/t`;
DROP TABLE d.n;
CREATE TABLE d.n USING parquet LOCATION '@folder@/t';
CREATE TABLE d.s USING parquet AS SELECT id, c FROM d.n;
DROP TABLE d.o;
ALTER TABLE d.s RENAME TO d.o;
--! file 2.sql
--! framed
SELECT c FROM d.m WHERE id > 0;
--! framed
SELECT id, c FROM d.m;
--! raw
CREATE TABLE d.p USING parquet AS SELECT CASE WHEN id = 1 THEN c ELSE c END AS c, id FROM d.m;
--! framed
SELECT c FROM d.n WHERE id > 0;
--! framed
SELECT id, c FROM d.n;
--! raw
CREATE TABLE d.q USING parquet AS SELECT CASE WHEN id = 1 THEN c ELSE c END AS c, id FROM d.n;
--! framed
SELECT c FROM d.o WHERE id > 0;
--! framed
SELECT id, c FROM d.o;
--! raw
CREATE TABLE d.r USING parquet AS SELECT CASE WHEN id = 1 THEN c ELSE c END AS c, id FROM d.o;

--! trap columns_by_way_of_new_tables
-- What is made without CHAR columns on the way is known to have none, also under another name.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, c STRING) USING parquet;
INSERT INTO d.t VALUES (1, 'a'), (2, 'xyz');
CREATE TABLE d.m (id INT, c STRING) USING parquet;
--! file 1.sql
CREATE TABLE IF NOT EXISTS d.s USING parquet AS SELECT id, c FROM d.t;
ALTER TABLE d.s RENAME TO d.u;
CREATE TABLE d.l (id INT, c STRING) USING parquet;
INSERT INTO d.l SELECT id, c FROM d.u;
CREATE VIEW d.v AS SELECT id, c FROM d.l;
DROP TABLE d.m;
CREATE TABLE d.m USING parquet AS SELECT v.id, u.c FROM d.v JOIN d.u ON u.id = v.id;
--! framed
SELECT c FROM d.m WHERE id > 0;
--! framed
CREATE TABLE d.p USING parquet AS SELECT CASE WHEN id = 1 THEN c ELSE c END AS c, id FROM d.m;

--! trap spelling_of_columns
-- Output columns are spelled as the text or the table spells them, not as another reader does.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (Id INT, CustomerName STRING) USING parquet;
INSERT INTO d.t VALUES (1, 'a'), (2, 'b');
--! file 1.sql
--! framed
CREATE TABLE d.o1 USING parquet AS SELECT * FROM d.t;
--! framed
CREATE TABLE d.o2 USING parquet AS SELECT ID, customername FROM d.t;
--! framed
CREATE TABLE d.o3 USING parquet AS SELECT t.CUSTOMERNAME, count(*) AS N FROM d.t GROUP BY customerName;
--! framed
SELECT t.*, Id AS iD FROM d.t;

--! trap equal_column_names
-- A bare query may have equal names.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
CREATE TABLE d.u USING parquet AS SELECT 1 AS id, 'b' AS k;
--! file 1.sql
--! framed
SELECT t.id, u.id, t.k, u.k FROM d.t JOIN d.u ON t.id = u.id;
--! framed
SELECT *, id FROM d.t;
--! framed
SELECT * FROM d.t JOIN d.u ON t.id = u.id;
--! framed
SELECT count(*), count(*), k FROM d.u GROUP BY k;

--! trap nested_columns
-- Fields of structs, arrays and maps keep names, order, types and nullability.
--! row result 1_1 ('p', 2)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, s STRUCT<Name: STRING, part: STRUCT<x: INT, y: DECIMAL(5, 2)>>, list ARRAY<STRUCT<a: INT, b: STRING>>, m MAP<STRING, ARRAY<INT>>) USING parquet;
INSERT INTO d.t SELECT 1, named_struct('Name', 'p', 'part', named_struct('x', 2, 'y', 1.5BD)), array(named_struct('a', 1, 'b', NULL)), map('k', array(1, NULL));
INSERT INTO d.t SELECT 2, NULL, array(), NULL;
--! file 1.sql
--! framed
SELECT s.name, s.part.x FROM d.t WHERE s.part.y > 1;
--! framed
CREATE TABLE d.o USING parquet AS SELECT s, list, m FROM d.t;
--! framed
SELECT list[0].a AS a, m['k'][0] AS first, s.part AS part, list.b AS bs FROM d.t;
--! framed
SELECT id, s.* FROM d.t;

--! trap decimals
-- Precision and scale of decimals and of what is computed from them.
--! row result 1_1 (Decimal('0.0030'),)
--! aggregates
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, a DECIMAL(10, 2), b DECIMAL(38, 18), c DECIMAL(4, 4)) USING parquet;
INSERT INTO d.t VALUES (1, 12.34, 1.000000000000000001, 0.0015), (2, NULL, 99999999999999999999.5, 0.0015);
--! file 1.sql
--! framed
CREATE TABLE d.o USING parquet AS SELECT sum(a) AS s, avg(a) AS m, sum(b) AS t, max(a * b) AS p, sum(a / 3) AS q FROM d.t;
--! framed
SELECT sum(c) AS c FROM d.t;
--! raw
SELECT a + c AS x, b % 7 AS y, a = 12.340 AS z FROM d.t WHERE a > 12;

--! trap types
-- Dates, timestamps with and without zone, binary, intervals, booleans and small integers.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, DATE'1999-12-31' AS a, TIMESTAMP'1969-12-31 23:59:59.123456' AS b, TIMESTAMP_NTZ'2024-02-29 00:00:00' AS c, X'00FF' AS e, true AS f, 1Y AS g, 2S AS h, 3L AS i, 1.5F AS j, INTERVAL '1-2' YEAR TO MONTH AS l, INTERVAL '1 02:03:04' DAY TO SECOND AS m;
--! file 1.sql
--! framed
CREATE TABLE d.o USING parquet AS SELECT * FROM d.t;
--! framed
SELECT a, b, c, e, l, m FROM d.t WHERE id = 1;
--! framed
SELECT a + 1 AS a, date_trunc('DAY', b) AS b, c - INTERVAL 1 HOUR AS c, hex(e) AS e, NOT f AS f, g + h AS gh, i / 2 AS i, j * 2 AS j FROM d.t;

--! trap comments
-- A table made from another one takes over the comments of its columns.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT COMMENT 'the key', k STRING COMMENT 'its name') USING parquet COMMENT 'source';
INSERT INTO d.t VALUES (1, 'a'), (2, 'b');
--! file 1.sql
--! framed
CREATE TABLE d.o1 USING parquet AS SELECT id, k FROM d.t;
--! framed
CREATE TABLE d.o2 USING parquet AS SELECT * FROM d.t WHERE id > 1;
--! framed
CREATE TABLE d.o3 USING parquet COMMENT 'made' AS SELECT k AS other, upper(k) AS k FROM d.t;
CREATE VIEW d.v AS SELECT 1 AS one;
SELECT id FROM d.t;

--! trap nullability
-- What cannot be NULL in the plain run's files cannot be NULL in those of the hoisted run.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT NOT NULL, k STRING) USING parquet;
INSERT INTO d.t VALUES (1, 'a'), (2, NULL);
--! file 1.sql
--! framed
INSERT OVERWRITE DIRECTORY '@folder@/out' USING parquet SELECT count(*) AS n, coalesce(k, '-') AS k, 1 AS one, id FROM d.t GROUP BY id, k, id + 0;
--! framed
CREATE TABLE d.o1 USING parquet AS SELECT id, coalesce(k, '') AS k, 7 AS seven FROM d.t;
--! framed
SELECT id, k IS NULL AS missing, array(id) AS list, struct(id, k) AS s FROM d.t;
--! file 2.sql
--! framed
INSERT OVERWRITE DIRECTORY '@folder@/sub' USING parquet SELECT s.n, s.k FROM (SELECT coalesce(k, '-') AS k, count(*) AS n FROM d.t GROUP BY k) AS s;
--! file 3.sql
--! framed
SELECT max(s.n) AS n FROM (SELECT coalesce(k, '-') AS k, count(*) AS n FROM d.t GROUP BY k) AS s;

--! trap order_of_star
-- The order behind `*` is the table's, partition columns last, and not that of the frame's first reader.
--! row result 1_1 (3, 1, 'x', 2)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (c INT, a INT, p STRING, b INT) USING parquet;
INSERT INTO d.t VALUES (3, 1, 'x', 2);
CREATE TABLE d.p (c INT, p STRING, a INT) USING parquet PARTITIONED BY (p);
INSERT INTO d.p (c, a, p) VALUES (3, 1, 'x');
--! file 1.sql
--! framed
SELECT * FROM d.t;
--! framed
SELECT b, a FROM d.t;
--! framed
SELECT * FROM d.p;
--! framed
SELECT p, c FROM d.p;
--! framed
SELECT p.*, t.* FROM d.t CROSS JOIN d.p;
--! framed
CREATE TABLE d.o USING parquet PARTITIONED BY (p) AS SELECT * FROM d.t;

--! trap void_column
-- A column of NULLs without a type.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
--! framed
SELECT id, NULL AS nothing FROM d.t;
--! framed
SELECT k, NULL AS nothing, NULL AS nothing FROM d.t;
