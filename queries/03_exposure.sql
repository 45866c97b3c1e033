-- Exposure, first estimate: insured days and earned premium per policy, suspensions still included.
INSERT OVERWRITE TABLE mart.exposure
SELECT
  policy_id,
  sum(exposure_days) AS exposure_days,
  sum(earned_premium) AS earned_premium,
  count(*) AS snapshot_count
FROM general_data
WHERE snapshot_year >= 2022 AND exposure_days > 0
GROUP BY policy_id;
