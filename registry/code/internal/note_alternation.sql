CREATE OR REPLACE FUNCTION note_alternation(b decided_status[], taken_up int[]) RETURNS void
LANGUAGE sql SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
  UPDATE presence r SET returns = CASE WHEN r.returning_since > now() - interval '10 minutes'
    THEN r.returns + 1 ELSE 1 END,
      returning_since = CASE WHEN r.returning_since > now() - interval '10 minutes'
        THEN r.returning_since ELSE now() END
    FROM unnest(b) q WHERE q.i = ANY (taken_up) AND r.device_id = q.device_id;
  SELECT note_clone(q.device_id, 'sessions_alternate',
    jsonb_build_object('sessions', jsonb_build_array(r.session, q.session), 'times', r.returns,
    'since', r.returning_since))
    FROM unnest(b) q JOIN presence r ON r.device_id = q.device_id WHERE q.i = ANY (taken_up)
      AND r.returns >= 3;
$$;
COMMENT ON FUNCTION note_alternation(decided_status[], int[]) IS
  'Internal: counts that an earlier session opened again; three times within ten minutes are a '
  'sign of a clone.';
