-- Agent quality: premium, claims and complaints of the policies that an agent looks after now.
INSERT OVERWRITE TABLE mart.agent_quality
WITH Newest AS (
  SELECT Pv.policy_id, Pv.version, Pv.customer_id, Pv.agent_id, Pv.region_id, Pv.status, Pv.gross_premium,
         ROW_NUMBER() OVER (PARTITION BY Pv.policy_id ORDER BY Pv.version DESC) AS recency /* 1 = newest */
  FROM insurance.policies AS Pv
)
SELECT
  t.agent_id,
  t.agent_kind,
  t.tier,
  count(*) AS policy_count,
  sum(n.gross_premium) AS gross_premium,
  sum(g.commission_amount) AS commission_amount,
  sum(g.claims_3y) AS claims_3y,
  sum(g.paid_3y) AS paid_3y,
  sum(g.complaint_count) AS complaint_count
FROM territory t
JOIN Newest n ON n.agent_id = t.agent_id
JOIN insurance.general_data g ON g.policy_id = n.policy_id
WHERE n.recency = 1
  AND n.status IN ('active', 'suspended')
  AND g.snapshot_date = DATE '${report_date}'
GROUP BY t.agent_id, t.agent_kind, t.tier;
