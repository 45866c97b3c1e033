SELECT trip_id FROM trips;
GRANT SELECT ON TABLE trips TO everyone;
INSERT INTO IDENTIFIER(:target) SELECT 1;
CREATE TABLE IDENTIFIER(:target) (trip_id BIGINT);
SELECT km FROM trips;
SELECT replace(name, 'a\;b', '') FROM customers;
SELECT 'never closed FROM trips;
SELECT day FROM trips;
