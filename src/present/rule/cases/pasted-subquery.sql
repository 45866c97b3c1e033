---- found: other layout, letters and aliases
-- 1.sql
INSERT OVERWRITE sales.daily SELECT id FROM (SELECT o.id, o.customer, max(o.day) AS day FROM sales.orders o WHERE o.day > '2024-01-01' GROUP BY o.id, o.customer) a
-- 2.sql
INSERT OVERWRITE sales.weekly SELECT customer FROM (select p.id, p.customer, MAX(p.day) as day
  from sales.orders p where p.day > '2024-01-01' group by p.id, p.customer) b

---- found: in three statements of one file
INSERT OVERWRITE sales.daily WITH l AS (SELECT id, customer, max(day) AS day FROM sales.orders WHERE day > '2024-01-01' GROUP BY id, customer) SELECT id, day FROM l WHERE id > 0;
INSERT OVERWRITE sales.weekly WITH l AS (SELECT id, customer, max(day) AS day FROM sales.orders WHERE day > '2024-01-01' GROUP BY id, customer) SELECT id, day FROM l WHERE id > 1;
INSERT OVERWRITE sales.monthly WITH l AS (SELECT id, customer, max(day) AS day FROM sales.orders WHERE day > '2024-01-01' GROUP BY id, customer) SELECT id, day FROM l WHERE id > 2

---- not found: short
INSERT OVERWRITE sales.daily SELECT id FROM (SELECT id FROM sales.orders) a;
INSERT OVERWRITE sales.weekly SELECT id FROM (SELECT id FROM sales.orders) a WHERE id > 1

---- not found: another literal
INSERT OVERWRITE sales.daily SELECT id FROM (SELECT id, customer, max(day) AS day FROM sales.orders WHERE day > '2024-01-01' GROUP BY id, customer) a;
INSERT OVERWRITE sales.weekly SELECT id FROM (SELECT id, customer, max(day) AS day FROM sales.orders WHERE day > '2024-02-01' GROUP BY id, customer) a

---- not found: twice in one statement only
INSERT OVERWRITE sales.daily SELECT a.id FROM (SELECT id, customer, max(day) AS day FROM sales.orders WHERE day > '2024-01-01' GROUP BY id, customer) a JOIN (SELECT id, customer, max(day) AS day FROM sales.orders WHERE day > '2024-01-01' GROUP BY id, customer) b ON a.id = b.customer

---- not found: the table changes between them
INSERT OVERWRITE sales.daily SELECT id FROM (SELECT id, customer, max(day) AS day FROM sales.orders WHERE day > '2024-01-01' GROUP BY id, customer) a;
INSERT INTO sales.orders SELECT 1, 2, '3';
INSERT OVERWRITE sales.weekly SELECT id FROM (SELECT id, customer, max(day) AS day FROM sales.orders WHERE day > '2024-01-01' GROUP BY id, customer) a
