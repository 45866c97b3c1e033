---- found: one of three tables is joined
SELECT 1 FROM sales.orders o, sales.customers c, sales.returns r WHERE o.customer = c.id

---- found: the ON compares columns of one side
SELECT 1 FROM sales.orders o JOIN sales.customers c ON o.id = o.customer

---- found: a nested query has its own FROM
INSERT OVERWRITE sales.daily SELECT id, day FROM (SELECT o.id, r.day FROM sales.orders o, sales.returns r) x

---- not found: written out, it is meant
SELECT 1 FROM sales.orders o CROSS JOIN sales.customers c;
SELECT 1 FROM sales.orders o JOIN sales.customers c ON 1 = 1

---- not found: whose columns the test has is not known
SELECT 1 FROM sales.orders o, sales.customers c WHERE customer = name

---- not found: a nested query may have one row
WITH m AS (SELECT max(day) AS day FROM sales.orders) SELECT 1 FROM sales.orders o, m

---- not found: joined by way of a third table
SELECT 1 FROM sales.orders o, sales.customers c, sales.returns r WHERE o.customer = c.id AND r.id = c.id

---- not found: a generator belongs to its row
SELECT 1 FROM sales.orders o LATERAL VIEW explode(split(o.day, '-')) p AS part

---- not found: a field of a struct is qualified by the table
SELECT 1 FROM sales.orders o, sales.customers c WHERE o.address.city = c.city.name

---- not found: the table has one row
SELECT o.id, t.day FROM sales.orders o, sales.today t

---- not found: the view has one row
CREATE TEMPORARY VIEW latest AS SELECT max(day) AS day FROM sales.orders;
SELECT r.id FROM sales.returns r, latest l WHERE r.day > '2024'

---- not found: both are tested for the same column
SELECT 1 FROM sales.orders o, sales.returns r WHERE o.id = 7 AND r.id = 7

---- not found: a later ON joins what the first one does not
SELECT 1 FROM sales.orders o JOIN sales.returns r ON o.id = o.customer JOIN sales.customers c ON c.id = r.id AND c.id = o.customer

---- not found: the outer query joins them
SELECT 1 FROM sales.daily d WHERE EXISTS (SELECT 1 FROM sales.orders o, sales.returns r WHERE o.id = d.id AND r.id = d.id)
