CREATE OR REPLACE FUNCTION set_fleet_rights(rights jsonb, reason text DEFAULT NULL,
  OUT old_rights jsonb, OUT new_rights jsonb) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  reason := checked_reason('set_fleet_rights', reason);
  SELECT f.rights INTO old_rights FROM fleet_config f FOR NO KEY UPDATE;
  rights := nullif(rights, 'null');
  IF rights IS NOT NULL THEN PERFORM check_rights(rights, NULL); END IF;
  new_rights := rights;
  UPDATE fleet_config f SET rights = new_rights, changes = changes + 1;
  PERFORM spread_rights(NULL);
  PERFORM spread_config_change(NULL);
  INSERT INTO event (action, reason) VALUES ('set_fleet_rights', reason);
END $$;
COMMENT ON FUNCTION set_fleet_rights(jsonb, text) IS
  'Sets the topics beyond the protocol''s own that every device may publish and subscribe to, '
  'unless its group has rights of its own. Topic templates: {"publish": [...], "subscribe": [...], '
  '"shared": {"publish": [...], "subscribe": [...]}}. A level ${device_id} or ${group} stands for '
  'the device''s id or its group. What is shared may reach topics of single devices. NULL: no '
  'such topics.';
