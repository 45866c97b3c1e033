-- Customer features: policies, premium, contacts and complaints per customer over the last two snapshots.
INSERT OVERWRITE TABLE mart.customer_features
SELECT
  c.customer_id,
  count(DISTINCT p.policy_id) AS policy_count,
  max(c.credit_score) AS credit_score,
  max(c.yearly_income) AS yearly_income,
  max(v.new_value) AS dearest_vehicle,
  sum(g.contact_count) AS contact_count,
  sum(g.complaint_count) AS complaint_count,
  max(g.portal_logins) AS portal_logins,
  min(g.recommendation_score) AS recommendation_score
FROM insurance.policies p
JOIN insurance.customers c ON p.customer_id = c.customer_id
JOIN insurance.vehicles v ON p.vehicle_id = v.vehicle_id
JOIN insurance.general_data g ON g.policy_id = p.policy_id
WHERE p.valid_from <= DATE '${report_date}'
  AND p.valid_to > DATE '${report_date}'
  AND g.snapshot_year IN (2023, 2024)
GROUP BY c.customer_id;
