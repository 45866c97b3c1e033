-- Premium history: the premiums of the last three snapshots beside the premium of the latest version.
INSERT OVERWRITE TABLE mart.premium_history
WITH latest AS (
  SELECT
    p.policy_id,
    p.version,
    p.customer_id,
    p.agent_id,
    p.region_id,
    p.status,
    p.gross_premium,
    row_number() OVER (PARTITION BY p.policy_id ORDER BY p.version DESC) AS recency
  FROM insurance.policies p
)
SELECT
  l.policy_id,
  max(l.gross_premium) AS current_premium,
  sum(CASE WHEN g.snapshot_year = 2022 THEN g.gross_premium END) AS premium_2022,
  sum(CASE WHEN g.snapshot_year = 2023 THEN g.gross_premium END) AS premium_2023,
  sum(CASE WHEN g.snapshot_year = 2024 THEN g.gross_premium END) AS premium_2024,
  sum(g.discount_amount) AS discount_total,
  sum(g.surcharge_amount) AS surcharge_total
FROM latest l
JOIN insurance.general_data g ON g.policy_id = l.policy_id
WHERE l.recency = 1
  AND g.snapshot_year BETWEEN 2022 AND 2024
GROUP BY l.policy_id;
