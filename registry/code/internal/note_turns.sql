-- Two devices with one identity end each other's sessions, so each follows a session that the other
-- one had replaced, almost every time. One device does so only where the broker delivered its
-- statuses in another order. Each such session counts four times as much as one that follows the
-- one before it. An honest device of which one status in ten came late reached thirty-three in a
-- simulation; a broker that delays every status for longer than a session lasts makes it look like
-- two.
CREATE OR REPLACE FUNCTION note_turns(b decided_status[], turned text[]) RETURNS void
LANGUAGE sql SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
  SELECT note_clone(q.device_id, 'sessions_alternate',
    jsonb_build_object('sessions',
      jsonb_build_array(q.previous, r.previous_session, q.session)))
    FROM unnest(b) q JOIN presence r ON r.device_id = q.device_id
    WHERE q.device_id = ANY (turned) AND q.previous IS NOT NULL AND r.crossings >= 40
      AND r.session = q.session AND r.previous_session IS NOT NULL;
  SELECT note_clone(q.device_id, 'connects_often',
    jsonb_build_object('sessions', r.opened, 'since', r.opened_since))
    FROM unnest(b) q JOIN presence r ON r.device_id = q.device_id
    WHERE q.device_id = ANY (turned) AND q.previous IS NULL AND r.session = q.session
      AND r.opened > 0 AND r.opened % 200 = 0;
$$;
COMMENT ON FUNCTION note_turns(decided_status[], text[]) IS
  'Internal: records sessions that take turns, and those of a device that connects far too often.';
