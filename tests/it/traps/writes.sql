-- Writes between reads.

--! trap overwrite
-- Readers before an overwrite and readers after it must not share a frame.
--! row table d.after2 (9, 'z')
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), (3, NULL) AS v(id, k);
--! file 1.sql
--! framed t_1
CREATE TABLE d.before1 USING parquet AS SELECT id FROM d.t WHERE id > 1;
--! framed t_1
SELECT k, count(*) AS n FROM d.t GROUP BY k;
INSERT OVERWRITE d.t VALUES (9, 'z'), (8, 'y');
--! framed t_2
SELECT k, count(*) AS n FROM d.t GROUP BY k;
--! framed t_2
CREATE TABLE d.after2 USING parquet AS SELECT id, k FROM d.t WHERE id > 1;

--! trap insert_into
-- Rows appended between two readers are seen by the second one only.
--! row result 1_2 (3,)
--! row result 1_4 (4,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING orc AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), (3, NULL) AS v(id, k);
--! file 1.sql
--! framed t_1
SELECT id FROM d.t WHERE id <> 2;
--! framed t_1
SELECT max(id) FROM d.t;
INSERT INTO d.t SELECT 4, 'd';
--! framed t_2
SELECT k FROM d.t WHERE id > 2;
--! framed t_2
SELECT max(id) FROM d.t;

--! trap insert_of_own_rows
-- A statement that appends to what it reads reads the rows before, and later readers the rows after.
--! row result 3 (6, 66)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1), (2), (3) AS v(id);
--! file 1.sql
--! framed
SELECT sum(id) FROM d.t;
--! framed
SELECT id FROM d.t WHERE id > 1;
--! file 2.sql
--! raw
INSERT INTO d.t SELECT id * 10 FROM d.t;
--! file 3.sql
--! framed
SELECT count(*), sum(id) FROM d.t;
--! file 4.sql
--! framed
SELECT id FROM d.t WHERE id > 1;

--! trap overwrite_of_own_input
-- Spark refuses to overwrite what a statement reads; reading it from a frame would make that succeed.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1), (2), (3) AS v(id);
--! file 1.sql
--! framed
SELECT sum(id) FROM d.t;
--! framed
SELECT id FROM d.t WHERE id > 1;
--! raw
--! fails UNSUPPORTED_OVERWRITE.TABLE
INSERT OVERWRITE d.t SELECT id FROM d.t WHERE id > 1;
--! file 2.sql
SELECT id FROM d.t;

--! trap truncate
-- A truncated table is empty for the readers behind.
--! row result 1_4 (0,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
--! framed
SELECT id FROM d.t;
--! framed
SELECT count(*) FROM d.t;
TRUNCATE TABLE d.t;
SELECT id, k FROM d.t;
SELECT count(*) FROM d.t;

--! trap another_schema
-- A table that is dropped and made anew has other columns in another order.
--! row result 1_4 ('x', 7)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
--! framed
SELECT * FROM d.t;
--! framed
SELECT k FROM d.t;
DROP TABLE d.t;
CREATE TABLE d.t (k STRING, id INT) USING parquet;
INSERT INTO d.t VALUES ('x', 7);
SELECT k FROM d.t WHERE id > 0;
SELECT * FROM d.t WHERE id > 0;

--! trap replaced_by_ctas
-- CREATE TABLE AS over a dropped name starts a new version.
--! row result 1_4 (3, 2, 1)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS a, 2 AS b;
--! file 1.sql
--! framed
SELECT * FROM d.t;
--! framed
SELECT b FROM d.t;
DROP TABLE IF EXISTS d.t;
CREATE TABLE d.t USING parquet AS SELECT 3 AS c, 2 AS b, 1 AS a;
SELECT b FROM d.t;
SELECT * FROM d.t;

--! trap add_columns
-- A column added between two readers belongs to the `*` of the second one.
--! row result 1_4 (1, 'a', None)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING) USING parquet;
INSERT INTO d.t VALUES (1, 'a'), (2, 'b');
--! file 1.sql
--! framed
SELECT * FROM d.t;
--! framed
SELECT k FROM d.t;
ALTER TABLE d.t ADD COLUMNS (x DOUBLE);
SELECT k FROM d.t;
SELECT * FROM d.t;

--! trap column_comment_changed
-- ALTER COLUMN changes what a table made from the reader says of its columns.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT COMMENT 'old', k STRING) USING parquet;
INSERT INTO d.t VALUES (1, 'a'), (2, 'b');
--! file 1.sql
--! framed
CREATE TABLE d.o1 USING parquet AS SELECT id FROM d.t;
--! framed
SELECT k FROM d.t WHERE id > 1;
ALTER TABLE d.t ALTER COLUMN id COMMENT 'new';
CREATE TABLE d.o2 USING parquet AS SELECT id FROM d.t;
SELECT k FROM d.t WHERE id > 1;

--! trap renamed
-- After a rename the old name means another table, the new one the old rows.
--! row result 1_3 ('new',)
--! row result 1_4 ('a',)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
--! framed
SELECT k FROM d.t;
--! framed
SELECT id FROM d.t;
ALTER TABLE d.t RENAME TO d.u;
CREATE TABLE d.t USING parquet AS SELECT 2 AS id, 'new' AS k;
SELECT k FROM d.t;
SELECT k FROM d.u;
SELECT id FROM d.t;
SELECT id FROM d.u;

--! trap dynamic_partition_overwrite
-- Only the partitions written are replaced, and readers behind see all of them.
--! row result 1_4 ('a', 1)
--! row result 1_4 ('b', 20)
--! setup
CREATE DATABASE d;
CREATE TABLE d.p (id INT, k STRING) USING parquet PARTITIONED BY (k);
INSERT INTO d.p VALUES (1, 'a'), (2, 'b');
--! file 1.sql
SET spark.sql.sources.partitionOverwriteMode = dynamic;
--! framed
SELECT sum(id) FROM d.p;
--! framed
SELECT k, id FROM d.p WHERE id > 0;
INSERT OVERWRITE d.p VALUES (20, 'b'), (30, 'c');
--! framed
SELECT sum(id) FROM d.p;
--! framed
SELECT k, id FROM d.p WHERE id > 0;

--! trap static_partition
-- INSERT OVERWRITE of one partition changes what readers of another filter see.
--! row result 1_3 ('b', 21)
--! setup
CREATE DATABASE d;
CREATE TABLE d.p (id INT, k STRING) USING parquet PARTITIONED BY (k);
INSERT INTO d.p VALUES (1, 'a'), (2, 'b'), (3, 'b');
--! file 1.sql
--! framed
SELECT id FROM d.p WHERE k = 'b';
--! framed
SELECT count(*) FROM d.p WHERE k IN ('a', 'b');
INSERT OVERWRITE d.p PARTITION (k = 'b') SELECT 21;
--! framed
SELECT k, id FROM d.p WHERE k = 'b';
--! framed
SELECT count(*) FROM d.p WHERE k IN ('a', 'b');

--! trap dropped_partition
-- ALTER TABLE … DROP PARTITION removes rows.
--! row result 1_3 (1,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.p (id INT, k STRING) USING parquet PARTITIONED BY (k);
INSERT INTO d.p VALUES (1, 'a'), (2, 'b'), (3, 'b');
--! file 1.sql
--! framed
SELECT count(id) FROM d.p;
--! framed
SELECT k FROM d.p WHERE id > 1;
ALTER TABLE d.p DROP PARTITION (k = 'b');
SELECT count(id) FROM d.p;
SELECT k FROM d.p WHERE id > 1;

--! trap empty_partition_value
-- A partition written as '' is read back as NULL: what was written is not what is read.
--! row result 1_1 (1, None)
--! setup
CREATE DATABASE d;
CREATE TABLE d.s USING parquet AS SELECT * FROM VALUES (1, ''), (2, 'b') AS v(id, k);
CREATE TABLE d.p (id INT, k STRING) USING parquet PARTITIONED BY (k);
INSERT INTO d.p VALUES (9, 'z');
--! file 0.sql
INSERT OVERWRITE d.p SELECT id, k FROM d.s;
--! file 1.sql
--! framed
SELECT id, k FROM d.p;
--! framed
SELECT count(*) FROM d.p WHERE k IS NULL;
SELECT count(*) FROM d.s WHERE k IS NULL;

--! trap rounded_when_written
-- INSERT casts to the table's type, so readers of the table see rounded values.
--! row table d.o (Decimal('1.3'), 2)
--! setup
CREATE DATABASE d;
CREATE TABLE d.s USING parquet AS SELECT * FROM VALUES (1.26D, 'a'), (1.34D, 'a') AS v(x, k);
CREATE TABLE d.m (x DECIMAL(3, 1), k CHAR(3)) USING parquet;
INSERT INTO d.m VALUES (9.9, 'z');
CREATE TABLE d.o (x DECIMAL(3, 1), n BIGINT) USING parquet;
--! file 1.sql
INSERT OVERWRITE d.m SELECT x, k FROM d.s;
--! framed
INSERT INTO d.o SELECT x, count(*) FROM d.m GROUP BY x;
--! framed
SELECT concat('[', k, ']') AS padded FROM d.m WHERE x > 1;
SELECT x FROM d.s;

--! trap other_table_written
-- A write to a table that is provably another one does not end a frame.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
CREATE TABLE d.log (n BIGINT) USING parquet;
--! file 1.sql
--! framed t_1
SELECT id FROM d.t;
INSERT INTO d.log VALUES (1);
--! framed t_1
INSERT INTO d.log SELECT count(*) FROM d.t WHERE k = 'a';
--! framed t_1
SELECT k FROM d.t;

--! trap several_inserts
-- FROM … INSERT … INSERT writes several tables; its own read is left as it is, readers of its targets see the rows.
--! row result 2_1 (1, 2)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1), (2) AS v(id);
CREATE TABLE d.a (id INT) USING parquet;
CREATE TABLE d.b (id INT) USING parquet;
INSERT INTO d.a VALUES (7);
--! file 1.sql
--! framed
SELECT id FROM d.t;
--! framed
SELECT max(id) FROM d.t;
--! framed
SELECT id FROM d.a;
--! framed
SELECT max(id) FROM d.a;
FROM d.t INSERT OVERWRITE d.a SELECT id WHERE id = 1 INSERT INTO d.b SELECT id WHERE id = 2;
--! file 2.sql
SELECT (SELECT max(id) FROM d.a) AS a, (SELECT max(id) FROM d.b) AS b;
SELECT id FROM d.a;

--! trap failing_in_the_middle
-- Both runs stop at the same statement and leave the same tables.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
SET spark.sql.ansi.enabled = true;
--! framed
CREATE TABLE d.o1 USING parquet AS SELECT id FROM d.t;
--! file 2.sql
--! framed
--! fails CAST_INVALID_INPUT
CREATE TABLE d.o2 USING parquet AS SELECT CAST(k AS INT) AS k FROM d.t;
--! file 3.sql
CREATE TABLE d.o3 USING parquet AS SELECT k FROM d.t;

--! trap failing_insert
-- An INSERT that fails half-way leaves its target as the plain run does, read through a frame or not.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, '1'), (2, 'b') AS v(id, k);
CREATE TABLE d.o (n INT) USING parquet;
INSERT INTO d.o VALUES (5);
--! file 1.sql
SET spark.sql.ansi.enabled = true;
--! framed
SELECT id, k FROM d.t;
--! framed
SELECT id FROM d.t;
--! framed
--! fails CAST_INVALID_INPUT
INSERT OVERWRITE d.o SELECT CAST(k AS INT) FROM d.t;
--! file 3.sql
SELECT k FROM d.t WHERE id > 1;

--! trap properties_and_statistics
-- Statements about a table that leave its rows alone change no result.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
--! framed
SELECT id FROM d.t;
--! framed
SELECT k FROM d.t WHERE id = 2;
ANALYZE TABLE d.t COMPUTE STATISTICS;
ALTER TABLE d.t SET TBLPROPERTIES ('team' = 'x');
COMMENT ON TABLE d.t IS 'commented';
REFRESH TABLE d.t;
SELECT id FROM d.t;
SELECT k FROM d.t WHERE id = 2;
DESCRIBE d.t;

--! trap default_values
-- Rows written after a column was given another default are read as Spark fills them.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING DEFAULT 'first') USING parquet;
INSERT INTO d.t (id) VALUES (1);
--! file 1.sql
--! framed
SELECT id, k FROM d.t;
--! framed
SELECT count(*) FROM d.t WHERE k = 'first';
ALTER TABLE d.t ALTER COLUMN k SET DEFAULT 'later';
INSERT INTO d.t (id) VALUES (2);
SELECT id, k FROM d.t;
SELECT count(*) FROM d.t WHERE k = 'first';
