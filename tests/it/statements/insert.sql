INSERT INTO trips SELECT trip_id, km FROM raw_trips;
INSERT INTO TABLE mart.trips PARTITION (day = '2024-06-30', hour) SELECT trip_id, hour FROM raw_trips;
INSERT OVERWRITE trips SELECT * FROM raw_trips;
INSERT OVERWRITE TABLE trips PARTITION (day) IF NOT EXISTS SELECT trip_id, day FROM raw_trips;
INSERT INTO trips (trip_id, km) VALUES (1, 2.5), (2, 3.5);
INSERT INTO trips (SELECT trip_id, km FROM raw_trips);
INSERT INTO trips BY NAME SELECT km, trip_id FROM raw_trips;
INSERT INTO trips REPLACE WHERE day = '2024-06-30' SELECT trip_id, day FROM raw_trips;
INSERT INTO trips PARTITION (day = '2024-06-30') (trip_id) SELECT trip_id FROM raw_trips;
WITH long_trips AS (SELECT trip_id, km FROM raw_trips WHERE km > 100)
INSERT INTO trips SELECT trip_id, km FROM long_trips;
INSERT INTO trips WITH long_trips AS (SELECT trip_id FROM raw_trips) SELECT trip_id FROM long_trips;
INSERT OVERWRITE DIRECTORY '/data/export/trips' USING parquet OPTIONS (compression 'zstd') SELECT trip_id FROM trips;
INSERT OVERWRITE LOCAL DIRECTORY '/tmp/trips' ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' STORED AS TEXTFILE
SELECT trip_id FROM trips;
INSERT OVERWRITE DIRECTORY USING csv OPTIONS ('path' '/data/export/csv', header = 'true') SELECT trip_id FROM trips;
WITH long_trips AS (SELECT trip_id FROM raw_trips) INSERT OVERWRITE DIRECTORY '/data/long' SELECT * FROM long_trips;
INSERT INTO parquet.`/data/trips` SELECT trip_id FROM raw_trips;
WITH RECURSIVE n (level) AS (SELECT 0 UNION ALL SELECT level + 1 FROM n WHERE level < 9) INSERT INTO levels SELECT level FROM n;
WITH a AS (SELECT trip_id FROM raw_trips) INSERT INTO trips WITH b AS (SELECT trip_id FROM a) SELECT trip_id FROM b;
INSERT INTO trips TABLE raw_trips;
INSERT INTO trips FROM raw_trips SELECT trip_id WHERE km > 3;
