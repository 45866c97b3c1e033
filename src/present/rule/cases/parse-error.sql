---- found: a string without an end
SELECT 'id FROM sales.orders

---- found: half a statement
INSERT INTO

---- found: a misspelled word
SELECT id FORM sales.orders

---- not found: Hive's way to write
FROM sales.orders INSERT OVERWRITE TABLE sales.daily SELECT id, day

---- not found: words that are names
SELECT date, timestamp, comment FROM sales.table

---- not found: comments in comments, empty statements
/* a /* b */ c */ SELECT 1;;
-- nothing;

---- not found: a string over several lines, a semicolon in it
SELECT 'a;
b' AS c, "it's" AS d
