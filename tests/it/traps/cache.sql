-- The user's own CACHE, UNCACHE and CLEAR CACHE, and plans that happen to be equal.

--! trap users_cache
-- A table that the user caches stays cached to the end, and frames beside it take nothing of it away.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
CACHE TABLE d.t;
--! framed
SELECT id FROM d.t WHERE k = 'a';
--! framed
SELECT k FROM d.t;
SELECT count(*) AS n FROM d.t;

--! trap uncache_in_the_middle
-- UNCACHE of the table that a frame is built from.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
CACHE TABLE d.t;
SELECT id FROM d.t;
UNCACHE TABLE d.t;
SELECT k FROM d.t;
SELECT count(*) AS n FROM d.t WHERE id > 1;
INSERT INTO d.t VALUES (3, 'c');
SELECT id FROM d.t;
SELECT k FROM d.t WHERE id > 1;

--! trap clear_cache
-- CLEAR CACHE would take the frames away, so none lives across it.
--! maybe frame
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
SELECT id FROM d.t;
SELECT k FROM d.t;
CLEAR CACHE;
SELECT count(*) AS n FROM d.t WHERE id > 1;
SELECT max(k) AS m FROM d.t;

--! trap cached_view_of_the_same_plan
-- A view that the user caches may have the plan of a frame: releasing the frame must not release it.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (2, 'b', 6) AS v(id, k, n);
--! file 1.sql
CACHE TABLE own OPTIONS ('storageLevel' 'MEMORY_ONLY') AS SELECT id, k FROM d.t;
SELECT id, k FROM d.t;
SELECT k FROM d.t WHERE id = 1;
SELECT max(id) AS m FROM own;
SELECT count(k) AS c FROM own;
SELECT id FROM own;

--! trap cache_after_a_frame
-- The same where the frame comes first.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a', 5), (2, 'b', 6) AS v(id, k, n);
--! file 1.sql
SELECT id, k FROM d.t;
SELECT k FROM d.t WHERE id = 1;
--! raw
CACHE TABLE own AS SELECT id, k FROM d.t;
SELECT id, k FROM d.t;
SELECT max(id) AS m FROM own;
SELECT count(k) AS c FROM own;

--! trap lazy_cache
-- A lazily cached table holds the rows of its first use.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
CACHE LAZY TABLE d.t;
INSERT INTO d.t VALUES (3, 'c');
--! framed
SELECT id FROM d.t;
--! framed
SELECT k FROM d.t WHERE id > 2;
DROP TABLE d.t;

--! trap unasked_sharing
-- A statement that is to read the table raw has a part with the very plan of the frame.
--! row result 1_3 (2, True)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT id AS id, id % 2 AS k FROM range(0, 20, 1, 2);
--! file 1.sql
SELECT id, k FROM d.t;
SELECT k, max(id) AS m FROM d.t GROUP BY k;
SELECT count(*) AS n, max(r) < 1 AS small FROM (SELECT id, k, rand() AS r FROM d.t LIMIT 2) AS s;
--! raw
SELECT id, k FROM d.t LIMIT 3;
SELECT sum(id) AS s FROM d.t;

--! trap refreshed_by_path
-- REFRESH of a path throws away what is cached of it.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t (id INT, k STRING) USING parquet LOCATION '@folder@/data/t';
INSERT INTO d.t VALUES (1, 'a'), (2, 'b');
--! file 1.sql
SELECT id FROM d.t;
SELECT k FROM d.t;
REFRESH '@folder@/data/t';
SELECT id, k FROM d.t;
SELECT k FROM d.t WHERE id = 1;

--! trap unasked_sharing_and_files
-- A statement that asks for the file of each row has a part with the very plan of a frame, which knows no files.
--! row result 1_2 (2, True)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
--! file 1.sql
SELECT id, k FROM d.t;
--! raw
SELECT count(DISTINCT f) AS n, max(f) <> '' AS known FROM (SELECT input_file_name() AS f FROM (SELECT id, k FROM d.t) AS s) AS q;
SELECT k FROM d.t WHERE id = 1;
--! file 2.sql
--! framed
SELECT id, k FROM d.t;
--! framed
SELECT max(k) AS m FROM d.t;
