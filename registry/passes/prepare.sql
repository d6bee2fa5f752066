-- Pass 1: roles, and what the migration itself remembers. Repeatable: makes only what is missing.
-- Run by a login that owns the database and, for what is missing, may create roles.
DO $$
DECLARE role text;
BEGIN
  FOREACH role IN ARRAY '{latchkey_owner,latchkey_service,latchkey_admin,latchkey_ops,latchkey_reader,latchkey_broker}'::text[]
  LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role);
    END IF;
  END LOOP;
  IF NOT pg_has_role('latchkey_ops', 'latchkey_reader', 'MEMBER') THEN
    GRANT latchkey_reader TO latchkey_ops;
  END IF;
  IF NOT pg_has_role('latchkey_admin', 'latchkey_reader', 'MEMBER') THEN
    GRANT latchkey_reader TO latchkey_admin;
  END IF;
  -- Everything belongs to latchkey_owner, whoever migrates: so that login must be able to become it.
  IF NOT pg_has_role(current_user, 'latchkey_owner', 'USAGE') THEN
    EXECUTE format('GRANT latchkey_owner TO %I', current_user);
  END IF;
  IF NOT has_database_privilege('latchkey_owner', current_database(), 'CREATE') THEN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO latchkey_owner', current_database());
  END IF;
END $$;

SET LOCAL ROLE latchkey_owner;
SET LOCAL client_min_messages = warning;  -- IF NOT EXISTS says so each time
CREATE SCHEMA IF NOT EXISTS registry;
COMMENT ON SCHEMA registry IS
  'Latchkey: which devices there are, who may become one, and what happened. Read views, act by '
  'functions.';
-- PostgreSQL lets everybody execute a new function; here nobody may who was not told so.
ALTER DEFAULT PRIVILEGES FOR ROLE latchkey_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE TABLE IF NOT EXISTS registry.schema_migrations (
  version    text COLLATE "C" PRIMARY KEY,
  checksum   text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE registry.schema_migrations IS
  'The files of registry/schema that were applied, with the SHA-256 of each.';
COMMENT ON COLUMN registry.schema_migrations.version IS 'The number in front of the file''s name.';
COMMENT ON COLUMN registry.schema_migrations.checksum IS
  'SHA-256 of the file as it was applied, hexadecimal: an edited file is refused.';
COMMENT ON COLUMN registry.schema_migrations.applied_at IS 'When.';

CREATE TABLE IF NOT EXISTS registry.schema_code (
  name       text COLLATE "C" PRIMARY KEY,
  digest     text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE registry.schema_code IS
  'The files of registry/code as they were last applied: a function, view or trigger each.';
COMMENT ON COLUMN registry.schema_code.name IS 'Folder and name of the file.';
COMMENT ON COLUMN registry.schema_code.digest IS 'SHA-256 of the file, hexadecimal.';
COMMENT ON COLUMN registry.schema_code.applied_at IS 'When this text was applied first.';

CREATE TABLE IF NOT EXISTS registry.kept_grant (
  kind      text NOT NULL CHECK (kind IN ('TABLE', 'FUNCTION')),
  object    text COLLATE "C" NOT NULL,
  grantee   text COLLATE "C" NOT NULL,
  privilege text NOT NULL,
  grantable boolean NOT NULL,
  PRIMARY KEY (kind, object, grantee, privilege)
);
COMMENT ON TABLE registry.kept_grant IS
  'While a migration runs: what operators granted to roles of their own, so that a view or '
  'function that is dropped and made anew has it again. Empty otherwise.';
COMMENT ON COLUMN registry.kept_grant.kind IS 'TABLE (a view) or FUNCTION.';
COMMENT ON COLUMN registry.kept_grant.object IS 'Which.';
COMMENT ON COLUMN registry.kept_grant.grantee IS 'The role that has the privilege.';
COMMENT ON COLUMN registry.kept_grant.privilege IS 'SELECT, EXECUTE ...';
COMMENT ON COLUMN registry.kept_grant.grantable IS 'It was given WITH GRANT OPTION.';

-- In a table and not in memory: a migration that dies halfway is run again, and still knows them.
INSERT INTO registry.kept_grant
  SELECT o.kind, o.object, g.grantee::regrole::text, g.privilege_type, g.is_grantable
  FROM (
    SELECT 'TABLE' AS kind, format('registry.%I', relname) AS object, relacl AS acl
      FROM pg_class WHERE relnamespace = 'registry'::regnamespace AND relkind = 'v'
    UNION ALL
    SELECT 'FUNCTION', format('registry.%I(%s)', proname, oidvectortypes(proargtypes)), proacl
      FROM pg_proc WHERE pronamespace = 'registry'::regnamespace) o,
    LATERAL aclexplode(o.acl) g
  WHERE g.grantee <> 0 AND g.grantee::regrole::text NOT IN
    ('latchkey_owner', 'latchkey_service', 'latchkey_admin', 'latchkey_ops', 'latchkey_reader',
    'latchkey_broker')
  ON CONFLICT DO NOTHING;
