-- Configurations that others replaced are kept for a time, and who acts has a name in every event.

ALTER TABLE setting ADD COLUMN keep_configurations interval DEFAULT '13 months'
  CHECK (keep_configurations >= '1 month');
COMMENT ON COLUMN setting.keep_configurations IS
  'Configurations, after others replaced them.';

-- Its name is what whoever breaks it reads. Each month gets it first, and as its own, as months that
-- are created later do: so it looks the same in every registry.
DO $$
DECLARE part regclass;
BEGIN
  FOR part IN SELECT relid FROM pg_partition_tree('event') ORDER BY level DESC LOOP
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT "latchkey.actor is a name of at most 100 printable '
      'characters" CHECK (person ~ ''^[[:print:]]{1,100}$'')', part);
  END LOOP;
END $$;
