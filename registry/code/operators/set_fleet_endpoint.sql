CREATE OR REPLACE FUNCTION set_fleet_endpoint(host text, port int DEFAULT 8883,
  tls boolean DEFAULT true, ca text DEFAULT NULL, reason text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE fleet_config SET endpoint = make_endpoint(host, port, tls, ca), changes = changes + 1;
  PERFORM spread_config_change(NULL);
  INSERT INTO event (action, reason) VALUES ('set_fleet_endpoint', set_fleet_endpoint.reason);
END $$;
COMMENT ON FUNCTION set_fleet_endpoint(text, int, boolean, text, text) IS
  'Where devices connect and what they trust there (ca: PEM; empty: they keep their anchors), '
  'unless their group says otherwise. They are told, and keep the old place until the new one '
  'works. host NULL: as the service''s configuration says.';
