-- Technical price: what a policy should cost by its exposure, its product, its region and the claim rate of its cell.
INSERT OVERWRITE TABLE mart.technical_price
SELECT
  p.policy_id,
  general_data.bonus_class,
  general_data.deductible,
  e.exposure_days,
  pr.base_rate * r.region_factor AS tariff_premium,
  cast(cr.paid_amount * 365 / cr.exposure_days AS decimal(12, 2)) AS risk_premium,
  cast(pr.base_rate * r.region_factor + cr.paid_amount * 365 / cr.exposure_days AS decimal(12, 2)) AS technical_premium,
  general_data.net_premium AS charged_premium
FROM insurance.policies p
JOIN insurance.customers c ON p.customer_id = c.customer_id
JOIN insurance.vehicles v ON p.vehicle_id = v.vehicle_id
JOIN insurance.general_data ON general_data.policy_id = p.policy_id
JOIN insurance.products pr ON pr.product_id = p.product_id
JOIN insurance.regions r ON r.region_id = p.region_id
JOIN mart.exposure e ON e.policy_id = p.policy_id
JOIN mart.claim_rate cr
  ON cr.segment = c.segment AND cr.fuel_type = v.fuel_type AND cr.garage_type = general_data.garage_type
WHERE p.valid_from <= DATE '${report_date}'
  AND p.valid_to > DATE '${report_date}'
  AND p.status <> 'cancelled'
  AND general_data.snapshot_date = DATE '${report_date}'
  AND general_data.policy_status = 'active';
