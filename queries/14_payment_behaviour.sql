-- Payment behaviour: late, returned and open instalments per policy, beside what the customer can afford.
INSERT OVERWRITE TABLE mart.payment_behaviour
SELECT
  p.policy_id,
  g.payment_frequency,
  c.credit_score,
  v.new_value AS vehicle_new_value,
  i.instalment_count,
  i.open_count,
  i.returned_count,
  i.late_count,
  i.reminder_count,
  i.open_amount
FROM insurance.policies p
JOIN insurance.customers c ON p.customer_id = c.customer_id
JOIN insurance.vehicles v ON p.vehicle_id = v.vehicle_id
JOIN insurance.general_data g ON g.policy_id = p.policy_id
JOIN (
  SELECT
    pay.policy_id,
    count(*) AS instalment_count,
    sum(CASE WHEN pay.status = 'open' THEN 1 ELSE 0 END) AS open_count,
    sum(CASE WHEN pay.status = 'returned' THEN 1 ELSE 0 END) AS returned_count,
    sum(CASE WHEN pay.paid_date > pay.due_date THEN 1 ELSE 0 END) AS late_count,
    sum(pay.reminders) AS reminder_count,
    sum(CASE WHEN pay.status = 'open' THEN pay.amount ELSE 0 END) AS open_amount
  FROM insurance.payments pay
  WHERE pay.due_date >= DATE '2022-01-01'
  GROUP BY pay.policy_id
) i ON i.policy_id = p.policy_id
WHERE p.valid_from <= DATE '${report_date}'
  AND p.valid_to > DATE '${report_date}'
  AND p.status <> 'cancelled'
  AND g.snapshot_date = DATE '${report_date}';
