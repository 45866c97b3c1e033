---- found: longer than the bound
-- longest: 60
SELECT id, customer, day FROM sales.orders WHERE day > '2024-01-01' AND id > 3

---- found: the second of two
-- longest: 40
SELECT id FROM sales.orders;
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders WHERE id > 3

---- not found: within the bound
-- longest: 60
SELECT id FROM sales.orders

---- not found: the statements are short, the file is long
-- longest: 40
SELECT id FROM sales.orders;
SELECT id FROM sales.returns;
SELECT id FROM sales.customers
