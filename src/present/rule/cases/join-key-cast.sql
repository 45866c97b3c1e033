---- found: in a WHERE, the other way round
SELECT 1 FROM sales.orders o, sales.returns r WHERE r.order_code = o.id

---- found: qualified by the names of the tables
INSERT OVERWRITE sales.copy SELECT 1 FROM sales.orders JOIN sales.customers ON orders.day = customers.id

---- not found: the cast is written
SELECT 1 FROM sales.orders o JOIN sales.returns r ON cast(o.id AS string) = r.order_code

---- not found: the type of one is not known
SELECT 1 FROM other.a a JOIN sales.returns r ON a.id = r.order_code

---- not found: two columns of one table
SELECT 1 FROM sales.orders o WHERE o.id = o.day

---- not found: other names for the columns
SELECT 1 FROM sales.orders AS o (day, customer, id) JOIN sales.returns r ON o.day = r.id

---- not found: the table is made anew before
CREATE OR REPLACE TABLE sales.orders AS SELECT '1' AS id;
SELECT 1 FROM sales.orders o JOIN sales.returns r ON o.id = r.order_code
