-- Views: read where they are used, under the settings captured when they were made.

--! trap temporary_over_written
-- A temporary view over a table that is overwritten shows the new rows.
--! row result 1_4 (9,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
CREATE TEMPORARY VIEW v AS SELECT id, k FROM d.t WHERE id > 1;
--! framed
SELECT k FROM v;
--! framed
SELECT max(id) FROM v;
INSERT OVERWRITE d.t VALUES (9, 'z');
--! framed
SELECT k FROM v;
--! framed
SELECT max(id) FROM v;

--! trap view_of_a_view
-- A view over a view over a table depends on the table.
--! maybe frame
--! row result 1_4 (90,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
CREATE TEMPORARY VIEW inner_one AS SELECT id * 10 AS ten, k FROM d.t;
CREATE TEMPORARY VIEW outer_one AS SELECT ten, upper(k) AS k FROM inner_one;
SELECT k FROM outer_one;
SELECT max(ten) FROM outer_one;
INSERT INTO d.t VALUES (9, 'z');
SELECT k FROM outer_one;
SELECT max(ten) FROM outer_one;

--! trap permanent_over_written
-- A permanent view over a table that is overwritten shows the new rows, whether or not it is shared.
--! row result 1_4 (9,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
CREATE VIEW d.v AS SELECT id, k FROM d.t WHERE id > 1;
--! file 1.sql
SELECT k FROM d.v;
SELECT max(id) FROM d.v;
INSERT OVERWRITE d.t VALUES (9, 'z');
SELECT k FROM d.v;
SELECT max(id) FROM d.v;
--! framed
SELECT id FROM d.t;
--! framed
SELECT k FROM d.t;

--! trap permanent_of_permanent
-- Through two permanent views the table below is still what is read.
--! row result 1_4 (8,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
CREATE VIEW d.v AS SELECT id, k FROM d.t WHERE id > 1;
CREATE VIEW d.w AS SELECT id - 1 AS less, k FROM d.v;
--! file 1.sql
SELECT k FROM d.w;
SELECT max(less) FROM d.w;
INSERT INTO d.t VALUES (9, 'z');
SELECT k FROM d.w;
SELECT max(less) FROM d.w;
--! framed
SELECT id FROM d.t;
--! framed
SELECT k FROM d.t;

--! trap temporary_replaced
-- A temporary view that is replaced between two readers is another one.
--! row result 1_4 ('other', 5)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
CREATE TEMPORARY VIEW v AS SELECT id, k FROM d.t;
--! framed v_1
SELECT k FROM v;
--! framed v_1
SELECT id, k FROM v;
CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 'other' AS k, id + 3 AS id FROM d.t;
--! framed v_2
SELECT k FROM v;
--! framed v_2
SELECT k, id FROM v;

--! trap temporary_shadows_a_table
-- A one-part name means the temporary view while there is one, and the table before and after.
--! row result 1_2 (1,)
--! row result 1_4 (100,)
--! row result 1_6 (1,)
--! setup
CREATE TABLE t USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
--! framed
SELECT k FROM t;
--! framed
SELECT id FROM t;
CREATE TEMPORARY VIEW t AS SELECT 100 AS id, 'view' AS k;
SELECT k FROM t;
SELECT id FROM t;
DROP VIEW t;
SELECT k FROM t;
SELECT id FROM t;
SELECT id, k FROM default.t;

--! trap captured_time_zone_permanent
-- A permanent view keeps the time zone in which it was made; the same text in a query does not.
--! row result 1_1 (12,)
--! row result 1_3 (21,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, TIMESTAMP'2024-01-02 12:00:00' AS at;
CREATE VIEW d.v AS SELECT id, hour(at) AS h FROM d.t;
--! file 1.sql
SET spark.sql.session.timeZone = Asia/Tokyo;
SELECT h FROM d.v;
SELECT max(h) FROM d.v WHERE id > 0;
--! framed
SELECT hour(at) AS h FROM d.t;
--! framed
SELECT max(hour(at)) FROM d.t WHERE id > 0;

--! trap captured_time_zone_temporary
-- A temporary view keeps the time zone in which it was made, also inside a frame built later.
--! row result 1_1 (12,)
--! row result 1_3 (21,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, TIMESTAMP'2024-01-02 12:00:00' AS at;
--! file 1.sql
CREATE TEMPORARY VIEW v AS SELECT id, hour(at) AS h FROM d.t;
SET spark.sql.session.timeZone = Asia/Tokyo;
--! framed
SELECT h FROM v;
--! framed
SELECT max(h) FROM v WHERE id > 0;
--! framed
SELECT hour(at) AS h FROM d.t;
--! framed
SELECT max(hour(at)) FROM d.t WHERE id > 0;

--! trap captured_database
-- One-part names in a permanent view mean tables of the database in which it was made.
--! row result 1_1 ('in a',)
--! row result 1_3 ('in b',)
--! setup
CREATE DATABASE a;
CREATE DATABASE b;
CREATE TABLE a.t USING parquet AS SELECT 1 AS id, 'in a' AS k;
CREATE TABLE b.t USING parquet AS SELECT 2 AS id, 'in b' AS k;
USE a;
CREATE VIEW a.v AS SELECT id, k FROM t;
--! file 1.sql
USE b;
SELECT k FROM a.v;
SELECT id FROM a.v;
--! framed
SELECT k FROM t;
--! framed
SELECT id FROM t;

--! trap permanent_redefined
-- CREATE OR REPLACE VIEW and ALTER VIEW between two readers start another view.
--! row result 1_3 (10,)
--! row result 1_5 (100,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
CREATE VIEW d.v AS SELECT id FROM d.t;
--! file 1.sql
SELECT id FROM d.v;
SELECT max(id) FROM d.v;
CREATE OR REPLACE VIEW d.v AS SELECT id * 10 AS id FROM d.t;
SELECT id FROM d.v;
SELECT max(id) FROM d.v;
ALTER VIEW d.v AS SELECT id * 100 AS id FROM d.t;
SELECT id FROM d.v;
SELECT max(id) FROM d.v;
--! framed
SELECT k FROM d.t;
--! framed
SELECT id, k FROM d.t;

--! trap star_view_and_added_column
-- The columns of a view are those of its making, whatever its table gets later.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING) USING parquet;
INSERT INTO d.t VALUES (1, 'a');
CREATE VIEW d.v AS SELECT * FROM d.t;
--! file 1.sql
--! framed
SELECT id FROM d.t;
--! framed
SELECT * FROM d.t;
SELECT * FROM d.v;
ALTER TABLE d.t ADD COLUMNS (x INT);
SELECT * FROM d.v;
SELECT id FROM d.v;
SELECT * FROM d.t;
SELECT id FROM d.t;

--! trap definition_stays_as_written
-- A view made among readers of a table keeps its text: no frame in it, which would be gone tomorrow.
--! row result 2_1 (1,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
--! framed t_1
SELECT id FROM d.t;
--! raw
CREATE VIEW d.v AS SELECT id FROM d.t;
--! raw
CREATE TEMPORARY VIEW w AS SELECT id, k FROM d.t;
--! framed t_1
SELECT k FROM d.t WHERE id = 1;
--! file 2.sql
SELECT id FROM d.v;
SELECT id FROM w;

--! trap dropped_view
-- A frame built from a temporary view ends before the view is dropped, and the name is free again.
--! row result 1_3 ('second',)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
CREATE TEMPORARY VIEW v AS SELECT id, k FROM d.t;
--! framed
SELECT k FROM v;
--! framed
SELECT id FROM v;
DROP VIEW v;
CREATE TEMPORARY VIEW v AS SELECT id, 'second' AS k FROM d.t;
--! framed
SELECT k FROM v;
--! framed
SELECT id FROM v;

--! trap global_temporary
-- A global temporary view is read by its full name and changes with what it reads.
--! maybe frame
--! row result 1_3 (2,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
CREATE GLOBAL TEMPORARY VIEW g AS SELECT id, k FROM d.t;
SELECT k FROM global_temp.g;
SELECT id FROM global_temp.g;
INSERT OVERWRITE d.t VALUES (2, 'b');
SELECT id FROM global_temp.g;
SELECT k FROM global_temp.g;

--! trap random_view
-- A view that calls rand() gives other values at each use: two readers must not share them.
--! row result 1 (0,)
--! reason non-deterministic
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id, id % 3 AS k FROM range(20);
--! file 0.sql
CREATE TEMPORARY VIEW v AS SELECT id, rand() AS r FROM d.t;
--! raw
CREATE TEMPORARY VIEW keep AS SELECT id, k FROM d.t;
CREATE TABLE d.o1 USING parquet AS SELECT count(DISTINCT r) AS n, count(*) AS m FROM v;
--! file 1.sql
--! raw
SELECT count(*) FROM (SELECT r FROM v) AS a JOIN (SELECT r FROM v WHERE id >= 0) AS b ON a.r = b.r;
--! file 2.sql
DROP VIEW v;
--! framed
SELECT sum(k) FROM keep;
--! framed
SELECT k, count(id) FROM keep GROUP BY k;

--! trap view_with_the_time
-- A view that asks for the time asks anew at each use.
--! row result 1 (True,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id;
--! file 0.sql
CREATE TEMPORARY VIEW v AS SELECT id, current_timestamp() AS at FROM d.t;
CREATE TEMPORARY VIEW first_time AS SELECT 1;
CREATE TABLE d.a USING parquet AS SELECT at FROM v;
CREATE TABLE d.b USING parquet AS SELECT at FROM v WHERE id = 1;
--! file 1.sql
SELECT (SELECT max(at) FROM d.a) < (SELECT max(at) FROM d.b) AS later;
--! file 2.sql
DROP TABLE d.a;
DROP TABLE d.b;
DROP VIEW v;
--! framed
SELECT id FROM d.t;
--! framed
SELECT sum(id) FROM d.t;
