CREATE OR REPLACE FUNCTION set_group_endpoint(INOUT name text, host text, port int DEFAULT 8883,
  tls boolean DEFAULT true, ca text DEFAULT NULL, reason text DEFAULT NULL,
  OUT old_endpoint jsonb, OUT new_endpoint jsonb) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  reason := checked_reason('set_group_endpoint', reason);
  SELECT g.endpoint INTO old_endpoint FROM enrollment_group g WHERE g.name = name
    FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('there is no group %s', name),
      HINT = 'Names are case-sensitive. SELECT name FROM registry.groups lists the groups.';
  END IF;
  new_endpoint := make_endpoint(host, port, tls, ca);
  UPDATE enrollment_group g SET endpoint = new_endpoint, config_changes = g.config_changes + 1
    WHERE g.name = name;
  PERFORM note_endpoint(new_endpoint);
  PERFORM spread_config_change(name);
  INSERT INTO event (group_name, action, reason) VALUES (name, 'set_group_endpoint', reason);
END $$;
COMMENT ON FUNCTION set_group_endpoint(text, text, int, boolean, text, text) IS
  'set_fleet_endpoint, for the devices of one group. host NULL: the same broker as the fleet.';
