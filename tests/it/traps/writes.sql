-- Writes between reads.

--! trap overwrite
-- Two readers before an overwrite and two after it must not share a frame.
--! row table d.after2 (9, 'z')
--! setup
CREATE DATABASE d;
CREATE TABLE d.t USING parquet AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), (3, NULL) AS v(id, k);
--! file 1.sql
--! framed t_1
CREATE TABLE d.before1 USING parquet AS SELECT id FROM d.t WHERE id > 1;
--! framed t_1
CREATE TABLE d.before2 USING parquet AS SELECT k, count(*) AS n FROM d.t GROUP BY k;
INSERT OVERWRITE d.t VALUES (9, 'z'), (8, 'y');
--! framed t_2
CREATE TABLE d.after1 USING parquet AS SELECT k, count(*) AS n FROM d.t GROUP BY k;
--! framed t_2
CREATE TABLE d.after2 USING parquet AS SELECT id, k FROM d.t WHERE id > 1;
--! framed t_2
SELECT max(id) AS top FROM d.t;
