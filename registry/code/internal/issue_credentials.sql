CREATE OR REPLACE FUNCTION issue_credentials(b decided_request[], won int[]) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  rotated text[] := array(SELECT q.device_id FROM unnest(b) q
    WHERE q.i = ANY (won) AND q.expected > 0);
  known text[];   -- the gate knows something of them
  revoking text[];  -- groups that revoke what was retired
BEGIN
  -- A credential that was never used ends when the next one is issued.
  UPDATE credential c SET status = 'retired', ended_at = now()
    FROM unnest(b) q
    WHERE q.i = ANY (won) AND q.expected > 0 AND c.device_id = q.device_id AND c.status = 'issued';
  INSERT INTO credential (device_id, generation, type, request_id, digest, serial, certificate,
                          fingerprint, key_fingerprint, salt, master_key, password_hash,
                          encryption_key, sealing_key, signed_by, answer_key, not_before,
                          not_after, use_by, issuer, pbkdf2)
    SELECT device_id, coalesce(expected, 0) + 1, type, request_id, digest, serial, certificate,
           fingerprint, key_fingerprint, salt, master_key, password_hash,
           encryption_key, sealing_key, signed_by, answer_key, not_before, not_after, use_by,
           issuer, pbkdf2
    FROM unnest(b) WHERE i = ANY (won) ORDER BY device_id COLLATE "C";
  known := array(SELECT a.device_id FROM access_entry a WHERE a.device_id = ANY (rotated));
  revoking := array(SELECT g.name FROM enrollment_group g WHERE g.revoke_retired
    AND g.name = ANY (array(SELECT q.group_name FROM unnest(b) q
      WHERE q.device_id = ANY (rotated))));
  known := array(SELECT q.device_id FROM unnest(b) q WHERE q.i = ANY (won)
    AND (q.type = 'password' OR q.device_id = ANY (known)
      OR (q.device_id = ANY (rotated) AND q.group_name = ANY (revoking))));
  IF known <> '{}' THEN PERFORM note_access(known, false); END IF;
END $$;
COMMENT ON FUNCTION issue_credentials(decided_request[], int[]) IS
  'Internal: writes the credentials of the requests that won.';
