-- Names: like frames', odd ones, in strings and comments, from template variables.

--! trap names_like_frames
-- Tables, views and columns that are named as a frame could be.
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'a' AS t_1, 'b' AS hoist_t_1;
CREATE TABLE d.t_1 USING parquet AS SELECT 2 AS id, 'c' AS t_1;
CREATE TABLE hoist_t_1 USING parquet AS SELECT 3 AS id;
--! file 1.sql
CREATE TEMPORARY VIEW t_1 AS SELECT 4 AS id, 'view' AS t_1;
--! framed
SELECT t_1, hoist_t_1 FROM d.t;
--! framed
SELECT t_1.t_1, t.id FROM d.t JOIN d.t_1 ON t.id < t_1.id;
--! framed
SELECT t.t_1, x.id FROM d.t AS t CROSS JOIN t_1 AS x;
--! framed
SELECT t_1 FROM d.t_1;
SELECT id FROM hoist_t_1;
SELECT id, t_1 FROM t_1;

--! trap alias_like_a_table
-- An alias may be the name of another table.
--! row result 1_1 ('u', 't')
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 't' AS k;
CREATE TABLE d.u USING parquet AS SELECT 1 AS id, 'u' AS k;
--! file 1.sql
--! framed
SELECT t.k, u.k FROM d.u AS t JOIN d.t AS u ON t.id = u.id;
--! framed
SELECT t.k, u.k FROM d.t JOIN d.u ON t.id = u.id;
SELECT d.k FROM d.t AS d WHERE d.id = 1;
SELECT k FROM d.u;

--! trap fully_qualified_columns
-- A column that is qualified by database and table needs the table's name to stay.
--! row result 1_1 (1, 't')
--! setup
CREATE DATABASE d;
CREATE DATABASE e;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 't' AS k;
CREATE TABLE e.t USING parquet AS SELECT 1 AS id, 'e' AS k;
--! file 1.sql
SELECT d.t.id, d.t.k FROM d.t;
SELECT d.t.k, e.t.k FROM d.t JOIN e.t ON d.t.id = e.t.id;
SELECT spark_catalog.d.t.k FROM d.t;
--! framed
SELECT t.k FROM d.t;
--! framed
SELECT T.id FROM d.t;
--! framed
SELECT `t`.`k`, id FROM d.t ORDER BY t.id;

--! trap unicode_and_backquotes
-- Names in other scripts, with blanks, dots and backquotes.
--! setup
CREATE DATABASE `d_x`;
CREATE TABLE `d_x`.t (`größe` INT, `a b` STRING, `x.y` INT, `q``r` INT, `select` INT, `名` STRING) USING parquet;
INSERT INTO `d_x`.t VALUES (1, 'a', 2, 3, 4, '值');
--! file 1.sql
--! framed
SELECT `größe`, `a b` FROM `d_x`.t WHERE `名` = '值';
--! framed
SELECT `x.y`, `q``r`, `select` FROM `d_x`.`t`;
--! framed
SELECT * FROM `d_x`.t;
--! framed
SELECT t.`名` AS `新`, t.`größe` + `select` AS summe FROM `d_x`.t;

--! trap names_in_strings_and_comments
-- Names of tables in strings, comments and hints are no reads and stay as they are.
--! row result 1_1 ('FROM d.t', 1)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'd.t' AS k;
--! file 1.sql
--! framed
SELECT 'FROM d.t' AS said, id FROM d.t; -- FROM d.t
--! framed
SELECT k /* JOIN d.t; d.t */ FROM d.t WHERE k = 'd.t' -- d.t
  AND id = 1;
--! framed
SELECT "d.t; FROM d.t" AS `d.t`, id AS `FROM d.t` FROM /* here */ d . t;

--! trap placeholder_in_a_text
-- Text that looks like hoist's own placeholder is the user's.
--! row result 1_1 ('{ns}_t_1',)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, '{ns}_t_1' AS k;
--! file 1.sql
SELECT '{ns}_t_1' AS said FROM d.t;
--! framed
SELECT id FROM d.t WHERE k LIKE '{%';
--! framed
SELECT k FROM d.t;

--! trap variable_decides_a_name
-- A template variable may be part of a table's name.
--! variable which=t
--! variable base=d
--! variable least=2
--! row result 1_1 (2,)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, k);
CREATE TABLE d.u USING parquet AS SELECT 7 AS id, 'u' AS k;
--! file 1.sql
SELECT id FROM ${base}.${which} WHERE id >= ${least};
SELECT k FROM ${base}.t WHERE id >= ${least};
--! framed
SELECT k FROM d.t WHERE id >= ${least};
--! framed
SELECT count(*) AS n FROM d.t WHERE id >= {{ least }};
INSERT INTO ${base}.t SELECT id, k FROM d.u;
SELECT count(*) AS n FROM d.${which};
SELECT max(id) AS n FROM d.t;

--! trap variable_with_a_quote
-- The value of a variable is text, whatever it looks like.
--! variable name=d.t
--! row result 1_1 ('d.t', 1)
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT 1 AS id, 'd.t' AS k;
--! file 1.sql
--! framed
SELECT '${name}' AS said, id FROM d.t WHERE k = '${name}';
--! framed
SELECT k FROM d.t WHERE k = '${name}' OR id = 5;
--! framed
SELECT count(*) AS n FROM d.t;
