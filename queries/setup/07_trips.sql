-- Trips: the telematics feed of two policies in five, delivered as gzipped CSV.
CREATE TABLE IF NOT EXISTS insurance.trips
USING csv
OPTIONS (header 'true', compression 'gzip')
COMMENT 'One row per recorded trip'
AS
SELECT
  t.trip_id,
  100001 + 5 * cast(pmod(t.h1, greatest(cast(16000 * ${scale} AS bigint), 1)) / 2 AS bigint) + 2 * pmod(t.h1, 2) AS policy_id,
  t.started_at,
  cast(t.started_at AS date) AS trip_date,
  hour(t.started_at) AS start_hour,
  cast(3 + pmod(t.h2, 140) AS int) AS duration_min,
  cast((80 + pmod(t.h3, 16000)) / 100 AS decimal(8, 2)) AS distance_km,
  cast(12 + pmod(t.h2, 90) AS int) AS average_speed_kmh,
  cast(30 + pmod(t.h3, 170) AS int) AS top_speed_kmh,
  element_at(array('urban', 'urban', 'rural', 'motorway', 'motorway link'), cast(pmod(t.h4, 5) AS int) + 1) AS road_type,
  element_at(array('dry', 'dry', 'dry', 'rain', 'rain', 'fog', 'snow', 'ice'), cast(pmod(t.h5, 8) AS int) + 1) AS weather,
  cast(if(pmod(t.h4, 3) = 0, pmod(t.h4, 12), 0) AS int) AS harsh_brakes,
  cast(if(pmod(t.h5, 4) = 0, pmod(t.h5, 9), 0) AS int) AS harsh_turns,
  if(pmod(t.h2, 11) = 0, cast(NULL AS int), cast(if(pmod(t.h2, 4) = 0, pmod(t.h2, 240), 0) AS int)) AS phone_seconds,
  pmod(t.h1, 9) = 0 AS has_passenger
FROM (
  SELECT
    id + 1 AS trip_id,
    xxhash64(id, 1) AS h1,
    xxhash64(id, 2) AS h2,
    xxhash64(id, 3) AS h3,
    xxhash64(id, 4) AS h4,
    xxhash64(id, 5) AS h5,
    -- From 2022-01-01 to 2024-06-30.
    timestamp_seconds(unix_seconds(TIMESTAMP '2022-01-01 00:00:00') + pmod(xxhash64(id, 'start'), 912 * 86400)) AS started_at
  FROM range(0, cast(900000 * ${scale} AS bigint), 1, 8)
) t;
