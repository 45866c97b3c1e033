---- found: a name that is computed
INSERT INTO IDENTIFIER(concat('sales.', 'daily')) SELECT id, day FROM sales.orders

---- found: a text that is computed
EXECUTE IMMEDIATE 'SELECT id FROM sales.orders'

---- found: a procedure, and a word that begins no statement
CALL sales.refresh('orders');
SELEC id FROM sales.orders

---- not found: a name that is written as a string
SELECT id FROM IDENTIFIER('sales.orders')

---- not found: a command that only shows
SHOW TABLES IN sales;
DESCRIBE TABLE sales.orders

---- not found: what is no Spark SQL has its own rule
SELECT id FROM sales.orders WHERE
