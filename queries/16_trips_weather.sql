-- Trip features: driving in bad weather, per policy.
INSERT OVERWRITE TABLE mart.trips_weather
SELECT
  t.policy_id,
  count(*) AS trip_count,
  sum(t.distance_km) AS distance_km,
  max(t.top_speed_kmh) AS top_speed_kmh,
  sum(t.harsh_turns) AS harsh_turns
FROM insurance.trips t
WHERE t.weather IN ('fog', 'snow', 'ice')
  AND t.trip_date >= DATE '2023-01-01'
GROUP BY t.policy_id;
