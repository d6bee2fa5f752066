CREATE OR REPLACE FUNCTION name_ca(name text, material bytea) RETURNS void LANGUAGE plpgsql AS $$
DECLARE owner text;
BEGIN
  PERFORM refuse_ended(material);
  INSERT INTO group_ca (subject, group_name) VALUES (certificate_subject(material), name)
    ON CONFLICT DO NOTHING;
  SELECT c.group_name INTO owner FROM group_ca c WHERE c.subject = certificate_subject(material);
  IF owner <> name THEN
    RAISE EXCEPTION USING ERRCODE = '23505',
      MESSAGE = format('the group %s has a CA with the same subject name', owner),
      HINT = 'Choose a CA with another name: the certificate of a device finds its group by the '
        'name of its CA.';
  END IF;
END $$;
COMMENT ON FUNCTION name_ca(text, bytea) IS 'Internal: records that a CA belongs to this group.';
