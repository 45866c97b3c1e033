---- found: rows are added before the last reader
CACHE TABLE sales.log;
SELECT id FROM sales.log;
SELECT line FROM sales.log;
INSERT INTO sales.log SELECT id, day FROM sales.orders;
SELECT id FROM sales.log

---- found: what the cached query reads is replaced
CACHE TABLE w AS SELECT id FROM sales.log;
SELECT id FROM w;
SELECT count(*) FROM w;
INSERT OVERWRITE sales.log SELECT id, day FROM sales.orders;
SELECT id FROM w

---- not found: changed behind the last reader
CACHE TABLE sales.log;
SELECT id FROM sales.log;
SELECT line FROM sales.log;
INSERT INTO sales.log SELECT id, day FROM sales.orders

---- not found: uncached before the change
CACHE TABLE sales.log;
SELECT id FROM sales.log;
SELECT line FROM sales.log;
UNCACHE TABLE sales.log;
INSERT INTO sales.log SELECT id, day FROM sales.orders;
SELECT id FROM sales.log

---- not found: another table is changed
CACHE TABLE sales.log;
SELECT id FROM sales.log;
SELECT line FROM sales.log;
INSERT INTO sales.returns SELECT id, day, day FROM sales.orders;
SELECT id FROM sales.log
