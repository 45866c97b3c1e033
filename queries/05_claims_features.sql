-- Claims features: counts and amounts per policy, own damage and liability apart.
INSERT OVERWRITE TABLE mart.claims_own_damage
SELECT
  policy_id,
  count(*) AS claim_count,
  sum(paid_amount) AS paid_amount,
  max(paid_amount) AS largest_claim,
  max(claim_date) AS last_claim_date
FROM insurance.claims
WHERE claim_type IN ('own damage', 'glass', 'theft', 'hail')
  AND status <> 'rejected'
  AND claim_date >= DATE '2019-07-01'
GROUP BY policy_id;

-- Liability includes open reserves: these claims take years to settle.
INSERT OVERWRITE TABLE mart.claims_liability
SELECT
  cl.policy_id,
  count(*) AS claim_count,
  sum(cl.paid_amount) AS paid_amount,
  sum(cl.reserve_amount) AS reserve_amount,
  sum(CASE WHEN cl.at_fault THEN 1 ELSE 0 END) AS at_fault_count
FROM insurance.claims cl
WHERE cl.claim_type IN ('liability', 'injury')
  AND cl.claim_date >= DATE '2018-07-01'
GROUP BY cl.policy_id;
