-- Claim rate: own-damage claims per insured day, by customer segment, fuel and garage; on the first exposure estimate.
INSERT OVERWRITE TABLE mart.claim_rate
SELECT
  c.segment,
  v.fuel_type,
  g.garage_type,
  count(*) AS policy_count,
  sum(e.exposure_days) AS exposure_days,
  sum(coalesce(o.claim_count, 0)) AS claim_count,
  sum(coalesce(o.paid_amount, 0)) AS paid_amount
FROM insurance.policies p
JOIN insurance.customers c ON p.customer_id = c.customer_id
JOIN insurance.vehicles v ON p.vehicle_id = v.vehicle_id
JOIN insurance.general_data g ON g.policy_id = p.policy_id
JOIN mart.exposure e ON e.policy_id = p.policy_id
LEFT JOIN mart.claims_own_damage o ON o.policy_id = p.policy_id
WHERE p.valid_from <= DATE '${report_date}'
  AND p.valid_to > DATE '${report_date}'
  AND g.snapshot_date = DATE '${report_date}'
  AND g.policy_status IN ('active', 'suspended')
GROUP BY c.segment, v.fuel_type, g.garage_type;
