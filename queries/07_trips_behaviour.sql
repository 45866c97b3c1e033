-- Trip features: harsh manoeuvres, and use of the phone while driving, per policy.
INSERT OVERWRITE TABLE mart.trips_harsh
SELECT
  policy_id,
  count(*) AS trip_count,
  sum(harsh_brakes) AS harsh_brakes,
  sum(harsh_turns) AS harsh_turns,
  sum(distance_km) AS distance_km
FROM trips
WHERE trip_date >= DATE '2023-07-01' AND harsh_brakes > 0
GROUP BY policy_id;

INSERT OVERWRITE TABLE mart.trips_phone
SELECT
  t.policy_id,
  count(*) AS trip_count,
  sum(t.phone_seconds) AS phone_seconds,
  sum(t.duration_min) AS duration_min,
  max(t.phone_seconds) AS longest_use_seconds
FROM trips AS t
WHERE t.trip_date >= DATE '2023-07-01'
  AND t.phone_seconds IS NOT NULL
  AND t.phone_seconds > 0
GROUP BY t.policy_id;
