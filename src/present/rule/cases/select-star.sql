---- found: copied to a new table
CREATE TABLE x.y AS SELECT * FROM sales.events

---- found: qualified, with a filter
SELECT e.* FROM sales.events e WHERE c1 > 3

---- not found: a narrow table
SELECT * FROM sales.orders

---- not found: rows are counted
SELECT count(*) FROM sales.events

---- not found: whether there is one
SELECT 1 FROM sales.orders WHERE EXISTS (SELECT * FROM sales.events WHERE c1 = id)

---- not found: the readers of a view pick columns
CREATE TEMPORARY VIEW recent AS SELECT * FROM sales.events WHERE c1 > 3;
INSERT OVERWRITE sales.copy SELECT c2 FROM recent

---- not found: all but one
SELECT * EXCEPT (c1) FROM sales.events

---- not found: some rows to look at
SELECT * FROM sales.events LIMIT 10
