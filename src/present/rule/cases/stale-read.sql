---- found: the table is made by the next statement
INSERT INTO x.log SELECT id FROM sales.daily;
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders

---- found: made in a later file
-- 1.sql
CREATE TABLE x.a AS SELECT d.id FROM sales.daily d JOIN sales.orders o ON d.id = o.id
-- 2.sql
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.returns

---- not found: brought up to date by way of another table
INSERT OVERWRITE x.keep SELECT id, day FROM sales.daily;
INSERT OVERWRITE sales.daily SELECT id, day FROM x.keep

---- not found: rows are added
INSERT OVERWRITE x.a SELECT id FROM sales.daily;
INSERT INTO sales.daily SELECT id, day FROM sales.orders

---- not found: it reads itself
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.daily

---- not found: a copy is kept of what is replaced
CREATE TABLE x.backup AS SELECT * FROM sales.daily;
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders

---- not found: counted before and after
SELECT count(*) FROM sales.daily;
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders;
SELECT count(*) FROM sales.daily

---- not found: made before, too
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders;
INSERT OVERWRITE x.a SELECT id FROM sales.daily;
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.returns
