-- The tables that the pipeline fills: declared once, overwritten by each run.
CREATE TABLE IF NOT EXISTS mart.portfolio (
  policy_id BIGINT,
  version INT,
  customer_id BIGINT,
  vehicle_id BIGINT,
  agent_id INT,
  region_id INT,
  product_id INT,
  product_line STRING,
  cover_type STRING,
  gross_premium DECIMAL(12, 2),
  sum_insured DECIMAL(12, 2),
  deductible INT,
  segment STRING,
  customer_age INT,
  model_year INT,
  engine_kw INT,
  fuel_type STRING
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.exposure (
  policy_id BIGINT,
  exposure_days BIGINT,
  earned_premium DECIMAL(22, 2),
  snapshot_count BIGINT
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.premium_history (
  policy_id BIGINT,
  current_premium DECIMAL(12, 2),
  premium_2022 DECIMAL(22, 2),
  premium_2023 DECIMAL(22, 2),
  premium_2024 DECIMAL(22, 2),
  discount_total DECIMAL(22, 2),
  surcharge_total DECIMAL(22, 2)
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.claims_own_damage (
  policy_id BIGINT,
  claim_count BIGINT,
  paid_amount DECIMAL(22, 2),
  largest_claim DECIMAL(12, 2),
  last_claim_date DATE
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.claims_liability (
  policy_id BIGINT,
  claim_count BIGINT,
  paid_amount DECIMAL(22, 2),
  reserve_amount DECIMAL(22, 2),
  at_fault_count BIGINT
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.trips_night (
  policy_id BIGINT,
  trip_count BIGINT,
  distance_km DECIMAL(18, 2),
  duration_min BIGINT,
  top_speed_kmh INT
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.trips_motorway (
  policy_id BIGINT,
  trip_count BIGINT,
  distance_km DECIMAL(18, 2),
  average_speed_kmh DOUBLE,
  top_speed_kmh INT
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.trips_harsh (
  policy_id BIGINT,
  trip_count BIGINT,
  harsh_brakes BIGINT,
  harsh_turns BIGINT,
  distance_km DECIMAL(18, 2)
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.trips_phone (
  policy_id BIGINT,
  trip_count BIGINT,
  phone_seconds BIGINT,
  duration_min BIGINT,
  longest_use_seconds INT
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.trips_recent (
  policy_id BIGINT,
  trip_count BIGINT,
  distance_km DECIMAL(18, 2),
  duration_min BIGINT,
  average_speed_kmh DOUBLE,
  passenger_trips BIGINT
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.trips_weather (
  policy_id BIGINT,
  trip_count BIGINT,
  distance_km DECIMAL(18, 2),
  top_speed_kmh INT,
  harsh_turns BIGINT
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.claim_rate (
  segment STRING,
  fuel_type STRING,
  garage_type STRING,
  policy_count BIGINT,
  exposure_days BIGINT,
  claim_count BIGINT,
  paid_amount DECIMAL(22, 2)
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.vehicles_clean (
  vehicle_id BIGINT,
  make STRING,
  model STRING,
  body_type STRING,
  vehicle_age INT,
  new_value DECIMAL(12, 2),
  mileage_km INT,
  has_tracker BOOLEAN
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.customer_features (
  customer_id BIGINT,
  policy_count BIGINT,
  credit_score INT,
  yearly_income DECIMAL(12, 2),
  dearest_vehicle DECIMAL(12, 2),
  contact_count BIGINT,
  complaint_count BIGINT,
  portal_logins INT,
  recommendation_score INT
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.vehicle_features (
  policy_id BIGINT,
  make STRING,
  body_type STRING,
  vehicle_age INT,
  has_tracker BOOLEAN,
  engine_kw INT,
  vehicle_value DECIMAL(12, 2),
  theft_class INT,
  annual_mileage_km INT,
  declared_mileage_km INT,
  is_young_and_fast BOOLEAN
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.agent_quality (
  agent_id INT,
  agent_kind STRING,
  tier STRING,
  policy_count BIGINT,
  gross_premium DECIMAL(22, 2),
  commission_amount DECIMAL(22, 2),
  claims_3y BIGINT,
  paid_3y DECIMAL(22, 2),
  complaint_count BIGINT
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.payment_behaviour (
  policy_id BIGINT,
  payment_frequency STRING,
  credit_score INT,
  vehicle_new_value DECIMAL(12, 2),
  instalment_count BIGINT,
  open_count BIGINT,
  returned_count BIGINT,
  late_count BIGINT,
  reminder_count BIGINT,
  open_amount DECIMAL(22, 2)
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.region_risk (
  region_id INT,
  region_name STRING,
  hail_zone INT,
  policy_count BIGINT,
  agent_count BIGINT,
  gross_premium DECIMAL(22, 2),
  claims_5y BIGINT,
  open_reserve DECIMAL(22, 2),
  renewal_probability DOUBLE
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.lapse_label (
  policy_id BIGINT,
  has_lapsed BOOLEAN,
  lapse_reason STRING,
  premium_change DECIMAL(13, 2),
  distance_to_market DECIMAL(13, 2),
  quote_count INT,
  sales_channel STRING,
  is_home_owner BOOLEAN,
  body_type STRING
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.technical_price (
  policy_id BIGINT,
  bonus_class INT,
  deductible INT,
  exposure_days BIGINT,
  tariff_premium DECIMAL(19, 5),
  risk_premium DECIMAL(12, 2),
  technical_premium DECIMAL(12, 2),
  charged_premium DECIMAL(12, 2)
) USING parquet;

CREATE TABLE IF NOT EXISTS mart.training (
  policy_id BIGINT,
  has_lapsed BOOLEAN,
  product_line STRING,
  cover_type STRING,
  segment STRING,
  customer_age INT,
  gross_premium DECIMAL(12, 2),
  sum_insured DECIMAL(12, 2),
  bonus_years INT,
  claims_free_years INT,
  driver_count INT,
  has_young_driver BOOLEAN,
  occupation_group STRING,
  exposure_days BIGINT,
  premium_2022 DECIMAL(22, 2),
  premium_2023 DECIMAL(22, 2),
  premium_2024 DECIMAL(22, 2),
  discount_total DECIMAL(22, 2),
  premium_change DECIMAL(13, 2),
  distance_to_market DECIMAL(13, 2),
  quote_count INT,
  policy_count BIGINT,
  contact_count BIGINT,
  complaint_count BIGINT,
  recommendation_score INT,
  make STRING,
  vehicle_age INT,
  vehicle_value DECIMAL(12, 2),
  is_young_and_fast BOOLEAN,
  late_count BIGINT,
  returned_count BIGINT,
  open_amount DECIMAL(22, 2),
  technical_premium DECIMAL(12, 2),
  risk_premium DECIMAL(12, 2),
  agent_tier STRING,
  agent_complaints BIGINT,
  region_renewal_probability DOUBLE,
  own_damage_claims BIGINT,
  own_damage_paid DECIMAL(22, 2),
  liability_claims BIGINT,
  at_fault_claims BIGINT,
  night_km DECIMAL(18, 2),
  motorway_km DECIMAL(18, 2),
  motorway_speed_kmh DOUBLE,
  harsh_brakes BIGINT,
  phone_seconds BIGINT,
  recent_km DECIMAL(18, 2),
  bad_weather_km DECIMAL(18, 2)
) USING parquet;
