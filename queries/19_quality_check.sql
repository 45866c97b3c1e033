-- Quality check, shown and not stored: rows, gaps and conflicting regions of the general data per snapshot and cover.
WITH latest AS (
  SELECT p.policy_id, p.version, p.customer_id, p.agent_id, p.region_id, p.status, p.gross_premium,
    row_number() OVER (PARTITION BY p.policy_id ORDER BY p.version DESC) AS recency
  FROM policies p
)
SELECT
  g.snapshot_year,
  g.cover_type,
  count(*) AS row_count,
  sum(CASE WHEN g.driver_age IS NULL THEN 1 ELSE 0 END) AS without_driver_age,
  sum(CASE WHEN g.last_contact_date IS NULL THEN 1 ELSE 0 END) AS without_contact,
  sum(CASE WHEN g.region_id <> l.region_id THEN 1 ELSE 0 END) AS in_another_region
FROM general_data AS g
JOIN latest AS l ON l.policy_id = g.policy_id
WHERE g.snapshot_year >= 2021 AND l.recency = 1
GROUP BY g.snapshot_year, g.cover_type
ORDER BY g.snapshot_year, g.cover_type;
