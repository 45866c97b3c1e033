-- Policies with their version history; (policy_id, version) is unique and the validity periods of a policy do not overlap.
CREATE TABLE IF NOT EXISTS insurance.policies
USING parquet
COMMENT 'One row per policy and version'
AS
SELECT
  h.policy_id,
  h.version,
  h.customer_id,
  h.vehicle_id,
  h.product_id,
  h.agent_id,
  h.region_id,
  CASE
    WHEN h.version < h.version_count THEN 'replaced'
    WHEN pmod(xxhash64(h.policy_id, 'end'), 100) < 9 THEN 'cancelled'
    WHEN pmod(xxhash64(h.policy_id, 'end'), 100) < 13 THEN 'suspended'
    ELSE 'active'
  END AS status,
  h.start_date,
  date_add(h.start_date, (h.version - 1) * h.days_per_version) AS valid_from,
  if(h.version = h.version_count, DATE '9999-12-31', date_add(h.start_date, h.version * h.days_per_version)) AS valid_to,
  element_at(array('liability', 'partial', 'full'), cast(pmod(xxhash64(h.policy_id, h.version, 'cover'), 3) AS int) + 1) AS cover_type,
  cast((22000 + pmod(xxhash64(h.policy_id, 'premium'), 90000) + h.version * 1150) / 100 AS decimal(12, 2)) AS gross_premium,
  cast((18500 + pmod(xxhash64(h.policy_id, 'premium'), 90000) * 0.84 + h.version * 960) / 100 AS decimal(12, 2)) AS net_premium,
  cast(5000 + 100 * pmod(xxhash64(h.policy_id, 'insured'), 900) AS decimal(12, 2)) AS sum_insured,
  cast(150 * pmod(xxhash64(h.policy_id, h.version, 'deductible'), 7) AS int) AS deductible,
  element_at(array('monthly', 'quarterly', 'half-yearly', 'yearly'), cast(pmod(xxhash64(h.policy_id, 'frequency'), 4) AS int) + 1) AS payment_frequency,
  if(pmod(xxhash64(h.policy_id, 'discount'), 4) = 0, cast(NULL AS decimal(5, 2)), cast(pmod(xxhash64(h.policy_id, 'discount'), 250) / 10 AS decimal(5, 2))) AS discount_pct,
  pmod(xxhash64(h.policy_id, 'fleet'), 20) = 0 AS is_fleet,
  timestamp_seconds(1325376000 + pmod(xxhash64(h.policy_id, h.version, 'updated'), 390000000)) AS updated_at
FROM (
  SELECT
    s.policy_id,
    cast(version AS int) AS version,
    s.version_count,
    s.start_date,
    cast(datediff(DATE '2024-12-31', s.start_date) / s.version_count AS int) AS days_per_version,
    1 + pmod(xxhash64(s.policy_id, 'customer'), greatest(cast(32000 * ${scale} AS bigint), 1)) AS customer_id,
    s.policy_id + 900000 AS vehicle_id,
    cast(1 + pmod(xxhash64(s.policy_id, 'product'), 12) AS int) AS product_id,
    cast(1 + pmod(xxhash64(s.policy_id, 'agent'), 400) AS int) AS agent_id,
    cast(1 + pmod(xxhash64(s.policy_id, 'region'), 24) AS int) AS region_id
  FROM (
    SELECT
      id + 100001 AS policy_id,
      cast(1 + pmod(xxhash64(id + 100001, 'versions'), 3) AS int) AS version_count,
      make_date(
        cast(2012 + pmod(xxhash64(id + 100001, 'start year'), 12) AS int),
        cast(1 + pmod(xxhash64(id + 100001, 'start month'), 12) AS int),
        cast(1 + pmod(xxhash64(id + 100001, 'start day'), 28) AS int)
      ) AS start_date
    FROM range(0, cast(40000 * ${scale} AS bigint), 1, 2)
  ) s
  LATERAL VIEW explode(sequence(1, s.version_count)) versions AS version
) h;
