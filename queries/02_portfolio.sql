-- Portfolio: one row per policy in force at the report date, with its customer, vehicle and product.
INSERT OVERWRITE TABLE mart.portfolio
SELECT
  p.policy_id,
  p.version,
  p.customer_id,
  p.vehicle_id,
  p.agent_id,
  p.region_id,
  p.product_id,
  pr.product_line,
  p.cover_type,
  p.gross_premium,
  p.sum_insured,
  p.deductible,
  c.segment,
  year(DATE '${report_date}') - year(c.birth_date) AS customer_age,
  v.model_year,
  v.engine_kw,
  v.fuel_type
FROM insurance.policies p
JOIN insurance.customers c ON p.customer_id = c.customer_id
JOIN insurance.vehicles v ON p.vehicle_id = v.vehicle_id
JOIN insurance.products pr ON p.product_id = pr.product_id
WHERE p.valid_from <= DATE '${report_date}'
  AND p.valid_to > DATE '${report_date}'
  AND p.status <> 'cancelled';
