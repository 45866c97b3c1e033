-- Regions, products and agents: small tables of fixed size, whatever the scale.
-- Every value comes from a hash of the key and a salt, so that each run generates the same rows.
CREATE TABLE IF NOT EXISTS insurance.regions
USING parquet
COMMENT 'One row per rating region'
AS
SELECT
  cast(id + 1 AS int) AS region_id,
  concat('Region ', lpad(cast(id + 1 AS string), 2, '0')) AS region_name,
  element_at(array('north', 'east', 'south', 'west'), cast(pmod(id, 4) AS int) + 1) AS district,
  cast(1 + pmod(xxhash64(id, 'hail'), 5) AS int) AS hail_zone,
  cast(1 + pmod(xxhash64(id, 'theft'), 9) AS int) AS theft_index,
  cast(40 + pmod(xxhash64(id, 'density'), 3800) AS int) AS people_per_km2,
  cast(0.85 + pmod(xxhash64(id, 'factor'), 40) / 100 AS decimal(6, 3)) AS region_factor
FROM range(0, 24, 1, 1);

CREATE TABLE IF NOT EXISTS insurance.products
USING orc
COMMENT 'One row per tariff'
AS
SELECT
  cast(id + 1 AS int) AS product_id,
  concat('Motor ', element_at(array('Basic', 'Comfort', 'Premium'), cast(pmod(id, 3) AS int) + 1), ' ', 2012 + id) AS product_name,
  element_at(array('private', 'commercial', 'classic', 'fleet'), cast(pmod(id, 4) AS int) + 1) AS product_line,
  cast(120 + pmod(xxhash64(id, 'rate'), 200) AS decimal(12, 2)) AS base_rate,
  make_date(2010 + cast(id AS int), 1, 1) AS sold_from,
  if(pmod(id, 3) = 0, make_date(2020 + cast(id / 3 AS int), 12, 31), cast(NULL AS date)) AS sold_to
FROM range(0, 12, 1, 1);

CREATE TABLE IF NOT EXISTS insurance.agents
USING parquet
COMMENT 'One row per agent, past and present'
AS
SELECT
  cast(id + 1 AS int) AS agent_id,
  concat('Agent ', lpad(cast(id + 1 AS string), 4, '0')) AS agent_name,
  cast(1 + pmod(xxhash64(id, 'region'), 24) AS int) AS region_id,
  element_at(array('gold', 'silver', 'bronze'), cast(pmod(xxhash64(id, 'tier'), 3) AS int) + 1) AS tier,
  element_at(array('tied', 'broker', 'online'), cast(pmod(xxhash64(id, 'kind'), 3) AS int) + 1) AS agent_kind,
  cast(4 + pmod(xxhash64(id, 'commission'), 80) / 10 AS decimal(5, 2)) AS commission_pct,
  date_add(DATE '1998-01-01', cast(pmod(xxhash64(id, 'hired'), 9000) AS int)) AS hired_on,
  if(pmod(xxhash64(id, 'left'), 10) = 0, 'left', 'active') AS status
FROM range(0, 400, 1, 1);
