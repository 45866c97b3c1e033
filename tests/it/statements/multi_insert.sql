FROM raw_trips INSERT INTO trips SELECT trip_id, km WHERE km > 0 INSERT INTO rejected SELECT trip_id WHERE km <= 0;
FROM raw_trips t JOIN customers c ON t.customer_id = c.customer_id
INSERT OVERWRITE TABLE trips PARTITION (day) SELECT t.trip_id, t.day
INSERT OVERWRITE TABLE riders SELECT c.customer_id, count(*) GROUP BY c.customer_id;
FROM (SELECT trip_id, stops FROM raw_trips) r LATERAL VIEW explode(r.stops) s AS stop
INSERT INTO stops SELECT r.trip_id, s.stop
INSERT OVERWRITE DIRECTORY '/data/stops' SELECT s.stop;
FROM raw_trips INSERT INTO trips SELECT trip_id WHERE km > 0;
WITH good AS (SELECT trip_id, km FROM raw_trips WHERE km > 0)
FROM good INSERT INTO trips SELECT trip_id INSERT INTO lengths SELECT km;
