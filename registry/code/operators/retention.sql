CREATE OR REPLACE VIEW retention AS
  SELECT what, keep FROM setting,
    LATERAL (VALUES ('attempts', keep_attempts), ('events', keep_events), ('counts', keep_counts),
    ('clone_signs', keep_clone_signs), ('certificates', keep_certificates),
    ('waiting', keep_waiting), ('configurations', keep_configurations)) AS v(what, keep);
COMMENT ON VIEW retention IS 'How long the registry keeps its history. set_retention changes it.';
COMMENT ON COLUMN retention.what IS
  'What: attempts, events, counts, clone_signs, certificates, waiting or configurations (see '
  'set_retention).';
COMMENT ON COLUMN retention.keep IS 'How long; empty: for ever.';
