---- found: made and dropped
CREATE TABLE x.a AS SELECT id FROM sales.orders;
DROP TABLE x.a

---- found: emptied
INSERT OVERWRITE x.a SELECT id FROM sales.orders;
SELECT id FROM sales.returns;
TRUNCATE TABLE x.a

---- found: replaced in a later file
-- 1.sql
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders
-- 2.sql
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.returns

---- not found: it is read before
CREATE TABLE x.a AS SELECT id FROM sales.orders;
SELECT id FROM x.a;
DROP TABLE x.a

---- not found: dropped before it is made
DROP TABLE x.a;
CREATE TABLE x.a AS SELECT id FROM sales.orders

---- not found: nobody knows what lies between
INSERT OVERWRITE x.a SELECT id FROM sales.orders;
what is this;
TRUNCATE TABLE x.a

---- not found: only part is replaced
INSERT OVERWRITE x.a SELECT id FROM sales.orders;
INSERT OVERWRITE x.a PARTITION (p = 1) SELECT id FROM sales.returns

---- not found: the files of an external table stay
CREATE EXTERNAL TABLE x.a (id BIGINT) LOCATION 's3://b/a';
INSERT OVERWRITE x.a SELECT id FROM sales.orders;
DROP TABLE x.a

---- not found: it may be an external table
INSERT OVERWRITE other.a SELECT id FROM sales.orders;
DROP TABLE other.a

---- not found: the rows are replaced, the table is needed
CREATE TABLE x.a AS SELECT id FROM sales.orders WHERE 1 = 0;
INSERT OVERWRITE x.a SELECT id FROM sales.returns

---- not found: its files are read by their path
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders;
SELECT * FROM parquet.`/w/sales.daily`;
TRUNCATE TABLE sales.daily

---- not found: a view reads it
CREATE VIEW x.v AS SELECT id FROM sales.daily;
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders;
SELECT id FROM x.v;
TRUNCATE TABLE sales.daily
