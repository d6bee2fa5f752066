CREATE OR REPLACE FUNCTION count_devices() RETURNS TABLE (state text, devices bigint)
LANGUAGE sql STABLE
AS $$ SELECT state, sum(devices)::bigint FROM fleet GROUP BY state $$;
COMMENT ON FUNCTION count_devices() IS
  'Service: counts the devices in each state, for its metrics.';
