-- Region risk: claims, premium and renewal chances per region, with the agents who work there.
INSERT OVERWRITE TABLE mart.region_risk
WITH lv AS (
  SELECT
      x.policy_id     -- key
    , x.version
    , x.customer_id
    , x.agent_id
    , x.region_id
    , x.status
    , x.gross_premium
    , row_number() OVER (
        PARTITION BY x.policy_id
        ORDER BY x.version DESC
      ) AS recency
  FROM insurance.policies x
)
SELECT
  r.region_id,
  r.region_name,
  r.hail_zone,
  count(*) AS policy_count,
  count(DISTINCT tr.agent_id) AS agent_count,
  sum(lv.gross_premium) AS gross_premium,
  sum(g.claims_5y) AS claims_5y,
  sum(g.open_reserve) AS open_reserve,
  avg(g.renewal_probability) AS renewal_probability
FROM lv
JOIN insurance.general_data g ON g.policy_id = lv.policy_id
JOIN insurance.regions r ON r.region_id = lv.region_id
LEFT JOIN territory tr ON tr.agent_id = lv.agent_id
WHERE lv.recency = 1
  AND g.snapshot_year = 2024
  AND g.policy_status <> 'cancelled'
GROUP BY r.region_id, r.region_name, r.hail_zone;
