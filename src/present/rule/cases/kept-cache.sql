---- found: a statement follows the last reader
CACHE TABLE sales.log;
SELECT id FROM sales.log;
SELECT line FROM sales.log;
SELECT id FROM sales.orders

---- found: in a later file
-- 1.sql
CACHE TABLE sales.log;
SELECT id FROM sales.log;
SELECT line FROM sales.log
-- 2.sql
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders

---- not found: uncached
CACHE TABLE sales.log;
SELECT id FROM sales.log;
SELECT line FROM sales.log;
UNCACHE TABLE sales.log;
SELECT id FROM sales.orders

---- not found: all is uncached
CACHE TABLE sales.log;
SELECT id FROM sales.log;
SELECT line FROM sales.log;
CLEAR CACHE;
SELECT id FROM sales.orders

---- not found: nothing follows
CACHE TABLE sales.log;
SELECT id FROM sales.log;
SELECT line FROM sales.log
