-- A fleet that reconnects only writes presence.
CREATE OR REPLACE FUNCTION commit_statuses(p jsonb) RETURNS TABLE (i int, outcome text)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
DECLARE
  b decided_status[] := array(SELECT r FROM jsonb_populate_recordset(NULL::decided_status, p) r
    ORDER BY r.device_id COLLATE "C");
  busy int[]; stale int[]; late int[]; taken_up int[]; noted text[]; turned text[];
  -- The time at which the broker handed a message over is known to a tenth of a second, plus the
  -- time that its answer takes. A device that connects again at once must not be taken for a late
  -- one.
  doubt constant interval := '400 ms';
  today constant date := now() AT TIME ZONE 'UTC';
BEGIN
  busy := lock_statuses(b);
  IF busy <> '{}' THEN b := array(SELECT q FROM unnest(b) q WHERE NOT q.i = ANY (busy)); END IF;
  -- Since the load, another session may have opened, the state may have changed, the credential may
  -- have ended.
  stale := array(SELECT q.i FROM unnest(b) q LEFT JOIN device d USING (device_id)
    LEFT JOIN presence r USING (device_id)
    -- LIMIT: as in load_statuses
    LEFT JOIN LATERAL (SELECT is_live(v, now()) AS live FROM credential v
      WHERE v.device_id = q.device_id AND v.generation = q.generation LIMIT 1) c ON true
    -- The configuration in the answer must be the current one: whatever changes it locks presence,
    -- as this call does.
    WHERE d.state IS DISTINCT FROM q.expected
      OR (q.version_from IS NOT NULL
      AND (d.config_version, d.config_layers) IS DISTINCT FROM (q.version_from, q.layers_from))
      OR CASE q.kind WHEN 'connected' THEN NOT coalesce(c.live, false)
      ELSE NOT coalesce(r.online AND r.session = q.session, false) END);
  -- A device gives each session a new name. If an earlier name comes back, two devices that share a
  -- credential take turns. Those that name the session before show it below: of them a name comes
  -- back when the broker delivered late.
  taken_up := array(SELECT q.i FROM unnest(b) q JOIN presence r USING (device_id)
    WHERE q.kind = 'connected' AND NOT q.i = ANY (stale) AND q.session = r.previous_session
      AND q.session <> r.session AND q.previous IS NULL AND r.opened > 0
      AND (q.handed_over_at >= r.last_seen_at - doubt) IS NOT false);
  IF taken_up <> '{}' THEN PERFORM note_alternation(b, taken_up); END IF;
  -- A replica that was suspended goes on with messages that the broker gave it long ago. So a
  -- session that ended does not open again, and an open session is not replaced by a `connected`
  -- that the broker handed over before the session's last status. A device repeats a status that
  -- did not count. A time in the future comes from a wrong clock and is ignored.
  late := array(SELECT q.i FROM unnest(b) q JOIN presence r USING (device_id)
    WHERE q.kind = 'connected' AND NOT q.i = ANY (stale) AND q.handed_over_at IS NOT NULL
      AND CASE WHEN q.session = r.session THEN NOT r.online
        ELSE hashtextextended(q.session, 0) = ANY (r.ended_sessions)
          OR (r.online AND q.handed_over_at < r.last_seen_at - doubt
            AND r.last_seen_at <= clock_timestamp()) END);
  stale := stale || late;
  -- A new row's ended_sessions has the session that its device says came before.
  WITH opened AS (
    INSERT INTO presence AS r (device_id, session, generation, online, last_seen_at,
        seen_on, ended_sessions)
      SELECT device_id, session, generation, true, now(), today,
        CASE WHEN previous IS NULL THEN '{}' ELSE ARRAY[hashtextextended(previous, 0)] END
      FROM unnest(b) WHERE kind = 'connected' AND NOT i = ANY (stale)
      ORDER BY device_id COLLATE "C"
      ON CONFLICT (device_id) DO UPDATE SET session = EXCLUDED.session,
        generation = EXCLUDED.generation, online = true, last_seen_at = now(), seen_on = today,
        previous_session = CASE WHEN r.session = EXCLUDED.session THEN r.previous_session
          WHEN EXCLUDED.ended_sessions <> ARRAY[hashtextextended(r.session, 0)]
          THEN r.session END,
        ended_sessions = CASE WHEN r.session = EXCLUDED.session THEN r.ended_sessions
          ELSE (hashtextextended(r.session, 0)
            || array_remove(EXCLUDED.ended_sessions, hashtextextended(r.session, 0))
            || r.ended_sessions)[:8] END,
        crossings = CASE
          WHEN r.session = EXCLUDED.session OR EXCLUDED.ended_sessions = '{}' THEN r.crossings
          WHEN EXCLUDED.ended_sessions = ARRAY[hashtextextended(r.session, 0)]
          THEN greatest(r.crossings - 1, 0)
          WHEN EXCLUDED.ended_sessions && r.ended_sessions THEN least(r.crossings + 4, 80)
          ELSE r.crossings END,
        opened = CASE WHEN r.session = EXCLUDED.session THEN r.opened
          WHEN EXCLUDED.ended_sessions <> '{}' THEN 0
          WHEN r.opened_since > now() - interval '10 minutes' THEN r.opened + 1 ELSE 1 END,
        opened_since = CASE WHEN r.opened_since > now() - interval '10 minutes'
          THEN r.opened_since ELSE now() END
      RETURNING r.device_id, r.crossings, r.opened)
  SELECT array(SELECT device_id FROM opened WHERE crossings >= 40
    OR (opened > 0 AND opened % 200 = 0)) INTO turned;
  IF turned <> '{}' THEN PERFORM note_turns(b, turned); END IF;
  UPDATE presence r SET online = q.kind <> 'disconnected', last_seen_at = now(), seen_on = today
    FROM unnest(b) q WHERE q.kind <> 'connected' AND NOT q.i = ANY (stale)
      AND r.device_id = q.device_id;
  -- Only what confirms says that the device holds the credential. NULL: a service of the version
  -- before, whose every connected does.
  WITH turned AS (
    UPDATE credential c SET status = CASE WHEN c.generation = q.generation THEN 'active'
      ELSE 'retired' END,
        connected_at = CASE WHEN c.generation = q.generation THEN now() ELSE c.connected_at END,
        ended_at = CASE WHEN c.generation < q.generation THEN now() END
      FROM unnest(b) q WHERE q.kind = 'connected' AND q.confirms IS NOT false
        AND NOT q.i = ANY (stale) AND c.device_id = q.device_id
        AND (c.generation = q.generation AND c.status = 'issued' OR c.generation < q.generation
          AND c.status IN ('issued', 'active'))
      RETURNING c.device_id, c.type, c.status)
  -- The gate has to know passwords, and certificates that a group revokes once they are retired.
  SELECT array(SELECT t.device_id FROM turned t WHERE t.type = 'password'
    OR t.status = 'retired' AND (SELECT g.revoke_retired FROM device d
      JOIN enrollment_group g ON g.name = d.group_name
      WHERE d.device_id = t.device_id LIMIT 1)) INTO noted;
  IF EXISTS (SELECT FROM unnest(b) WHERE new_version IS NOT NULL) THEN
    UPDATE device d SET config_version = q.new_version, config_layers = q.config_layers,
      config_digest = q.config_digest, config_fault = q.config_fault,
        endpoint = q.endpoint,
        config_changed_at = CASE WHEN q.new_version > d.config_version THEN now()
          ELSE d.config_changed_at END
      FROM unnest(b) q WHERE q.new_version IS NOT NULL AND NOT q.i = ANY (stale)
        AND d.device_id = q.device_id;
  END IF;
  -- A status that did not lock its device above may meet an operator's change, which wins: hence
  -- q.expected. A device that holds a credential was sent it, even if the service died before it
  -- could note that.
  UPDATE device d SET state = q.next, connected_at = coalesce(d.connected_at, now()),
      credentials_sent_at = CASE WHEN d.generation = q.generation AND q.confirms IS NOT false
        THEN coalesce(d.credentials_sent_at, now()) ELSE d.credentials_sent_at END,
      confirmed = CASE WHEN q.confirms IS NOT false THEN greatest(d.confirmed, q.generation)
        ELSE d.confirmed END,
      -- Whose configuration is the current one says ready no more: a failure since then was forged.
      failure = CASE WHEN q.next = 'ready' THEN NULL ELSE d.failure END
    FROM unnest(b) q WHERE q.kind = 'connected' AND NOT q.i = ANY (stale)
      AND d.device_id = q.device_id AND d.state = q.expected
      AND (q.next <> d.state OR d.connected_at IS NULL
        OR (q.next = 'ready' AND d.failure IS NOT NULL)
        OR (q.confirms IS NOT false AND (d.confirmed IS NULL OR d.confirmed < q.generation
          OR (d.credentials_sent_at IS NULL AND d.generation = q.generation))));
  UPDATE device d SET state = q.next, reported = coalesce(q.attributes, d.reported),
      applied_config_version = greatest(d.applied_config_version,
        least(q.config_version, d.config_version)),
      endpoint_given = CASE WHEN q.config_version >= d.config_version THEN d.endpoint
        ELSE d.endpoint_given END,
      ready_at = CASE WHEN q.next = 'ready' THEN coalesce(d.ready_at, now()) ELSE d.ready_at END,
      failure = CASE WHEN q.next = 'ready' THEN NULL ELSE d.failure END,
      undelivered = CASE WHEN q.next = 'ready' THEN NULL ELSE d.undelivered END
    FROM unnest(b) q WHERE q.kind = 'ready' AND NOT q.i = ANY (stale) AND d.device_id = q.device_id
      AND d.state = q.expected
      AND (q.next <> d.state OR q.config_version > d.applied_config_version
        OR q.attributes <> d.reported
        OR (q.next = 'ready' AND coalesce(d.failure, d.undelivered) IS NOT NULL));
  UPDATE device d SET failed_at = now(), failure = q.failure
    FROM unnest(b) q WHERE q.kind = 'failed' AND NOT q.i = ANY (stale) AND d.device_id = q.device_id
      AND d.state = q.expected;
  IF noted <> '{}' THEN PERFORM note_access(noted, false); END IF;
  RETURN QUERY SELECT q.i, CASE WHEN q.i = ANY (late) THEN 'late' WHEN q.i = ANY (stale)
    THEN 'again' ELSE 'won' END FROM unnest(b) q
    UNION ALL SELECT n, 'busy' FROM unnest(busy) n;
END $$;
COMMENT ON FUNCTION commit_statuses(jsonb) IS
  'Service: stores what devices said of themselves. Returns a row for each status: won, again '
  '(load and decide again), busy (only with skip_locked) or late (a connected that is older than '
  'the open session, or of a session that ended).';
