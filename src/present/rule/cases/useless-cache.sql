---- found: never read
CACHE TABLE sales.log

---- found: read once, then changed
CACHE TABLE sales.log;
SELECT id FROM sales.log;
INSERT INTO sales.log SELECT id, day FROM sales.orders;
SELECT id FROM sales.log

---- found: a query read once
CACHE TABLE w AS SELECT c1 FROM sales.events;
SELECT c1 FROM w

---- not found: read by two
CACHE TABLE sales.log;
SELECT id FROM sales.log;
SELECT line FROM sales.log

---- not found: read twice by one
CACHE TABLE w AS SELECT id, max(day) AS day FROM sales.orders GROUP BY id;
SELECT a.id FROM w a JOIN w b ON a.id = b.day

---- not found: what follows is not known
CACHE TABLE sales.log;
what is this
