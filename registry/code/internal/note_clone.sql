CREATE OR REPLACE FUNCTION note_clone(device text, kind text, found jsonb) RETURNS void
  LANGUAGE sql AS $$
  INSERT INTO clone_sign AS s (device_id, sign, evidence) VALUES (device, kind, found)
    ON CONFLICT (device_id, sign) DO UPDATE SET last_seen = now(), times = s.times + 1,
      evidence = EXCLUDED.evidence
$$;
COMMENT ON FUNCTION note_clone(text, text, jsonb) IS
  'Internal: records a sign that two devices share one identity.';
