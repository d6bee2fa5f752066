-- Of a device's keys the registry knows ids only. A key was of the group's older one if the device
-- proved it before the group got the newer one.
CREATE OR REPLACE FUNCTION needs_retired_key(device text, sealing text, before timestamptz)
  RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM (SELECT v AS whole, v.* FROM credential v WHERE v.device_id = device
      ORDER BY v.generation DESC LIMIT 1) n
    CROSS JOIN LATERAL (SELECT CASE
      WHEN n.signed_by = 'device_key' THEN n.answer_key
      WHEN sealing <> 'never' THEN sealing_key_of(n.whole) END AS id) k
    WHERE is_live(n.whole, now()) AND EXISTS (SELECT FROM credential c
      WHERE c.device_id = device AND c.answer_key = k.id AND c.issued_at < before))
$$;
COMMENT ON FUNCTION needs_retired_key(text, text, timestamptz) IS
  'Internal: whether the configurations of a device''s newest credential are signed or sealed '
  'under a symmetric key that it proved before this time.';
