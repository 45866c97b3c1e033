MERGE INTO customers AS c USING updates u ON c.customer_id = u.customer_id
WHEN MATCHED AND u.gone THEN DELETE
WHEN MATCHED THEN UPDATE SET c.name = u.name, c.seen = DEFAULT
WHEN NOT MATCHED THEN INSERT (customer_id, name) VALUES (u.customer_id, u.name)
WHEN NOT MATCHED BY SOURCE THEN UPDATE SET name = 'unknown';
MERGE WITH SCHEMA EVOLUTION INTO customers USING (SELECT customer_id, name FROM updates) u
ON customers.customer_id = u.customer_id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *;
WITH u AS (SELECT customer_id FROM updates)
MERGE INTO customers USING u ON customers.customer_id = u.customer_id WHEN MATCHED THEN DELETE;
UPDATE customers SET name = upper(name), seen = DEFAULT;
UPDATE customers AS c SET name = (SELECT max(u.name) FROM updates u WHERE u.customer_id = c.customer_id)
WHERE c.customer_id IN (SELECT customer_id FROM trips);
DELETE FROM customers;
DELETE FROM customers c WHERE NOT EXISTS (SELECT 1 FROM trips t WHERE t.customer_id = c.customer_id);
LOAD DATA INPATH '/data/landed' OVERWRITE INTO TABLE raw_trips;
LOAD DATA LOCAL INPATH '/data/landed' INTO TABLE raw_trips PARTITION (day = '2024-06-30');
TRUNCATE TABLE trips;
TRUNCATE TABLE trips PARTITION (day = '2024-06-30');
MSCK REPAIR TABLE raw_trips;
MSCK REPAIR TABLE raw_trips SYNC PARTITIONS;
