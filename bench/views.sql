-- How long operators wait for what they ask, in a registry that bench/devices.sql filled: the best of three, in milliseconds.
--   psql -X -f bench/views.sql postgresql://superuser@host/latchkey
\set ON_ERROR_STOP on
\pset footer off
SET search_path = registry;
-- As the service does hourly.
SELECT summarize();

CREATE FUNCTION pg_temp.best_of_three(query text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
  best interval;
  began timestamptz;
BEGIN
  FOR n IN 1..3 LOOP
    began := clock_timestamp();
    EXECUTE 'CREATE TEMP TABLE taken ON COMMIT DROP AS ' || query;
    best := least(best, clock_timestamp() - began);
    DROP TABLE taken;
  END LOOP;
  RETURN round((extract(epoch FROM best) * 1000)::numeric, 1);
END $$;

CREATE TEMP TABLE asked (what text, at_most numeric, ms numeric);
INSERT INTO asked VALUES
  ('SELECT * FROM devices WHERE device_id = ''meter-000777777''', 50),
  ('SELECT * FROM certificates WHERE device_id = ''meter-000777777''', 50),
  ('SELECT * FROM attempts WHERE device_id = ''meter-000777777'' ORDER BY received_at DESC LIMIT 10', 50),
  ('SELECT * FROM events WHERE device_id = ''meter-000777777'' ORDER BY at', 50),
  ('SELECT * FROM provisioning_funnel WHERE day > now() - interval ''30 days''', 1000),
  ('SELECT * FROM fleet', 3000);
INSERT INTO asked SELECT format('SELECT * FROM %I LIMIT 100', relname), 50 FROM pg_class
  WHERE relnamespace = 'registry'::regnamespace AND relkind = 'v' ORDER BY relname;
DO $$
DECLARE one text;
BEGIN
  FOR one IN SELECT what FROM asked LOOP
    UPDATE asked SET ms = pg_temp.best_of_three(one) WHERE what = one;
  END LOOP;
END $$;
SELECT (SELECT count(*) FROM device) AS devices, pg_size_pretty(pg_database_size(current_database())) AS size;
SELECT what, ms, at_most, CASE WHEN ms > at_most THEN 'too long' ELSE '' END AS verdict FROM asked ORDER BY ms DESC;
