---- found: a new table
CREATE TABLE x.a AS SELECT id FROM sales.orders LIMIT 10

---- found: in a nested query
INSERT INTO x.a SELECT id FROM (SELECT id FROM sales.orders LIMIT 5) o

---- found: numbered in no order
INSERT OVERWRITE x.a SELECT row_number() OVER (ORDER BY 1) AS number, id FROM sales.orders

---- found: one row of each partition, ordered by its key
CREATE TABLE x.a AS WITH r AS (SELECT o.id, o.day, row_number() OVER (PARTITION BY o.id ORDER BY o.id DESC) AS n FROM sales.orders o) SELECT id, day FROM r WHERE n = 1

---- found: the row before, in no order
INSERT OVERWRITE x.a SELECT id, lag(day) OVER (PARTITION BY customer ORDER BY (SELECT NULL)) FROM sales.orders

---- not found: nothing is written
SELECT id FROM sales.orders LIMIT 10

---- not found: no row
CREATE TABLE x.a AS SELECT id FROM sales.orders LIMIT 0

---- not found: one row
CREATE TABLE x.a AS SELECT max(id) FROM sales.orders LIMIT 1

---- not found: the order may be unique
INSERT OVERWRITE x.a SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY customer ORDER BY day) AS n FROM sales.orders) o WHERE n = 1

---- not found: rows of a partition are all the same
INSERT OVERWRITE x.a SELECT id, day FROM (SELECT id, day, row_number() OVER (PARTITION BY id, day ORDER BY id) AS n FROM sales.orders) o WHERE n = 1

---- not found: ties share their rank
INSERT OVERWRITE x.a SELECT id, rank() OVER (PARTITION BY id ORDER BY id) FROM sales.orders

---- not found: numbers beside nothing
INSERT OVERWRITE x.a SELECT row_number() OVER (ORDER BY 1) FROM sales.orders

---- not found: a sum over all rows
INSERT OVERWRITE x.a SELECT id, sum(id) OVER (PARTITION BY id ORDER BY id) FROM sales.orders
