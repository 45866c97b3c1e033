-- The agents of today with the risk figures of their region, for this session only.
USE insurance;

CREATE OR REPLACE TEMPORARY VIEW territory AS
SELECT
  a.agent_id,
  a.agent_kind,
  a.tier,
  a.commission_pct,
  r.region_id,
  r.district,
  r.hail_zone,
  r.region_factor
FROM insurance.agents a
JOIN insurance.regions r ON a.region_id = r.region_id
WHERE a.status = 'active';
