-- replaces: a50f30447b081cd9ef3b9762e9c5a48e76ac99fc6b6a98293e2fb5f55b37a6ef
-- Enrolling very many devices at once (`latchkey enroll import`): their rows are brought here by COPY, looked at as a
-- whole, and enrolled from here a stretch at a time.

-- Unlogged: after a crash of the server it is empty, and the import is started again from its file.
CREATE UNLOGGED TABLE enrollment_import (
  line       bigint PRIMARY KEY,
  device_id  text COLLATE "C" NOT NULL,
  group_name text COLLATE "C" NOT NULL DEFAULT '',
  proof      text NOT NULL,
  material   bytea NOT NULL DEFAULT '',
  config     jsonb NOT NULL DEFAULT '{}'
) WITH (autovacuum_enabled = off);
COMMENT ON TABLE enrollment_import IS 'What an import has brought and not enrolled yet, of one import at a time. Nobody reads it; import_end empties it.';
COMMENT ON COLUMN enrollment_import.line IS 'Where it stands in the file.';
COMMENT ON COLUMN enrollment_import.device_id IS 'As in enrollment.';
COMMENT ON COLUMN enrollment_import.group_name IS 'As in enrollment; empty: none.';
COMMENT ON COLUMN enrollment_import.proof IS 'As in enrollment.';
COMMENT ON COLUMN enrollment_import.material IS 'As in enrollment, keys sealed; empty: none.';
COMMENT ON COLUMN enrollment_import.config IS 'As in enrollment.';
