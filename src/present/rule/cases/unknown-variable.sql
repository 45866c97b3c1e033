---- found: in a name
SELECT id FROM ${database}.orders

---- found: in Jinja's way
SELECT id FROM sales.orders WHERE day = '{{ day }}'

---- not found: in a comment
-- set ${day} first
SELECT id FROM sales.orders

---- not found: a price
SELECT '$5' AS price, '$' AS sign FROM sales.orders
