-- migrate:up
-- What the service shows of the fleet: it reads no table, so each is a function that runs as its owner.

SET LOCAL ROLE latchkey_owner;
SET LOCAL search_path = registry, pg_temp;

CREATE FUNCTION count_devices() RETURNS TABLE (state text, devices bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp
AS $$ SELECT state, count(*) FROM devices GROUP BY state $$;
COMMENT ON FUNCTION count_devices() IS 'Service: how many devices there are in each state, for its metrics.';

REVOKE EXECUTE ON FUNCTION count_devices() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_devices() TO latchkey_service;
