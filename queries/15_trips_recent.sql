-- Trip features: the quarter before the report date, per policy.
INSERT OVERWRITE TABLE mart.trips_recent
SELECT
  trips.policy_id,
  count(*) AS trip_count,
  sum(trips.distance_km) AS distance_km,
  sum(trips.duration_min) AS duration_min,
  avg(trips.average_speed_kmh) AS average_speed_kmh,
  sum(CASE WHEN trips.has_passenger THEN 1 ELSE 0 END) AS passenger_trips
FROM insurance.trips
WHERE trips.trip_date BETWEEN DATE '2024-04-01' AND DATE '${report_date}'
GROUP BY trips.policy_id;
