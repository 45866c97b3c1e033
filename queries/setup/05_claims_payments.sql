-- Claims and payments, both keyed by policy.
CREATE TABLE IF NOT EXISTS insurance.claims
USING orc
COMMENT 'One row per claim'
AS
SELECT
  id + 1 AS claim_id,
  100001 + pmod(xxhash64(id, 'policy'), greatest(cast(40000 * ${scale} AS bigint), 1)) AS policy_id,
  date_add(DATE '2018-01-01', cast(pmod(xxhash64(id, 'date'), 2400) AS int)) AS claim_date,
  timestamp_seconds(1514764800 + 86400 * pmod(xxhash64(id, 'date'), 2400) + pmod(xxhash64(id, 'reported'), 900000)) AS reported_at,
  element_at(array('own damage', 'liability', 'glass', 'theft', 'hail', 'injury'), cast(pmod(xxhash64(id, 'type'), 6) AS int) + 1) AS claim_type,
  element_at(array('open', 'settled', 'settled', 'settled', 'rejected'), cast(pmod(xxhash64(id, 'status'), 5) AS int) + 1) AS status,
  cast((5000 + pmod(xxhash64(id, 'paid'), 900000)) / 100 AS decimal(12, 2)) AS paid_amount,
  if(pmod(xxhash64(id, 'status'), 5) = 0, cast(pmod(xxhash64(id, 'reserve'), 600000) / 100 AS decimal(12, 2)), cast(NULL AS decimal(12, 2))) AS reserve_amount,
  pmod(xxhash64(id, 'fault'), 5) < 3 AS at_fault,
  element_at(array('parking', 'junction', 'rear-end', 'weather', 'vandalism'), cast(pmod(xxhash64(id, 'cause'), 5) AS int) + 1) AS cause
FROM range(0, cast(60000 * ${scale} AS bigint), 1, 2);

CREATE TABLE IF NOT EXISTS insurance.payments
USING parquet
COMMENT 'One row per instalment'
AS
SELECT
  id + 1 AS payment_id,
  100001 + pmod(xxhash64(id, 'policy'), greatest(cast(40000 * ${scale} AS bigint), 1)) AS policy_id,
  date_add(DATE '2021-01-01', cast(pmod(xxhash64(id, 'due'), 1270) AS int)) AS due_date,
  if(pmod(xxhash64(id, 'unpaid'), 25) = 0, cast(NULL AS date), date_add(DATE '2021-01-01', cast(pmod(xxhash64(id, 'due'), 1270) + pmod(xxhash64(id, 'delay'), 31) - 15 AS int))) AS paid_date,
  cast((1500 + pmod(xxhash64(id, 'amount'), 40000)) / 100 AS decimal(12, 2)) AS amount,
  element_at(array('direct debit', 'transfer', 'card'), cast(pmod(xxhash64(id, 'method'), 3) AS int) + 1) AS method,
  if(pmod(xxhash64(id, 'unpaid'), 25) = 0, 'open', if(pmod(xxhash64(id, 'returned'), 40) = 0, 'returned', 'paid')) AS status,
  cast(pmod(xxhash64(id, 'reminders'), 12) / 9 AS int) AS reminders
FROM range(0, cast(160000 * ${scale} AS bigint), 1, 2);
