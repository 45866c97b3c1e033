---- found: no reason
-- hoist:allow cross-join
SELECT 1 FROM sales.orders o, sales.customers c

---- found: no such rule
-- hoist:allow cross-joi why not
SELECT 1 FROM sales.orders

---- found: for the next statement only
-- hoist:allow cross-join all pairs
SELECT 1;
SELECT 1 FROM sales.orders o, sales.customers c

---- not found: behind the statement
SELECT 1 FROM sales.orders o, sales.customers c -- hoist:allow cross-join all pairs

---- not found: in a string
SELECT '-- hoist:allow cross-join text' FROM sales.orders

---- not found: in Python
-- 1.py
# hoist:allow undeclared-python the loader is looked after by others
import lake
lake.load(spark)
