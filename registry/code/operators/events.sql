CREATE OR REPLACE VIEW events AS SELECT at, device_id, group_name, action, old_state, new_state,
  generation, actor, reason, event_id, person FROM event;
COMMENT ON VIEW events IS
  'The audit trail: every change of a device''s state or credential, and every act of an '
  'operator.';
