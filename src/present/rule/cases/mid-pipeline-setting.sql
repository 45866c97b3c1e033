---- found: between two queries
SELECT id FROM sales.orders;
SET spark.sql.caseSensitive=true;
SELECT id FROM sales.orders

---- found: set back after use
SET spark.sql.ansi.enabled=false;
SELECT id FROM sales.orders;
SET spark.sql.ansi.enabled=true

---- found: in a later file
-- 1.sql
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders
-- 2.sql
SET spark.sql.session.timeZone = 'UTC';
INSERT OVERWRITE sales.weekly SELECT id, day FROM sales.orders

---- not found: the same value again
SET spark.sql.ansi.enabled=true;
SELECT id FROM sales.orders;
SET spark.sql.ansi.enabled=TRUE

---- not found: it changes the speed only
SELECT id FROM sales.orders;
SET spark.sql.shuffle.partitions=8

---- not found: nothing was computed before
DROP TABLE IF EXISTS sales.weekly;
USE sales;
SET spark.sql.ansi.enabled=true;
SELECT id FROM sales.orders

---- not found: it is only shown
SELECT id FROM sales.orders;
SET spark.sql.ansi.enabled
