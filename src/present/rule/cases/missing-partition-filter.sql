---- found: an aggregate of all
SELECT sum(amount) FROM sales.visits

---- found: the filter is on another table
SELECT v.id FROM sales.visits v JOIN sales.orders o ON v.id = o.id WHERE o.day = '2024'

---- found: a LIMIT on groups reads all of it
SELECT id, sum(amount) FROM sales.visits GROUP BY id LIMIT 10

---- not found: a join may leave partitions out
SELECT v.id FROM sales.visits v JOIN sales.orders o ON v.id = o.id AND v.day = o.day

---- not found: grouped by the partitions
SELECT day, sum(amount) FROM sales.visits GROUP BY day

---- not found: a table without partitions
SELECT id FROM sales.orders

---- not found: some rows, whichever come first
SELECT id FROM sales.visits LIMIT 10

---- not found: a view of that name
CREATE TEMPORARY VIEW visits AS SELECT 1 AS id;
SELECT id FROM visits
