-- Vehicle features: make, age, value and theft class of the insured vehicle, one row per policy.
INSERT OVERWRITE TABLE mart.vehicle_features
SELECT
  p.policy_id,
  vc.make,
  vc.body_type,
  vc.vehicle_age,
  vc.has_tracker,
  v.engine_kw,
  general_data.vehicle_value,
  general_data.theft_class,
  general_data.annual_mileage_km,
  general_data.declared_mileage_km,
  v.engine_kw > 150 AND c.occupation = 'student' AS is_young_and_fast
FROM insurance.policies p
JOIN insurance.customers c ON p.customer_id = c.customer_id
JOIN insurance.vehicles v ON p.vehicle_id = v.vehicle_id
JOIN mart.vehicles_clean vc ON vc.vehicle_id = v.vehicle_id
JOIN insurance.general_data ON general_data.policy_id = p.policy_id
WHERE p.valid_from <= DATE '${report_date}'
  AND p.valid_to > DATE '${report_date}'
  AND p.status <> 'cancelled'
  AND general_data.snapshot_date = DATE '${report_date}'
  AND general_data.vehicle_value > 2500;
