-- Lapse label: whether a policy has lapsed by the report date, and how its premium moved since the snapshot before.
INSERT OVERWRITE TABLE mart.lapse_label
SELECT
  p.policy_id,
  this_year.policy_status IN ('lapsed', 'cancelled') AS has_lapsed,
  this_year.lapse_reason,
  this_year.renewal_premium - last_year.gross_premium AS premium_change,
  this_year.competitor_premium - this_year.renewal_premium AS distance_to_market,
  this_year.quote_count,
  last_year.sales_channel,
  c.is_home_owner,
  v.body_type
FROM insurance.policies p
JOIN insurance.customers c ON p.customer_id = c.customer_id
JOIN insurance.vehicles v ON p.vehicle_id = v.vehicle_id
JOIN insurance.general_data this_year ON this_year.policy_id = p.policy_id
JOIN insurance.general_data last_year ON last_year.policy_id = p.policy_id
WHERE p.valid_from <= DATE '${report_date}'
  AND p.valid_to > DATE '${report_date}'
  AND this_year.snapshot_date = DATE '${report_date}'
  AND last_year.snapshot_year = 2023;
