-- Formats of files.

--! trap malformed_csv
-- Which values of malformed lines are read depends on the columns that are asked for.
--! setup
CREATE DATABASE d;
CREATE TABLE d.raw (line STRING) USING text LOCATION '@folder@/data/csv';
INSERT INTO d.raw VALUES ('1,a,10'), ('2,b,x'), ('three,c'), ('4,d,40,more'), ('');
CREATE TABLE d.t (id INT, k STRING, n INT) USING csv LOCATION '@folder@/data/csv';
CREATE TABLE d.s USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
SELECT id FROM d.t;
SELECT k, n FROM d.t;
SELECT count(*) AS c FROM d.t;
SELECT id, n FROM d.t WHERE k = 'b';
SELECT * FROM d.t;
--! framed
SELECT id FROM d.s;
--! framed
SELECT k FROM d.s;

--! trap corrupt_record
-- With a column for what is malformed, rows depend on the columns that are asked for: no frame.
--! reason malformed-rows
--! setup
CREATE DATABASE d;
CREATE TABLE d.raw (line STRING) USING text LOCATION '@folder@/data/csv';
INSERT INTO d.raw VALUES ('1,a,10'), ('2,b,x'), ('three,c'), ('4,d,40,more');
CREATE TABLE d.t (id INT, k STRING, n INT, _corrupt_record STRING) USING csv LOCATION '@folder@/data/csv';
CREATE TABLE d.s USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
SELECT id FROM d.t;
SELECT k, n FROM d.t WHERE id > 1;
SELECT id, _corrupt_record FROM d.t;
SELECT count(*) AS c FROM d.t;
--! framed
SELECT id FROM d.s;
--! framed
SELECT k FROM d.s;

--! trap dropped_malformed
-- DROPMALFORMED drops the lines whose columns that are asked for do not fit.
--! reason malformed-rows
--! setup
CREATE DATABASE d;
CREATE TABLE d.raw (line STRING) USING text LOCATION '@folder@/data/csv';
INSERT INTO d.raw VALUES ('1,a,10'), ('2,b,x'), ('three,c,30');
CREATE TABLE d.t (id INT, k STRING, n INT) USING csv OPTIONS (mode 'DROPMALFORMED') LOCATION '@folder@/data/csv';
CREATE TABLE d.s USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
SELECT id FROM d.t;
SELECT k FROM d.t;
SELECT n FROM d.t;
SELECT count(*) AS c FROM d.t;
--! framed
SELECT id FROM d.s;
--! framed
SELECT k FROM d.s;

--! trap malformed_json
-- The same of JSON lines.
--! setup
CREATE DATABASE d;
CREATE TABLE d.raw (line STRING) USING text LOCATION '@folder@/data/json';
INSERT INTO d.raw VALUES ('{"id": 1, "k": "a", "n": 10}'), ('{"id": 2, "k": {"x": 1}, "n": "x"}'), ('{"id": '), ('[]');
CREATE TABLE d.t (id INT, k STRING, n INT) USING json LOCATION '@folder@/data/json';
CREATE TABLE d.s USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
SELECT id FROM d.t;
SELECT k, n FROM d.t;
SELECT count(*) AS c FROM d.t;
SELECT id, n FROM d.t WHERE n IS NULL;
SELECT * FROM d.t;
--! framed
SELECT id FROM d.s;
--! framed
SELECT k FROM d.s;

--! trap csv_written_and_read
-- CSV gives back other strings than were written: '' as NULL, blanks around as options say.
--! row result 1_1 (1, None)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING) USING csv OPTIONS (header 'true', ignoreLeadingWhiteSpace 'true');
INSERT INTO d.t VALUES (1, ''), (2, ' b'), (3, 'c,"d"'), (4, NULL);
--! file 1.sql
SELECT id, k FROM d.t;
SELECT count(k) AS n FROM d.t WHERE id < 4;
INSERT OVERWRITE d.t VALUES (1, ' x '), (2, '');
SELECT id, k FROM d.t;
SELECT count(k) AS n, max(length(k)) AS m FROM d.t;

--! trap orc_and_text
-- Tables in ORC and text.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (Id INT, s STRUCT<a: INT, b: STRING>, x DOUBLE) USING orc;
INSERT INTO d.t SELECT 1, named_struct('a', 1, 'b', 'x'), -0.0D UNION ALL SELECT 2, NULL, DOUBLE('NaN');
CREATE TABLE d.lines (value STRING) USING text;
INSERT INTO d.lines VALUES ('one'), (''), ('two words');
--! file 1.sql
--! framed
SELECT id, s.b FROM d.t;
--! framed
CREATE TABLE d.o USING orc AS SELECT * FROM d.t WHERE x IS NOT NULL;
--! framed
SELECT value FROM d.lines WHERE value <> '';
--! framed
SELECT count(*) AS n, max(length(value)) AS m FROM d.lines;

--! trap files_of_an_older_schema
-- Files without a column that the table has give NULL for it.
--! row result 1_1 (1, None)
--! setup
CREATE DATABASE d;
CREATE TABLE d.old (id INT, k STRING) USING parquet LOCATION '@folder@/data/t';
INSERT INTO d.old VALUES (1, 'a');
CREATE TABLE d.t (id INT, x DOUBLE, k STRING) USING parquet LOCATION '@folder@/data/t';
INSERT INTO d.t VALUES (2, 2.5, 'b');
--! file 1.sql
--! framed
SELECT id, x FROM d.t;
--! framed
SELECT k, count(x) AS n FROM d.t GROUP BY k;
--! framed
SELECT * FROM d.t WHERE x IS NULL;

--! trap partition_columns
-- Types of partition columns are the table's; filters on them reach frames as on other columns.
--! row result 1_1 (1, '007', None)
--! setup
CREATE DATABASE d;
CREATE TABLE d.p (id INT, code STRING, day DATE) USING parquet PARTITIONED BY (code, day);
INSERT INTO d.p VALUES (1, '007', NULL), (2, '7', DATE'2024-01-01'), (3, 'a b/c=d', DATE'2024-01-02');
--! file 1.sql
--! framed
SELECT id, code, day FROM d.p WHERE code IN ('007', '7');
--! framed
SELECT code, max(day) AS m FROM d.p GROUP BY code;
--! framed
SELECT count(*) AS n FROM d.p WHERE day >= '2024-01-01';
--! framed
SELECT id FROM d.p WHERE code = 'a b/c=d';

--! trap buckets
-- A bucketed table, and one that is written from it.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING) USING parquet CLUSTERED BY (id) SORTED BY (k) INTO 2 BUCKETS;
INSERT INTO d.t VALUES (1, 'a'), (2, 'b'), (3, 'c');
CREATE TABLE d.u (id INT, n INT) USING parquet CLUSTERED BY (id) INTO 2 BUCKETS;
INSERT INTO d.u VALUES (1, 10), (3, 30), (3, 31);
--! file 1.sql
--! framed
SELECT t.k, u.n FROM d.t JOIN d.u ON t.id = u.id;
--! framed
SELECT t.id, sum(u.n) AS s FROM d.t LEFT JOIN d.u ON t.id = u.id GROUP BY t.id;
--! framed
CREATE TABLE d.o USING parquet CLUSTERED BY (id) INTO 3 BUCKETS AS SELECT id, k FROM d.t;

--! trap hive_tables
-- Tables in Hive's own text format, with its delimiters and its NULL.
--! hive
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING) ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' STORED AS TEXTFILE;
INSERT INTO d.t VALUES (1, 'a'), (2, NULL), (3, '\\N');
CREATE TABLE d.p (id INT) PARTITIONED BY (k STRING) STORED AS PARQUET;
SET hive.exec.dynamic.partition.mode = nonstrict;
INSERT INTO d.p PARTITION (k) VALUES (1, 'a'), (2, ''), (3, NULL);
--! file 1.sql
SET hive.exec.dynamic.partition.mode = nonstrict;
--! framed
SELECT id, k FROM d.t;
--! framed
SELECT k, count(*) AS n FROM d.t GROUP BY k;
INSERT INTO d.t SELECT id + 10, k FROM d.p;
SELECT max(id) AS m FROM d.t;
SELECT k, count(*) AS n FROM d.t GROUP BY k;
--! framed
SELECT k, id FROM d.p;
--! framed
SELECT count(*) AS n FROM d.p WHERE k IS NULL;
INSERT OVERWRITE TABLE d.p PARTITION (k) SELECT id, k FROM d.t WHERE id > 1;
--! framed
SELECT k, id FROM d.p;
--! framed
SELECT count(*) AS n FROM d.p WHERE k IS NULL;
