-- Training table: one row per policy in force at the report date, with its label and every feature of this pipeline.
INSERT OVERWRITE TABLE mart.training
SELECT
  p.policy_id,
  ll.has_lapsed,
  p.product_line,
  p.cover_type,
  p.segment,
  p.customer_age,
  p.gross_premium,
  p.sum_insured,
  general_data.bonus_years,
  general_data.claims_free_years,
  general_data.driver_count,
  general_data.has_young_driver,
  general_data.occupation_group,
  e.exposure_days,
  ph.premium_2022,
  ph.premium_2023,
  ph.premium_2024,
  ph.discount_total,
  ll.premium_change,
  ll.distance_to_market,
  ll.quote_count,
  cf.policy_count,
  cf.contact_count,
  cf.complaint_count,
  cf.recommendation_score,
  vf.make,
  vf.vehicle_age,
  vf.vehicle_value,
  vf.is_young_and_fast,
  pb.late_count,
  pb.returned_count,
  pb.open_amount,
  tp.technical_premium,
  tp.risk_premium,
  aq.tier AS agent_tier,
  aq.complaint_count AS agent_complaints,
  rr.renewal_probability AS region_renewal_probability,
  coalesce(od.claim_count, 0) AS own_damage_claims,
  coalesce(od.paid_amount, 0) AS own_damage_paid,
  coalesce(li.claim_count, 0) AS liability_claims,
  coalesce(li.at_fault_count, 0) AS at_fault_claims,
  tn.distance_km AS night_km,
  tm.distance_km AS motorway_km,
  tm.average_speed_kmh AS motorway_speed_kmh,
  th.harsh_brakes,
  tf.phone_seconds,
  tr.distance_km AS recent_km,
  tw.distance_km AS bad_weather_km
FROM mart.portfolio p
JOIN insurance.general_data ON general_data.policy_id = p.policy_id
LEFT JOIN mart.lapse_label ll ON ll.policy_id = p.policy_id
LEFT JOIN mart.exposure e ON e.policy_id = p.policy_id
LEFT JOIN mart.premium_history ph ON ph.policy_id = p.policy_id
LEFT JOIN mart.customer_features cf ON cf.customer_id = p.customer_id
LEFT JOIN mart.vehicle_features vf ON vf.policy_id = p.policy_id
LEFT JOIN mart.payment_behaviour pb ON pb.policy_id = p.policy_id
LEFT JOIN mart.technical_price tp ON tp.policy_id = p.policy_id
LEFT JOIN mart.agent_quality aq ON aq.agent_id = p.agent_id
LEFT JOIN mart.region_risk rr ON rr.region_id = p.region_id
LEFT JOIN mart.claims_own_damage od ON od.policy_id = p.policy_id
LEFT JOIN mart.claims_liability li ON li.policy_id = p.policy_id
LEFT JOIN mart.trips_night tn ON tn.policy_id = p.policy_id
LEFT JOIN mart.trips_motorway tm ON tm.policy_id = p.policy_id
LEFT JOIN mart.trips_harsh th ON th.policy_id = p.policy_id
LEFT JOIN mart.trips_phone tf ON tf.policy_id = p.policy_id
LEFT JOIN mart.trips_recent tr ON tr.policy_id = p.policy_id
LEFT JOIN mart.trips_weather tw ON tw.policy_id = p.policy_id
WHERE general_data.snapshot_date = DATE '${report_date}';
