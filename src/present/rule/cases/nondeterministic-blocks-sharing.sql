---- found: uuid in a derived table
INSERT OVERWRITE sales.daily SELECT id FROM (SELECT id, uuid() AS mark FROM sales.orders WHERE day > '2024-01-01') a WHERE mark > 'a';
INSERT OVERWRITE sales.weekly SELECT id FROM (SELECT id, uuid() AS mark FROM sales.orders WHERE day > '2024-01-01') a WHERE mark > 'b'

---- found: rand in a common table expression
INSERT OVERWRITE sales.daily WITH s AS (SELECT id, rand() AS r FROM sales.orders WHERE day > '2024-01-01') SELECT id FROM s WHERE r < 0.1;
INSERT OVERWRITE sales.weekly WITH s AS (SELECT id, rand() AS r FROM sales.orders WHERE day > '2024-01-01') SELECT id FROM s WHERE r < 0.5

---- not found: it stands once
INSERT OVERWRITE sales.daily WITH s AS (SELECT id, rand() AS r FROM sales.orders) SELECT id FROM s WHERE r < 0.1

---- not found: called outside what is repeated
INSERT OVERWRITE sales.daily WITH s AS (SELECT id, day FROM sales.orders WHERE day > '2024-01-01') SELECT id FROM s WHERE rand() < 0.1;
INSERT OVERWRITE sales.weekly WITH s AS (SELECT id, day FROM sales.orders WHERE day > '2024-01-01') SELECT id FROM s WHERE rand() < 0.5

---- not found: the subqueries differ
INSERT OVERWRITE sales.daily WITH s AS (SELECT id, rand() AS r FROM sales.orders) SELECT id FROM s WHERE r < 0.1;
INSERT OVERWRITE sales.weekly WITH s AS (SELECT id, rand() AS r FROM sales.returns) SELECT id FROM s WHERE r < 0.5
