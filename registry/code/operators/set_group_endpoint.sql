CREATE OR REPLACE FUNCTION set_group_endpoint(name text, host text, port int DEFAULT 8883,
  tls boolean DEFAULT true, ca text DEFAULT NULL, reason text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  UPDATE enrollment_group g SET endpoint = make_endpoint(host, port, tls, ca),
    config_changes = g.config_changes + 1 WHERE g.name = name;
  IF NOT FOUND THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'Names are case-sensitive.');
  END IF;
  PERFORM spread_config_change(name);
  INSERT INTO event (group_name, action, reason) VALUES (name, 'set_group_endpoint', reason);
END $$;
COMMENT ON FUNCTION set_group_endpoint(text, text, int, boolean, text, text) IS
  'The same for the devices of one group. host NULL: as the fleet''s.';
