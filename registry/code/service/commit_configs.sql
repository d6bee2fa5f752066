-- Presence is locked too: if a device connects at this moment, either this call sees it or it gets
-- the new configuration. A busy device is due again by itself.
CREATE OR REPLACE FUNCTION commit_configs(p jsonb) RETURNS TABLE (i int, outcome text)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  b worked_out_config[] := array(SELECT r FROM jsonb_populate_recordset(NULL::worked_out_config,
    p) r ORDER BY r.device_id COLLATE "C");
  busy int[] := lock_configs(b);
  stale int[];
BEGIN
  IF busy <> '{}' THEN b := array(SELECT q FROM unnest(b) q WHERE NOT q.i = ANY (busy)); END IF;
  stale := array(SELECT q.i FROM unnest(b) q JOIN device d USING (device_id)
    LEFT JOIN presence r USING (device_id)
    WHERE (d.config_version, d.config_layers) IS DISTINCT FROM (q.version_from, q.layers_from)
      -- A service of the version before sees no session that has ended.
      OR (q.session <> coalesce(r.session, '') AND (r.online OR q.session <> '')));
  UPDATE device d SET config_version = q.new_version, config_layers = q.config_layers,
    config_digest = q.config_digest, config_fault = q.config_fault,
      endpoint = q.endpoint,
      config_changed_at = CASE WHEN q.new_version > d.config_version THEN now()
        ELSE d.config_changed_at END
    FROM unnest(b) q WHERE q.new_version IS NOT NULL AND NOT q.i = ANY (stale)
      AND d.device_id = q.device_id;
  -- Where a session has ended, its device was sent the configuration once all the same: somebody
  -- may have forged the end. It gets it when it connects, too.
  DELETE FROM config_due c USING unnest(b) q LEFT JOIN presence r USING (device_id)
    WHERE c.device_id = q.device_id AND (NOT q.waits OR r.online IS NOT true)
    AND NOT q.i = ANY (stale)
    AND c.tries > 0;  -- 0: its configuration changed again after the claim
  UPDATE config_due c SET due_at = now() FROM unnest(b) q WHERE c.device_id = q.device_id
    AND q.i = ANY (stale);
  RETURN QUERY SELECT q.i, CASE WHEN q.i = ANY (stale) THEN 'again' ELSE 'won' END FROM unnest(b) q
    UNION ALL SELECT n, 'busy' FROM unnest(busy) n;
END $$;
COMMENT ON FUNCTION commit_configs(jsonb) IS
  'Service: stores configurations. Returns a row for each: won, again (it is due at once) or busy '
  '(only with skip_locked).';
