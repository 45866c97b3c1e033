BEGIN
  DECLARE kept INT DEFAULT 0;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION, NOT FOUND BEGIN VALUES ('failed'); END;
  rounds: WHILE kept < 3 DO
    SET kept = kept + CASE WHEN (SELECT count(*) FROM trips) > 0 THEN 1 ELSE 2 END;
    IF kept > 1 THEN
      INSERT INTO log SELECT 'more' FROM customers;
    ELSEIF EXISTS (SELECT 1 FROM updates) THEN
      DELETE FROM rejected WHERE km IS NULL;
    ELSE
      BEGIN TRUNCATE TABLE stops; END;
    END IF;
    CASE kept WHEN 1 THEN DROP TABLE IF EXISTS old_trips; ELSE LEAVE rounds; END CASE;
  END WHILE rounds;
  FOR t AS SELECT trip_id FROM raw_trips DO
    UPDATE riders SET seen = true WHERE trip_id = t.trip_id;
  END FOR;
  REPEAT SET kept = kept - 1; UNTIL kept = 0 END REPEAT;
END;
SELECT trip_id FROM mart.trips;
outer_label: BEGIN
  CREATE OR REPLACE TEMP VIEW v AS SELECT day FROM trips;
END outer_label;
SELECT day FROM mart.daily;
