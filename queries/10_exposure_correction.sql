-- Exposure, corrected: suspended days taken off, policies cancelled in their latest version left out.
INSERT OVERWRITE TABLE mart.exposure
with cur as (
    -- the version that counts
    select pol.policy_id, pol.version, pol.customer_id, pol.agent_id, pol.region_id,
           pol.status, pol.gross_premium,
           row_number() over (partition by pol.policy_id order by pol.version desc) as recency
    from insurance.policies pol
)
select
    g.policy_id,
    sum(g.exposure_days - g.suspended_days) as exposure_days,
    sum(g.earned_premium) as earned_premium,
    count(*) as snapshot_count
from insurance.general_data g
join cur on cur.policy_id = g.policy_id
where g.snapshot_year >= 2022
  and g.exposure_days > 0
  and cur.recency = 1
  and cur.status <> 'cancelled'
group by g.policy_id;
