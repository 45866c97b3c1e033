CREATE VIEW long_trips AS SELECT trip_id, km FROM trips WHERE km > 100;
CREATE OR REPLACE VIEW mart.long_trips (id COMMENT 'of the trip', length) COMMENT 'long ones' TBLPROPERTIES ('a' = 'b')
AS SELECT trip_id, km FROM trips;
CREATE VIEW IF NOT EXISTS evolving WITH SCHEMA EVOLUTION AS SELECT * FROM trips;
CREATE OR REPLACE TEMPORARY VIEW recent (id, length) AS SELECT trip_id, km FROM trips WHERE day > '2024-01-01';
SELECT id FROM recent WHERE length > 3;
CREATE OR REPLACE GLOBAL TEMP VIEW everyone AS SELECT customer_id FROM customers;
SELECT customer_id FROM global_temp.everyone;
CREATE TEMPORARY VIEW landed USING csv OPTIONS (path '/data/landed', header 'true');
SELECT * FROM landed;
CREATE TEMP VIEW typed (id INT) USING parquet;
ALTER VIEW long_trips AS SELECT trip_id FROM trips;
ALTER VIEW recent AS SELECT trip_id FROM raw_trips;
SELECT trip_id FROM recent;
ALTER VIEW long_trips RENAME TO longest_trips;
ALTER VIEW recent RENAME TO latest;
ALTER VIEW longest_trips SET TBLPROPERTIES ('a' = 'b');
ALTER VIEW longest_trips WITH SCHEMA BINDING;
DROP VIEW IF EXISTS longest_trips;
