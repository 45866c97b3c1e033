-- Customers and vehicles. The makes of vehicles are spelt as the branches typed them.
CREATE TABLE IF NOT EXISTS insurance.customers
USING parquet
COMMENT 'One row per customer'
AS
SELECT
  id + 1 AS customer_id,
  if(pmod(xxhash64(id, 'birth'), 50) = 0, cast(NULL AS date), date_add(DATE '1938-01-01', cast(pmod(xxhash64(id, 'birth'), 24800) AS int))) AS birth_date,
  element_at(array('f', 'm', 'x'), cast(pmod(xxhash64(id, 'gender'), 41) / 20 AS int) + 1) AS gender,
  element_at(array('single', 'married', 'divorced', 'widowed'), cast(pmod(xxhash64(id, 'marital'), 4) AS int) + 1) AS marital_status,
  element_at(array('employee', 'civil servant', 'self-employed', 'student', 'retired'), cast(pmod(xxhash64(id, 'occupation'), 5) AS int) + 1) AS occupation,
  element_at(array('mass', 'affluent', 'young', 'senior', 'business'), cast(pmod(xxhash64(id, 'segment'), 5) AS int) + 1) AS segment,
  if(pmod(xxhash64(id, 'income'), 7) = 0, cast(NULL AS decimal(12, 2)), cast((1800000 + pmod(xxhash64(id, 'income'), 9000000)) / 100 AS decimal(12, 2))) AS yearly_income,
  cast(300 + pmod(xxhash64(id, 'credit'), 550) AS int) AS credit_score,
  cast(pmod(xxhash64(id, 'children'), 4) AS int) AS children,
  pmod(xxhash64(id, 'owner'), 5) < 2 AS is_home_owner,
  lpad(cast(10000 + pmod(xxhash64(id, 'postal'), 89999) AS string), 5, '0') AS postal_code,
  date_add(DATE '2005-01-01', cast(pmod(xxhash64(id, 'since'), 6500) AS int)) AS customer_since
FROM range(0, greatest(cast(32000 * ${scale} AS bigint), 1), 1, 2);

CREATE TABLE IF NOT EXISTS insurance.vehicles
USING orc
COMMENT 'One row per insured vehicle'
AS
SELECT
  id + 1000001 AS vehicle_id,
  element_at(
    array('Volkswagen', 'VW', 'volkswagen ', 'V.W.', 'BMW', 'B.M.W.', 'bmw', 'Mercedes-Benz', 'Mercedes', 'MB',
          'Skoda', 'Škoda', 'SKODA', 'Toyota', 'TOYOTA', 'Opel', 'Ford', 'Renault', 'Hyundai', 'Hyundaj'),
    cast(pmod(xxhash64(id, 'make'), 20) AS int) + 1
  ) AS make,
  concat('Model ', pmod(xxhash64(id, 'model'), 60)) AS model,
  cast(2003 + pmod(xxhash64(id, 'model year'), 21) AS int) AS model_year,
  cast(45 + pmod(xxhash64(id, 'power'), 210) AS int) AS engine_kw,
  element_at(array('petrol', 'diesel', 'hybrid', 'electric'), cast(pmod(xxhash64(id, 'fuel'), 4) AS int) + 1) AS fuel_type,
  element_at(array('hatchback', 'estate', 'suv', 'van', 'coupe'), cast(pmod(xxhash64(id, 'body'), 5) AS int) + 1) AS body_type,
  cast((900000 + pmod(xxhash64(id, 'value'), 7000000)) / 100 AS decimal(12, 2)) AS new_value,
  date_add(DATE '2003-06-01', cast(pmod(xxhash64(id, 'registered'), 7400) AS int)) AS first_registration,
  if(pmod(xxhash64(id, 'mileage'), 9) = 0, cast(NULL AS int), cast(pmod(xxhash64(id, 'mileage'), 240000) AS int)) AS mileage_km,
  pmod(xxhash64(id, 'tracker'), 3) = 0 AS has_tracker
FROM range(0, cast(40000 * ${scale} AS bigint), 1, 2);
