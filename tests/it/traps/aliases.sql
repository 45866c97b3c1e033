-- The same table under several names, the same files under several tables.

--! trap equal_names_in_two_databases
-- After USE a one-part name means the table of another database.
--! row result 1_1 ('in a',)
--! row result 1_3 ('in b',)
--! setup
CREATE DATABASE a;
CREATE DATABASE b;
CREATE TABLE a.t USING parquet AS SELECT 1 AS id, 'in a' AS k;
CREATE TABLE b.t USING parquet AS SELECT 2 AS id, 'in b' AS k;
--! file 1.sql
USE a;
--! framed
SELECT k FROM t;
--! framed
SELECT id FROM t;
USE b;
--! framed
SELECT k FROM t;
--! framed
SELECT id FROM t;

--! trap one_table_many_spellings
-- Letter case, backquotes, USE and the catalog's name lead to one table: one frame before the write, one after it.
--! row result 2_1 (9,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
--! framed t_1
SELECT k FROM D.T;
--! framed t_1
SELECT id FROM `d`.`t`;
--! framed t_1
SELECT id, k FROM spark_catalog.d.t;
USE d;
INSERT OVERWRITE t VALUES (9, 'z');
--! file 2.sql
--! framed t_2
SELECT id FROM t;
--! framed t_2
SELECT k FROM `T`;
--! framed t_2
SELECT id, k FROM Spark_Catalog.`d`.t;

--! trap shared_location
-- Two external tables share their files: a write through one changes what the other one reads.
--! setup
CREATE DATABASE d;
CREATE TABLE d.a (id INT, k STRING) USING parquet LOCATION '@folder@/data/shared';
INSERT INTO d.a VALUES (1, 'a'), (2, 'b');
CREATE TABLE d.b (id INT, k STRING) USING parquet LOCATION '@folder@/data/shared';
--! file 1.sql
--! framed
SELECT id FROM d.a;
--! framed
SELECT k FROM d.a;
INSERT INTO d.b VALUES (3, 'c');
REFRESH TABLE d.a;
SELECT id FROM d.a;
SELECT k FROM d.a;
SELECT id FROM d.b;
SELECT k FROM d.b;

--! trap shared_location_unrefreshed
-- The same where Spark itself reads a stale listing: the hoisted run reads it as well.
--! setup
CREATE DATABASE d;
CREATE TABLE d.a (id INT, k STRING) USING parquet LOCATION '@folder@/data/shared';
INSERT INTO d.a VALUES (1, 'a'), (2, 'b');
CREATE TABLE d.b (id INT, k STRING) USING parquet LOCATION '@folder@/data/shared';
--! file 1.sql
--! framed
SELECT id FROM d.a;
--! framed
SELECT k FROM d.a;
INSERT INTO d.b VALUES (3, 'c');
SELECT id FROM d.a;
SELECT k FROM d.a;

--! trap nested_location
-- A table whose folder lies in the folder of another one shares its files.
--! setup
CREATE DATABASE d;
CREATE TABLE d.all_days (id INT, day INT) USING parquet PARTITIONED BY (day) LOCATION '@folder@/data/days';
INSERT INTO d.all_days VALUES (1, 1), (2, 2);
CREATE TABLE d.second_day (id INT) USING parquet LOCATION '@folder@/data/days/day=2';
--! file 1.sql
--! framed
SELECT sum(id) FROM d.all_days;
--! framed
SELECT id FROM d.all_days WHERE id > 0;
INSERT INTO d.second_day VALUES (20);
REFRESH TABLE d.all_days;
SELECT sum(id) FROM d.all_days;
SELECT id FROM d.all_days WHERE id > 0;
SELECT id FROM d.second_day;

--! trap path_read
-- A query that names the folder of a table reads the table's rows, before and after a write.
--! row result 1_6 (3,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING) USING parquet LOCATION '@folder@/data/t';
INSERT INTO d.t VALUES (1, 'a'), (2, 'b');
--! file 1.sql
SELECT id FROM parquet.`@folder@/data/t`;
--! framed
SELECT k FROM d.t;
--! framed
SELECT id FROM d.t;
SELECT max(id) FROM parquet.`@folder@/data/t`;
INSERT INTO d.t VALUES (3, 'c');
SELECT id FROM parquet.`@folder@/data/t`;
SELECT max(id) FROM parquet.`@folder@/data/t`;
--! framed
SELECT k FROM d.t;
--! framed
SELECT id FROM d.t;

--! trap path_write
-- A statement that writes into the folder of a table writes the table.
--! row result 1_3 (7,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING) USING parquet LOCATION '@folder@/data/t';
INSERT INTO d.t VALUES (1, 'a'), (2, 'b');
--! file 1.sql
--! framed
SELECT k FROM d.t;
--! framed
SELECT id FROM d.t;
INSERT OVERWRITE DIRECTORY '@folder@/data/t' USING parquet SELECT 7 AS id, 'dir' AS k;
REFRESH TABLE d.t;
SELECT id FROM d.t;
SELECT k FROM d.t;

--! trap directory_from_frames
-- A directory written from framed reads has the rows and the file schema of the plain run.
--! row folder out ('a', 1)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING) USING parquet;
INSERT INTO d.t VALUES (1, 'a'), (2, 'b'), (3, NULL);
--! file 1.sql
--! framed
INSERT OVERWRITE DIRECTORY '@folder@/out' USING parquet SELECT k, count(*) AS n FROM d.t GROUP BY k;
--! framed
INSERT OVERWRITE DIRECTORY '@folder@/text' USING csv SELECT id, k FROM d.t ORDER BY id;

--! trap moved_location
-- ALTER TABLE … SET LOCATION between two readers changes what the name reads.
--! row result 1_3 (8,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING) USING parquet LOCATION '@folder@/data/one';
INSERT INTO d.t VALUES (1, 'a');
CREATE TABLE d.u (id INT, k STRING) USING parquet LOCATION '@folder@/data/two';
INSERT INTO d.u VALUES (8, 'h');
--! file 1.sql
--! framed
SELECT id FROM d.t;
--! framed
SELECT k FROM d.t;
ALTER TABLE d.t SET LOCATION '@folder@/data/two';
SELECT id FROM d.t;
SELECT k FROM d.t;
SELECT id FROM d.u;
SELECT k FROM d.u;

--! trap external_outlives_its_table
-- The files of a dropped external table are there when it is made again.
--! row result 1_3 (1,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING) USING parquet LOCATION '@folder@/data/t';
INSERT INTO d.t VALUES (1, 'a');
--! file 1.sql
--! framed
SELECT id FROM d.t;
--! framed
SELECT k FROM d.t;
DROP TABLE d.t;
CREATE TABLE d.t (k STRING, id INT) USING parquet LOCATION '@folder@/data/t';
SELECT id FROM d.t;
SELECT * FROM d.t;

--! trap view_over_a_path
-- A temporary view over files in a table's folder depends on the table, as far as Spark itself lists them anew.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING) USING parquet LOCATION '@folder@/data/t';
INSERT INTO d.t VALUES (1, 'a'), (2, 'b');
--! file 1.sql
CREATE TEMPORARY VIEW files USING parquet OPTIONS (path '@folder@/data/t');
SELECT k FROM files;
SELECT max(id) FROM files;
--! framed
SELECT id FROM d.t;
--! framed
SELECT k FROM d.t;
INSERT INTO d.t VALUES (3, 'c');
SELECT max(id) FROM files;
SELECT k FROM files;

--! trap time_travel
-- A version of a table that its format does not keep is refused by Spark, frames or not.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
--! framed
SELECT id FROM d.t;
--! framed
SELECT k FROM d.t;
--! raw
--! fails UNSUPPORTED_FEATURE.TIME_TRAVEL
SELECT id, k FROM d.t VERSION AS OF 1;

--! trap merge
-- MERGE is not supported by files; both runs fail at it.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
CREATE TABLE d.s USING parquet AS SELECT 1 AS id, 'b' AS k;
--! file 1.sql
--! framed
SELECT id FROM d.s;
--! framed
SELECT k FROM d.s;
--! raw
--! fails _LEGACY_ERROR_TEMP_2096
MERGE INTO d.t USING d.s ON t.id = s.id WHEN MATCHED THEN UPDATE SET k = s.k WHEN NOT MATCHED THEN INSERT *;

--! trap partition_in_another_table
-- A partition that lies in the folder of another table changes when this one is written.
--! row result 1_3 (20,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.u (id INT) USING parquet LOCATION '@folder@/data/u';
INSERT INTO d.u VALUES (2);
CREATE TABLE d.t (id INT, day INT) USING parquet PARTITIONED BY (day) LOCATION '@folder@/data/t';
INSERT INTO d.t VALUES (5, 1);
ALTER TABLE d.t ADD PARTITION (day = 2) LOCATION '@folder@/data/u';
--! file 1.sql
-- Spark lists the files of a partition when it is first read.
--! framed
SELECT id FROM d.t WHERE day = 1;
--! framed
SELECT count(id) FROM d.t WHERE day = 1;
INSERT INTO d.u VALUES (20);
SELECT id FROM d.t WHERE day = 2;
SELECT count(id) FROM d.t WHERE day = 2;

--! trap write_through_a_partition
-- A write of a partition changes the table in whose folder the partition was put.
--! row result 1_3 (20,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.u (id INT, day INT) USING parquet PARTITIONED BY (day) LOCATION '@folder@/data/u';
INSERT INTO d.u VALUES (1, 1), (2, 2);
CREATE TABLE d.t (id INT, day INT) USING parquet PARTITIONED BY (day) LOCATION '@folder@/data/t';
ALTER TABLE d.t ADD PARTITION (day = 9);
ALTER TABLE d.t PARTITION (day = 9) SET LOCATION '@folder@/data/u/day=2';
--! file 1.sql
--! framed
SELECT id FROM d.u WHERE day = 1;
--! framed
SELECT count(id) FROM d.u WHERE day = 1;
INSERT INTO d.t PARTITION (day = 9) VALUES (20);
SELECT id FROM d.u WHERE day = 2;
SELECT count(id) FROM d.u WHERE day = 2;

--! trap partition_written_by_path
-- A statement that writes into the folder of a partition outside of its table writes the table.
--! row result 1_3 (7,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, day INT) USING parquet PARTITIONED BY (day);
INSERT INTO d.t VALUES (5, 1);
ALTER TABLE d.t ADD PARTITION (day = 2) LOCATION '@folder@/data/out';
--! file 1.sql
--! framed
SELECT id FROM d.t WHERE day = 1;
--! framed
SELECT count(id) FROM d.t WHERE day = 1;
INSERT OVERWRITE DIRECTORY '@folder@/data/out' USING parquet SELECT 7 AS id;
SELECT id FROM d.t WHERE day = 2;
SELECT count(id) FROM d.t WHERE day = 2;

--! trap partition_put_into_another_table
-- A partition that the pipeline itself puts into the folder of another table.
--! hive
--! row result 1_3 (20,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.u (id INT) STORED AS TEXTFILE LOCATION '@folder@/data/u';
INSERT INTO d.u VALUES (2);
CREATE TABLE d.t (id INT) PARTITIONED BY (day INT) STORED AS TEXTFILE LOCATION '@folder@/data/t';
--! file 1.sql
ALTER TABLE d.t ADD PARTITION (day = 2) LOCATION '@folder@/data/u';
--! framed
SELECT id FROM d.t;
--! framed
SELECT count(id) FROM d.t;
INSERT INTO d.u VALUES (20);
SELECT id FROM d.t;
SELECT count(id) FROM d.t;

--! trap partition_listed_before_it_is_written
-- Spark keeps the listing of a partition: a frame must not list one that its readers leave alone until later.
--! row result 1_3 (20, 2)
--! setup
CREATE DATABASE d;
CREATE TABLE d.u (id INT) USING parquet LOCATION '@folder@/data/u';
INSERT INTO d.u VALUES (2);
CREATE TABLE d.t (id INT, day INT) USING parquet PARTITIONED BY (day) LOCATION '@folder@/data/t';
INSERT INTO d.t PARTITION (day = 1) VALUES (1);
ALTER TABLE d.t ADD PARTITION (day = 2) LOCATION '@folder@/data/u';
--! file 1.sql
SELECT id FROM d.t WHERE day + 0 = 1;
SELECT count(id) FROM d.t WHERE day + 0 = 1;
INSERT INTO d.u VALUES (20);
--! framed
SELECT id, day FROM d.t WHERE day = 2;
--! framed
SELECT count(id) FROM d.t WHERE day = 2;

--! trap partition_of_hive_in_another_table
-- Hive's formats list files at each read.
--! hive
--! row result 1_3 (20,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.u (id INT) STORED AS TEXTFILE LOCATION '@folder@/data/u';
INSERT INTO d.u VALUES (2);
CREATE TABLE d.t (id INT) PARTITIONED BY (day INT) STORED AS TEXTFILE LOCATION '@folder@/data/t';
ALTER TABLE d.t ADD PARTITION (day = 2) LOCATION '@folder@/data/u';
--! file 1.sql
--! framed
SELECT id FROM d.t;
--! framed
SELECT count(id) FROM d.t;
INSERT INTO d.u VALUES (20);
SELECT id FROM d.t;
SELECT count(id) FROM d.t;

--! trap partition_at_the_place_of_a_new_table
-- A managed table is made over an empty folder, which may be that of a partition.
--! row result 1_3 (20,)
--! setup
CREATE DATABASE d LOCATION '@folder@/data/d';
CREATE TABLE d.t (id INT, day INT) USING parquet PARTITIONED BY (day) LOCATION '@folder@/data/t';
INSERT INTO d.t VALUES (5, 1);
ALTER TABLE d.t ADD PARTITION (day = 2) LOCATION '@folder@/data/d/made';
--! file 1.sql
--! framed
SELECT id FROM d.t WHERE day = 1;
--! framed
SELECT count(id) FROM d.t WHERE day = 1;
CREATE TABLE d.made USING parquet AS SELECT 20 AS id;
SELECT id FROM d.t WHERE day = 2;
SELECT count(id) FROM d.t WHERE day = 2;

--! trap table_at_the_place_of_a_new_table
-- An external table whose empty folder is where a managed table is made afterwards.
--! hive
--! row result 1_3 (20,)
--! setup
CREATE DATABASE d LOCATION '@folder@/data/d';
CREATE TABLE d.t (id INT) STORED AS TEXTFILE LOCATION '@folder@/data/d/made';
--! file 1.sql
--! framed
SELECT id FROM d.t;
--! framed
SELECT count(id) FROM d.t;
CREATE TABLE d.made STORED AS TEXTFILE AS SELECT 20 AS id;
SELECT id FROM d.t;
SELECT count(id) FROM d.t;
