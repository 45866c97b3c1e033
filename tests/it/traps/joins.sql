-- Tables that several statements join on the same keys.

--! trap join_in_another_order
-- Inner joins in another order, with other aliases, and sides of the keys exchanged, are the same join.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
--! file 1.sql
--! framed p_c_v_1
SELECT p.id, c.name, v.fuel FROM d.p p JOIN d.c c ON p.cid = c.cid JOIN d.v v ON p.vid = v.vid WHERE p.premium > 4;
--! framed p_c_v_1
SELECT k.name, max(x.model) AS m FROM d.c AS k INNER JOIN d.p ON (k.cid = p.cid) JOIN d.v x ON x.vid = p.vid GROUP BY k.name;
--! framed p_c_v_1
SELECT a.vid, b.cid, count(*) AS n FROM d.v a JOIN d.p b ON a.vid = b.vid CROSS JOIN d.c e WHERE e.cid = b.cid AND a.fuel = 'gas' GROUP BY a.vid, b.cid;

--! trap join_on_keys_without_qualifiers
-- A key that nothing but the condition names goes with it, and the frame need not hold it.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 'on', 5), (2, 10, 'off', 6), (3, 11, 'on', 7), (4, 12, 'on', 8), (NULL, 99, 'off', 1), (1, 10, 'on', 5) AS v(id, cid, status, premium);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd'), (NULL, 7, 'e') AS v(pid, amount, note);
--! file 1.sql
--! framed p_g_1
SELECT status, amount FROM d.p JOIN d.g ON pid = id WHERE premium > 4;
--! framed p_g_1
SELECT note, max(premium) AS m FROM d.g INNER JOIN d.p ON (id = pid) GROUP BY note;

--! trap join_by_commas
-- Tables between commas are joined by the `WHERE`, whose tests stay.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
--! file 1.sql
--! framed p_c_1
SELECT p.id, c.name FROM d.p, d.c WHERE p.cid = c.cid AND p.premium < 8;
--! framed p_c_1
SELECT c.name, p.premium FROM d.c , d.p /* joined below */ WHERE c.cid = p.cid;
--! framed p_c_1
SELECT x.status, g.note FROM d.g, d.p x, d.c WHERE g.pid = x.id AND x.cid = c.cid AND g.amount > 3;

--! trap join_left
-- A left join on a key of the core keeps rows without a partner, whatever stands between.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
--! file 1.sql
--! framed p_v_c_1
SELECT p.id, c.name, v.fuel FROM d.p p LEFT JOIN d.c c ON p.cid = c.cid JOIN d.v v ON v.vid = p.vid WHERE c.name IS NULL;
--! framed p_v_c_1
SELECT p.id, c.name, g.note FROM d.v v JOIN d.p p ON v.vid = p.vid LEFT JOIN d.g g ON g.pid = p.id AND g.amount > 3 LEFT OUTER JOIN d.c c ON c.cid = p.cid;
--! framed p_v_c_1
SELECT count(*) AS n, count(c.cid) AS m FROM d.p p JOIN d.v v ON v.vid = p.vid LEFT JOIN d.c c ON c.cid = p.cid WHERE coalesce(c.status, 'x') <> 'tin';

--! trap join_left_is_no_inner_join
-- An inner and a left join on one key are two joins; a test beside the key makes the left join another one.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
--! file 1.sql
SELECT p.id, c.name FROM d.p p JOIN d.c c ON p.cid = c.cid;
SELECT p.id, c.name FROM d.p p LEFT JOIN d.c c ON p.cid = c.cid;
SELECT p.id, c.name FROM d.p p LEFT JOIN d.c c ON p.cid = c.cid AND c.status = 'gold';
SELECT p.id, c.name FROM d.c c LEFT JOIN d.p p ON p.cid = c.cid;
SELECT p.id, c.name FROM d.p p RIGHT JOIN d.c c ON p.cid = c.cid;
SELECT p.id, c.name FROM d.p p FULL JOIN d.c c ON p.cid = c.cid;

--! trap join_null_keys
-- NULL meets nothing, not even NULL; `<=>` would.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
--! file 1.sql
--! framed
SELECT p.id, c.name FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.premium > 5;
--! framed
SELECT count(*) AS n FROM d.p p JOIN d.c c ON p.cid = c.cid;
SELECT p.id, c.name FROM d.p p JOIN d.c c ON p.cid <=> c.cid;

--! trap join_equal_names
-- Columns of one name in two tables keep their values, and outputs their names and spelling.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
--! file 1.sql
--! framed p_c_1
SELECT p.status, c.status FROM d.p p JOIN d.c c ON p.cid = c.cid;
--! framed p_c_1
SELECT c.Status, upper(p.status) AS u, count(*) AS c_status FROM d.c JOIN d.p ON p.cid = c.cid GROUP BY c.status, p.status ORDER BY c.status, u;
--! framed p_c_1
SELECT p.cid, c.status FROM d.p JOIN d.c ON p.cid = c.cid WHERE c.status = 'gold' AND p.status = 'on' ORDER BY status, p.cid;
--! framed p_c_1
SELECT c.cid AS own, p.cid, CASE WHEN p.status = 'on' THEN c.status ELSE p.status END AS s FROM d.p JOIN d.c ON p.cid = c.cid;

--! trap join_names_of_outputs
-- Spark names what has no alias after its text: without the qualifiers.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
--! file 1.sql
--! framed p_c_1
SELECT upper(c.name), p.premium + 1, count(c.name) FROM d.p p JOIN d.c c ON p.cid = c.cid GROUP BY upper(c.name), p.premium + 1;
--! framed p_c_1
SELECT struct(c.name, p.id) AS s, (c.name, 1) AS t, named_struct('x', c.name) AS n FROM d.p p JOIN d.c c ON p.cid = c.cid;
--! framed p_c_1
SELECT DISTINCT c.name FROM d.c JOIN d.p ON p.cid = c.cid ORDER BY c.name;

--! trap join_fields_named_after_columns
-- A field takes the name of its column: where the frame has another name for that, the join stays.
--! reason column-name
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
--! file 1.sql
SELECT p.status, c.status FROM d.p p JOIN d.c c ON p.cid = c.cid;
SELECT c.status, p.status AS s FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.id > 1;
SELECT struct(c.status) AS s, p.status FROM d.p p JOIN d.c c ON p.cid = c.cid;
SELECT upper(c.status), p.status FROM d.p p JOIN d.c c ON p.cid = c.cid;

--! trap join_within_a_bigger_join
-- Other relations before, between and behind the tables of the core stay where they are.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
--! file 1.sql
--! framed
SELECT p.id, c.name, g.note, v.fuel FROM d.g g JOIN d.p p ON g.pid = p.id JOIN (SELECT pid, sum(amount) AS total FROM d.g GROUP BY pid) s ON s.pid = p.id JOIN d.c c ON p.cid = c.cid JOIN d.v v ON v.vid = p.vid;
--! framed
SELECT p.id, c.name, s.note, v.model FROM d.p p LEFT JOIN d.g s ON s.pid = p.id JOIN d.c c ON c.cid = p.cid JOIN d.v v ON v.vid = p.vid;
--! framed
SELECT p.id, c.name FROM d.p p JOIN d.c c ON c.cid = p.cid JOIN d.v v ON v.vid = p.vid LEFT ANTI JOIN d.g g ON g.pid = p.id AND g.note <> c.name;

--! trap join_of_two_key_types
-- Keys of two types are cast to one before they are compared.
--! reason join-types
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
CREATE TABLE d.n USING parquet AS SELECT * FROM VALUES ('10', 'ten'), ('010', 'padded'), ('x', 'none') AS v(cid, note);
--! file 1.sql
SELECT p.id, n.note FROM d.p p JOIN d.n n ON p.cid = n.cid;
SELECT p.premium, n.note FROM d.p p JOIN d.n n ON p.cid = n.cid;
SELECT n.note FROM d.n n JOIN d.p p ON p.cid = n.cid;

--! trap join_written_between
-- A write to one of the tables ends the frame; readers behind it join the new rows.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
--! file 1.sql
--! framed
SELECT p.id, c.name FROM d.p p JOIN d.c c ON p.cid = c.cid;
--! framed
SELECT c.name, p.premium FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.premium > 5;
INSERT INTO d.c VALUES (99, 'Zoe', 'new');
--! file 2.sql
--! framed
SELECT p.id, c.name FROM d.p p JOIN d.c c ON p.cid = c.cid;
--! framed
SELECT c.name, p.premium FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.premium < 5;

--! trap join_in_a_cte
-- Blocks in common table expressions, derived tables and the inputs of a union read the frame.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
--! file 1.sql
--! framed p_c_1
WITH j AS (SELECT p.id, c.name, p.premium FROM d.p p JOIN d.c c ON p.cid = c.cid) SELECT name, sum(premium) AS s FROM j GROUP BY name;
--! framed p_c_1
SELECT x.name FROM (SELECT c.name, p.id FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.premium > 5) x JOIN d.g g ON g.pid = x.id;
--! framed p_c_1
SELECT c.name FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.id = 1 UNION ALL SELECT c.status FROM d.c c JOIN d.p p ON c.cid = p.cid WHERE p.id = 2;

--! trap join_seen_from_a_nested_query
-- A nested query may name a table of the block around it: then the join stays.
--! reason nested-query
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
--! file 1.sql
SELECT p.id, c.name FROM d.p p JOIN d.c c ON p.cid = c.cid;
SELECT p.premium, c.name FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.premium > 5;
SELECT p.id FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE EXISTS (SELECT 1 FROM d.g g WHERE g.pid = p.id);
SELECT p.id FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.id IN (SELECT pid FROM d.g WHERE amount > 3);

--! trap join_of_padded_strings
-- Values of CHAR are padded; a column of that type keeps its values under another name.
--! setup
CREATE DATABASE d;
CREATE TABLE d.h (id INT, code CHAR(3)) USING parquet;
INSERT INTO d.h VALUES (1, 'a'), (2, 'ab'), (3, 'abc');
CREATE TABLE d.n (id INT, code CHAR(5)) USING parquet;
INSERT INTO d.n VALUES (1, 'a'), (2, 'b'), (3, 'abc');
--! file 1.sql
--! framed
SELECT h.code, n.code FROM d.h JOIN d.n ON h.id = n.id;
--! framed
SELECT h.id FROM d.h JOIN d.n ON h.id = n.id WHERE n.code = 'a' AND h.code = 'a';
--! framed
SELECT n.code, length(h.code) AS l FROM d.n JOIN d.h ON h.id = n.id WHERE n.code LIKE 'a%';

--! trap join_of_filtered_rows
-- Rows that no reader keeps are left out; those of each reader are there, whatever table it tests, and NULL passes no test.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
--! file 1.sql
--! framed p_c_1
SELECT p.id, c.name FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.status = 'on' AND c.status = 'gold';
--! framed p_c_1
SELECT p.id, c.name FROM d.c c JOIN d.p p ON p.cid = c.cid JOIN d.v ON v.vid = p.vid AND p.status = 'on' WHERE p.premium BETWEEN 6 AND 7;
--! framed p_c_1
SELECT p.id, count(*) AS n FROM d.c JOIN d.p ON p.cid = c.cid LEFT SEMI JOIN d.g ON g.pid = p.id AND c.name IS NULL GROUP BY p.id;
--! framed p_c_1
SELECT p.premium FROM d.c, d.p WHERE p.cid = c.cid AND c.name IN ('Ann', 'Rob') AND p.status = 'off';

--! trap join_of_filtered_rows_left
-- Behind a left join a test of the table that is filled with NULLs leaves out nothing of the frame.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
--! file 1.sql
--! framed p_c_1
SELECT p.id, c.name FROM d.p p LEFT JOIN d.c c ON p.cid = c.cid WHERE c.status = 'gold' AND p.premium > 4;
--! framed p_c_1
SELECT p.id, c.name FROM d.p p LEFT JOIN d.c c ON p.cid = c.cid WHERE c.status IS NULL AND p.premium > 4;
--! framed p_c_1
SELECT p.id, g.note FROM d.p p LEFT JOIN d.c c ON c.cid = p.cid LEFT JOIN d.g g ON g.pid = p.id AND p.status = 'on' WHERE p.premium > 4;

--! trap join_of_all_rows
-- One reader of all rows leaves no filter.
--! setup
CREATE DATABASE d;
CREATE TABLE d.p USING parquet AS SELECT * FROM VALUES (1, 10, 100, 'on', 5), (2, 10, 101, 'off', 6), (3, 11, 100, 'on', 7), (4, 12, 102, 'on', 8), (5, NULL, 100, 'on', 9), (6, 99, NULL, 'off', 1), (1, 10, 100, 'on', 5) AS v(id, cid, vid, status, premium);
CREATE TABLE d.c USING parquet AS SELECT * FROM VALUES (10, 'Ann', 'gold'), (11, 'Bob', 'tin'), (11, 'Rob', 'tin'), (12, NULL, 'gold'), (NULL, 'Nobody', 'none') AS v(cid, name, status);
CREATE TABLE d.v USING parquet AS SELECT * FROM VALUES (100, 'gas', 2000), (101, 'oil', 2010), (102, 'gas', 2020), (103, 'gas', 2021), (NULL, 'none', 1990) AS v(vid, fuel, model);
CREATE TABLE d.g USING parquet AS SELECT * FROM VALUES (1, 3, 'a'), (2, 4, 'b'), (2, 5, 'c'), (7, 6, 'd') AS v(pid, amount, note);
--! file 1.sql
--! framed p_c_1
SELECT p.id, c.name FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.status = 'on';
--! framed p_c_1
SELECT p.id, c.name FROM d.p p JOIN d.c c ON p.cid = c.cid WHERE p.premium + 1 > 7;
--! framed p_c_1
SELECT p.id, g.note FROM d.p p JOIN d.c c ON p.cid = c.cid LEFT JOIN d.g g ON g.pid = p.id AND p.status = 'off';
