-- The state of the session as part of what a name and a text mean.

--! trap time_zone_changed
-- The same rows read before and after a change of the time zone give other hours.
--! row result 1_1 (12,)
--! row result 1_3 (21,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, TIMESTAMP'2024-01-02 12:00:00' AS at, '2024-01-02 12:00:00' AS said;
--! file 1.sql
--! framed
SELECT hour(at) AS h FROM d.t WHERE at > TIMESTAMP'2024-01-02 11:00:00';
--! framed
SELECT CAST(said AS TIMESTAMP) AS at FROM d.t WHERE at > TIMESTAMP'2024-01-02 11:00:00';
SET spark.sql.session.timeZone = Asia/Tokyo;
--! framed
SELECT hour(at) AS h FROM d.t WHERE at > TIMESTAMP'2024-01-02 11:00:00';
--! framed
SELECT CAST(said AS TIMESTAMP) AS at FROM d.t WHERE at > TIMESTAMP'2024-01-02 11:00:00';

--! trap set_time_zone
-- SET TIME ZONE is a change of the time zone as well; the hull of a filter on a date is evaluated under it.
--! row result 1_4 (1,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, TIMESTAMP'2024-01-02 23:30:00' AS at;
--! file 1.sql
--! framed
SELECT id FROM d.t WHERE at < '2024-01-03';
--! framed
SELECT count(*) FROM d.t WHERE at < '2024-01-03';
SET TIME ZONE 'Pacific/Auckland';
SELECT id FROM d.t WHERE at < '2024-01-03';
SELECT count(*) FROM d.t WHERE at >= '2024-01-03';

--! trap ansi_changed
-- Under ANSI a cast fails that gave NULL before: the change reaches the readers behind it.
--! row result 1_1 (None,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, '1'), (2, 'b') AS v(id, k);
--! file 1.sql
--! framed
SELECT CAST(k AS INT) AS n FROM d.t;
--! framed
SELECT id FROM d.t;
SET spark.sql.ansi.enabled = true;
--! framed
SELECT id FROM d.t;
--! framed
--! fails CAST_INVALID_INPUT
SELECT CAST(k AS INT) AS n FROM d.t;

--! trap throwing_filter
-- Under ANSI a test of one reader must not be evaluated over rows that another test of it keeps away.
--! row result 1_2 (7,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'n', 'x'), (2, 'i', '7') AS v(id, kind, said);
--! file 1.sql
SET spark.sql.ansi.enabled = true;
SELECT CAST(said AS INT) AS n FROM d.t WHERE kind = 'i';
SELECT CAST(said AS INT) AS n FROM d.t WHERE kind = 'i' AND CAST(said AS INT) > 5;
SELECT id FROM d.t WHERE CASE WHEN kind = 'i' THEN CAST(said AS INT) > 5 ELSE false END;
SELECT id, kind FROM d.t;

--! trap case_sensitivity
-- Where letters' case counts, another spelling is another column.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS Id, 'a' AS k;
--! file 1.sql
--! framed
SELECT ID FROM d.t;
--! framed
SELECT k FROM d.t;
SET spark.sql.caseSensitive = true;
SELECT Id FROM d.t;
SELECT k FROM d.t;
--! fails UNRESOLVED_COLUMN.WITH_SUGGESTION
SELECT ID FROM d.t;

--! trap harmless_setting
-- A setting that cannot change rows does not end a frame.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS k;
--! file 1.sql
--! framed t_1
SELECT id, k FROM d.t;
SET spark.sql.shuffle.partitions = 2;
--! framed t_1
SELECT k FROM d.t;
SET spark.sql.adaptive.enabled = false;
--! framed t_1
SELECT count(*) FROM d.t;

--! trap legacy_setting
-- A legacy flag changes what a function gives.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, '2024-1-2' AS said, 'abc' AS k;
--! file 1.sql
--! framed
SELECT substring(k, 2) AS s, size(NULL) AS n FROM d.t;
--! framed
SELECT to_date(said, 'yyyy-M-d') AS day FROM d.t;
SET spark.sql.legacy.sizeOfNull = false;
SET spark.sql.legacy.timeParserPolicy = LEGACY;
SELECT substring(k, 2) AS s, size(IF(id > 0, CAST(NULL AS ARRAY<INT>), array(1))) AS n FROM d.t;
SELECT to_date(said, 'yyyy-MM-dd') AS day FROM d.t;

--! trap reset
-- RESET takes back what SET did.
--! row result 1_3 (12,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, TIMESTAMP'2024-01-02 12:00:00' AS at;
--! file 1.sql
SET spark.sql.session.timeZone = Asia/Tokyo;
--! framed
SELECT hour(at) AS h FROM d.t;
--! framed
SELECT id FROM d.t;
RESET;
--! framed
SELECT hour(at) AS h FROM d.t;
--! framed
SELECT id FROM d.t;

--! trap function_redefined
-- A temporary function that is defined anew is another function.
--! hive
--! deterministic part
--! row result 1_1 (2024,)
--! row result 1_3 (5,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, DATE'2024-05-06' AS day;
--! file 1.sql
CREATE TEMPORARY FUNCTION part AS 'org.apache.hadoop.hive.ql.udf.UDFYear';
--! framed
SELECT part(day) AS p FROM d.t;
--! framed
SELECT id FROM d.t WHERE part(day) > 1;
CREATE OR REPLACE TEMPORARY FUNCTION part AS 'org.apache.hadoop.hive.ql.udf.UDFMonth';
SELECT part(day) AS p FROM d.t;
SELECT id FROM d.t WHERE part(day) > 1;

--! trap function_shadows_a_built_in
-- A temporary function with the name of a built-in one takes its place.
--! hive
--! row result 1_1 (2024,)
--! row result 1_3 (5,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, DATE'2024-05-06' AS day;
--! file 1.sql
--! framed
SELECT max(p) AS p FROM (SELECT year(day) AS p FROM d.t) AS s;
--! framed
SELECT min(p) AS p FROM (SELECT year(day) AS p FROM d.t) AS s;
CREATE OR REPLACE TEMPORARY FUNCTION year AS 'org.apache.hadoop.hive.ql.udf.UDFMonth';
SELECT max(p) AS p FROM (SELECT year(day) AS p FROM d.t) AS s;
SELECT min(p) AS p FROM (SELECT year(day) AS p FROM d.t) AS s;

--! trap spark_variables
-- `${x}` takes the value that an earlier SET gave it, which may change between two readers.
--! row result 1_1 (1,)
--! row result 1_3 (2,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
SET wanted = a;
--! framed
SELECT id FROM d.t WHERE k = '${wanted}';
--! framed
SELECT count(*) FROM d.t WHERE k = '${wanted}';
SET wanted = b;
SELECT id FROM d.t WHERE k = '${wanted}';
SELECT count(*) FROM d.t WHERE k = '${wanted}';

--! trap ordinals
-- Whether a number in GROUP BY is a position is a setting.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
--! framed
SELECT k, count(*) AS n FROM d.t GROUP BY 1 ORDER BY 1 DESC;
--! framed
SELECT id FROM d.t ORDER BY 1 DESC;
SET spark.sql.orderByOrdinal = false;
SELECT id FROM d.t;
SELECT max(k) AS k FROM d.t;
