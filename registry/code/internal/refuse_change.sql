CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege',
    HINT = 'History is dropped by whole partitions, by retention only.';
END $$;
COMMENT ON FUNCTION refuse_change() IS 'Trigger: nobody changes the past.';
