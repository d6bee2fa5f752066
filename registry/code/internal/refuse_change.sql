CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the rows of % cannot be changed or deleted', TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege',
    HINT = 'registry.set_retention says how long they are kept.';
END $$;
COMMENT ON FUNCTION refuse_change() IS 'Trigger: refuses UPDATE, DELETE and TRUNCATE.';
