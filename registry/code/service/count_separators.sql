CREATE OR REPLACE FUNCTION count_separators() RETURNS TABLE (devices bigint)
LANGUAGE sql STABLE
AS $$ SELECT count(*) FROM (SELECT FROM device WHERE device_id ~ '[.:]' LIMIT 1000) d $$;
COMMENT ON FUNCTION count_separators() IS
  'Service: how many devices have . or : in their ids, which RabbitMQ cannot serve; at most 1000.';
