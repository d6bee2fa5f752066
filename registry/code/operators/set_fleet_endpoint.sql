CREATE OR REPLACE FUNCTION set_fleet_endpoint(host text, port int DEFAULT 8883,
  tls boolean DEFAULT true, ca text DEFAULT NULL, reason text DEFAULT NULL,
  OUT old_endpoint jsonb, OUT new_endpoint jsonb) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  reason := checked_reason('set_fleet_endpoint', reason);
  SELECT f.endpoint INTO old_endpoint FROM fleet_config f FOR NO KEY UPDATE;
  new_endpoint := make_endpoint(host, port, tls, ca);
  UPDATE fleet_config SET endpoint = new_endpoint, changes = changes + 1;
  PERFORM note_endpoint(new_endpoint);
  PERFORM spread_config_change(NULL);
  INSERT INTO event (action, reason) VALUES ('set_fleet_endpoint', reason);
END $$;
COMMENT ON FUNCTION set_fleet_endpoint(text, int, boolean, text, text) IS
  'Sets the broker that devices connect to, and the CAs that they trust there (ca: PEM; NULL: they '
  'keep the CAs that they have), unless their group has another one. A device keeps the old broker '
  'until it has connected to the new one. host NULL: the broker of the service''s configuration.';
