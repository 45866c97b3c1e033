-- Trip features: driving at night, and driving on motorways, per policy.
INSERT OVERWRITE TABLE mart.trips_night
SELECT
  policy_id,
  count(*) AS trip_count,
  sum(distance_km) AS distance_km,
  sum(duration_min) AS duration_min,
  max(top_speed_kmh) AS top_speed_kmh
FROM insurance.trips
WHERE trip_date >= DATE '2023-01-01'
  AND start_hour IN (22, 23, 0, 1, 2, 3, 4)
GROUP BY policy_id;

INSERT OVERWRITE TABLE mart.trips_motorway
SELECT
  t.policy_id,
  count(*) AS trip_count,
  sum(t.distance_km) AS distance_km,
  avg(t.average_speed_kmh) AS average_speed_kmh,
  max(t.top_speed_kmh) AS top_speed_kmh
FROM insurance.trips t
WHERE t.trip_date >= DATE '2023-01-01'
  AND t.road_type LIKE 'motorway%'
GROUP BY t.policy_id;
