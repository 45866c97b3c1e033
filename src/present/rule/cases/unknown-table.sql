---- found: joined
SELECT 1 FROM sales.orders JOIN sales.gone USING (id)

---- found: what writes it comes later
INSERT INTO sales.daily SELECT id, 1 FROM sales.gone;
CREATE TABLE sales.gone AS SELECT id FROM sales.orders

---- not found: nobody has asked for it
SELECT 1 FROM not.asked

---- not found: a view has the name
CREATE TEMP VIEW gone AS SELECT 1 AS a;
SELECT a FROM gone

---- not found: another table gets its name
ALTER TABLE sales.daily RENAME TO sales.gone;
SELECT id FROM sales.gone

---- not found: it is made like another one
CREATE TABLE IF NOT EXISTS sales.gone LIKE sales.orders;
SELECT id FROM sales.gone

---- not found: made in Python
-- 1.py
spark.table("sales.orders").write.saveAsTable("sales.gone")
-- 2.sql
SELECT id FROM sales.gone

---- not found: dropped in case it is there
DROP TABLE IF EXISTS sales.gone
