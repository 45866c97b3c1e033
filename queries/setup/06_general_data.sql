-- General data: the wide policy extract of the host system, delivered as gzipped CSV, one row per policy and yearly snapshot.
CREATE TABLE IF NOT EXISTS insurance.general_data
USING csv
OPTIONS (header 'true', compression 'gzip')
COMMENT 'One row per policy and snapshot'
AS
SELECT
  -- Key.
  k.policy_id,
  make_date(k.snapshot_year, 6, 30) AS snapshot_date,
  k.snapshot_year,
  -- Relations.
  1 + pmod(xxhash64(k.policy_id, 'customer'), greatest(cast(32000 * ${scale} AS bigint), 1)) AS customer_id,
  k.policy_id + 900000 AS vehicle_id,
  cast(1 + pmod(xxhash64(k.policy_id, 'product'), 12) AS int) AS product_id,
  cast(1 + pmod(xxhash64(k.policy_id, 'agent'), 400) AS int) AS agent_id,
  cast(1 + pmod(xxhash64(k.policy_id, if(pmod(k.h3, 97) = 0, 'moved', 'region')), 24) AS int) AS region_id,
  -- Contract.
  CASE WHEN k.chance < 6 THEN 'lapsed' WHEN k.chance < 10 THEN 'cancelled' WHEN k.chance < 14 THEN 'suspended' ELSE 'active' END AS policy_status,
  element_at(array('liability', 'partial', 'full'), cast(pmod(k.h1, 3) AS int) + 1) AS cover_type,
  element_at(array('monthly', 'quarterly', 'half-yearly', 'yearly'), cast(pmod(xxhash64(k.policy_id, 'frequency'), 4) AS int) + 1) AS payment_frequency,
  element_at(array('agent', 'broker', 'web', 'phone'), cast(pmod(k.h2, 4) AS int) + 1) AS sales_channel,
  -- Premium.
  cast((22000 + pmod(xxhash64(k.policy_id, 'premium'), 90000) + (k.snapshot_year - 2015) * 900) / 100 AS decimal(12, 2)) AS gross_premium,
  cast((18500 + pmod(xxhash64(k.policy_id, 'premium'), 90000) * 0.84 + (k.snapshot_year - 2015) * 750) / 100 AS decimal(12, 2)) AS net_premium,
  cast((3500 + pmod(k.h3, 14000)) / 100 AS decimal(12, 2)) AS tax_amount,
  cast((900 + pmod(k.h4, 9000)) / 100 AS decimal(12, 2)) AS commission_amount,
  if(pmod(k.h5, 3) = 0, cast(NULL AS decimal(12, 2)), cast(pmod(k.h5, 12000) / 100 AS decimal(12, 2))) AS discount_amount,
  if(pmod(k.h6, 5) = 0, cast(pmod(k.h6, 9000) / 100 AS decimal(12, 2)), cast(NULL AS decimal(12, 2))) AS surcharge_amount,
  cast(5000 + 100 * pmod(xxhash64(k.policy_id, 'insured'), 900) AS decimal(12, 2)) AS sum_insured,
  cast(150 * pmod(k.h7, 7) AS int) AS deductible,
  -- Exposure.
  cast(if(pmod(k.h1, 17) = 0, pmod(k.h1, 366), 365) AS int) AS exposure_days,
  cast(if(pmod(k.h2, 13) = 0, pmod(k.h2, 90), 0) AS int) AS suspended_days,
  cast((15000 + pmod(k.h3, 80000)) / 100 AS decimal(12, 2)) AS earned_premium,
  cast(4000 + pmod(k.h4, 32000) AS int) AS annual_mileage_km,
  cast(1000 * (5 + pmod(k.h5, 25)) AS int) AS declared_mileage_km,
  element_at(array('street', 'carport', 'garage', 'underground'), cast(pmod(k.h6, 4) AS int) + 1) AS garage_type,
  -- Bonus.
  cast(pmod(k.h7, 36) AS int) AS bonus_class,
  cast(pmod(k.h1, 30) AS int) AS bonus_years,
  cast(pmod(k.h2, 22) AS int) AS claims_free_years,
  pmod(k.h3, 6) = 0 AS has_protected_bonus,
  -- Drivers.
  if(pmod(k.h4, 60) = 0, cast(NULL AS int), cast(18 + pmod(k.h4, 68) AS int)) AS driver_age,
  cast(pmod(k.h5, 55) AS int) AS licence_years,
  cast(1 + pmod(k.h6, 4) AS int) AS driver_count,
  pmod(k.h7, 8) = 0 AS has_young_driver,
  element_at(array('office', 'trade', 'farming', 'public', 'none'), cast(pmod(k.h1, 5) AS int) + 1) AS occupation_group,
  element_at(array('single', 'married', 'divorced', 'widowed'), cast(pmod(k.h2, 4) AS int) + 1) AS marital_status,
  -- Vehicle.
  cast(pmod(k.h3, 21) AS int) AS vehicle_age,
  cast((150000 + pmod(k.h4, 6000000)) / 100 AS decimal(12, 2)) AS vehicle_value,
  cast(45 + pmod(k.h5, 210) AS int) AS engine_kw,
  element_at(array('petrol', 'diesel', 'hybrid', 'electric'), cast(pmod(k.h6, 4) AS int) + 1) AS fuel_type,
  element_at(array('hatchback', 'estate', 'suv', 'van', 'coupe'), cast(pmod(k.h7, 5) AS int) + 1) AS body_type,
  cast(10 + pmod(k.h1, 25) AS int) AS theft_class,
  -- Claims history.
  cast(pmod(k.h2, 12) / 10 AS int) AS claims_1y,
  cast(pmod(k.h2, 24) / 10 AS int) AS claims_3y,
  cast(pmod(k.h2, 36) / 10 AS int) AS claims_5y,
  cast(if(pmod(k.h3, 10) = 0, pmod(k.h3, 400000), 0) / 100 AS decimal(12, 2)) AS paid_1y,
  cast(if(pmod(k.h4, 5) = 0, pmod(k.h4, 900000), 0) / 100 AS decimal(12, 2)) AS paid_3y,
  if(pmod(k.h5, 20) = 0, cast(pmod(k.h5, 500000) / 100 AS decimal(12, 2)), cast(NULL AS decimal(12, 2))) AS open_reserve,
  -- Contacts.
  cast(pmod(k.h6, 9) AS int) AS contact_count,
  cast(pmod(k.h7, 30) / 27 AS int) AS complaint_count,
  cast(pmod(k.h1, 50) AS int) AS portal_logins,
  if(pmod(k.h2, 4) = 0, cast(NULL AS date), date_sub(make_date(k.snapshot_year, 6, 30), cast(pmod(k.h2, 360) AS int))) AS last_contact_date,
  pmod(k.h3, 3) = 0 AS has_email_consent,
  if(pmod(k.h4, 3) = 0, cast(pmod(k.h4, 11) AS int), cast(NULL AS int)) AS recommendation_score,
  -- Renewal.
  cast((23000 + pmod(k.h5, 95000)) / 100 AS decimal(12, 2)) AS renewal_premium,
  if(pmod(k.h6, 4) = 0, cast(NULL AS decimal(12, 2)), cast((21000 + pmod(k.h6, 95000)) / 100 AS decimal(12, 2))) AS competitor_premium,
  cast(pmod(k.h7, 1000) AS double) / 1000 AS renewal_probability,
  CASE WHEN k.chance < 3 THEN 'price' WHEN k.chance < 5 THEN 'vehicle sold' WHEN k.chance < 6 THEN 'service' END AS lapse_reason,
  cast(pmod(k.h1, 6) AS int) AS quote_count,
  timestamp_seconds(unix_seconds(TIMESTAMP '2015-07-01 00:00:00') + (k.snapshot_year - 2015) * 31536000 + pmod(k.h2, 86400)) AS extracted_at
FROM (
  SELECT
    p.policy_id,
    snapshot_year,
    pmod(xxhash64(p.policy_id, snapshot_year, 'chance'), 100) AS chance,
    xxhash64(p.policy_id, snapshot_year, 1) AS h1,
    xxhash64(p.policy_id, snapshot_year, 2) AS h2,
    xxhash64(p.policy_id, snapshot_year, 3) AS h3,
    xxhash64(p.policy_id, snapshot_year, 4) AS h4,
    xxhash64(p.policy_id, snapshot_year, 5) AS h5,
    xxhash64(p.policy_id, snapshot_year, 6) AS h6,
    xxhash64(p.policy_id, snapshot_year, 7) AS h7
  FROM (SELECT id + 100001 AS policy_id FROM range(0, cast(40000 * ${scale} AS bigint), 1, 8)) p
  LATERAL VIEW explode(sequence(2016, 2024)) snapshots AS snapshot_year
  -- A policy appears from the first snapshot after its start.
  WHERE snapshot_year > 2012 + pmod(xxhash64(p.policy_id, 'start year'), 12)
) k;
