---- found: no query to rewrite
INSERT OVERWRITE sales.daily TABLE sales.returns;
INSERT OVERWRITE sales.copy TABLE sales.returns

---- found: other names for its columns
INSERT OVERWRITE sales.daily SELECT a, c FROM sales.orders AS o (a, b, c);
INSERT OVERWRITE sales.copy SELECT a FROM sales.orders AS o (a, b, c)

---- not found: one statement reads it
INSERT OVERWRITE sales.daily TABLE sales.orders

---- not found: it can be shared
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders;
INSERT OVERWRITE sales.copy SELECT id, day FROM sales.orders

---- not found: another text would not help
INSERT OVERWRITE x.a SELECT id FROM sales.orders TABLESAMPLE (10 PERCENT);
INSERT OVERWRITE x.b SELECT id FROM sales.returns
