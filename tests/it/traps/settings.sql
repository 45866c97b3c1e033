-- Settings of the session: another number of tasks, adaptive plans and other joins give the same rows in another order.

--! trap exact_work
-- Joins, groupings and exact aggregates give the same in one task and in ten, adaptively planned or not.
--! settings adaptive.enabled=true shuffle.partitions=10
--! setup
SET spark.sql.adaptive.enabled=false;
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT int(id % 7) AS k, int(id % 3) AS g, cast(id / 4 AS DECIMAL(10,2)) AS amount, if(id % 9 = 0, NULL, id) AS v FROM range(0, 90, 1, 3);
CREATE TABLE d.u USING parquet AS SELECT int(id % 9) AS k, concat('n', id) AS name FROM range(0, 20, 1, 2);
CREATE TABLE d.none USING parquet AS SELECT k, name FROM d.u WHERE k > 99;
--! file 1.sql
CREATE TABLE d.o1 USING parquet AS SELECT t.k, t.v, u.name FROM d.t AS t LEFT JOIN d.u AS u ON t.k = u.k;
CREATE TABLE d.o2 USING parquet AS SELECT k, count(v) AS n, sum(amount) AS s, avg(amount) AS a, max(v) AS m FROM d.t GROUP BY k;
CREATE TABLE d.o3 USING parquet AS SELECT k, g, count(DISTINCT v) AS n FROM d.t GROUP BY ROLLUP (k, g);
SELECT v, count(*) OVER (PARTITION BY k) AS n, rank() OVER (PARTITION BY k ORDER BY g) AS r FROM d.t WHERE g = 1;
SELECT u.name FROM d.u AS u WHERE EXISTS (SELECT 1 FROM d.t AS t WHERE t.k = u.k AND t.g = 2);
SELECT u.name FROM d.u AS u WHERE u.k NOT IN (SELECT t.k FROM d.t AS t WHERE t.g = 2 AND t.k > 3);
SELECT t.v, n.name FROM d.t AS t JOIN d.none AS n ON t.k = n.k;
SELECT k FROM d.t INTERSECT SELECT k FROM d.u;
SELECT DISTINCT t.g, u.name FROM d.t AS t FULL JOIN d.u AS u ON t.k = u.k AND t.g > 0;
--! file 2.sql
SELECT k, name FROM d.o1 WHERE v > 3;

--! trap null_and_nan_keys
-- Keys that are NULL, NaN or a negative zero go to the same task as equal ones, whatever the number of tasks, and match if broadcast.
--! settings autoBroadcastJoinThreshold=167772160 shuffle.partitions=12
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT CASE id % 6 WHEN 0 THEN NULL WHEN 1 THEN double('NaN') WHEN 2 THEN -0.0D WHEN 3 THEN 0.0D ELSE double(id % 4) END AS x, id AS v FROM range(0, 60, 1, 3);
CREATE TABLE d.u USING parquet AS SELECT * FROM VALUES (0.0D, 'zero'), (double('NaN'), 'nan'), (NULL, 'null'), (2.0D, 'two') AS u (x, name);
--! file 1.sql
SELECT t.v, u.name FROM d.t AS t JOIN d.u AS u ON t.x = u.x;
SELECT t.v, u.name FROM d.t AS t LEFT JOIN d.u AS u ON t.x = u.x WHERE t.v > 5;
SELECT count(*) AS n, max(v) AS m FROM d.t GROUP BY x;

--! trap its_own_value_comes_back
-- The pipeline sets something else; the session ends as it began.
--! settings shuffle.partitions=8
--! setup
CREATE DATABASE d;
SET spark.sql.shuffle.partitions=3;
CREATE TABLE d.t USING parquet AS SELECT int(id % 7) AS k, id AS v FROM range(0, 90, 1, 3);
--! file 1.sql
SET spark.sql.session.timeZone=Asia/Tokyo;
CREATE TABLE d.o1 USING parquet AS SELECT k, count(*) AS n FROM d.t GROUP BY k;
SELECT k, max(v) AS m FROM d.t GROUP BY k;

--! trap the_pipeline_sets_it
-- What the pipeline sets itself is left to it, and shows at the end.
--! settings
--! reason set-in-pipeline
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT int(id % 7) AS k, id AS v FROM range(0, 90, 1, 3);
--! file 1.sql
SET spark.sql.shuffle.partitions=5;
CREATE TABLE d.o1 USING parquet AS SELECT k, count(*) AS n FROM d.t GROUP BY k;
SELECT k, max(v) AS m FROM d.t GROUP BY k;

--! trap ties_and_tasks
-- Which of equal rows wins depends on the order in which tasks give them.
--! settings
--! reason arrangement-shows
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id % 7 AS k, id % 2 AS o, id AS payload FROM range(0, 600, 1, 3);
CREATE TABLE d.u USING parquet AS SELECT id % 7 AS k, id AS w FROM range(0, 60, 1, 3);
--! maybe frame
--! file 1.sql
CREATE TABLE d.o1 USING parquet AS SELECT t.k, t.payload FROM d.t AS t JOIN d.u AS u ON t.k = u.k WHERE u.w < 9;
CREATE TABLE d.o2 USING parquet AS SELECT k, payload FROM (SELECT *, row_number() OVER (PARTITION BY k ORDER BY o) AS rn FROM d.t) AS s WHERE rn = 1;
SELECT k, count(*) AS n FROM d.o1 GROUP BY k;

--! trap sums_of_floats_by_tasks
-- The last digits of a sum depend on the order of addition, and so on the number of tasks.
--! settings
--! reason arrangement-shows
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id % 7 AS k, id % 11 AS g, 1D / (id + 1) AS x FROM range(0, 5000, 1, 3);
--! maybe frame
--! file 1.sql
CREATE TABLE d.o1 USING parquet AS SELECT k, g, count(*) AS n FROM d.t GROUP BY k, g;
SELECT k, sum(x) AS s FROM d.t GROUP BY k;
SELECT g, count(*) AS n FROM d.t GROUP BY g;

--! trap what_a_later_night_reads
-- A statement that reads what another one writes after it reads what the run before has left.
--! settings
--! reason arrangement-shows
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT int(id % 7) AS k, id AS v FROM range(0, 90, 1, 3);
CREATE TABLE d.kept USING parquet AS SELECT 1 AS k, 1L AS n;
--! maybe frame
--! file 1.sql
CREATE TABLE d.o1 USING parquet AS SELECT first(n) AS n FROM d.kept;
--! file 2.sql
INSERT OVERWRITE d.kept SELECT k, count(*) AS n FROM d.t GROUP BY k;
SELECT k, max(v) AS m FROM d.t GROUP BY k;

--! trap partitions_asked_for
-- What asks for the number of a task shows how many there are.
--! settings
--! reason arrangement-shows
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT int(id % 7) AS k, id AS v FROM range(0, 90, 1, 3);
--! maybe frame
--! file 1.sql
SELECT k, spark_partition_id() AS p FROM (SELECT DISTINCT k FROM d.t) AS s;
SELECT k, count(*) AS n FROM d.t GROUP BY k;

--! trap an_empty_side_hides_a_failure
-- An adaptive plan does not compute what joins nothing: a value that cannot be computed would fail no more.
--! settings shuffle.partitions=8
--! reason arrangement-shows
--! setup
SET spark.sql.adaptive.enabled=false;
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT int(id % 7) AS k, id AS v FROM range(0, 90, 1, 3);
CREATE TABLE d.none USING parquet AS SELECT k, v FROM d.t WHERE k > 99;
--! maybe frame
--! file 1.sql
SELECT k, count(*) AS n FROM d.t GROUP BY k;
--! file 2.sql
SELECT n.v, element_at(array(1), s.n) AS e FROM d.none AS n JOIN (SELECT k, int(count(*)) AS n FROM d.t GROUP BY k) AS s ON n.k = s.k;

--! trap a_view_is_made
-- A permanent view keeps the settings of the session in which it is made.
--! settings
--! reason arrangement-shows
--! hive
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT int(id % 7) AS k, id AS v FROM range(0, 90, 1, 3);
--! maybe frame
--! file 1.sql
CREATE VIEW d.seen AS SELECT k, v FROM d.t;
SELECT k, count(*) AS n FROM d.t GROUP BY k;
SELECT k, max(v) AS m FROM d.t GROUP BY k;
