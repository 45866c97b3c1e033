---- found: read as one of two
INSERT OVERWRITE sales.orders SELECT o.id, o.customer, o.day FROM sales.customers c JOIN sales.orders o ON o.customer = c.id

---- found: read inside a common table expression of the same name
INSERT OVERWRITE TABLE x.y WITH y AS (SELECT a FROM x.y) SELECT a FROM y

---- found: read in a test
INSERT OVERWRITE sales.daily SELECT id, day FROM sales.orders WHERE id NOT IN (SELECT id FROM sales.daily)

---- not found: one partition
INSERT OVERWRITE sales.daily PARTITION (day = '1') SELECT id FROM sales.daily

---- not found: rows are added
INSERT INTO sales.daily SELECT id, day FROM sales.daily

---- not found: only partitions with rows are replaced
SET spark.sql.sources.partitionOverwriteMode = dynamic;
INSERT OVERWRITE sales.visits SELECT id, amount, day FROM sales.visits WHERE day = '1'

---- not found: a view has the name, and reads something else
CREATE TEMPORARY VIEW daily AS SELECT id, day FROM sales.orders;
INSERT OVERWRITE sales.daily SELECT id, day FROM daily

---- not found: a format that keeps versions
INSERT OVERWRITE sales.versions SELECT DISTINCT id FROM sales.versions
