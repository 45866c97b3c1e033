---- found: two columns of many
CACHE TABLE sales.events;
SELECT c1 FROM sales.events;
SELECT c2 FROM sales.events

---- found: with a filter
CACHE LAZY TABLE sales.events;
SELECT c1 FROM sales.events WHERE c3 > 1;
SELECT sum(c2) FROM sales.events

---- not found: all columns are needed
CACHE TABLE sales.events;
SELECT c1 FROM sales.events;
SELECT * FROM sales.events

---- not found: text has to be read as a whole
CACHE TABLE sales.log;
SELECT id FROM sales.log;
SELECT id FROM sales.log WHERE id > 3

---- not found: the columns are chosen
CACHE TABLE w AS SELECT c1, c2 FROM sales.events;
SELECT c1 FROM w;
SELECT c2 FROM w
