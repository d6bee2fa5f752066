-- A registry with a device in every state, dumped at 2026-11-28 15:32:24.912048+00 by tests/registry/releases/make.py.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA registry;
ALTER SCHEMA registry OWNER TO latchkey_owner;
COMMENT ON SCHEMA registry IS 'Latchkey: which devices there are, who may become one, and what happened. Read views, act by functions.';
CREATE DOMAIN registry.config AS jsonb
	CONSTRAINT config_check CHECK (((jsonb_typeof(VALUE) = 'object'::text) AND (octet_length((VALUE)::text) <= 3072)));
ALTER DOMAIN registry.config OWNER TO latchkey_owner;
COMMENT ON DOMAIN registry.config IS 'A configuration or a merge patch for one: a JSON object of at most 3 KiB.';
CREATE TYPE registry.decided_request AS (
	i integer,
	device_id text,
	tracking_id uuid,
	received_at timestamp with time zone,
	decision text,
	code text,
	reason text,
	group_name text,
	counted boolean,
	expected bigint,
	to_registered boolean,
	enrolled_by text,
	proof_key bytea,
	quota text,
	attributes jsonb,
	type text,
	request_id text,
	digest bytea,
	serial bytea,
	certificate bytea,
	fingerprint bytea,
	key_fingerprint bytea,
	salt bytea,
	master_key bytea,
	password_hash bytea,
	encryption_key bytea,
	signed_by text,
	answer_key bytea,
	not_before timestamp with time zone,
	not_after timestamp with time zone,
	use_by timestamp with time zone,
	repeated bigint,
	version_from bigint,
	layers_from bigint,
	config_version bigint,
	config_layers bigint,
	config_digest bytea,
	config_fault text,
	endpoint bytea
);
ALTER TYPE registry.decided_request OWNER TO latchkey_owner;
COMMENT ON TYPE registry.decided_request IS 'Service: one row of commit_requests.';
CREATE TYPE registry.decided_status AS (
	i integer,
	device_id text,
	kind text,
	session text,
	generation bigint,
	config_version bigint,
	attributes jsonb,
	failure text,
	expected text,
	next text,
	version_from bigint,
	layers_from bigint,
	new_version bigint,
	config_layers bigint,
	config_digest bytea,
	config_fault text,
	endpoint bytea
);
ALTER TYPE registry.decided_status OWNER TO latchkey_owner;
COMMENT ON TYPE registry.decided_status IS 'Service: one row of commit_statuses.';
CREATE DOMAIN registry.device_id AS text COLLATE pg_catalog."C"
	CONSTRAINT device_id_check CHECK ((VALUE ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'::text));
ALTER DOMAIN registry.device_id OWNER TO latchkey_owner;
COMMENT ON DOMAIN registry.device_id IS 'A device''s name, case-sensitive (docs/protocol.md, 1).';
CREATE DOMAIN registry.group_name AS text COLLATE pg_catalog."C"
	CONSTRAINT group_name_check CHECK ((VALUE ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'::text));
ALTER DOMAIN registry.group_name OWNER TO latchkey_owner;
COMMENT ON DOMAIN registry.group_name IS 'An enrolment group''s name, case-sensitive.';
CREATE TYPE registry.request_facts AS (
	i integer,
	loaded_at bigint,
	origin text,
	group_name text,
	proof text,
	material bytea,
	secondary_material bytea,
	id_from text,
	enabled boolean,
	in_window boolean,
	id_matches boolean,
	admission text,
	listed boolean,
	may_reprovision boolean,
	credential_types text,
	lifetime_s bigint,
	unused_life_s bigint,
	seal_config boolean,
	quota text,
	fleet_config text,
	group_config text,
	device_config text,
	wanted_endpoint text,
	layers bigint,
	state text,
	generation bigint,
	enrolled_by text,
	proof_key bytea,
	waiting_digest bytea,
	approved_digest bytea,
	rejected_digest bytea,
	config_version bigint,
	applied_config_version bigint,
	config_layers bigint,
	config_digest bytea,
	config_fault text,
	endpoint bytea,
	endpoint_given bytea,
	attributes text,
	same_generation bigint,
	same_type text,
	same_digest bytea,
	same_certificate bytea,
	same_salt bytea,
	same_master_key bytea,
	same_not_before bigint,
	same_not_after bigint,
	same_live boolean,
	newest_generation bigint,
	newest_type text,
	newest_not_before bigint,
	newest_not_after bigint,
	newest_live boolean,
	presented_certificate bytea,
	presented_status text
);
ALTER TYPE registry.request_facts OWNER TO latchkey_owner;
COMMENT ON TYPE registry.request_facts IS 'Service: one row of load_requests.';
CREATE TYPE registry.worked_out_config AS (
	i integer,
	device_id text,
	session text,
	waits boolean,
	version_from bigint,
	layers_from bigint,
	new_version bigint,
	config_layers bigint,
	config_digest bytea,
	config_fault text,
	endpoint bytea
);
ALTER TYPE registry.worked_out_config OWNER TO latchkey_owner;
COMMENT ON TYPE registry.worked_out_config IS 'Service: one row of commit_configs.';
CREATE FUNCTION registry.access_looked_up() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
  UPDATE device SET broker_applied_at = clock_timestamp() WHERE device_id IN (
    SELECT d.device_id FROM device d WHERE d.broker_applied_at IS NULL AND d.access_changed_at IS NOT NULL ORDER BY d.device_id FOR NO KEY UPDATE SKIP LOCKED)
$$;
ALTER FUNCTION registry.access_looked_up() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.access_looked_up() IS 'Service: the broker looks rights up, so an operator''s change holds from the next look on.';
CREATE FUNCTION registry.act(id text, allowed text[], next text, why text, hint text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE current device;
BEGIN
  SELECT * INTO current FROM device WHERE device_id = id FOR NO KEY UPDATE;
  IF current IS NULL THEN
    PERFORM refuse('P0002', format('the device %s never registered', id), 'SELECT * FROM registry.devices WHERE device_id = ... shows what there is.');
  ELSIF NOT current.state = ANY (allowed) THEN
    PERFORM refuse('55000', format('the device %s is %s', id, current.state), hint);
  END IF;
  UPDATE device SET state = coalesce(next, current.resume_state), resume_state = CASE next WHEN 'suspended' THEN current.state END,
      enrolled_by = CASE next WHEN 'off' THEN NULL ELSE enrolled_by END, proof_key = CASE next WHEN 'off' THEN NULL ELSE proof_key END,
      waiting_digest = CASE next WHEN 'off' THEN NULL ELSE waiting_digest END, waiting_since = CASE next WHEN 'off' THEN NULL ELSE waiting_since END,
      approved_digest = CASE next WHEN 'off' THEN NULL ELSE approved_digest END, rejected_digest = CASE next WHEN 'off' THEN NULL ELSE rejected_digest END,
      requested_at = CASE next WHEN 'off' THEN NULL ELSE requested_at END,
      decommissioned_at = CASE next WHEN 'off' THEN NULL ELSE decommissioned_at END, acted_at = clock_timestamp(), actor = session_user, reason = why,
      access_changed_at = clock_timestamp(), broker_applied_at = NULL
    WHERE device_id = id;
  IF next IN ('off', 'revoked') THEN
    -- A certificate that a newer one replaced is good for a broker until it expires, so it goes too.
    UPDATE credential SET status = 'revoked', revoked_at = now(), ended_at = coalesce(ended_at, now())
      WHERE device_id = id AND (status IN ('issued', 'active') OR (status = 'retired' AND not_after > now()));
  END IF;
  PERFORM pg_notify('latchkey', 'access');
END $$;
ALTER FUNCTION registry.act(id text, allowed text[], next text, why text, hint text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.act(id text, allowed text[], next text, why text, hint text) IS 'Internal: moves a device to another state on an operator''s word.';
CREATE FUNCTION registry.advice(code text, reason text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'registry', 'pg_temp'
    AS $$
  SELECT CASE
    WHEN code = 'unauthorized' THEN CASE
      WHEN reason = 'the enrolment is disabled' THEN 'Its enrolment or group was disabled: enable_group or enable_device lets it in again.'
      WHEN reason LIKE 'no enrolment for this id%' THEN 'Nobody enrolled it, or it names another group, token or CA than was enrolled: latchkey enroll device, or correct the device.'
      WHEN reason LIKE 'a proof of another kind%' OR reason LIKE 'a token, and this enrolment%' THEN 'It proves itself in another way than it was enrolled: compare the device with its enrolment.'
      WHEN reason LIKE 'registered by another%' THEN 'Another enrolment or key registered this id. If the device was replaced: reset(device_id, reason). If not, somebody else uses its id.'
      WHEN reason LIKE 'outside the enrolment%' THEN 'Its group or token takes no newcomers now: see valid_from and valid_until in groups and tokens.'
      WHEN reason LIKE 'the id does not match%' THEN 'Its id does not fit the device_id_pattern of its group: enrol it by itself, or in the right group.'
      WHEN reason LIKE 'the device is not on%' THEN 'Its group admits whom it lists: enroll_device(device_id, ''group'', group_name => ...) lists it.'
      WHEN reason LIKE 'an operator rejected%' THEN 'An operator rejected this very request. Another one from the device may wait for approval anew.'
      WHEN reason LIKE '%does not open under this master key' THEN 'The key was sealed under another master key: check secrets.master_key_file, or enrol it again.'
      WHEN reason LIKE 'x5t#S256 names%' OR reason LIKE '%certificate in x5t#S256%' THEN 'It renews with a certificate that is not, or no longer, good: it has to come by its enrolment again.'
      WHEN reason LIKE 'x5c:%' THEN 'Its factory certificate is not what the group asks for: the reason says how.'
      WHEN reason LIKE '%registered the device is gone' THEN 'Its enrolment was removed: enrol it again, then reset(device_id, reason).'
      ELSE 'It does not know the secret that was enrolled for it: a wrong key or token in the device, or somebody who tries ids.'
    END
    WHEN code = 'invalid_request' THEN 'The device sends what the protocol does not allow: a fault of its firmware, or no device at all.'
    WHEN code = 'conflict' THEN 'The device used a request_id again for something else, or after its credential ended: its firmware has to take a new one.'
    WHEN code = 'weak_key' THEN 'Its key is too small or of a kind that is not accepted: P-256, P-384, Ed25519, or RSA of 2048 to 4096 bits.'
    WHEN code = 'invalid_csr' THEN 'Its certificate request is broken: a fault of its firmware.'
    WHEN code = 'credential_not_allowed' AND reason LIKE '%broker_access.mode is none' THEN 'The service gives out no passwords: its broker_access.mode has to say how the broker learns of them.'
    WHEN code = 'credential_not_allowed' THEN 'Its group does not give out this type of credential: see credential_types in groups; set_group_policy changes it.'
    WHEN code = 'encryption_required' THEN 'A secret has to be sealed for it, and it sent no encryption_key.'
    WHEN code = 'device_suspended' THEN 'An operator suspended it: resume(device_id) lets it go on.'
    WHEN code = 'device_revoked' THEN 'An operator revoked or decommissioned it: reset(device_id, reason) lets it provision anew.'
    WHEN code = 'reprovisioning_denied' THEN 'It has a credential already and its enrolment gives no second one: reset(device_id, reason) lets it provision anew.'
    WHEN code = 'quota_exceeded' THEN 'Its group or token is full: see groups and tokens; decommission(device_id, reason) frees a place in a group, set_group_policy raises max_devices.'
    WHEN code = 'rate_limited' THEN 'Too many proofs failed, of this id within a minute or of all within a second: the reason is that of this one.'
    WHEN code IN ('overloaded', 'unavailable') THEN 'The service could not answer: the device asks again by itself. See the service''s log and metrics.'
  END
$$;
ALTER FUNCTION registry.advice(code text, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.advice(code text, reason text) IS 'What a rejection means and what can be done, from its code and true reason.';
CREATE FUNCTION registry.approve(device_id text, reason text DEFAULT NULL::text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$ SELECT settle_waiting($1, true, $2) $_$;
ALTER FUNCTION registry.approve(device_id text, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.approve(device_id text, reason text) IS 'Admits what the device asked for first and waits for; it gets its credential when it asks again.';
CREATE FUNCTION registry.broker_applied(p jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
  PERFORM FROM device WHERE device_id IN (SELECT q.device_id FROM jsonb_to_recordset(p) AS q(device_id text, changed_at bigint) WHERE q.changed_at IS NOT NULL)
    ORDER BY device_id FOR NO KEY UPDATE;
  -- Only for the change that was seen: another may have come since.
  UPDATE device d SET broker_applied_at = clock_timestamp() FROM jsonb_to_recordset(p) AS q(device_id text, changed_at bigint)
    WHERE d.device_id = q.device_id AND micros(d.access_changed_at) = q.changed_at AND d.broker_applied_at IS NULL;
  -- The sessions of those that are kept out were cut, and without their wills.
  PERFORM FROM presence r JOIN jsonb_to_recordset(p) AS q(device_id text, changed_at bigint) USING (device_id) WHERE q.changed_at IS NOT NULL
    ORDER BY r.device_id FOR UPDATE OF r;
  UPDATE presence r SET online = false FROM jsonb_to_recordset(p) AS q(device_id text, changed_at bigint) JOIN device d USING (device_id)
    WHERE q.changed_at IS NOT NULL AND r.device_id = d.device_id AND r.online AND d.state IN ('suspended', 'revoked', 'off', 'provisioning_requested');
  PERFORM FROM credential c JOIN jsonb_to_recordset(p) AS q(device_id text, generation bigint) USING (device_id, generation)
    ORDER BY c.device_id, c.generation FOR NO KEY UPDATE OF c;
  UPDATE credential c SET broker_applied_at = clock_timestamp() FROM jsonb_to_recordset(p) AS q(device_id text, generation bigint)
    WHERE c.device_id = q.device_id AND c.generation = q.generation AND c.broker_applied_at IS NULL;
END $$;
ALTER FUNCTION registry.broker_applied(p jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.broker_applied(p jsonb) IS 'Service: what the broker was seen to have carried out: a change of access (device_id, changed_at) or a login (device_id, generation).';
CREATE FUNCTION registry.bytes_in(material text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'registry', 'pg_temp'
    AS $$
BEGIN
  IF material LIKE '\\x%' THEN RETURN material::bytea; END IF;
  RETURN pem(material);
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END $$;
ALTER FUNCTION registry.bytes_in(material text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.bytes_in(material text) IS 'Internal: \x and hexadecimal digits, or PEM; NULL if it is neither.';
CREATE FUNCTION registry.certificate_subject(der bytea) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE
  element record;
  place int;
  tag int;
BEGIN
  element := der_at(der, 0);
  IF element.tag = 48 AND element.stop = length(der) THEN
    -- TBSCertificate: version, serial number, algorithm, issuer and validity stand before the subject (RFC 5280, 4.1).
    place := (der_at(der, element.start)).start;
    FOREACH tag IN ARRAY ARRAY[160, 2, 48, 48, 48] LOOP
      element := der_at(der, place);
      EXIT WHEN element.tag <> tag;
      place := element.stop;
    END LOOP;
    element := der_at(der, place);
    IF place > 0 AND element.tag = 48 THEN RETURN sha256(substring(der FROM place + 1 FOR element.stop - place)); END IF;
  END IF;
  RAISE array_subscript_error;
EXCEPTION WHEN array_subscript_error THEN
  PERFORM refuse('22023', 'this is no X.509 certificate', 'DER; registry.pem(''-----BEGIN CERTIFICATE----- ...'') reads PEM.');
END $$;
ALTER FUNCTION registry.certificate_subject(der bytea) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.certificate_subject(der bytea) IS 'Internal: SHA-256 of a certificate''s subject name, by which group_ca finds its group.';
CREATE FUNCTION registry.check_config(config jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $_$
DECLARE unknown text;
BEGIN
  IF jsonb_typeof(config) IS DISTINCT FROM 'object' THEN
    PERFORM refuse('22023', 'a config is a JSON object, not ' || coalesce(jsonb_typeof(config), 'NULL'), 'For example {"report_interval_s": 60}.');
  ELSIF octet_length(config::text) > 3072 THEN
    PERFORM refuse('22023', format('the config has %s bytes', octet_length(config::text)), 'At most 3072 bytes of JSON fit into a message.');
  ELSIF EXISTS (SELECT FROM jsonb_path_query(config, 'strict $.**{8 to last}') v WHERE jsonb_typeof(v) IN ('object', 'array')) THEN
    PERFORM refuse('22023', 'the config is nested too deeply', 'At most 8 objects and arrays inside each other.');
  ELSIF EXISTS (SELECT FROM jsonb_path_query(config, 'strict $.**') v WHERE jsonb_typeof(v) = 'number' AND abs(v::text::numeric) > 9007199254740991) THEN
    PERFORM refuse('22023', 'the config has a number beyond 2^53-1', 'Not every device could read it: write it as a string.');
  END IF;
  SELECT name[1] INTO unknown FROM jsonb_path_query(config, 'strict $.**') v, regexp_matches(v #>> '{}', '\$\{([^}]*)\}', 'g') name
    WHERE jsonb_typeof(v) = 'string' AND name[1] !~ '^(device_id|attribute\.[a-z][a-z0-9_]{0,31})$' LIMIT 1;
  IF unknown IS NOT NULL THEN
    PERFORM refuse('22023', format('the config has the placeholder ${%s}', left(unknown, 64)), 'There are ${device_id} and ${attribute.NAME}.');
  END IF;
END $_$;
ALTER FUNCTION registry.check_config(config jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.check_config(config jsonb) IS 'Internal: a config is an object of at most 3 KiB that devices can read, with known placeholders.';
CREATE FUNCTION registry.check_importing() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND (classid, objid, objsubid) = (7237, 9, 2)) THEN
    PERFORM refuse('55000', 'this connection has begun no import', 'SELECT registry.import_begin() begins one.');
  END IF;
END $$;
ALTER FUNCTION registry.check_importing() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.check_importing() IS 'Internal: only who has begun an import goes on with it.';
CREATE FUNCTION registry.check_material(proof text, material bytea) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
BEGIN
  IF material IS NULL OR material = '' THEN
    PERFORM refuse('22023', 'the material is empty', 'A key as latchkey sealed it, a public key or certificate in DER, or the SHA-256 of a token.');
  ELSIF octet_length(material) > 8192 THEN
    PERFORM refuse('22023', format('the material has %s bytes', octet_length(material)), 'At most 8192.');
  ELSIF proof = 'token' AND octet_length(material) <> 32 THEN
    PERFORM refuse('22023', 'a token''s material is its SHA-256', 'Use sha256(convert_to(token, ''UTF8'')).');
  ELSIF proof = 'public_key' AND get_byte(material, 0) <> 48 THEN
    PERFORM refuse('22023', 'this is no public key', 'A SubjectPublicKeyInfo in DER; registry.pem(''-----BEGIN PUBLIC KEY----- ...'') reads PEM.');
  END IF;
END $$;
ALTER FUNCTION registry.check_material(proof text, material bytea) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.check_material(proof text, material bytea) IS 'Internal: refuses material that cannot be of that proof.';
CREATE FUNCTION registry.check_pattern(pattern text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $_$
BEGIN
  IF length(pattern) > 256 THEN
    PERFORM refuse('22023', format('device_id_pattern has %s characters', length(pattern)), 'At most 256.');
  END IF;
  -- By itself as well: a)|(?:b is one only between our parentheses, and then it is not anchored.
  PERFORM '' ~ pattern, '' ~ ('^(?:' || pattern || ')$');
EXCEPTION WHEN invalid_regular_expression THEN
  PERFORM refuse('22023', 'device_id_pattern is no regular expression: ' || SQLERRM, 'PostgreSQL''s syntax; it has to match the whole id.');
END $_$;
ALTER FUNCTION registry.check_pattern(pattern text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.check_pattern(pattern text) IS 'Internal: a device_id_pattern is a regular expression, bounded.';
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE registry.enrollment_group (
    name registry.group_name NOT NULL,
    proof text NOT NULL,
    material bytea NOT NULL,
    secondary_material bytea,
    rolled_at timestamp with time zone,
    id_from text,
    status text DEFAULT 'enabled'::text NOT NULL,
    admission text DEFAULT 'automatic'::text NOT NULL,
    reprovisioning text DEFAULT 'rotate'::text NOT NULL,
    credential_types text[] DEFAULT '{x509}'::text[] NOT NULL,
    lifetime_s bigint DEFAULT 7776000 NOT NULL,
    unused_life_s bigint DEFAULT 86400 NOT NULL,
    renewal_grace_days integer DEFAULT 30 NOT NULL,
    revoke_retired boolean DEFAULT false NOT NULL,
    device_id_pattern text,
    valid_from timestamp with time zone,
    valid_until timestamp with time zone,
    quota text COLLATE pg_catalog."C",
    config registry.config DEFAULT '{}'::jsonb NOT NULL,
    seal_config boolean DEFAULT false NOT NULL,
    endpoint jsonb,
    config_changes bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT enrollment_group_admission_check CHECK ((admission = ANY (ARRAY['automatic'::text, 'allow_list'::text, 'approval'::text]))),
    CONSTRAINT enrollment_group_check CHECK ((valid_until > valid_from)),
    CONSTRAINT enrollment_group_check1 CHECK (((proof <> 'token'::text) OR (octet_length(material) = 32))),
    CONSTRAINT enrollment_group_check2 CHECK (((proof = 'x509'::text) = (id_from IS NOT NULL))),
    CONSTRAINT enrollment_group_credential_types_check CHECK (((credential_types <@ '{x509,password}'::text[]) AND (credential_types <> '{}'::text[]))),
    CONSTRAINT enrollment_group_device_id_pattern_check CHECK ((length(device_id_pattern) <= 256)),
    CONSTRAINT enrollment_group_id_from_check CHECK ((id_from = ANY (ARRAY['common_name'::text, 'dns_name'::text, 'uri'::text, 'serial_number'::text]))),
    CONSTRAINT enrollment_group_lifetime_s_check CHECK (((lifetime_s >= 60) AND (lifetime_s <= 315360000))),
    CONSTRAINT enrollment_group_proof_check CHECK ((proof = ANY (ARRAY['symmetric_key'::text, 'x509'::text, 'token'::text]))),
    CONSTRAINT enrollment_group_renewal_grace_days_check CHECK (((renewal_grace_days >= 0) AND (renewal_grace_days <= 3650))),
    CONSTRAINT enrollment_group_reprovisioning_check CHECK ((reprovisioning = ANY (ARRAY['rotate'::text, 'deny'::text]))),
    CONSTRAINT enrollment_group_status_check CHECK ((status = ANY (ARRAY['enabled'::text, 'disabled'::text]))),
    CONSTRAINT enrollment_group_unused_life_s_check CHECK (((unused_life_s >= 60) AND (unused_life_s <= 2592000)))
);
ALTER TABLE registry.enrollment_group OWNER TO latchkey_owner;
COMMENT ON TABLE registry.enrollment_group IS 'A class of devices that prove themselves the same way, and what they may get.';
COMMENT ON COLUMN registry.enrollment_group.name IS 'Its name; a symmetric proof gives it as kid.';
COMMENT ON COLUMN registry.enrollment_group.proof IS 'How its devices prove themselves: symmetric_key, x509 or token.';
COMMENT ON COLUMN registry.enrollment_group.material IS 'The group key sealed under the master key, the CA certificate, or the token''s SHA-256. Never a secret in clear.';
COMMENT ON COLUMN registry.enrollment_group.secondary_material IS 'A second key or CA that is accepted as well, while one is replaced by the other.';
COMMENT ON COLUMN registry.enrollment_group.rolled_at IS 'Since when it has two; empty: it has one.';
COMMENT ON COLUMN registry.enrollment_group.id_from IS 'x509 only: where in a device''s certificate its id stands: common_name, dns_name, uri or serial_number.';
COMMENT ON COLUMN registry.enrollment_group.status IS 'disabled refuses everything, renewals too.';
COMMENT ON COLUMN registry.enrollment_group.admission IS 'Who of those with the proof is let in: automatic: all; allow_list: who is in enrollment with proof group; approval: whom an operator approves.';
COMMENT ON COLUMN registry.enrollment_group.reprovisioning IS 'May a registered device get a new credential by its enrolment proof? rotate: yes; deny: no.';
COMMENT ON COLUMN registry.enrollment_group.credential_types IS 'What its devices may ask for.';
COMMENT ON COLUMN registry.enrollment_group.lifetime_s IS 'Seconds that an issued certificate is valid.';
COMMENT ON COLUMN registry.enrollment_group.unused_life_s IS 'Seconds after which a credential that was never used ends.';
COMMENT ON COLUMN registry.enrollment_group.renewal_grace_days IS 'Days after its end that a certificate still proves who asks for the next one.';
COMMENT ON COLUMN registry.enrollment_group.revoke_retired IS 'Put certificates that a newer one replaced on the CRL.';
COMMENT ON COLUMN registry.enrollment_group.device_id_pattern IS 'A regular expression that the whole device id has to match (first registrations only).';
COMMENT ON COLUMN registry.enrollment_group.valid_from IS 'First registrations from here on; empty: always.';
COMMENT ON COLUMN registry.enrollment_group.valid_until IS 'First registrations before this; empty: for ever.';
COMMENT ON COLUMN registry.enrollment_group.quota IS 'The counter of a capped group; empty: not capped.';
COMMENT ON COLUMN registry.enrollment_group.config IS 'What its devices are configured with: merged over the fleet''s, and a device''s own over it (RFC 7396).';
COMMENT ON COLUMN registry.enrollment_group.seal_config IS 'Encrypt the configuration for the device; one that cannot open it is refused.';
COMMENT ON COLUMN registry.enrollment_group.endpoint IS 'Where its devices connect: host, port, tls and perhaps ca; empty: as the fleet''s.';
COMMENT ON COLUMN registry.enrollment_group.config_changes IS 'How often config or endpoint were changed.';
COMMENT ON COLUMN registry.enrollment_group.created_at IS 'When it was enrolled.';
CREATE FUNCTION registry.check_policy(g registry.enrollment_group) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
BEGIN
  IF g.admission IS NULL OR g.admission NOT IN ('automatic', 'allow_list', 'approval') THEN
    PERFORM refuse('22023', format('%L is no admission', g.admission), 'automatic, allow_list or approval.');
  ELSIF g.reprovisioning IS NULL OR g.reprovisioning NOT IN ('rotate', 'deny') THEN
    PERFORM refuse('22023', format('%L is no reprovisioning', g.reprovisioning), 'rotate or deny.');
  ELSIF g.credential_types IS NULL OR g.credential_types = '{}' OR NOT g.credential_types <@ '{x509,password}' THEN
    PERFORM refuse('22023', format('%L are no credential types', g.credential_types), '{x509}, {password} or {x509,password}.');
  ELSIF g.valid_until <= g.valid_from THEN
    PERFORM refuse('22023', 'valid_until is not after valid_from', 'Swap them.');
  ELSIF g.lifetime_s NOT BETWEEN 60 AND 315360000 THEN
    PERFORM refuse('22023', 'lifetime_s is out of bounds', 'From 60 (a minute) to 315360000 (ten years).');
  ELSIF g.unused_life_s NOT BETWEEN 60 AND 2592000 THEN
    PERFORM refuse('22023', 'unused_life_s is out of bounds', 'From 60 (a minute) to 2592000 (thirty days).');
  ELSIF g.renewal_grace_days NOT BETWEEN 0 AND 3650 THEN
    PERFORM refuse('22023', 'renewal_grace_days is out of bounds', 'From 0 to 3650.');
  END IF;
  PERFORM check_pattern(g.device_id_pattern);
END $$;
ALTER FUNCTION registry.check_policy(g registry.enrollment_group) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.check_policy(g registry.enrollment_group) IS 'Internal: refuses what no group can have as its policy.';
CREATE FUNCTION registry.claim_configs(p jsonb) RETURNS TABLE(device_id text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH due AS (SELECT q.device_id FROM config_due q WHERE q.due_at <= now() ORDER BY q.due_at LIMIT 500 FOR UPDATE SKIP LOCKED),
  given_up AS (DELETE FROM config_due q USING due WHERE q.device_id = due.device_id AND q.tries >= 6)
  UPDATE config_due q SET due_at = now() + make_interval(secs => 5 * 2 ^ q.tries), tries = q.tries + 1
    FROM due WHERE q.device_id = due.device_id AND q.tries < 6 RETURNING q.device_id;
END $$;
ALTER FUNCTION registry.claim_configs(p jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.claim_configs(p jsonb) IS 'Service: devices whose configuration is due, for the caller alone for five seconds and longer.';
CREATE FUNCTION registry.claim_nudges(p jsonb) RETURNS TABLE(device_id text, request_id text, signed_by text, answer_key bytea, origin text, group_name text, proof text, material bytea, secondary_material bytea, loaded_at bigint)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
  WITH settled AS (
    DELETE FROM nudge n WHERE n.device_id IN (
      SELECT s.device_id FROM nudge s WHERE s.settled_at IS NOT NULL ORDER BY s.settled_at LIMIT 500 FOR UPDATE SKIP LOCKED)
    RETURNING n.*)
  SELECT n.device_id, n.request_id, n.signed_by, n.answer_key,
    CASE WHEN e.proof <> 'group' THEN 'device' WHEN g.name IS NOT NULL THEN 'group' END, g.name,
    CASE WHEN e.proof <> 'group' THEN e.proof ELSE g.proof END, CASE WHEN e.proof <> 'group' THEN e.material ELSE g.material END,
    CASE WHEN e.proof <> 'group' THEN NULL ELSE g.secondary_material END, micros(now())
  FROM settled n JOIN device d ON d.device_id = n.device_id
  LEFT JOIN enrollment e ON e.device_id = n.device_id
  LEFT JOIN enrollment_group g ON g.name = coalesce(e.group_name, d.group_name)
  WHERE n.settled_at > now() - interval '10 minutes'
$$;
ALTER FUNCTION registry.claim_nudges(p jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.claim_nudges(p jsonb) IS 'Service: devices to tell that an operator decided on their request, each handed out once.';
CREATE FUNCTION registry.commit_configs(p jsonb) RETURNS TABLE(i integer, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
  b worked_out_config[] := array(SELECT r FROM jsonb_populate_recordset(NULL::worked_out_config, p) r ORDER BY r.device_id COLLATE "C");
  stale int[];
BEGIN
  PERFORM FROM device d JOIN unnest(b) q USING (device_id) ORDER BY device_id FOR NO KEY UPDATE OF d;
  PERFORM FROM presence r JOIN unnest(b) q USING (device_id) ORDER BY device_id FOR UPDATE OF r;
  stale := array(SELECT q.i FROM unnest(b) q JOIN device d USING (device_id) LEFT JOIN presence r USING (device_id)
    WHERE (d.config_version, d.config_layers) IS DISTINCT FROM (q.version_from, q.layers_from)
      OR coalesce(CASE WHEN r.online THEN r.session END, '') <> q.session);
  UPDATE device d SET config_version = q.new_version, config_layers = q.config_layers, config_digest = q.config_digest, config_fault = q.config_fault,
      endpoint = q.endpoint, config_changed_at = CASE WHEN q.new_version > d.config_version THEN now() ELSE d.config_changed_at END
    FROM unnest(b) q WHERE q.new_version IS NOT NULL AND NOT q.i = ANY (stale) AND d.device_id = q.device_id;
  DELETE FROM config_due c USING unnest(b) q WHERE c.device_id = q.device_id AND NOT q.waits AND NOT q.i = ANY (stale)
    AND c.tries > 0;  -- 0: there was another change since it was taken up
  UPDATE config_due c SET due_at = now() FROM unnest(b) q WHERE c.device_id = q.device_id AND q.i = ANY (stale);
  RETURN QUERY SELECT q.i, CASE WHEN q.i = ANY (stale) THEN 'again' ELSE 'won' END FROM unnest(b) q;
END $$;
ALTER FUNCTION registry.commit_configs(p jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.commit_configs(p jsonb) IS 'Service: what was worked out for devices. won, or again (it is due at once), a row each.';
CREATE FUNCTION registry.commit_requests(p jsonb) RETURNS TABLE(i integer, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
  b decided_request[] := array(SELECT r FROM jsonb_populate_recordset(NULL::decided_request, p) r ORDER BY r.device_id COLLATE "C");
  won int[]; over int[]; stale int[];
BEGIN
  PERFORM FROM quota WHERE name IN (
    SELECT unnest(ARRAY[t.name, t.parent]) FROM quota t WHERE t.name IN (
      SELECT q.quota FROM unnest(b) q WHERE q.decision = 'accepted' AND q.to_registered
      UNION SELECT d.quota FROM unnest(b) q JOIN device d ON d.device_id = q.device_id WHERE q.decision = 'accepted' AND q.to_registered AND q.expected IS NOT NULL))
    ORDER BY name FOR UPDATE;
  PERFORM FROM device WHERE device_id = ANY (array(SELECT q.device_id FROM unnest(b) q WHERE q.expected IS NOT NULL AND q.decision IN ('accepted', 'pending')))
    ORDER BY device_id FOR NO KEY UPDATE;
  WITH able AS (
    -- A device counts once, in the quota that registered it; one that comes back through another group moves.
    -- A token's uses count for its group as well: that is the top of both.
    SELECT q.*, d.device_id IS NOT NULL AS known, t.max - t.used AS room, p.name AS top, p.max - p.used AS top_room, o.top AS old_top,
      q.to_registered AND d.quota IS DISTINCT FROM q.quota AND o.top IS DISTINCT FROM p.name AS moves_top,
      q.to_registered AND d.quota IS DISTINCT FROM q.quota AND (o.top IS DISTINCT FROM p.name OR q.quota <> p.name) AS moves
    FROM unnest(b) q LEFT JOIN device d ON d.device_id = q.device_id LEFT JOIN quota t ON t.name = q.quota
      LEFT JOIN quota p ON p.name = coalesce(t.parent, t.name)
      LEFT JOIN LATERAL (SELECT coalesce(x.parent, x.name) AS top FROM quota x WHERE x.name = d.quota) o ON true
    WHERE q.decision = 'accepted' AND CASE WHEN q.expected IS NULL THEN d.device_id IS NULL
      ELSE d.generation = q.expected AND d.state NOT IN ('suspended', 'revoked') AND q.to_registered = (d.state IN ('off', 'provisioning_requested'))
        -- The answer tells a version: nobody else may have worked one out meanwhile.
        AND (q.version_from IS NULL OR (d.config_version, d.config_layers) IS NOT DISTINCT FROM (q.version_from, q.layers_from)) END),
  fitting AS (
    SELECT *, moves AND coalesce(row_number() OVER (PARTITION BY quota, moves ORDER BY i) > room, false) AS beyond_own FROM able),
  sorted AS (
    SELECT *, beyond_own OR moves_top AND coalesce(row_number() OVER (PARTITION BY top, moves_top, beyond_own ORDER BY i) > top_room, false) AS beyond FROM fitting),
  ins AS (
    INSERT INTO device (device_id, group_name, enrolled_by, proof_key, quota, state, generation, attributes, requested_at, registered_at,
                        config_version, config_layers, config_digest, config_fault, endpoint, endpoint_given)
    SELECT device_id, group_name, enrolled_by, proof_key, quota, 'registered', 1, attributes, received_at, now(),
           coalesce(config_version, 1), config_layers, config_digest, config_fault, endpoint, endpoint
    FROM sorted WHERE NOT known AND NOT beyond ORDER BY device_id COLLATE "C"
    ON CONFLICT (device_id) DO NOTHING RETURNING device_id),
  upd AS (
    UPDATE device d SET generation = d.generation + 1, attributes = CASE q.attributes WHEN '{}' THEN d.attributes ELSE q.attributes END, credentials_sent_at = NULL,
      group_name = q.group_name, enrolled_by = q.enrolled_by,
      proof_key = CASE WHEN q.to_registered THEN q.proof_key ELSE d.proof_key END,
      quota = CASE WHEN q.to_registered THEN q.quota ELSE d.quota END,
      state = CASE WHEN q.to_registered THEN 'registered' ELSE d.state END,
      requested_at = CASE WHEN q.to_registered THEN coalesce(d.requested_at, q.received_at) ELSE d.requested_at END,
      registered_at = CASE WHEN q.to_registered THEN now() ELSE d.registered_at END,
      connected_at = CASE WHEN q.to_registered THEN NULL ELSE d.connected_at END,
      ready_at = CASE WHEN q.to_registered THEN NULL ELSE d.ready_at END,
      waiting_digest = CASE WHEN q.to_registered THEN NULL ELSE d.waiting_digest END,
      waiting_since = CASE WHEN q.to_registered THEN NULL ELSE d.waiting_since END,
      approved_digest = CASE WHEN q.to_registered THEN NULL ELSE d.approved_digest END,
      rejected_digest = CASE WHEN q.to_registered THEN NULL ELSE d.rejected_digest END,
      -- A device that starts anew has nothing applied; one that rotates keeps what it acknowledged.
      applied_config_version = CASE WHEN q.to_registered THEN 0 ELSE d.applied_config_version END,
      config_version = coalesce(q.config_version, d.config_version), config_layers = q.config_layers,
      config_changed_at = CASE WHEN q.config_version > d.config_version THEN now() ELSE d.config_changed_at END,
      config_digest = q.config_digest, config_fault = q.config_fault, endpoint = q.endpoint,
      endpoint_given = CASE WHEN q.to_registered THEN q.endpoint ELSE d.endpoint_given END
    FROM sorted q WHERE q.known AND NOT q.beyond AND d.device_id = q.device_id
    RETURNING q.i),
  registered AS (SELECT s.i, s.quota, s.top, s.old_top, s.moves, s.moves_top FROM sorted s WHERE s.i IN (SELECT u.i FROM upd u) OR s.device_id IN (SELECT n.device_id FROM ins n)),
  counted AS (
    UPDATE quota t SET used = t.used + c.n
    -- A use of a token is spent; a place in a group is given back.
    FROM (SELECT name, sum(n) AS n FROM (SELECT quota AS name, 1 AS n FROM registered WHERE moves
            UNION ALL SELECT top, 1 FROM registered WHERE moves_top AND top <> quota
            UNION ALL SELECT old_top, -1 FROM registered WHERE moves_top AND old_top NOT LIKE 'token:%') x GROUP BY 1) c WHERE c.name = t.name)
  SELECT array(SELECT r.i FROM registered r), array(SELECT s.i FROM sorted s WHERE s.beyond) INTO won, over;
  -- What is repeated has to be what it was when it was loaded: a revocation in between has the last word.
  stale := commit_waiting(b) || array(SELECT q.i FROM unnest(b) q WHERE q.repeated IS NOT NULL AND NOT EXISTS (
    SELECT FROM device d JOIN credential c USING (device_id)
    WHERE d.device_id = q.device_id AND d.state NOT IN ('suspended', 'revoked') AND c.generation = q.repeated AND is_live(c, now())));
  UPDATE credential c SET status = 'retired', ended_at = now()
    FROM unnest(b) q WHERE q.i = ANY (won) AND q.expected > 0 AND c.device_id = q.device_id AND c.status = 'issued';
  INSERT INTO credential (device_id, generation, type, request_id, digest, serial, certificate, fingerprint, key_fingerprint,
                          salt, master_key, password_hash, encryption_key, signed_by, answer_key, not_before, not_after, use_by)
    SELECT device_id, coalesce(expected, 0) + 1, type, request_id, digest, serial, certificate, fingerprint, key_fingerprint,
           salt, master_key, password_hash, encryption_key, signed_by, answer_key, not_before, not_after, use_by
    FROM unnest(b) WHERE i = ANY (won) ORDER BY device_id COLLATE "C";
  PERFORM note_cloned_keys(b, won);
  INSERT INTO attempt (tracking_id, device_id, received_at, decision, code, reason, group_name, latency_us)
    SELECT tracking_id, device_id, received_at, CASE WHEN i = ANY (over) THEN 'rejected' ELSE decision END,
           CASE WHEN i = ANY (over) THEN 'quota_exceeded' ELSE code END,
           CASE WHEN i = ANY (over) THEN 'the quota ' || quota || CASE WHEN quota LIKE 'token:%' THEN ' or that of its group' ELSE '' END || ' is used up' ELSE reason END, group_name,
           greatest(0, extract(epoch FROM clock_timestamp() - received_at) * 1e6)
    FROM unnest(b) WHERE (decision <> 'accepted' OR i = ANY (won || over)) AND NOT i = ANY (stale) AND counted IS NOT TRUE;
  INSERT INTO attempt_count AS a (minute, group_name, code, writer, n)
    SELECT date_trunc('minute', now()), coalesce(group_name, ''), code, pg_backend_pid(), count(*) FROM unnest(b) WHERE counted GROUP BY 2, 3
    ON CONFLICT (minute, group_name, code, writer) DO UPDATE SET n = a.n + EXCLUDED.n;
  RETURN QUERY SELECT q.i, CASE WHEN q.i = ANY (over) THEN 'quota_exceeded' WHEN q.i = ANY (won) THEN 'won'
                                WHEN q.decision = 'accepted' OR q.i = ANY (stale) THEN 'again' ELSE 'noted' END FROM unnest(b) q;
END $$;
ALTER FUNCTION registry.commit_requests(p jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.commit_requests(p jsonb) IS 'Service: registers what was granted and writes the ledger. won, noted, again (load and decide again) or quota_exceeded, a row each.';
CREATE FUNCTION registry.commit_statuses(p jsonb) RETURNS TABLE(i integer, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
  b decided_status[] := array(SELECT r FROM jsonb_populate_recordset(NULL::decided_status, p) r ORDER BY r.device_id COLLATE "C");
  stale int[]; taken_up int[];
BEGIN
  PERFORM FROM device d JOIN unnest(b) q USING (device_id)
    WHERE q.expected <> q.next OR q.kind IN ('ready', 'failed') OR q.new_version IS NOT NULL OR (q.kind = 'connected' AND (d.connected_at IS NULL OR d.credentials_sent_at IS NULL OR EXISTS (
      SELECT FROM credential c WHERE c.device_id = q.device_id AND (c.generation = q.generation AND c.status = 'issued' OR c.generation < q.generation AND c.status IN ('issued', 'active')))))
    ORDER BY device_id FOR NO KEY UPDATE OF d;
  PERFORM FROM presence r JOIN unnest(b) q USING (device_id) ORDER BY device_id FOR UPDATE OF r;
  -- The world may have moved since the load: another session, another state, a credential that ended.
  stale := array(SELECT q.i FROM unnest(b) q LEFT JOIN device d USING (device_id) LEFT JOIN presence r USING (device_id)
    LEFT JOIN credential c ON c.device_id = q.device_id AND c.generation = q.generation
    -- The configuration in the answer has to be the one of now: what changes it locks presence, as this does.
    WHERE d.state IS DISTINCT FROM q.expected OR (q.version_from IS NOT NULL AND (d.config_version, d.config_layers) IS DISTINCT FROM (q.version_from, q.layers_from))
      OR CASE q.kind WHEN 'connected' THEN c IS NULL OR NOT is_live(c, now())
      ELSE NOT coalesce(r.online AND r.session = q.session, false) END);
  -- A device names each session anew. Two that share a credential and keep connections of their own take turns.
  taken_up := array(SELECT q.i FROM unnest(b) q JOIN presence r USING (device_id)
    WHERE q.kind = 'connected' AND NOT q.i = ANY (stale) AND q.session = r.previous_session AND q.session <> r.session);
  IF taken_up <> '{}' THEN PERFORM note_alternation(b, taken_up); END IF;
  INSERT INTO presence AS r (device_id, session, generation, online, last_seen_at)
    SELECT device_id, session, generation, true, now() FROM unnest(b) WHERE kind = 'connected' AND NOT i = ANY (stale) ORDER BY device_id COLLATE "C"
    ON CONFLICT (device_id) DO UPDATE SET session = EXCLUDED.session, generation = EXCLUDED.generation, online = true, last_seen_at = now(),
      previous_session = CASE WHEN r.session <> EXCLUDED.session THEN r.session ELSE r.previous_session END;
  UPDATE presence r SET online = q.kind <> 'disconnected', last_seen_at = now()
    FROM unnest(b) q WHERE q.kind <> 'connected' AND NOT q.i = ANY (stale) AND r.device_id = q.device_id;
  UPDATE credential c SET status = CASE WHEN c.generation = q.generation THEN 'active' ELSE 'retired' END,
      connected_at = CASE WHEN c.generation = q.generation THEN now() ELSE c.connected_at END,
      ended_at = CASE WHEN c.generation < q.generation THEN now() END
    FROM unnest(b) q WHERE q.kind = 'connected' AND NOT q.i = ANY (stale) AND c.device_id = q.device_id
      AND (c.generation = q.generation AND c.status = 'issued' OR c.generation < q.generation AND c.status IN ('issued', 'active'));
  IF EXISTS (SELECT FROM unnest(b) WHERE new_version IS NOT NULL) THEN
    UPDATE device d SET config_version = q.new_version, config_layers = q.config_layers, config_digest = q.config_digest, config_fault = q.config_fault,
        endpoint = q.endpoint, config_changed_at = CASE WHEN q.new_version > d.config_version THEN now() ELSE d.config_changed_at END
      FROM unnest(b) q WHERE q.new_version IS NOT NULL AND NOT q.i = ANY (stale) AND d.device_id = q.device_id;
  END IF;
  -- What did not lock the device above may have been overtaken by an operator, who has the last word: hence q.expected.
  -- Who connects with a credential was sent it, even if the process died before it could write that down.
  UPDATE device d SET state = q.next, connected_at = coalesce(d.connected_at, now()),
      credentials_sent_at = CASE WHEN d.generation = q.generation THEN coalesce(d.credentials_sent_at, now()) ELSE d.credentials_sent_at END
    FROM unnest(b) q WHERE q.kind = 'connected' AND NOT q.i = ANY (stale) AND d.device_id = q.device_id AND d.state = q.expected
      AND (q.next <> d.state OR d.connected_at IS NULL OR (d.credentials_sent_at IS NULL AND d.generation = q.generation));
  UPDATE device d SET state = q.next, attributes = coalesce(q.attributes, d.attributes),
      applied_config_version = greatest(d.applied_config_version, least(q.config_version, d.config_version)),
      endpoint_given = CASE WHEN q.config_version >= d.config_version THEN d.endpoint ELSE d.endpoint_given END,
      ready_at = CASE WHEN q.next = 'ready' THEN coalesce(d.ready_at, now()) ELSE d.ready_at END,
      failure = CASE WHEN q.next = 'ready' THEN NULL ELSE d.failure END
    FROM unnest(b) q WHERE q.kind = 'ready' AND NOT q.i = ANY (stale) AND d.device_id = q.device_id AND d.state = q.expected
      AND (q.next <> d.state OR q.config_version > d.applied_config_version OR q.attributes <> d.attributes
        OR (q.next = 'ready' AND d.failure IS NOT NULL));
  UPDATE device d SET failed_at = now(), failure = q.failure
    FROM unnest(b) q WHERE q.kind = 'failed' AND NOT q.i = ANY (stale) AND d.device_id = q.device_id AND d.state = q.expected;
  RETURN QUERY SELECT q.i, CASE WHEN q.i = ANY (stale) THEN 'again' ELSE 'won' END FROM unnest(b) q;
END $$;
ALTER FUNCTION registry.commit_statuses(p jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.commit_statuses(p jsonb) IS 'Service: what devices said of themselves. won, or again (load and decide again), a row each.';
CREATE FUNCTION registry.commit_waiting(b registry.decided_request[]) RETURNS integer[]
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
#variable_conflict use_column
DECLARE stale int[];
BEGIN
  IF NOT EXISTS (SELECT FROM unnest(b) WHERE decision = 'pending') THEN RETURN '{}'; END IF;
  WITH ins AS (
    INSERT INTO device (device_id, group_name, state, generation, attributes, requested_at, waiting_digest, waiting_since)
    SELECT device_id, group_name, 'provisioning_requested', 0, attributes, received_at, digest, now()
    FROM unnest(b) WHERE decision = 'pending' AND expected IS NULL ORDER BY device_id COLLATE "C"
    ON CONFLICT (device_id) DO NOTHING RETURNING device_id),
  upd AS (
    UPDATE device d SET state = 'provisioning_requested', requested_at = coalesce(d.requested_at, q.received_at),
      -- An operator sees what belongs to the request that waits, not what another one says of itself.
      group_name = CASE WHEN d.waiting_digest <> q.digest THEN d.group_name ELSE q.group_name END,
      attributes = CASE WHEN d.waiting_digest <> q.digest OR q.attributes = '{}' THEN d.attributes ELSE q.attributes END,
      waiting_digest = coalesce(d.waiting_digest, q.digest), waiting_since = coalesce(d.waiting_since, now())
    FROM unnest(b) q WHERE q.decision = 'pending' AND d.device_id = q.device_id AND d.generation = q.expected
      AND d.state IN ('off', 'provisioning_requested') RETURNING d.device_id)
  SELECT array(SELECT q.i FROM unnest(b) q WHERE q.decision = 'pending' AND q.device_id NOT IN (SELECT device_id FROM ins UNION ALL SELECT device_id FROM upd))
    INTO stale;
  INSERT INTO nudge (device_id, request_id, signed_by, answer_key)
    SELECT q.device_id, q.request_id, q.signed_by, q.answer_key FROM unnest(b) q JOIN device d USING (device_id)
    WHERE q.decision = 'pending' AND d.waiting_digest = q.digest AND q.request_id IS NOT NULL
    ON CONFLICT (device_id) DO UPDATE SET request_id = EXCLUDED.request_id, signed_by = EXCLUDED.signed_by, answer_key = EXCLUDED.answer_key, settled_at = NULL;
  RETURN stale;
END $$;
ALTER FUNCTION registry.commit_waiting(b registry.decided_request[]) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.commit_waiting(b registry.decided_request[]) IS 'Internal: devices that wait for approval. Returns the rows that have to be decided again.';
CREATE FUNCTION registry.count_devices() RETURNS TABLE(state text, devices bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$ SELECT state, sum(devices)::bigint FROM fleet GROUP BY state $$;
ALTER FUNCTION registry.count_devices() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.count_devices() IS 'Service: how many devices there are in each state, for its metrics.';
CREATE TABLE registry.funnel_summary (
    day date NOT NULL,
    requested bigint NOT NULL,
    registered bigint NOT NULL,
    connected bigint NOT NULL,
    ready bigint NOT NULL,
    registered_p50_s double precision,
    registered_p95_s double precision,
    connected_p50_s double precision,
    connected_p95_s double precision,
    ready_p50_s double precision,
    ready_p95_s double precision,
    counted_at timestamp with time zone NOT NULL
);
ALTER TABLE registry.funnel_summary OWNER TO latchkey_owner;
COMMENT ON TABLE registry.funnel_summary IS 'What provisioning_funnel shows of past days in a large registry, as summarize counted it. A day is counted again for a week.';
COMMENT ON COLUMN registry.funnel_summary.day IS 'The day (UTC) of the first request.';
COMMENT ON COLUMN registry.funnel_summary.requested IS 'Devices that first asked on that day.';
COMMENT ON COLUMN registry.funnel_summary.registered IS 'Of these: registered.';
COMMENT ON COLUMN registry.funnel_summary.connected IS 'Of these: connected.';
COMMENT ON COLUMN registry.funnel_summary.ready IS 'Of these: ready.';
COMMENT ON COLUMN registry.funnel_summary.registered_p50_s IS 'Seconds from the request to the registration: half took no longer.';
COMMENT ON COLUMN registry.funnel_summary.registered_p95_s IS 'Of a hundred, 95 took no longer.';
COMMENT ON COLUMN registry.funnel_summary.connected_p50_s IS 'Seconds from the request to the first connection: half took no longer.';
COMMENT ON COLUMN registry.funnel_summary.connected_p95_s IS 'Of a hundred, 95 took no longer.';
COMMENT ON COLUMN registry.funnel_summary.ready_p50_s IS 'Seconds from the request to ready: half took no longer.';
COMMENT ON COLUMN registry.funnel_summary.ready_p95_s IS 'Of a hundred, 95 took no longer.';
COMMENT ON COLUMN registry.funnel_summary.counted_at IS 'When it was counted.';
CREATE FUNCTION registry.count_funnel() RETURNS SETOF registry.funnel_summary
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
  SELECT day, requested, registered, connected, ready, registered_s[1] AS registered_p50_s, registered_s[2] AS registered_p95_s,
         connected_s[1] AS connected_p50_s, connected_s[2] AS connected_p95_s, ready_s[1] AS ready_p50_s, ready_s[2] AS ready_p95_s, now() AS counted_at
  FROM (SELECT (requested_at AT TIME ZONE 'UTC')::date AS day, count(*) AS requested, count(registered_at) AS registered,
               count(connected_at) AS connected, count(ready_at) AS ready,
               percentile_cont('{0.5,0.95}'::double precision[]) WITHIN GROUP (ORDER BY seconds(registered_at - requested_at)) AS registered_s,
               percentile_cont('{0.5,0.95}'::double precision[]) WITHIN GROUP (ORDER BY seconds(connected_at - requested_at)) AS connected_s,
               percentile_cont('{0.5,0.95}'::double precision[]) WITHIN GROUP (ORDER BY seconds(ready_at - requested_at)) AS ready_s
        FROM device WHERE requested_at >= (SELECT coalesce((max(day) + 1)::timestamp AT TIME ZONE 'UTC', '-infinity') FROM funnel_summary) GROUP BY 1) f
$$;
ALTER FUNCTION registry.count_funnel() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.count_funnel() IS 'Internal: the days of provisioning_funnel that nobody has summed up yet.';
CREATE FUNCTION registry.counts_live() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
  SELECT pg_relation_size('device') + pg_relation_size('enrollment') < count_live_below FROM setting
$$;
ALTER FUNCTION registry.counts_live() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.counts_live() IS 'Is the registry small enough to be counted whenever somebody looks?';
CREATE FUNCTION registry.create_token(name text, uses bigint, valid_for interval) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
  found enrollment_group;
  made text := random_token();
  hash bytea := sha256(convert_to(made, 'UTF8'));
  counter text;
BEGIN
  SELECT * INTO found FROM enrollment_group g WHERE g.name = name FOR KEY SHARE;
  IF found IS NULL THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'SELECT registry.enroll_group(name, ''token'', NULL) makes one.');
  ELSIF found.proof <> 'token' THEN
    PERFORM refuse('55000', format('the proof of the group %s is %s', name, found.proof), 'Only a group whose proof is token has tokens.');
  ELSIF uses < 1 THEN
    PERFORM refuse('22023', format('%s uses', uses), 'At least 1; NULL for no bound but that of its group.');
  ELSIF valid_for IS NULL OR valid_for <= interval '0' OR valid_for > interval '5 years' THEN
    PERFORM refuse('22023', format('%L is no time for a token to be valid', valid_for), 'More than nothing and at most 5 years.');
  END IF;
  counter := found.quota;
  IF uses IS NOT NULL THEN
    counter := 'token:' || left(encode(hash, 'hex'), 16);
    INSERT INTO quota (name, max, parent) VALUES (counter, uses, found.quota);
  END IF;
  INSERT INTO token (hash, group_name, quota, valid_until) VALUES (hash, name, counter, now() + valid_for);
  INSERT INTO event (group_name, action, reason) VALUES (name, 'create_token',
    format('%s: %s uses for %s', left(encode(hash, 'hex'), 16), coalesce(uses::text, 'any number of'), valid_for));
  RETURN made;
END $$;
ALTER FUNCTION registry.create_token(name text, uses bigint, valid_for interval) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.create_token(name text, uses bigint, valid_for interval) IS 'Makes a token for a group whose proof is token, and shows it this once: only its SHA-256 is kept. uses: how many devices may register with it, NULL for any number; valid_for: for how long newcomers may.';
CREATE FUNCTION registry.decommission(device_id text, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
  current device;
  counter text;
BEGIN
  -- Enrolled and never heard of: it gets its row now, so that nothing lets it in later.
  INSERT INTO device (device_id, group_name, state, generation, acted_at, actor, reason)
    SELECT e.device_id, e.group_name, 'revoked', 0, clock_timestamp(), session_user, reason FROM enrollment e
    WHERE e.device_id = decommission.device_id AND NOT EXISTS (SELECT FROM device d WHERE d.device_id = decommission.device_id)
    ON CONFLICT DO NOTHING;
  -- Quotas before devices, as everybody does.
  SELECT d.quota INTO counter FROM device d WHERE d.device_id = decommission.device_id;
  PERFORM FROM quota WHERE name IN (SELECT unnest(ARRAY[q.name, q.parent]) FROM quota q WHERE q.name = counter) ORDER BY name FOR UPDATE;
  SELECT * INTO current FROM device d WHERE d.device_id = decommission.device_id FOR NO KEY UPDATE;
  IF current IS NULL THEN
    PERFORM refuse('P0002', format('there is no device %s', device_id), 'SELECT * FROM registry.devices WHERE device_id = ... shows what there is.');
  ELSIF current.decommissioned_at IS NOT NULL THEN
    PERFORM refuse('55000', format('the device %s is decommissioned already', device_id), 'reset(device_id, reason) would let it provision anew.');
  ELSIF current.quota IS DISTINCT FROM counter THEN
    PERFORM refuse('40001', format('the device %s registered at this moment', device_id), 'Try it again.');
  END IF;
  IF current.state <> 'revoked' THEN
    PERFORM act(device_id, '{off,provisioning_requested,registered,connected,ready,suspended}', 'revoked', reason, '');
  END IF;
  -- A place in a group is given back, a use of a token is not.
  UPDATE quota SET used = used - 1 WHERE name = (SELECT coalesce(q.parent, q.name) FROM quota q WHERE q.name = counter) AND name NOT LIKE 'token:%';
  UPDATE device d SET quota = NULL, waiting_digest = NULL, waiting_since = NULL, approved_digest = NULL, rejected_digest = NULL,
      decommissioned_at = now(), acted_at = clock_timestamp(), actor = session_user, reason = decommission.reason
    WHERE d.device_id = decommission.device_id;
  INSERT INTO event (device_id, group_name, action, generation, reason) VALUES (device_id, current.group_name, 'decommission', current.generation, reason);
  PERFORM pg_notify('latchkey', 'access');
END $$;
ALTER FUNCTION registry.decommission(device_id text, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.decommission(device_id text, reason text) IS 'Takes a device out of service for good: its credentials end, its place in a capped group is free again, its history stays. Only reset would let it provision anew.';
CREATE FUNCTION registry.der_at(der bytea, place integer, OUT tag integer, OUT start integer, OUT stop integer) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE size int := get_byte(der, place + 1);
BEGIN
  tag := get_byte(der, place);
  start := place + 2;
  IF size IN (129, 130) THEN
    start := start + size - 128;
    size := CASE size WHEN 129 THEN get_byte(der, place + 2) ELSE get_byte(der, place + 2) * 256 + get_byte(der, place + 3) END;
  ELSIF size > 127 THEN
    RAISE EXCEPTION 'a length that is not accepted' USING ERRCODE = 'array_subscript_error';
  END IF;
  stop := start + size;
  IF stop > length(der) THEN
    RAISE EXCEPTION 'cut short' USING ERRCODE = 'array_subscript_error';
  END IF;
END $$;
ALTER FUNCTION registry.der_at(der bytea, place integer, OUT tag integer, OUT start integer, OUT stop integer) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.der_at(der bytea, place integer, OUT tag integer, OUT start integer, OUT stop integer) IS 'Internal: reads one element of DER.';
CREATE FUNCTION registry.describe_views() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE shown record;
BEGIN
  FOR shown IN
    SELECT DISTINCT ON (v.oid, a.attnum) v.relname AS view, a.attname AS name, col_description(d.refobjid, d.refobjsubid) AS text
    FROM pg_class v JOIN pg_attribute a ON a.attrelid = v.oid AND a.attnum > 0
    JOIN pg_rewrite r ON r.ev_class = v.oid
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
    JOIN pg_attribute t ON t.attrelid = d.refobjid AND t.attnum = d.refobjsubid AND t.attname = a.attname
    WHERE v.relnamespace = 'registry'::regnamespace AND v.relkind = 'v' AND d.refobjid <> v.oid
      AND col_description(v.oid, a.attnum) IS NULL AND col_description(d.refobjid, d.refobjsubid) IS NOT NULL
    ORDER BY v.oid, a.attnum, d.refobjid
  LOOP
    EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', shown.view, shown.name, shown.text);
  END LOOP;
END $$;
ALTER FUNCTION registry.describe_views() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.describe_views() IS 'Internal: columns of views without a comment get that of the table''s column that they show. For migrations.';
CREATE FUNCTION registry.disable_device(device_id text, reason text DEFAULT NULL::text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$ SELECT set_status('device', $1, 'disabled', $2) $_$;
ALTER FUNCTION registry.disable_device(device_id text, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.disable_device(device_id text, reason text) IS 'Refuses every request of an individually enrolled device, whatever group it could join, until enable_device.';
CREATE FUNCTION registry.disable_group(name text, reason text DEFAULT NULL::text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$ SELECT set_status('group', $1, 'disabled', $2) $_$;
ALTER FUNCTION registry.disable_group(name text, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.disable_group(name text, reason text) IS 'Refuses every request of the group''s devices, renewals too, until enable_group.';
CREATE FUNCTION registry.drop_old_partition() RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    SET lock_timeout TO '200ms'
    AS $$
DECLARE old text; behind bigint;
BEGIN
  SELECT min(p.name), count(*) INTO old, behind FROM setting, LATERAL (
    SELECT c.relname::text AS name, to_date(right(c.relname, 7), 'YYYY_MM') AS month,
           CASE i.inhparent WHEN 'attempt'::regclass THEN keep_attempts ELSE keep_events END AS keep
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent IN ('attempt'::regclass, 'event'::regclass) AND c.relkind = 'r') p
    WHERE p.month + interval '1 month' <= (now() - p.keep) AT TIME ZONE 'UTC';
  IF old IS NULL THEN RETURN false; END IF;
  -- Dropping locks the whole table; behind a long reader it would wait, and every writer behind it. So it gives up soon and tries again.
  FOR attempt IN 1..3 LOOP
    BEGIN
      EXECUTE format('DROP TABLE %I', old);
      INSERT INTO event (action, reason) VALUES ('retention', old || ' dropped');
      RETURN behind > 1;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.3);
    END;
  END LOOP;
  RETURN false;
END $$;
ALTER FUNCTION registry.drop_old_partition() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.drop_old_partition() IS 'Internal: drops the oldest partition that retention lets go; nobody waits for it longer than 200 ms. True: there are more.';
CREATE FUNCTION registry.enable_device(device_id text, reason text DEFAULT NULL::text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$ SELECT set_status('device', $1, 'enabled', $2) $_$;
ALTER FUNCTION registry.enable_device(device_id text, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.enable_device(device_id text, reason text) IS 'Lets a disabled individual enrolment go on.';
CREATE FUNCTION registry.enable_group(name text, reason text DEFAULT NULL::text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$ SELECT set_status('group', $1, 'enabled', $2) $_$;
ALTER FUNCTION registry.enable_group(name text, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.enable_group(name text, reason text) IS 'Lets a disabled group go on.';
CREATE FUNCTION registry.end_token(token_id text, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE gone token;
BEGIN
  DELETE FROM token k WHERE left(encode(k.hash, 'hex'), 16) = token_id RETURNING * INTO gone;
  IF gone IS NULL THEN
    PERFORM refuse('P0002', format('there is no token %s', token_id), 'SELECT token_id FROM registry.tokens shows them.');
  END IF;
  INSERT INTO event (group_name, action, reason) VALUES (gone.group_name, 'end_token', token_id || ': ' || coalesce(reason, 'no reason given'));
END $$;
ALTER FUNCTION registry.end_token(token_id text, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.end_token(token_id text, reason text) IS 'Ends a token: nobody registers with it any more. Devices that did keep what they have.';
CREATE FUNCTION registry.enroll_device(device_id text, proof text, material bytea DEFAULT NULL::bytea, group_name text DEFAULT NULL::text, config jsonb DEFAULT '{}'::jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$
#variable_conflict use_variable
BEGIN
  IF device_id IS NULL OR device_id !~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$' THEN
    PERFORM refuse('22023', 'this is no device id', 'Letters, digits and ._:- , the first a letter or digit, at most 64.');
  ELSIF proof IS NULL OR proof NOT IN ('symmetric_key', 'public_key', 'x509', 'token', 'group') THEN
    PERFORM refuse('22023', format('%L is no proof for a device', proof), 'symmetric_key, public_key, x509, token, or group for the allow list of its group.');
  ELSIF proof = 'group' AND (group_name IS NULL OR material IS NOT NULL) THEN
    PERFORM refuse('22023', 'the proof group needs a group_name and no material', 'It puts the device on the allow list of that group.');
  ELSIF group_name IS NOT NULL AND NOT EXISTS (SELECT FROM enrollment_group g WHERE g.name = group_name) THEN
    PERFORM refuse('23503', format('there is no group %s', group_name), 'latchkey enroll group makes one.');
  ELSIF proof = 'x509' AND octet_length(material) <> 32 THEN
    -- The certificate itself does as well as its fingerprint.
    PERFORM certificate_subject(material);
    material := sha256(material);
  END IF;
  IF proof <> 'group' THEN PERFORM check_material(proof, material); END IF;
  PERFORM check_config(config);
  INSERT INTO enrollment (device_id, group_name, proof, material, config) VALUES (device_id, group_name, proof, material, config);
  INSERT INTO event (device_id, group_name, action) VALUES (device_id, group_name, 'enroll_device');
EXCEPTION WHEN unique_violation THEN
  PERFORM refuse('23505', format('the device %s is enrolled already', device_id), 'SELECT * FROM registry.devices WHERE device_id = ... shows it. Replaced it is by decommission, forget, enroll_device and reset.');
END $_$;
ALTER FUNCTION registry.enroll_device(device_id text, proof text, material bytea, group_name text, config jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.enroll_device(device_id text, proof text, material bytea, group_name text, config jsonb) IS 'Enrols one device. material: its key as latchkey sealed it (latchkey enroll device does that), its public key or certificate (DER, see pem), or the SHA-256 of its token.';
CREATE FUNCTION registry.enroll_devices(devices jsonb) RETURNS TABLE(i integer, device_id text, outcome text, reason text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$
#variable_conflict use_column
BEGIN
  IF jsonb_typeof(devices) IS DISTINCT FROM 'array' THEN
    PERFORM refuse('22023', 'this is no array but ' || coalesce(jsonb_typeof(devices), 'NULL'),
                   'For example [{"device_id": "meter-1", "proof": "group", "group": "meters"}, ...].');
  ELSIF jsonb_array_length(devices) > 100000 THEN
    PERFORM refuse('22023', format('%s devices at once', jsonb_array_length(devices)), 'At most 100000: send them in parts.');
  END IF;
  RETURN QUERY
  WITH given AS (
    SELECT n::int AS i, row_number() OVER (PARTITION BY e->>'device_id' ORDER BY n) AS nth, e, e->>'device_id' AS device_id,
           e->>'proof' AS proof, e->>'group' AS group_name, coalesce(e->'config', '{}') AS config, bytes_in(e->>'material') AS material
    FROM jsonb_array_elements(devices) WITH ORDINALITY AS x(e, n)),
  checked AS (
    SELECT v.*, CASE
      WHEN jsonb_typeof(e) <> 'object' THEN 'not an object'
      WHEN (SELECT count(*) FROM jsonb_object_keys(CASE jsonb_typeof(e) WHEN 'object' THEN e ELSE '{}' END) k
            WHERE k NOT IN ('device_id', 'proof', 'material', 'group', 'config')) > 0 THEN 'a member that is not known: device_id, proof, material, group and config are'
      WHEN v.device_id IS NULL OR v.device_id !~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$' THEN 'no device id'
      WHEN nth > 1 THEN 'twice in this call'
      WHEN v.proof IS NULL OR v.proof NOT IN ('symmetric_key', 'public_key', 'x509', 'token', 'group') THEN 'no proof for a device'
      WHEN v.group_name IS NOT NULL AND g.name IS NULL THEN 'no such group'
      WHEN v.proof = 'group' AND (v.group_name IS NULL OR e ? 'material') THEN 'the proof group needs a group and no material'
      WHEN v.proof <> 'group' AND e->>'material' IS NULL THEN 'the material is missing'
      WHEN v.proof <> 'group' AND coalesce(v.material, '') = '' THEN 'the material is neither \x with hexadecimal digits nor PEM'
      WHEN octet_length(v.material) > 8192 THEN 'the material has more than 8192 bytes'
      WHEN v.proof = 'token' AND octet_length(v.material) <> 32 THEN 'the material of a token is its SHA-256'
      WHEN v.proof = 'public_key' AND get_byte(v.material, 0) <> 48 THEN 'the material is no SubjectPublicKeyInfo'
      WHEN v.proof = 'x509' AND octet_length(v.material) <> 32 AND NOT is_certificate(v.material) THEN 'the material is neither a certificate nor its SHA-256'
      WHEN jsonb_typeof(v.config) <> 'object' THEN 'the config is no object'
      WHEN octet_length(v.config::text) > 3072 THEN 'the config has more than 3072 bytes'
    END AS wrong
    FROM given v LEFT JOIN enrollment_group g ON g.name = v.group_name),
  ins AS (
    INSERT INTO enrollment (device_id, group_name, proof, material, config)
    SELECT c.device_id, c.group_name, c.proof, CASE WHEN c.proof = 'x509' AND octet_length(c.material) <> 32 THEN sha256(c.material) ELSE c.material END, c.config
    FROM checked c WHERE wrong IS NULL ORDER BY c.device_id COLLATE "C"
    ON CONFLICT DO NOTHING RETURNING device_id, group_name),
  logged AS (INSERT INTO event (device_id, group_name, action) SELECT ins.device_id, ins.group_name, 'enroll_device' FROM ins)
  SELECT c.i, c.device_id, CASE WHEN wrong IS NOT NULL THEN 'refused' WHEN ins.device_id IS NULL THEN 'exists' ELSE 'enrolled' END,
         CASE WHEN wrong IS NOT NULL THEN wrong WHEN ins.device_id IS NULL THEN 'enrolled already; nothing was changed' END
  FROM checked c LEFT JOIN ins ON wrong IS NULL AND ins.device_id = c.device_id ORDER BY c.i;
END $_$;
ALTER FUNCTION registry.enroll_devices(devices jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.enroll_devices(devices jsonb) IS 'Enrols up to 100000 devices: an array of {"device_id", "proof", "material", "group", "config"}; material is \x and hexadecimal digits, or PEM. A row each: enrolled, exists or refused, and why.';
CREATE FUNCTION registry.enroll_group(name text, proof text, material bytea, max_devices bigint DEFAULT NULL::bigint, device_id_pattern text DEFAULT NULL::text, valid_from timestamp with time zone DEFAULT NULL::timestamp with time zone, valid_until timestamp with time zone DEFAULT NULL::timestamp with time zone, lifetime_s bigint DEFAULT NULL::bigint, config jsonb DEFAULT '{}'::jsonb, admission text DEFAULT 'automatic'::text, reprovisioning text DEFAULT 'rotate'::text, credential_types text[] DEFAULT '{x509}'::text[], id_from text DEFAULT NULL::text, unused_life_s bigint DEFAULT NULL::bigint, renewal_grace_days integer DEFAULT NULL::integer, revoke_retired boolean DEFAULT false, seal_config boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$
#variable_conflict use_variable
DECLARE g enrollment_group;
BEGIN
  IF name IS NULL OR name !~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$' THEN
    PERFORM refuse('22023', 'this is no group name', 'Letters, digits and ._:- , the first a letter or digit, at most 64.');
  ELSIF proof IS NULL OR proof NOT IN ('symmetric_key', 'x509', 'token') THEN
    PERFORM refuse('22023', format('%L is no proof for a group', proof), 'symmetric_key, x509 or token.');
  ELSIF max_devices < 0 THEN
    PERFORM refuse('22023', 'max_devices is negative', 'Leave it out for no limit.');
  ELSIF proof <> 'x509' AND id_from IS NOT NULL THEN
    PERFORM refuse('22023', 'id_from is for x509 groups', 'Leave it out.');
  ELSIF id_from NOT IN ('common_name', 'dns_name', 'uri', 'serial_number') THEN
    PERFORM refuse('22023', format('%L is no id_from', id_from), 'common_name, dns_name, uri or serial_number.');
  END IF;
  IF proof = 'token' AND material IS NULL THEN
    material := sha256(convert_to(random_token(), 'UTF8'));  -- of a token that nobody knows: create_token makes those that count
  END IF;
  PERFORM check_material(proof, material);
  PERFORM check_config(config);
  g.admission := admission; g.reprovisioning := reprovisioning; g.credential_types := credential_types; g.device_id_pattern := device_id_pattern;
  g.valid_from := valid_from; g.valid_until := valid_until; g.lifetime_s := lifetime_s; g.unused_life_s := unused_life_s;
  g.renewal_grace_days := renewal_grace_days; g.revoke_retired := revoke_retired; g.seal_config := seal_config;
  PERFORM check_policy(g);
  g := with_defaults(g);
  IF max_devices IS NOT NULL THEN
    INSERT INTO quota (name, max) VALUES ('group:' || name, max_devices) ON CONFLICT DO NOTHING;
  END IF;
  BEGIN
    INSERT INTO enrollment_group (name, proof, material, id_from, admission, reprovisioning, credential_types, lifetime_s, unused_life_s, renewal_grace_days,
                                  revoke_retired, device_id_pattern, valid_from, valid_until, quota, config, seal_config)
      VALUES (name, proof, material, CASE proof WHEN 'x509' THEN coalesce(id_from, 'common_name') END, g.admission, g.reprovisioning, g.credential_types,
              g.lifetime_s, g.unused_life_s, g.renewal_grace_days, g.revoke_retired, g.device_id_pattern, g.valid_from, g.valid_until,
              CASE WHEN max_devices IS NOT NULL THEN 'group:' || name END, config, g.seal_config);
  EXCEPTION WHEN unique_violation THEN
    IF EXISTS (SELECT FROM enrollment_group e WHERE e.name = enroll_group.name) THEN
      PERFORM refuse('23505', format('the group %s is enrolled already', name), 'Choose another name.');
    END IF;
    PERFORM refuse('23505', 'another group has this token', 'Every group needs a token of its own.');
  END;
  IF proof = 'x509' THEN PERFORM name_ca(name, material); END IF;
  INSERT INTO event (group_name, action) VALUES (name, 'enroll_group');
END $_$;
ALTER FUNCTION registry.enroll_group(name text, proof text, material bytea, max_devices bigint, device_id_pattern text, valid_from timestamp with time zone, valid_until timestamp with time zone, lifetime_s bigint, config jsonb, admission text, reprovisioning text, credential_types text[], id_from text, unused_life_s bigint, renewal_grace_days integer, revoke_retired boolean, seal_config boolean) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.enroll_group(name text, proof text, material bytea, max_devices bigint, device_id_pattern text, valid_from timestamp with time zone, valid_until timestamp with time zone, lifetime_s bigint, config jsonb, admission text, reprovisioning text, credential_types text[], id_from text, unused_life_s bigint, renewal_grace_days integer, revoke_retired boolean, seal_config boolean) IS 'Enrols a group. material: its key as latchkey sealed it (latchkey enroll group does that), its CA certificate (DER, see pem), or the SHA-256 of its token; NULL for a group that gets its tokens by create_token.';
CREATE FUNCTION registry.ensure_partition(parent text, month date) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE name text := parent || to_char(month, '_YYYY_MM');
BEGIN
  IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
  -- Two services may find it missing at once.
  PERFORM pg_advisory_xact_lock(hashtext('latchkey partitions'));
  IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name, parent);
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
  EXECUTE format('COMMENT ON TABLE %I IS %L', name, parent || ' of ' || to_char(month, 'YYYY-MM'));
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name,
                 month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
END $$;
ALTER FUNCTION registry.ensure_partition(parent text, month date) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.ensure_partition(parent text, month date) IS 'Makes the partition of one month (UTC) if it is missing.';
CREATE FUNCTION registry.explain_request(device_id text, group_name text DEFAULT NULL::text, token_hash bytea DEFAULT NULL::bytea, OUT facts registry.request_facts, OUT quota_used bigint, OUT quota_max bigint, OUT is_counted boolean) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE named text := coalesce(group_name, (SELECT d.group_name FROM device d WHERE d.device_id = device_id AND d.enrolled_by LIKE 'group:%'));
BEGIN
  SELECT * INTO facts FROM load_requests(jsonb_build_array(
    jsonb_build_object('i', 0, 'device_id', device_id, 'group_name', named, 'token_hash', token_hash)));
  -- Sealed or hashed, and still nothing that an operator's login is shown.
  facts.material := NULL;
  facts.secondary_material := NULL;
  -- A token counts for itself and for its group: the one that refuses is told.
  SELECT q.used, q.max, c.counted INTO quota_used, quota_max, is_counted
    FROM quota q CROSS JOIN LATERAL (SELECT EXISTS (
      SELECT FROM device d JOIN quota o ON o.name = d.quota WHERE d.device_id = device_id AND q.name IN (o.name, o.parent)) AS counted) c
    WHERE q.name IN (SELECT unnest(ARRAY[t.name, t.parent]) FROM quota t WHERE t.name = facts.quota)
    ORDER BY c.counted OR q.used < q.max, q.name = facts.quota DESC LIMIT 1;
END $$;
ALTER FUNCTION registry.explain_request(device_id text, group_name text, token_hash bytea, OUT facts registry.request_facts, OUT quota_used bigint, OUT quota_max bigint, OUT is_counted boolean) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.explain_request(device_id text, group_name text, token_hash bytea, OUT facts registry.request_facts, OUT quota_used bigint, OUT quota_max bigint, OUT is_counted boolean) IS 'latchkey explain: all that would decide a request of the device now. group_name: the group that its proof is of, else the one that registered it; token_hash: its token''s SHA-256.';
CREATE FUNCTION registry.forget(device_id text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$
#variable_conflict use_variable
DECLARE
  current device;
  erased bigint;
  place text;
BEGIN
  SELECT * INTO current FROM device d WHERE d.device_id = forget.device_id FOR NO KEY UPDATE;
  IF current IS NULL THEN
    PERFORM refuse('P0002', format('the device %s never registered', device_id), 'SELECT * FROM registry.devices WHERE device_id = ... shows what there is.');
  ELSIF current.decommissioned_at IS NULL THEN
    PERFORM refuse('55000', format('the device %s is %s', device_id, current.state), 'decommission(device_id, reason) comes first: what is forgotten cannot serve.');
  END IF;
  UPDATE device d SET attributes = '{}', failure = NULL, config_digest = NULL, config_fault = NULL, reason = NULL, proof_key = NULL WHERE d.device_id = forget.device_id;
  UPDATE credential c SET certificate = NULL, key_fingerprint = NULL, encryption_key = NULL, erased_at = coalesce(c.erased_at, now())
    WHERE c.device_id = forget.device_id;
  GET DIAGNOSTICS erased = ROW_COUNT;
  -- Beside its own row, its credentials and the history nothing stays that is kept of a device, wherever that may be.
  FOR place IN
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'device_id'
    WHERE c.relnamespace = 'registry'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
      AND c.relname NOT IN ('device', 'credential', 'enrollment_import') ORDER BY c.relname
  LOOP
    EXECUTE format('DELETE FROM %I WHERE device_id = $1', place) USING forget.device_id;
  END LOOP;
  INSERT INTO event (device_id, group_name, action, generation, reason)
    VALUES (device_id, current.group_name, 'forget', current.generation, format('erased: attributes, enrolment, certificates and keys of %s credentials', erased));
END $_$;
ALTER FUNCTION registry.forget(device_id text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.forget(device_id text) IS 'Erases what a decommissioned device said of itself, its certificates, keys and individual enrolment. What happened, under its device id, stays, and so does that this was done.';
CREATE FUNCTION registry.guard_import() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
BEGIN
  PERFORM check_importing();
  RETURN NULL;
END $$;
ALTER FUNCTION registry.guard_import() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.guard_import() IS 'Trigger: nobody adds to the import of another.';
CREATE FUNCTION registry.import_begin() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
BEGIN
  -- One that was cut off goes on to the end of its statement: lock_timeout says how long to wait for that.
  PERFORM pg_advisory_lock(7237, 9);
  TRUNCATE enrollment_import;
EXCEPTION WHEN lock_not_available THEN
  PERFORM refuse('55P03', 'another import is running', 'It has to end first; an import that was cut off ends with its connection.');
END $$;
ALTER FUNCTION registry.import_begin() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.import_begin() IS 'Begins an import on this connection, when no other is running: COPY registry.enrollment_import, import_problems, import_enroll, import_end.';
CREATE FUNCTION registry.import_end() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
BEGIN
  PERFORM check_importing();
  TRUNCATE enrollment_import;
  PERFORM pg_advisory_unlock(7237, 9);
END $$;
ALTER FUNCTION registry.import_end() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.import_end() IS 'Ends the import: what it brought and did not enrol is forgotten.';
CREATE FUNCTION registry.import_enroll(first bigint, last bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE
  added bigint;
  refused text;
BEGIN
  PERFORM check_importing();
  WITH new AS (
    INSERT INTO enrollment (device_id, group_name, proof, material, config)
      SELECT s.device_id, nullif(s.group_name, ''), s.proof, CASE s.proof WHEN 'group' THEN NULL ELSE s.material END, s.config
      FROM enrollment_import s WHERE s.line BETWEEN first AND last ORDER BY s.device_id
      ON CONFLICT (device_id) DO NOTHING RETURNING device_id, group_name),
  noted AS (INSERT INTO event (device_id, group_name, action) SELECT device_id, group_name, 'enroll_device' FROM new)
  SELECT count(*) INTO added FROM new;
  -- Somebody may have enrolled one of them since import_problems looked.
  SELECT format('the device %s is enrolled already, %s', s.device_id, why_not_imported(s, e)) INTO refused
    FROM enrollment_import s JOIN enrollment e ON e.device_id = s.device_id
    WHERE s.line BETWEEN first AND last AND why_not_imported(s, e) IS NOT NULL ORDER BY s.line LIMIT 1;
  IF refused IS NOT NULL THEN
    PERFORM refuse('23505', refused, 'Somebody else enrolled it a moment ago: start the import again.');
  END IF;
  RETURN added;
END $$;
ALTER FUNCTION registry.import_enroll(first bigint, last bigint) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.import_enroll(first bigint, last bigint) IS 'Enrols what was imported from these lines, and returns how many devices are new; those enrolled like that already are left alone.';
CREATE FUNCTION registry.import_problems(most integer) RETURNS TABLE(line bigint, problem text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
  PERFORM check_importing();
  ANALYZE enrollment_import;
  RETURN QUERY SELECT p.line, p.problem FROM (
    SELECT s.line, format('the device %s stands on line %s already', s.device_id, s.first) AS problem
      FROM (SELECT i.line, i.device_id, min(i.line) OVER (PARTITION BY i.device_id) AS first FROM enrollment_import i) s WHERE s.line > s.first
    UNION ALL
    SELECT s.line, format('there is no group %s', s.group_name) FROM enrollment_import s
      WHERE s.group_name <> '' AND NOT EXISTS (SELECT FROM enrollment_group g WHERE g.name = s.group_name)
    UNION ALL
    SELECT s.line, format('the device %s is enrolled already, %s', s.device_id, why_not_imported(s, e))
      FROM enrollment_import s JOIN enrollment e ON e.device_id = s.device_id WHERE why_not_imported(s, e) IS NOT NULL) p
    ORDER BY p.line LIMIT most;
END $$;
ALTER FUNCTION registry.import_problems(most integer) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.import_problems(most integer) IS 'What stands against the import as a whole, the first lines of it: a device twice, a group that there is not, a device that is enrolled otherwise.';
CREATE FUNCTION registry.is_certificate(der bytea) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'registry', 'pg_temp'
    AS $$
BEGIN
  RETURN certificate_subject(der) IS NOT NULL;
EXCEPTION WHEN data_exception THEN
  RETURN false;
END $$;
ALTER FUNCTION registry.is_certificate(der bytea) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.is_certificate(der bytea) IS 'Internal: as far as certificate_subject reads.';
CREATE TABLE registry.credential (
    device_id text NOT NULL COLLATE pg_catalog."C",
    generation bigint NOT NULL,
    type text NOT NULL,
    request_id text NOT NULL COLLATE pg_catalog."C",
    digest bytea NOT NULL,
    serial bytea,
    certificate bytea,
    fingerprint bytea,
    key_fingerprint bytea,
    salt bytea,
    master_key bytea,
    encryption_key bytea,
    signed_by text NOT NULL,
    answer_key bytea,
    status text DEFAULT 'issued'::text NOT NULL,
    not_before timestamp with time zone NOT NULL,
    not_after timestamp with time zone NOT NULL,
    use_by timestamp with time zone NOT NULL,
    issued_at timestamp with time zone DEFAULT now() NOT NULL,
    connected_at timestamp with time zone,
    ended_at timestamp with time zone,
    erased_at timestamp with time zone,
    revoked_at timestamp with time zone,
    password_hash bytea,
    broker_applied_at timestamp with time zone,
    CONSTRAINT credential_answer_key_check CHECK ((octet_length(answer_key) = 8)),
    CONSTRAINT credential_check CHECK ((not_after > not_before)),
    CONSTRAINT credential_check1 CHECK (((type <> 'x509'::text) OR ((serial IS NOT NULL) AND (fingerprint IS NOT NULL) AND ((certificate IS NULL) = (erased_at IS NOT NULL))))),
    CONSTRAINT credential_check2 CHECK (((type <> 'password'::text) OR ((salt IS NOT NULL) AND (master_key IS NOT NULL)))),
    CONSTRAINT credential_check3 CHECK (((signed_by = 'device_key'::text) = (answer_key IS NOT NULL))),
    CONSTRAINT credential_check4 CHECK (((ended_at IS NULL) = (status = ANY (ARRAY['issued'::text, 'active'::text])))),
    CONSTRAINT credential_check5 CHECK (((revoked_at IS NULL) = (status <> 'revoked'::text))),
    CONSTRAINT credential_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT credential_encryption_key_check CHECK ((octet_length(encryption_key) = 64)),
    CONSTRAINT credential_generation_check CHECK ((generation > 0)),
    CONSTRAINT credential_master_key_check CHECK ((octet_length(master_key) = 8)),
    CONSTRAINT credential_password_hash_check CHECK ((octet_length(password_hash) = 32)),
    CONSTRAINT credential_request_id_check CHECK ((request_id ~ '^[A-Za-z0-9_-]{16,64}$'::text)),
    CONSTRAINT credential_salt_check CHECK ((octet_length(salt) = 16)),
    CONSTRAINT credential_signed_by_check CHECK ((signed_by = ANY (ARRAY['device_key'::text, 'service'::text]))),
    CONSTRAINT credential_status_check CHECK ((status = ANY (ARRAY['issued'::text, 'active'::text, 'retired'::text, 'revoked'::text]))),
    CONSTRAINT credential_type_check CHECK ((type = ANY (ARRAY['x509'::text, 'password'::text])))
)
WITH (fillfactor='50');
ALTER TABLE registry.credential OWNER TO latchkey_owner;
COMMENT ON TABLE registry.credential IS 'Every credential that was ever given out. No secret: a certificate is public, a password is derived and not kept.';
COMMENT ON COLUMN registry.credential.device_id IS 'Whose it is.';
COMMENT ON COLUMN registry.credential.generation IS '1, 2, 3 ... of this device.';
COMMENT ON COLUMN registry.credential.type IS 'x509 or password.';
COMMENT ON COLUMN registry.credential.request_id IS 'The request that got it; stays used for ever.';
COMMENT ON COLUMN registry.credential.digest IS 'What that request asked for: a repeat has to ask for the same.';
COMMENT ON COLUMN registry.credential.serial IS 'The certificate''s serial number, 16 bytes.';
COMMENT ON COLUMN registry.credential.certificate IS 'The certificate, DER.';
COMMENT ON COLUMN registry.credential.fingerprint IS 'SHA-256 of the certificate.';
COMMENT ON COLUMN registry.credential.key_fingerprint IS 'SHA-256 of its SubjectPublicKeyInfo: the same at two devices is a clone.';
COMMENT ON COLUMN registry.credential.salt IS 'A password is derived from the master key and this.';
COMMENT ON COLUMN registry.credential.master_key IS 'The id of that master key.';
COMMENT ON COLUMN registry.credential.encryption_key IS 'The device''s public key for secrets (P-256, x and y); empty: it gave none.';
COMMENT ON COLUMN registry.credential.signed_by IS 'How the answer was signed, and the configurations after it: under the device''s key or by the service.';
COMMENT ON COLUMN registry.credential.answer_key IS 'The id of the device''s key that signed the answer: its group may have had two.';
COMMENT ON COLUMN registry.credential.status IS 'issued: not seen in use yet; active: a device connected with it; retired: a newer one took over; revoked.';
COMMENT ON COLUMN registry.credential.not_before IS 'Valid from.';
COMMENT ON COLUMN registry.credential.not_after IS 'Valid until.';
COMMENT ON COLUMN registry.credential.use_by IS 'Ends here if no device ever connected with it.';
COMMENT ON COLUMN registry.credential.issued_at IS 'When it was committed.';
COMMENT ON COLUMN registry.credential.connected_at IS 'When a device first connected with it.';
COMMENT ON COLUMN registry.credential.ended_at IS 'When it was retired or revoked.';
COMMENT ON COLUMN registry.credential.erased_at IS 'When its certificate and keys were erased, by retention or forget. The row stays: its generation, request_id and serial are used for ever.';
COMMENT ON COLUMN registry.credential.revoked_at IS 'When it was revoked: a certificate stands on the CRL from here to its end.';
COMMENT ON COLUMN registry.credential.password_hash IS 'SHA-256 of the password and the salt (hexadecimal), for brokers that look logins up. The password has 192 random bits: no guessing finds it.';
COMMENT ON COLUMN registry.credential.broker_applied_at IS 'When the broker was seen to take this password; empty: not yet, a certificate, or a broker that looks logins up.';
CREATE FUNCTION registry.is_live(c registry.credential, at timestamp with time zone) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN ((((c).status = 'active'::text) AND ((c).not_after > at)) OR (((c).status = 'issued'::text) AND (LEAST((c).not_after, (c).use_by) > at)));
ALTER FUNCTION registry.is_live(c registry.credential, at timestamp with time zone) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.is_live(c registry.credential, at timestamp with time zone) IS 'Neither retired nor revoked nor expired; if never used, still to be used in time.';
CREATE FUNCTION registry.is_sealed_under(sealed bytea, master_key bytea) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN (SUBSTRING(sealed FROM 2 FOR 8) = master_key);
ALTER FUNCTION registry.is_sealed_under(sealed bytea, master_key bytea) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.is_sealed_under(sealed bytea, master_key bytea) IS 'Internal: whether a sealed key names this master key.';
CREATE FUNCTION registry.load_broker_access() RETURNS TABLE(kind text, device_id text, generation bigint, salt bytea, master_key bytea, changed_at bigint, applied boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
  SELECT 'denied', d.device_id::text, NULL::bigint, NULL::bytea, NULL::bytea, NULL::bigint, NULL::boolean FROM device d
    WHERE d.generation > 0 AND d.state IN ('suspended', 'revoked', 'off', 'provisioning_requested')
      AND EXISTS (SELECT FROM credential c WHERE c.device_id = d.device_id AND c.type = 'x509' AND c.not_after > now())
  UNION ALL
  SELECT 'login', c.device_id, c.generation, c.salt, c.master_key, NULL, c.broker_applied_at IS NOT NULL
    FROM credential c JOIN device d ON d.device_id = c.device_id
    WHERE c.type = 'password' AND c.ended_at IS NULL AND is_live(c, now()) AND d.state NOT IN ('suspended', 'revoked')
  UNION ALL
  SELECT 'changed', d.device_id::text, NULL, NULL, NULL, micros(d.access_changed_at), NULL FROM device d
    WHERE d.broker_applied_at IS NULL AND d.access_changed_at IS NOT NULL
$$;
ALTER FUNCTION registry.load_broker_access() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.load_broker_access() IS 'Service: whom the broker has to keep out (denied), which passwords it has to take (login), and whose access an operator changed without the broker having followed (changed).';
CREATE FUNCTION registry.load_requests(p jsonb) RETURNS SETOF registry.request_facts
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $_$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT q.i, micros(now()),
    o.origin, g.name::text, CASE o.origin WHEN 'device' THEN e.proof ELSE g.proof END, CASE o.origin WHEN 'device' THEN e.material ELSE coalesce(u.hash, g.material) END,
    CASE o.origin WHEN 'group' THEN g.secondary_material END, CASE o.origin WHEN 'group' THEN g.id_from END,
    -- A disabled individual enrolment beats an enabled group, for renewals too.
    coalesce(e.status, 'enabled') = 'enabled' AND (o.origin = 'device' OR g.status = 'enabled'),
    -- An individual proof is an admission by itself: window, pattern and quota bound who joins by the group's.
    o.origin = 'device' OR (coalesce(g.valid_from <= now(), true) AND coalesce(now() < g.valid_until, true) AND coalesce(now() < u.valid_until, true)),
    o.origin = 'device' OR g.device_id_pattern IS NULL OR q.device_id ~ ('^(?:' || g.device_id_pattern || ')$'),
    CASE o.origin WHEN 'device' THEN 'automatic' ELSE g.admission END, coalesce(e.proof = 'group', false),
    coalesce(g.reprovisioning, 'rotate') = 'rotate', array_to_string(coalesce(g.credential_types, '{x509}'), ','),
    coalesce(g.lifetime_s, 7776000), coalesce(g.unused_life_s, 86400), coalesce(g.seal_config, false), CASE o.origin WHEN 'group' THEN coalesce(u.quota, g.quota) END,
    f.config::text, g.config::text, coalesce(x.config, e.config)::text, coalesce(g.endpoint, f.endpoint)::text,
    f.changes + coalesce(g.config_changes, 0) + coalesce(x.changes, (e.config <> '{}')::int, 0),
    d.state, d.generation, d.enrolled_by, d.proof_key, d.waiting_digest, d.approved_digest, d.rejected_digest,
    d.config_version, d.applied_config_version, d.config_layers, d.config_digest, d.config_fault, d.endpoint, d.endpoint_given,
    d.attributes::text,
    s.generation, s.type, s.digest, s.certificate, s.salt, s.master_key,
    micros(s.not_before), micros(s.not_after), is_live(s, now()),
    n.generation, n.type, micros(n.not_before), micros(n.not_after), is_live(n, now()),
    r.certificate, CASE WHEN r.status IN ('retired', 'revoked') THEN r.status WHEN is_live(r, now()) THEN 'live'
      WHEN r.status = 'active' AND r.not_after + make_interval(days => coalesce(g.renewal_grace_days, 30)) > now() THEN 'in_grace'
      WHEN r.status IS NOT NULL THEN 'expired' END
  FROM jsonb_to_recordset(p) AS q(i int, device_id text, request_id text, group_name text, token_hash bytea, ca_subject bytea, certificate bytea)
  LEFT JOIN LATERAL (SELECT * FROM fleet_config WHERE one LIMIT 1) f ON true  -- LIMIT: the planner expects hundreds
  LEFT JOIN device d ON d.device_id = q.device_id
  LEFT JOIN enrollment e ON e.device_id = q.device_id
  LEFT JOIN device_config x ON x.device_id = q.device_id
  LEFT JOIN enrollment_group t ON t.proof = 'token' AND t.material = q.token_hash
  LEFT JOIN token k ON k.hash = q.token_hash
  LEFT JOIN group_ca ca ON ca.subject = q.ca_subject
  -- Nothing is tried in turn: a certificate of ours names the device's enrolment, then comes the device's own, then what the proof names.
  LEFT JOIN enrollment_group g ON g.name = CASE WHEN q.certificate IS NOT NULL THEN d.group_name WHEN e.device_id IS NOT NULL THEN e.group_name
    WHEN q.token_hash IS NOT NULL THEN coalesce(t.name, k.group_name) WHEN q.ca_subject IS NOT NULL THEN ca.group_name ELSE q.group_name END
  LEFT JOIN token u ON u.hash = k.hash AND u.group_name = g.name  -- a token of another group says nothing here
  CROSS JOIN LATERAL (SELECT CASE
    WHEN q.certificate IS NOT NULL AND d.enrolled_by = 'device' THEN CASE WHEN e.proof <> 'group' THEN 'device' END
    WHEN q.certificate IS NOT NULL THEN CASE WHEN d.enrolled_by = 'group:' || g.name THEN 'group' END
    WHEN e.proof <> 'group' THEN 'device' WHEN g.name IS NOT NULL THEN 'group' END AS origin) o
  LEFT JOIN credential s ON s.device_id = q.device_id AND s.request_id = q.request_id
  -- Not d.generation: `restored` leaves a gap before the next one.
  LEFT JOIN LATERAL (SELECT max(c.generation) AS generation FROM credential c WHERE c.device_id = d.device_id) newest ON true
  LEFT JOIN credential n ON n.device_id = d.device_id AND n.generation = newest.generation
  LEFT JOIN credential r ON r.device_id = q.device_id AND r.fingerprint = q.certificate;
END $_$;
ALTER FUNCTION registry.load_requests(p jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.load_requests(p jsonb) IS 'Service: everything that decides a batch of requests, a row each.';
CREATE FUNCTION registry.load_revoked() RETURNS TABLE(serial bytea, revoked_at bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
  SELECT c.serial, micros(c.revoked_at) FROM credential c WHERE c.type = 'x509' AND c.revoked_at IS NOT NULL AND c.not_after > now()
  UNION ALL
  SELECT c.serial, micros(c.ended_at) FROM enrollment_group g JOIN device d ON d.group_name = g.name JOIN credential c ON c.device_id = d.device_id
    WHERE g.revoke_retired AND c.type = 'x509' AND c.status = 'retired' AND c.not_after > now()
$$;
ALTER FUNCTION registry.load_revoked() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.load_revoked() IS 'Service: what stands on the CRL: certificates that were revoked, and those that a newer one replaced where the group says so, until they expire.';
CREATE FUNCTION registry.load_statuses(p jsonb) RETURNS TABLE(i integer, loaded_at bigint, origin text, group_name text, proof text, material bytea, secondary_material bytea, enabled boolean, seal_config boolean, fleet_config text, group_config text, device_config text, wanted_endpoint text, layers bigint, state text, generation bigint, enrolled_by text, config_version bigint, applied_config_version bigint, config_layers bigint, config_digest bytea, config_fault text, endpoint bytea, endpoint_given bytea, attributes text, credential_generation bigint, live boolean, signed_by text, answer_key bytea, encryption_key bytea, credential_type text, session text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT q.i, micros(now()),
    CASE WHEN d.enrolled_by = 'device' AND e.device_id IS NOT NULL THEN 'device' WHEN d.enrolled_by LIKE 'group:%' AND g.name IS NOT NULL THEN 'group' END,
    d.group_name::text, CASE d.enrolled_by WHEN 'device' THEN e.proof ELSE g.proof END, CASE d.enrolled_by WHEN 'device' THEN e.material ELSE g.material END,
    CASE WHEN d.enrolled_by <> 'device' THEN g.secondary_material END,
    CASE d.enrolled_by WHEN 'device' THEN e.status ELSE g.status END = 'enabled', coalesce(g.seal_config, false),
    f.config::text, g.config::text, coalesce(x.config, e.config)::text, coalesce(g.endpoint, f.endpoint)::text,
    f.changes + coalesce(g.config_changes, 0) + coalesce(x.changes, (e.config <> '{}')::int, 0),
    d.state, d.generation, d.enrolled_by,
    d.config_version, d.applied_config_version, d.config_layers, d.config_digest, d.config_fault, d.endpoint, d.endpoint_given, d.attributes::text,
    c.generation, is_live(c, now()), c.signed_by, c.answer_key, c.encryption_key, c.type, CASE WHEN r.online THEN r.session END
  FROM jsonb_to_recordset(p) AS q(i int, device_id text, generation bigint)
  LEFT JOIN LATERAL (SELECT * FROM fleet_config WHERE one LIMIT 1) f ON true  -- LIMIT: the planner expects hundreds
  LEFT JOIN device d ON d.device_id = q.device_id
  LEFT JOIN enrollment e ON e.device_id = d.device_id
  LEFT JOIN device_config x ON x.device_id = d.device_id
  LEFT JOIN enrollment_group g ON g.name = d.group_name
  LEFT JOIN presence r ON r.device_id = d.device_id
  LEFT JOIN credential c ON c.device_id = d.device_id AND c.generation = coalesce(q.generation, r.generation);
END $$;
ALTER FUNCTION registry.load_statuses(p jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.load_statuses(p jsonb) IS 'Service: everything that decides a batch of statuses, a row each.';
CREATE FUNCTION registry.log_device_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
BEGIN
  INSERT INTO event (device_id, group_name, action, old_state, new_state, generation)
    SELECT device_id, group_name, 'state', 'off', state, generation FROM fresh WHERE state <> 'off';
  RETURN NULL;
END $$;
ALTER FUNCTION registry.log_device_insert() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.log_device_insert() IS 'Trigger: an event for each device that appeared.';
CREATE FUNCTION registry.log_device_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
BEGIN
  INSERT INTO event (device_id, group_name, action, old_state, new_state, generation, reason)
    SELECT n.device_id, n.group_name, CASE WHEN o.state <> n.state THEN 'state' WHEN n.generation = o.generation + 1 THEN 'credential' ELSE 'restored' END, o.state, n.state, n.generation,
           CASE WHEN n.acted_at IS DISTINCT FROM o.acted_at THEN n.reason END
    FROM before o JOIN fresh n USING (device_id) WHERE (o.state, o.generation) IS DISTINCT FROM (n.state, n.generation);
  RETURN NULL;
END $$;
ALTER FUNCTION registry.log_device_update() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.log_device_update() IS 'Trigger: an event for each device whose state or generation changed.';
CREATE FUNCTION registry.maintain() RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE
  keep setting;
  portion constant int := 5000;
  n bigint;
  more boolean := false;
BEGIN
  -- One at a time: whoever comes second leaves it to the first.
  IF NOT pg_try_advisory_xact_lock(hashtext('latchkey maintain')) THEN RETURN false; END IF;
  PERFORM make_partitions();
  SELECT * INTO keep FROM setting;
  DELETE FROM attempt_count a WHERE a.ctid = ANY (ARRAY(SELECT o.ctid FROM attempt_count o WHERE o.minute < now() - keep.keep_counts LIMIT portion));
  GET DIAGNOSTICS n = ROW_COUNT;
  more := more OR n = portion;
  DELETE FROM clone_sign s WHERE s.last_seen < now() - keep.keep_clone_signs;
  DELETE FROM token k WHERE k.valid_until < now() - interval '1 month';
  UPDATE credential c SET certificate = NULL, encryption_key = NULL, erased_at = now() FROM (
      SELECT o.device_id, o.generation FROM credential o JOIN device d USING (device_id) LEFT JOIN enrollment_group g ON g.name = d.group_name
      WHERE o.erased_at IS NULL AND o.not_after < now() - keep.keep_certificates
        -- An expired certificate that was in use still renews within its group's grace.
        AND (o.status <> 'active' OR o.not_after + make_interval(days => coalesce(g.renewal_grace_days, 30)) < now())
      LIMIT portion FOR NO KEY UPDATE OF o SKIP LOCKED) x
    WHERE c.device_id = x.device_id AND c.generation = x.generation;
  GET DIAGNOSTICS n = ROW_COUNT;
  more := more OR n = portion;
  -- Last, since it holds a lock that everybody waits for until this transaction ends.
  RETURN drop_old_partition() OR more;
END $$;
ALTER FUNCTION registry.maintain() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.maintain() IS 'Makes the partitions of the coming months and removes a portion of what retention lets go. True: there is more, call it again. The service calls it at start and hourly. Not inside a longer transaction: a partition that it drops stays locked until the end.';
CREATE FUNCTION registry.make_endpoint(host text, port integer, tls boolean, ca text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $_$
DECLARE anchors bytea[];
BEGIN
  IF host IS NULL THEN
    RETURN NULL;
  ELSIF host !~ '^[A-Za-z0-9][A-Za-z0-9.:-]{0,252}$' THEN
    PERFORM refuse('22023', 'this is no host', 'A name or an address, without scheme and port. NULL for the one of the service''s configuration.');
  ELSIF port IS NULL OR port NOT BETWEEN 1 AND 65535 THEN
    PERFORM refuse('22023', 'this is no port', 'From 1 to 65535; 8883 is usual for MQTT with TLS.');
  END IF;
  anchors := array(SELECT pem(m[1]) FROM regexp_matches(ca, '(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)', 'g') m);
  IF ca IS NOT NULL AND anchors = '{}' THEN
    PERFORM refuse('22023', 'ca has no certificate', 'PEM: -----BEGIN CERTIFICATE----- ...');
  ELSIF (SELECT coalesce(sum(length(a)), 0) FROM unnest(anchors) a) > 2048 THEN
    PERFORM refuse('22023', 'ca is too large', 'At most 2048 bytes of DER in all.');
  END IF;
  PERFORM certificate_subject(a) FROM unnest(anchors) a;
  RETURN jsonb_build_object('host', host, 'port', port, 'tls', coalesce(tls, true)) ||
    CASE WHEN ca IS NULL THEN '{}' ELSE jsonb_build_object('ca', array(SELECT translate(encode(a, 'base64'), E'\n', '') FROM unnest(anchors) a)) END;
END $_$;
ALTER FUNCTION registry.make_endpoint(host text, port integer, tls boolean, ca text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.make_endpoint(host text, port integer, tls boolean, ca text) IS 'Internal: an endpoint as it is stored.';
CREATE FUNCTION registry.make_partitions() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE this_month date := date_trunc('month', now() AT TIME ZONE 'UTC');
BEGIN
  -- One month back as well: what was received just before midnight is committed just after it.
  FOR ahead IN -1..3 LOOP
    PERFORM ensure_partition('attempt', (this_month + make_interval(months => ahead))::date);
    PERFORM ensure_partition('event', (this_month + make_interval(months => ahead))::date);
  END LOOP;
END $$;
ALTER FUNCTION registry.make_partitions() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.make_partitions() IS 'Service: makes the partitions of the coming months.';
CREATE FUNCTION registry.mark_sent(p jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
#variable_conflict use_column
DECLARE ids text[] := array(SELECT q.device_id FROM jsonb_to_recordset(p) AS q(device_id text));
BEGIN
  PERFORM FROM device WHERE device_id = ANY (ids) ORDER BY device_id FOR NO KEY UPDATE;
  UPDATE device d SET credentials_sent_at = now() FROM jsonb_to_recordset(p) AS q(device_id text, generation bigint)
    WHERE d.device_id = ANY (ids) AND d.device_id = q.device_id AND d.generation = q.generation AND d.credentials_sent_at IS NULL;
END $$;
ALTER FUNCTION registry.mark_sent(p jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.mark_sent(p jsonb) IS 'Service: the broker took the answers with these credentials.';
CREATE FUNCTION registry.micros(at timestamp with time zone) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    RETURN ((EXTRACT(epoch FROM at) * (1000000)::numeric))::bigint;
ALTER FUNCTION registry.micros(at timestamp with time zone) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.micros(at timestamp with time zone) IS 'Microseconds since the epoch.';
CREATE FUNCTION registry.name_ca(name text, material bytea) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE owner text;
BEGIN
  INSERT INTO group_ca (subject, group_name) VALUES (certificate_subject(material), name) ON CONFLICT DO NOTHING;
  SELECT c.group_name INTO owner FROM group_ca c WHERE c.subject = certificate_subject(material);
  IF owner <> name THEN
    PERFORM refuse('23505', format('the group %s has a CA of this name', owner), 'A certificate finds its group by the name of its CA.');
  END IF;
END $$;
ALTER FUNCTION registry.name_ca(name text, material bytea) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.name_ca(name text, material bytea) IS 'Internal: makes a CA findable as this group''s.';
CREATE FUNCTION registry.note_alternation(b registry.decided_status[], taken_up integer[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
  UPDATE presence r SET returns = CASE WHEN r.returning_since > now() - interval '10 minutes' THEN r.returns + 1 ELSE 1 END,
      returning_since = CASE WHEN r.returning_since > now() - interval '10 minutes' THEN r.returning_since ELSE now() END
    FROM unnest(b) q WHERE q.i = ANY (taken_up) AND r.device_id = q.device_id;
  SELECT note_clone(q.device_id, 'sessions_alternate', jsonb_build_object('sessions', jsonb_build_array(r.session, q.session), 'times', r.returns, 'since', r.returning_since))
    FROM unnest(b) q JOIN presence r ON r.device_id = q.device_id WHERE q.i = ANY (taken_up) AND r.returns >= 3;
$$;
ALTER FUNCTION registry.note_alternation(b registry.decided_status[], taken_up integer[]) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.note_alternation(b registry.decided_status[], taken_up integer[]) IS 'Internal: a session''s name was taken up again; three times in ten minutes is a sign of a clone.';
CREATE FUNCTION registry.note_clone(device text, kind text, found jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
  INSERT INTO clone_sign AS s (device_id, sign, evidence) VALUES (device, kind, found)
    ON CONFLICT (device_id, sign) DO UPDATE SET last_seen = now(), times = s.times + 1, evidence = EXCLUDED.evidence
$$;
ALTER FUNCTION registry.note_clone(device text, kind text, found jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.note_clone(device text, kind text, found jsonb) IS 'Internal: a sign that two devices share one identity.';
CREATE FUNCTION registry.note_cloned_keys(b registry.decided_request[], won integer[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
BEGIN
  PERFORM note_clone(q.device_id, 'key_came_back', jsonb_build_object('key', encode(q.key_fingerprint, 'hex'),
      'generations', jsonb_build_array(o.generation, p.generation, coalesce(q.expected, 0) + 1)))
    FROM unnest(b) q
    JOIN LATERAL (SELECT max(c.generation) AS generation FROM credential c WHERE c.device_id = q.device_id AND c.generation <= q.expected) before ON true
    JOIN credential p ON p.device_id = q.device_id AND p.generation = before.generation AND p.key_fingerprint <> q.key_fingerprint
    JOIN LATERAL (SELECT max(c.generation) AS generation FROM credential c
      WHERE c.device_id = q.device_id AND c.generation < q.expected AND c.key_fingerprint = q.key_fingerprint) o ON o.generation IS NOT NULL
    WHERE q.i = ANY (won) AND q.expected > 1;
  PERFORM note_clone(x.device_id, 'key_at_two_devices', jsonb_build_object('key', encode(x.key, 'hex'), 'other_device', x.other))
    FROM (SELECT DISTINCT v.device_id, v.other, q.key_fingerprint AS key
          FROM unnest(b) q JOIN credential c ON c.key_fingerprint = q.key_fingerprint AND c.device_id <> q.device_id
          CROSS JOIN LATERAL (VALUES (q.device_id, c.device_id), (c.device_id, q.device_id)) AS v(device_id, other) WHERE q.i = ANY (won)
          ORDER BY 1, 2 LIMIT 1000) x;
END $$;
ALTER FUNCTION registry.note_cloned_keys(b registry.decided_request[], won integer[]) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.note_cloned_keys(b registry.decided_request[], won integer[]) IS 'Internal: keys of new credentials that were seen elsewhere, or before the one before.';
CREATE FUNCTION registry.note_links(p jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
BEGIN
  INSERT INTO broker_link AS l (link, ready_at, until)
    SELECT q.link, clock_timestamp() - make_interval(secs => q.ready_ms / 1000.0), clock_timestamp() FROM jsonb_to_recordset(p) AS q(link text, ready_ms bigint, lost boolean) WHERE NOT q.lost
    ON CONFLICT (link) DO UPDATE SET until = EXCLUDED.until;
  UPDATE broker_link l SET until = greatest(l.ready_at, least(l.until, clock_timestamp() - interval '30 seconds'))
    FROM jsonb_to_recordset(p) AS q(link text, lost boolean) WHERE q.lost AND l.link = q.link;
  -- What covers the beginning of another one stays as long as that does.
  DELETE FROM broker_link l WHERE l.until < now() - interval '7 days'
    AND NOT EXISTS (SELECT FROM broker_link n WHERE n.ready_at > l.ready_at AND n.ready_at <= l.until)
    AND l.ready_at < presence_known_since();
END $$;
ALTER FUNCTION registry.note_links(p jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.note_links(p jsonb) IS 'Service: this replica listens at the broker, or has lost its connection.';
CREATE FUNCTION registry.page_device(p jsonb) RETURNS TABLE(state text, online boolean, generation bigint, group_name text, enrolled_by text, attributes text, config_version bigint, applied_config_version bigint, requested_at bigint, registered_at bigint, credentials_sent_at bigint, connected_at bigint, ready_at bigint, last_seen_at bigint, failed_at bigint, failure text, acted_at bigint, actor text, reason text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
  SELECT state, coalesce(online, false), generation, group_name, enrolled_by, attributes::text, config_version, applied_config_version,
         micros(requested_at), micros(registered_at), micros(credentials_sent_at), micros(connected_at), micros(ready_at), micros(last_seen_at),
         micros(failed_at), failure, micros(acted_at), actor, reason
  FROM devices WHERE device_id = p->>'device_id' LIMIT 1
$$;
ALTER FUNCTION registry.page_device(p jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.page_device(p jsonb) IS 'Service: one device, as the view devices has it.';
CREATE FUNCTION registry.page_expiring() RETURNS TABLE(at bigint, device_id text, generation bigint, type text, state text, online boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
  SELECT micros(c.not_after), c.device_id, c.generation, c.type, d.state, coalesce(r.online, false)
  -- Most that end soon were renewed long ago, so only a stretch of the index is looked at.
  FROM (SELECT * FROM (SELECT * FROM credential WHERE not_after BETWEEN now() AND now() + interval '30 days' AND erased_at IS NULL
                       ORDER BY not_after LIMIT 20000) n
        WHERE n.status = 'active' AND n.not_after - now() < (n.not_after - n.not_before) / 3 ORDER BY n.not_after LIMIT 20) c
    JOIN device d USING (device_id) LEFT JOIN presence r USING (device_id) ORDER BY c.not_after
$$;
ALTER FUNCTION registry.page_expiring() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.page_expiring() IS 'Service: the 20 credentials in use that end next, within 30 days, and should have been renewed: less than a third of their life is left. Looks at the 20,000 that end next.';
CREATE FUNCTION registry.page_funnel() RETURNS TABLE(day date, requested bigint, registered bigint, connected bigint, ready bigint, counted_at bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  today date := now() AT TIME ZONE 'UTC';
  counted_from date := greatest(today - 29, (SELECT max(s.day) + 1 FROM funnel_summary s));
  counted timestamptz := CASE WHEN counts_live() THEN now() ELSE coalesce((SELECT min(s.counted_at) FROM fleet_summary s), now()) END;
BEGIN
  RETURN QUERY
    SELECT d.day, coalesce(f.requested, 0), coalesce(f.registered, 0), coalesce(f.connected, 0), coalesce(f.ready, 0), micros(counted)
    FROM (SELECT today - n AS day FROM generate_series(0, 29) n) d LEFT JOIN (
      SELECT s.day, s.requested, s.registered, s.connected, s.ready FROM funnel_summary s WHERE s.day > today - 30
      UNION ALL
      SELECT (v.requested_at AT TIME ZONE 'UTC')::date, count(*), count(v.registered_at), count(v.connected_at), count(v.ready_at)
      FROM device v WHERE v.requested_at >= counted_from::timestamp AT TIME ZONE 'UTC' GROUP BY 1) f ON f.day = d.day ORDER BY d.day;
END $$;
ALTER FUNCTION registry.page_funnel() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.page_funnel() IS 'Service: of the devices that first asked on each of the last 30 days (UTC), how many registered, connected and became ready; and when the fleet was counted, which a large one is hourly.';
CREATE FUNCTION registry.page_history(p jsonb) RETURNS TABLE(at bigint, kind text, what text, code text, detail text, actor text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
  SELECT micros(h.at), kind, what, code, detail, actor FROM (
    (SELECT received_at AS at, 'request' AS kind, decision AS what, code, reason AS detail, tracking_id::text AS actor
       FROM attempt WHERE device_id = p->>'device_id' ORDER BY received_at DESC LIMIT 50)
    UNION ALL
    (SELECT at, CASE WHEN action IN ('state', 'credential') THEN action ELSE 'act' END,
            CASE action WHEN 'state' THEN new_state WHEN 'credential' THEN 'generation ' || generation ELSE action END,
            CASE action WHEN 'state' THEN old_state END, reason, actor
       FROM event WHERE device_id = p->>'device_id' ORDER BY at DESC LIMIT 50)
  ) h ORDER BY h.at DESC, kind LIMIT 60
$$;
ALTER FUNCTION registry.page_history(p jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.page_history(p jsonb) IS 'Service: the last 60 things that happened to one device: its requests with their true reasons, changes of state, new credentials, acts of operators.';
CREATE FUNCTION registry.page_pending() RETURNS TABLE(at bigint, device_id text, group_name text, attributes text, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
  SELECT micros(waiting_since), device_id::text, group_name::text, attributes::text,
         (SELECT count(*) FROM (SELECT FROM device WHERE waiting_digest IS NOT NULL AND state = 'provisioning_requested' LIMIT 1000) w)
  FROM device WHERE waiting_digest IS NOT NULL AND state = 'provisioning_requested' ORDER BY waiting_since LIMIT 20
$$;
ALTER FUNCTION registry.page_pending() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.page_pending() IS 'Service: the 20 devices that wait longest for an operator, and how many wait (1000: that many or more).';
CREATE FUNCTION registry.page_rejections() RETURNS TABLE(at bigint, device_id text, group_name text, code text, reason text, tracking_id text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
  SELECT micros(received_at), device_id::text, group_name, code, reason, tracking_id::text
  FROM attempt WHERE decision = 'rejected' AND received_at > now() - interval '7 days' ORDER BY received_at DESC LIMIT 20
$$;
ALTER FUNCTION registry.page_rejections() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.page_rejections() IS 'Service: the last 20 rejections of seven days, with the true reason.';
CREATE FUNCTION registry.pem(pem text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE body text := substring(pem FROM '-----BEGIN [A-Z ]+-----(.*?)-----END');
BEGIN
  IF body IS NULL THEN
    PERFORM refuse('22023', 'this is no PEM text', 'It begins with -----BEGIN and ends with -----END.');
  END IF;
  RETURN decode(body, 'base64');
EXCEPTION WHEN invalid_parameter_value THEN
  PERFORM refuse('22023', 'this is no PEM text: ' || SQLERRM, 'Between its first and last line there is base64 only.');
END $$;
ALTER FUNCTION registry.pem(pem text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.pem(pem text) IS 'The DER inside the first PEM block of a text: for the material of enroll_group and enroll_device.';
CREATE FUNCTION registry.presence_known_since() RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
  SELECT max(ready_at) FROM (
    SELECT ready_at, max(until) OVER (ORDER BY ready_at RANGE BETWEEN UNBOUNDED PRECEDING AND '1 microsecond' PRECEDING) AS until_then FROM broker_link) n
  WHERE until_then IS NULL OR until_then < ready_at
$$;
ALTER FUNCTION registry.presence_known_since() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.presence_known_since() IS 'Since when some replica has listened without a break: what was said before may have been followed by a will that nobody heard. NULL: nobody ever did.';
CREATE FUNCTION registry.put_device_config(id text, patch jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
BEGIN
  INSERT INTO device_config AS c (device_id, config) VALUES (id, patch)
    ON CONFLICT (device_id) DO UPDATE SET config = EXCLUDED.config, changes = c.changes + 1 WHERE c.config <> EXCLUDED.config;
  INSERT INTO config_due AS q (device_id) SELECT d.device_id FROM device d WHERE d.device_id = id
    ON CONFLICT (device_id) DO UPDATE SET due_at = now(), tries = 0;
  PERFORM pg_notify('latchkey', 'config');
END $$;
ALTER FUNCTION registry.put_device_config(id text, patch jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.put_device_config(id text, patch jsonb) IS 'Internal: stores what one device is configured with and has it looked at.';
CREATE FUNCTION registry.random_token() RETURNS text
    LANGUAGE sql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
  SELECT translate(encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'base64'), '+/=', '-_')
$$;
ALTER FUNCTION registry.random_token() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.random_token() IS 'Internal: 43 characters that nobody guesses.';
CREATE FUNCTION registry.refuse(state text, message text, hint text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, HINT = hint;
END $$;
ALTER FUNCTION registry.refuse(state text, message text, hint text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.refuse(state text, message text, hint text) IS 'Internal: an error with a hint.';
CREATE FUNCTION registry.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege',
    HINT = 'History is dropped by whole partitions, by retention only.';
END $$;
ALTER FUNCTION registry.refuse_change() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.refuse_change() IS 'Trigger: nobody changes the past.';
CREATE FUNCTION registry.reject(device_id text, reason text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$ SELECT settle_waiting($1, false, $2) $_$;
ALTER FUNCTION registry.reject(device_id text, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.reject(device_id text, reason text) IS 'Refuses what the device waits for. The same request is refused until another one of the device is rejected or it is reset; another one may wait anew.';
CREATE FUNCTION registry.reseal(p jsonb) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE
  done bigint := 0;
  n bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('latchkey reseal'));
  -- What was replaced since it was read stays as it is.
  UPDATE enrollment e SET material = r.resealed FROM jsonb_to_recordset(p) AS r(purpose text, sealed bytea, resealed bytea)
    WHERE r.purpose LIKE 'device:%' AND e.device_id = substring(r.purpose FROM 8) AND e.material = r.sealed;
  GET DIAGNOSTICS n = ROW_COUNT;
  done := done + n;
  UPDATE enrollment_group g SET material = r.resealed FROM jsonb_to_recordset(p) AS r(purpose text, sealed bytea, resealed bytea)
    WHERE r.purpose LIKE 'group:%' AND g.name = substring(r.purpose FROM 7) AND g.material = r.sealed;
  GET DIAGNOSTICS n = ROW_COUNT;
  done := done + n;
  UPDATE enrollment_group g SET secondary_material = r.resealed FROM jsonb_to_recordset(p) AS r(purpose text, sealed bytea, resealed bytea)
    WHERE r.purpose LIKE 'group:%' AND g.name = substring(r.purpose FROM 7) AND g.secondary_material = r.sealed;
  GET DIAGNOSTICS n = ROW_COUNT;
  done := done + n;
  IF done > 0 THEN
    INSERT INTO event (action, reason) VALUES ('reseal', done || ' keys');
  END IF;
  RETURN done;
END $$;
ALTER FUNCTION registry.reseal(p jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.reseal(p jsonb) IS 'latchkey db reseal: puts keys that were sealed anew in the place of the old ones; returns how many it found.';
CREATE FUNCTION registry.reset(device_id text, reason text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$ SELECT act($1, '{provisioning_requested,registered,connected,ready,suspended,revoked}', 'off', $2, 'It is off already.') $_$;
ALTER FUNCTION registry.reset(device_id text, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.reset(device_id text, reason text) IS 'Ends the device''s credentials and lets it provision anew, by any enrolment.';
CREATE FUNCTION registry.restored(reason text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE
  gap constant int := 1000;
  n bigint;
BEGIN
  IF coalesce(reason, '') = '' THEN
    PERFORM refuse('22023', 'there is no reason', 'Say from which backup, and why.');
  END IF;
  INSERT INTO device (device_id, group_name, state, generation) SELECT e.device_id, e.group_name, 'off', 0 FROM enrollment e
    WHERE NOT EXISTS (SELECT FROM device d WHERE d.device_id = e.device_id);
  UPDATE device SET generation = generation + gap, config_version = config_version + gap;
  GET DIAGNOSTICS n = ROW_COUNT;
  INSERT INTO event (action, reason) VALUES ('restored', restored.reason);
  RETURN n;
END $$;
ALTER FUNCTION registry.restored(reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.restored(reason text) IS 'Once after a restore to an earlier time, before the service starts: generations and versions of configurations leave a gap of 1000, so that none that was given out in the lost time is given out again. Returns how many devices. See docs/operations.md.';
CREATE FUNCTION registry.resume(device_id text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$ SELECT act($1, '{suspended}', NULL, NULL, 'Only a suspended device can be resumed; a revoked one needs reset.') $_$;
ALTER FUNCTION registry.resume(device_id text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.resume(device_id text) IS 'Lets a suspended device go on where it was.';
CREATE FUNCTION registry.retire_group_key(name text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
  found enrollment_group;
  left_behind bigint := 0;
BEGIN
  SELECT * INTO found FROM enrollment_group g WHERE g.name = name FOR NO KEY UPDATE;
  IF found.secondary_material IS NULL THEN
    PERFORM refuse('P0002', format('the group %s has no secondary key', name), 'roll_group_key makes one of its key.');
  END IF;
  UPDATE enrollment_group g SET secondary_material = NULL, rolled_at = NULL WHERE g.name = name;
  IF found.proof = 'x509' THEN
    DELETE FROM group_ca c WHERE c.group_name = name AND c.subject <> certificate_subject(found.material);
  END IF;
  IF found.proof = 'symmetric_key' THEN
    SELECT count(*) INTO left_behind FROM device d JOIN credential c USING (device_id)
      WHERE c.generation = (SELECT max(m.generation) FROM credential m WHERE m.device_id = d.device_id) AND d.group_name = name AND d.enrolled_by = 'group:' || name AND c.signed_by = 'device_key' AND c.issued_at < found.rolled_at AND is_live(c, now());
  END IF;
  IF left_behind > 0 THEN
    RAISE NOTICE '% devices of the group % have a credential from before the new key: they get no configurations until they provision or renew', left_behind, name
      USING HINT = 'In a transaction this can be rolled back.';
  END IF;
  INSERT INTO event (group_name, action) VALUES (name, 'retire_group_key');
  RETURN left_behind;
END $$;
ALTER FUNCTION registry.retire_group_key(name text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.retire_group_key(name text) IS 'Ends the secondary key or CA of a group: devices that still use it are refused. What was answered under a symmetric key is configured under it, so those devices get no configurations until they provision or renew: returned, and in a notice, is how many have a live credential from before the roll. Devices that provisioned by the old key after it are not in that number.';
CREATE FUNCTION registry.revocation_stamp() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
  SELECT count(*) || ' ' || coalesce(max(revoked_at)::text, '') FROM credential WHERE type = 'x509' AND revoked_at IS NOT NULL AND not_after > now()
$$;
ALTER FUNCTION registry.revocation_stamp() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.revocation_stamp() IS 'Service: another text whenever load_revoked would give other revoked certificates; cheaper than those.';
CREATE FUNCTION registry.revoke(device_id text, reason text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$ SELECT act($1, '{off,provisioning_requested,registered,connected,ready,suspended}', 'revoked', $2, 'It is revoked already.') $_$;
ALTER FUNCTION registry.revoke(device_id text, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.revoke(device_id text, reason text) IS 'Ends the device''s credentials for good; only reset lets it in again.';
CREATE FUNCTION registry.roll_group_key(name text, material bytea, proof text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE found enrollment_group;
BEGIN
  SELECT * INTO found FROM enrollment_group g WHERE g.name = name FOR NO KEY UPDATE;
  IF found IS NULL THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'Names are case-sensitive.');
  ELSIF found.proof = 'token' THEN
    PERFORM refuse('55000', 'a token is not rolled', 'Make a new token; the old one ends by itself or with its group.');
  ELSIF proof <> found.proof THEN
    PERFORM refuse('22023', format('the group %s proves itself by %s, not by %s', name, found.proof, proof), 'Its new key or CA has to be of the same kind.');
  ELSIF found.secondary_material IS NOT NULL THEN
    PERFORM refuse('55000', format('the group %s has two keys already', name), 'retire_group_key ends the older one.');
  END IF;
  PERFORM check_material(found.proof, material);
  UPDATE enrollment_group g SET material = roll_group_key.material, secondary_material = g.material, rolled_at = clock_timestamp() WHERE g.name = name;
  IF found.proof = 'x509' THEN PERFORM name_ca(name, material); END IF;
  INSERT INTO event (group_name, action) VALUES (name, 'roll_group_key');
END $$;
ALTER FUNCTION registry.roll_group_key(name text, material bytea, proof text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.roll_group_key(name text, material bytea, proof text) IS 'Gives a group a new key (as latchkey enroll seal-key prints it) or CA; the one before stays good as its secondary until retire_group_key. proof, if given, has to be the group''s.';
CREATE FUNCTION registry.sealed_keys(master_key bytea, after text, at_most integer) RETURNS TABLE(purpose text, sealed bytea)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE
  -- Devices come first: 'device:' sorts before 'group:'.
  after_device text := CASE WHEN after NOT LIKE 'group:%' THEN substring(after FROM 8) END;
  after_group text := CASE WHEN after LIKE 'group:%' THEN substring(after FROM 7) ELSE '' END;
BEGIN
  RETURN QUERY SELECT k.purpose, k.sealed FROM (
    (SELECT 'device:' || e.device_id AS purpose, e.material AS sealed FROM enrollment e
      WHERE e.proof = 'symmetric_key' AND e.device_id > after_device AND NOT is_sealed_under(e.material, master_key) ORDER BY e.device_id LIMIT at_most)
    UNION ALL
    (SELECT 'group:' || g.name, m.sealed FROM enrollment_group g CROSS JOIN unnest(ARRAY[g.material, g.secondary_material]) AS m(sealed)
      WHERE g.proof = 'symmetric_key' AND g.name > after_group AND NOT is_sealed_under(m.sealed, master_key))) k
    ORDER BY k.purpose COLLATE "C" FETCH FIRST at_most ROWS WITH TIES;
END $$;
ALTER FUNCTION registry.sealed_keys(master_key bytea, after text, at_most integer) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.sealed_keys(master_key bytea, after text, at_most integer) IS 'latchkey db reseal: keys that are sealed under another master key, in the order of their purposes; both keys of a group have one.';
CREATE FUNCTION registry.seconds(span interval) RETURNS double precision
    LANGUAGE sql IMMUTABLE
    RETURN EXTRACT(epoch FROM span);
ALTER FUNCTION registry.seconds(span interval) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.seconds(span interval) IS 'A span of time in seconds.';
CREATE FUNCTION registry.set_device_config(device_id text, config jsonb, reason text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
  PERFORM check_config(config);
  IF NOT EXISTS (SELECT FROM device d WHERE d.device_id = device_id UNION ALL SELECT FROM enrollment e WHERE e.device_id = device_id) THEN
    PERFORM refuse('P0002', format('there is no device %s', device_id), 'It has to be enrolled, or to have registered. Ids are case-sensitive.');
  END IF;
  PERFORM put_device_config(device_id, config);
  INSERT INTO event (device_id, action, reason) VALUES (device_id, 'set_device_config', reason);
END $$;
ALTER FUNCTION registry.set_device_config(device_id text, config jsonb, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.set_device_config(device_id text, config jsonb, reason text) IS 'Sets what one device is configured with, over its group''s; {} for nothing of its own. If it is online it gets it at once.';
CREATE FUNCTION registry.set_fleet_config(config jsonb, reason text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
  PERFORM check_config(config);
  UPDATE fleet_config f SET config = set_fleet_config.config, changes = changes + 1;
  PERFORM spread_config_change(NULL);
  INSERT INTO event (action, reason) VALUES ('set_fleet_config', reason);
END $$;
ALTER FUNCTION registry.set_fleet_config(config jsonb, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.set_fleet_config(config jsonb, reason text) IS 'Sets what every device is configured with, below its group''s and its own. Devices that are online get what changes for them at once.';
CREATE FUNCTION registry.set_fleet_endpoint(host text, port integer DEFAULT 8883, tls boolean DEFAULT true, ca text DEFAULT NULL::text, reason text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
BEGIN
  UPDATE fleet_config SET endpoint = make_endpoint(host, port, tls, ca), changes = changes + 1;
  PERFORM spread_config_change(NULL);
  INSERT INTO event (action, reason) VALUES ('set_fleet_endpoint', set_fleet_endpoint.reason);
END $$;
ALTER FUNCTION registry.set_fleet_endpoint(host text, port integer, tls boolean, ca text, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.set_fleet_endpoint(host text, port integer, tls boolean, ca text, reason text) IS 'Where devices connect and what they trust there (ca: PEM; empty: they keep their anchors), unless their group says otherwise. They are told, and keep the old place until the new one works. host NULL: as the service''s configuration says.';
CREATE FUNCTION registry.set_group_config(name text, config jsonb, reason text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
  PERFORM check_config(config);
  UPDATE enrollment_group g SET config = set_group_config.config, config_changes = g.config_changes + 1 WHERE g.name = name;
  IF NOT FOUND THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'Names are case-sensitive.');
  END IF;
  PERFORM spread_config_change(name);
  INSERT INTO event (group_name, action, reason) VALUES (name, 'set_group_config', reason);
END $$;
ALTER FUNCTION registry.set_group_config(name text, config jsonb, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.set_group_config(name text, config jsonb, reason text) IS 'Sets what a group''s devices are configured with, over the fleet''s. Those that are online get what changes for them at once.';
CREATE FUNCTION registry.set_group_endpoint(name text, host text, port integer DEFAULT 8883, tls boolean DEFAULT true, ca text DEFAULT NULL::text, reason text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
  UPDATE enrollment_group g SET endpoint = make_endpoint(host, port, tls, ca), config_changes = g.config_changes + 1 WHERE g.name = name;
  IF NOT FOUND THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'Names are case-sensitive.');
  END IF;
  PERFORM spread_config_change(name);
  INSERT INTO event (group_name, action, reason) VALUES (name, 'set_group_endpoint', reason);
END $$;
ALTER FUNCTION registry.set_group_endpoint(name text, host text, port integer, tls boolean, ca text, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.set_group_endpoint(name text, host text, port integer, tls boolean, ca text, reason text) IS 'The same for the devices of one group. host NULL: as the fleet''s.';
CREATE FUNCTION registry.set_group_policy(name text, policy jsonb, reason text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
#variable_conflict use_variable
DECLARE
  known constant text[] := '{admission,reprovisioning,credential_types,device_id_pattern,valid_from,valid_until,max_devices,lifetime_s,unused_life_s,renewal_grace_days,revoke_retired,seal_config}';
  unknown text;
  g enrollment_group;
BEGIN
  IF policy IS NULL OR jsonb_typeof(policy) <> 'object' THEN
    PERFORM refuse('22023', 'a policy is a JSON object', 'Such as {"valid_until": null, "max_devices": 2000}.');
  END IF;
  SELECT string_agg(key, ', ') INTO unknown FROM jsonb_object_keys(policy) key WHERE key <> ALL (known);
  IF unknown IS NOT NULL THEN
    PERFORM refuse('22023', format('a policy has no %s', unknown), format('It has %s.', array_to_string(known, ', ')));
  END IF;
  SELECT * INTO g FROM enrollment_group e WHERE e.name = name FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'Names are case-sensitive.');
  END IF;
  BEGIN
    g := jsonb_populate_record(g, policy - 'max_devices');
  EXCEPTION WHEN data_exception THEN
    PERFORM refuse('22023', SQLERRM, 'Numbers, true or false, and texts as enroll_group takes them; credential_types is a list.');
  END;
  g := with_defaults(g);
  PERFORM check_policy(g);
  UPDATE enrollment_group e SET admission = g.admission, reprovisioning = g.reprovisioning, credential_types = g.credential_types,
      device_id_pattern = g.device_id_pattern, valid_from = g.valid_from, valid_until = g.valid_until, lifetime_s = g.lifetime_s,
      unused_life_s = g.unused_life_s, renewal_grace_days = g.renewal_grace_days, revoke_retired = g.revoke_retired, seal_config = g.seal_config
    WHERE e.name = name;
  IF policy ? 'max_devices' THEN PERFORM set_max_devices(g, policy -> 'max_devices'); END IF;
  INSERT INTO event (group_name, action, reason) VALUES (name, 'set_group_policy', coalesce(reason || ': ', '') || policy::text);
END $$;
ALTER FUNCTION registry.set_group_policy(name text, policy jsonb, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.set_group_policy(name text, policy jsonb, reason text) IS 'Changes what a group lets in and gives out, for the requests from now on: what the JSON object names, as enroll_group and the view groups call it. null: none, or the default.';
CREATE FUNCTION registry.set_max_devices(g registry.enrollment_group, wanted jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
BEGIN
  IF jsonb_typeof(wanted) <> 'number' OR wanted::numeric NOT BETWEEN 0 AND 9223372036854775807 OR wanted::numeric % 1 <> 0 THEN
    PERFORM refuse('22023', format('max_devices cannot be %s', wanted), 'A whole number from 0 on; a large one instead of none.');
  ELSIF g.quota IS NULL THEN
    PERFORM refuse('55000', format('the group %s does not count its devices', g.name), 'Only a group that was enrolled with max_devices does. Enrol another for those to come.');
  END IF;
  UPDATE quota q SET max = wanted::bigint WHERE q.name = g.quota AND q.used <= wanted::bigint;
  IF NOT FOUND THEN
    PERFORM refuse('55000', format('the group %s has more devices than %s', g.name, wanted), 'SELECT devices_counted FROM registry.groups; decommission(device_id, reason) frees a place.');
  END IF;
END $$;
ALTER FUNCTION registry.set_max_devices(g registry.enrollment_group, wanted jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.set_max_devices(g registry.enrollment_group, wanted jsonb) IS 'Internal: how many devices a group may have that counts them.';
CREATE FUNCTION registry.set_retention(what text, keep interval) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$
BEGIN
  IF what IS NULL OR what NOT IN ('attempts', 'events', 'counts', 'clone_signs', 'certificates') THEN
    PERFORM refuse('22023', format('%L is nothing that retention knows', what), 'attempts, events, counts, clone_signs or certificates.');
  ELSIF keep < interval '1 month' THEN
    PERFORM refuse('22023', format('%s is too short', keep), 'At least a month; NULL keeps for ever.');
  END IF;
  EXECUTE format('UPDATE setting SET %I = $1', 'keep_' || what) USING keep;
  INSERT INTO event (action, reason) VALUES ('set_retention', what || ': ' || coalesce(keep::text, 'for ever'));
END $_$;
ALTER FUNCTION registry.set_retention(what text, keep interval) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.set_retention(what text, keep interval) IS 'How long attempts, events, counts, clone_signs or certificates are kept; NULL: for ever. maintain acts on it.';
CREATE FUNCTION registry.set_status(what text, name text, next text, why text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
#variable_conflict use_variable
BEGIN
  IF what = 'group' THEN
    UPDATE enrollment_group g SET status = next WHERE g.name = name;
  ELSE
    UPDATE enrollment e SET status = next WHERE e.device_id = name;
  END IF;
  IF NOT FOUND AND what = 'group' THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'Names are case-sensitive.');
  ELSIF NOT FOUND THEN
    PERFORM refuse('P0002', format('the device %s is not enrolled individually', name), 'suspend(device_id, reason) stops a device of a group.');
  END IF;
  INSERT INTO event (device_id, group_name, action, reason)
    VALUES (CASE what WHEN 'device' THEN name END, CASE what WHEN 'group' THEN name END, CASE next WHEN 'enabled' THEN 'enable_' ELSE 'disable_' END || what, why);
END $$;
ALTER FUNCTION registry.set_status(what text, name text, next text, why text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.set_status(what text, name text, next text, why text) IS 'Internal: enables or disables a group or an individual enrolment.';
CREATE FUNCTION registry.settle_waiting(id text, approved boolean, why text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE waiting bytea;
BEGIN
  SELECT waiting_digest INTO waiting FROM device WHERE device_id = id AND state = 'provisioning_requested' FOR NO KEY UPDATE;
  IF waiting IS NULL THEN
    PERFORM refuse('55000', format('the device %s does not wait for approval', id), 'SELECT * FROM registry.pending_approvals shows who does.');
  END IF;
  UPDATE device SET waiting_digest = NULL, waiting_since = NULL, acted_at = clock_timestamp(), actor = session_user, reason = why,
      approved_digest = CASE WHEN approved THEN waiting ELSE approved_digest END, rejected_digest = CASE WHEN approved THEN rejected_digest ELSE waiting END
    WHERE device_id = id;
  INSERT INTO event (device_id, action, reason) VALUES (id, CASE WHEN approved THEN 'approve' ELSE 'reject' END, why);
  UPDATE nudge SET settled_at = now() WHERE device_id = id;
  PERFORM pg_notify('latchkey', 'approval');
END $$;
ALTER FUNCTION registry.settle_waiting(id text, approved boolean, why text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.settle_waiting(id text, approved boolean, why text) IS 'Internal: an operator''s word on what waits.';
CREATE FUNCTION registry.show_configs(name text DEFAULT NULL::text) RETURNS TABLE(level text, of text, config jsonb, endpoint jsonb, changes bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$
  SELECT 'fleet', NULL::text, f.config::jsonb, f.endpoint, f.changes FROM fleet_config f WHERE $1 IS NULL
  UNION ALL SELECT 'group', g.name::text, g.config::jsonb, g.endpoint, g.config_changes FROM enrollment_group g WHERE $1 IS NULL OR $1 = g.name
  UNION ALL SELECT 'device', coalesce(x.device_id, e.device_id)::text, coalesce(x.config, e.config)::jsonb, NULL, coalesce(x.changes, 1)
    FROM device_config x FULL JOIN enrollment e ON e.device_id = x.device_id
    WHERE (x.device_id IS NOT NULL OR e.config <> '{}') AND ($1 IS NULL OR $1 = coalesce(x.device_id, e.device_id))
$_$;
ALTER FUNCTION registry.show_configs(name text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.show_configs(name text) IS 'What the fleet, its groups and single devices, or the one of this name, are configured with. No view shows it: it may hold secrets.';
CREATE FUNCTION registry.spread_config_change(name text) RETURNS void
    LANGUAGE sql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
  INSERT INTO config_change (scope) VALUES (coalesce(name, '')) ON CONFLICT (scope) DO UPDATE SET after = '';
  SELECT pg_notify('latchkey', 'config');
$$;
ALTER FUNCTION registry.spread_config_change(name text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.spread_config_change(name text) IS 'Internal: has every device of the group, or of the fleet, looked at by the service, in steps.';
CREATE FUNCTION registry.summarize() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $$
DECLARE
  today date := now() AT TIME ZONE 'UTC';
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('latchkey summarize')) THEN RETURN; END IF;
  IF counts_live() THEN
    DELETE FROM fleet_summary;
    DELETE FROM funnel_summary;
    RETURN;
  END IF;
  -- Another replica may just have done it.
  IF EXISTS (SELECT FROM fleet_summary WHERE counted_at > now() - interval '30 minutes') THEN RETURN; END IF;
  DELETE FROM fleet_summary;
  INSERT INTO fleet_summary SELECT group_name, state, count(*), now() FROM device_state GROUP BY 1, 2;
  -- Without these days the view counts them itself.
  DELETE FROM funnel_summary WHERE day >= today - 7;
  INSERT INTO funnel_summary SELECT f.* FROM provisioning_funnel f WHERE f.day < today ON CONFLICT DO NOTHING;
END $$;
ALTER FUNCTION registry.summarize() OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.summarize() IS 'Service: counts a large registry for fleet and provisioning_funnel, hourly; a small one is counted when somebody looks.';
CREATE FUNCTION registry.suspend(device_id text, reason text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    AS $_$ SELECT act($1, '{off,provisioning_requested,registered,connected,ready}', 'suspended', $2, 'Only a device that is neither suspended nor revoked can be suspended.') $_$;
ALTER FUNCTION registry.suspend(device_id text, reason text) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.suspend(device_id text, reason text) IS 'Refuses the device until resume.';
CREATE FUNCTION registry.under_other_master_keys(master_key bytea, OUT keys bigint, OUT passwords bigint) RETURNS record
    LANGUAGE sql STABLE
    SET search_path TO 'registry', 'pg_temp'
    AS $$
  SELECT (SELECT count(*) FROM enrollment e WHERE e.proof = 'symmetric_key' AND NOT is_sealed_under(e.material, master_key))
      + (SELECT count(*) FROM enrollment_group g CROSS JOIN unnest(ARRAY[g.material, g.secondary_material]) AS m(sealed)
         WHERE g.proof = 'symmetric_key' AND NOT is_sealed_under(m.sealed, master_key)),
    (SELECT count(*) FROM credential c WHERE c.type = 'password' AND c.master_key <> under_other_master_keys.master_key AND is_live(c, now()))
$$;
ALTER FUNCTION registry.under_other_master_keys(master_key bytea, OUT keys bigint, OUT passwords bigint) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.under_other_master_keys(master_key bytea, OUT keys bigint, OUT passwords bigint) IS 'latchkey db reseal: how many keys are sealed, and how many live passwords derived, under another master key than this.';
CREATE FUNCTION registry.walk_config_change(p jsonb) RETURNS TABLE(walked boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'registry', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
DECLARE change config_change; last text; seen int;
BEGIN
  SELECT * INTO change FROM config_change ORDER BY scope DESC LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF change IS NULL THEN RETURN QUERY SELECT false; RETURN; END IF;
  WITH next AS MATERIALIZED (
    SELECT d.device_id, d.group_name, d.config_layers FROM device d WHERE change.scope <> '' AND d.group_name = change.scope AND d.device_id > change.after
      ORDER BY d.device_id LIMIT 1000),
  every AS MATERIALIZED (
    SELECT * FROM next UNION ALL
    (SELECT d.device_id, d.group_name, d.config_layers FROM device d WHERE change.scope = '' AND d.device_id > change.after ORDER BY d.device_id LIMIT 1000)),
  due AS (
    INSERT INTO config_due AS q (device_id)
    SELECT n.device_id FROM every n JOIN fleet_config f ON f.one LEFT JOIN enrollment_group g ON g.name = n.group_name LEFT JOIN device_config x ON x.device_id = n.device_id
      LEFT JOIN enrollment e ON e.device_id = n.device_id
      WHERE n.config_layers IS DISTINCT FROM f.changes + coalesce(g.config_changes, 0) + coalesce(x.changes, (e.config <> '{}')::int, 0) ORDER BY n.device_id
    ON CONFLICT (device_id) DO UPDATE SET due_at = now(), tries = 0)
  SELECT count(*), max(n.device_id::text COLLATE "C") INTO seen, last FROM every n;
  IF seen < 1000 THEN
    DELETE FROM config_change WHERE scope = change.scope;
  ELSE
    UPDATE config_change SET after = last WHERE scope = change.scope;
  END IF;
  RETURN QUERY SELECT true;
END $$;
ALTER FUNCTION registry.walk_config_change(p jsonb) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.walk_config_change(p jsonb) IS 'Service: looks at the next devices that a change of a group or the fleet concerns. False: there is no change under way.';
CREATE TABLE registry.enrollment (
    device_id registry.device_id NOT NULL,
    group_name registry.group_name,
    proof text NOT NULL,
    material bytea,
    status text DEFAULT 'enabled'::text NOT NULL,
    config registry.config DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT enrollment_check CHECK (((proof = 'group'::text) = (material IS NULL))),
    CONSTRAINT enrollment_check1 CHECK (((proof <> 'group'::text) OR (group_name IS NOT NULL))),
    CONSTRAINT enrollment_check2 CHECK (((proof <> ALL (ARRAY['token'::text, 'x509'::text])) OR (octet_length(material) = 32))),
    CONSTRAINT enrollment_proof_check CHECK ((proof = ANY (ARRAY['symmetric_key'::text, 'public_key'::text, 'x509'::text, 'token'::text, 'group'::text]))),
    CONSTRAINT enrollment_status_check CHECK ((status = ANY (ARRAY['enabled'::text, 'disabled'::text])))
);
ALTER TABLE registry.enrollment OWNER TO latchkey_owner;
COMMENT ON TABLE registry.enrollment IS 'One device, individually: takes precedence over every group.';
COMMENT ON COLUMN registry.enrollment.device_id IS 'Whose it is.';
COMMENT ON COLUMN registry.enrollment.group_name IS 'The group whose policy and config apply; empty: the defaults.';
COMMENT ON COLUMN registry.enrollment.proof IS 'How the device proves itself. group: as its group does; it stands on the allow list.';
COMMENT ON COLUMN registry.enrollment.material IS 'Its key sealed under the master key, its public key (SubjectPublicKeyInfo, DER), or the SHA-256 of its certificate (DER) or of its token.';
COMMENT ON COLUMN registry.enrollment.status IS 'disabled refuses everything and beats an enabled group.';
COMMENT ON COLUMN registry.enrollment.config IS 'Merged over the group''s config (RFC 7396), unless device_config has another one.';
COMMENT ON COLUMN registry.enrollment.created_at IS 'When it was enrolled.';
CREATE UNLOGGED TABLE registry.enrollment_import (
    line bigint NOT NULL,
    device_id text NOT NULL COLLATE pg_catalog."C",
    group_name text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    proof text NOT NULL,
    material bytea DEFAULT '\x'::bytea NOT NULL,
    config jsonb DEFAULT '{}'::jsonb NOT NULL
)
WITH (autovacuum_enabled=off);
ALTER TABLE registry.enrollment_import OWNER TO latchkey_owner;
COMMENT ON TABLE registry.enrollment_import IS 'What an import has brought and not enrolled yet, of one import at a time. Nobody reads it; import_end empties it.';
COMMENT ON COLUMN registry.enrollment_import.line IS 'Where it stands in the file.';
COMMENT ON COLUMN registry.enrollment_import.device_id IS 'As in enrollment.';
COMMENT ON COLUMN registry.enrollment_import.group_name IS 'As in enrollment; empty: none.';
COMMENT ON COLUMN registry.enrollment_import.proof IS 'As in enrollment.';
COMMENT ON COLUMN registry.enrollment_import.material IS 'As in enrollment, keys sealed; empty: none.';
COMMENT ON COLUMN registry.enrollment_import.config IS 'As in enrollment.';
CREATE FUNCTION registry.why_not_imported(s registry.enrollment_import, e registry.enrollment) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'registry', 'pg_temp'
    AS $$
  SELECT CASE WHEN e.proof <> s.proof THEN 'by another proof (' || e.proof || ')'
    WHEN coalesce(e.material, '') <> s.material THEN 'with something else to prove itself by'
    WHEN coalesce(e.group_name, '') <> s.group_name THEN CASE WHEN e.group_name IS NULL THEN 'without a group' ELSE 'in the group ' || e.group_name END
    WHEN e.config::jsonb <> s.config THEN 'with another config' END
$$;
ALTER FUNCTION registry.why_not_imported(s registry.enrollment_import, e registry.enrollment) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.why_not_imported(s registry.enrollment_import, e registry.enrollment) IS 'Internal: how an enrolment differs from what is imported; empty: not at all.';
CREATE FUNCTION registry.with_defaults(g registry.enrollment_group) RETURNS registry.enrollment_group
    LANGUAGE plpgsql
    SET search_path TO 'registry', 'pg_temp'
    AS $$
BEGIN
  g.admission := coalesce(g.admission, 'automatic');
  g.reprovisioning := coalesce(g.reprovisioning, 'rotate');
  g.credential_types := coalesce(g.credential_types, '{x509}');
  g.lifetime_s := coalesce(g.lifetime_s, 7776000);
  g.unused_life_s := coalesce(g.unused_life_s, 86400);
  g.renewal_grace_days := coalesce(g.renewal_grace_days, 30);
  g.revoke_retired := coalesce(g.revoke_retired, false);
  g.seal_config := coalesce(g.seal_config, false);
  RETURN g;
END $$;
ALTER FUNCTION registry.with_defaults(g registry.enrollment_group) OWNER TO latchkey_owner;
COMMENT ON FUNCTION registry.with_defaults(g registry.enrollment_group) IS 'Internal: the group with what its policy leaves open.';
CREATE TABLE registry.device (
    device_id registry.device_id NOT NULL,
    group_name registry.group_name,
    enrolled_by text COLLATE pg_catalog."C",
    proof_key bytea,
    quota text COLLATE pg_catalog."C",
    waiting_digest bytea,
    waiting_since timestamp with time zone,
    approved_digest bytea,
    rejected_digest bytea,
    state text NOT NULL,
    resume_state text,
    generation bigint NOT NULL,
    attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
    config_version bigint DEFAULT 1 NOT NULL,
    applied_config_version bigint DEFAULT 0 NOT NULL,
    config_changed_at timestamp with time zone,
    config_layers bigint,
    config_digest bytea,
    config_fault text,
    endpoint bytea,
    endpoint_given bytea,
    requested_at timestamp with time zone,
    registered_at timestamp with time zone,
    credentials_sent_at timestamp with time zone,
    connected_at timestamp with time zone,
    ready_at timestamp with time zone,
    failed_at timestamp with time zone,
    failure text,
    acted_at timestamp with time zone,
    actor text,
    reason text,
    decommissioned_at timestamp with time zone,
    access_changed_at timestamp with time zone,
    broker_applied_at timestamp with time zone,
    CONSTRAINT device_approved_digest_check CHECK ((octet_length(approved_digest) = 32)),
    CONSTRAINT device_check CHECK (((decommissioned_at IS NULL) OR (state = 'revoked'::text))),
    CONSTRAINT device_check1 CHECK (((waiting_digest IS NULL) = (waiting_since IS NULL))),
    CONSTRAINT device_check2 CHECK (((state = 'suspended'::text) = (resume_state IS NOT NULL))),
    CONSTRAINT device_check3 CHECK (((state <> ALL (ARRAY['registered'::text, 'connected'::text, 'ready'::text])) OR ((enrolled_by IS NOT NULL) AND (generation > 0)))),
    CONSTRAINT device_config_digest_check CHECK ((octet_length(config_digest) = 32)),
    CONSTRAINT device_endpoint_check CHECK ((octet_length(endpoint) = 32)),
    CONSTRAINT device_endpoint_given_check CHECK ((octet_length(endpoint_given) = 32)),
    CONSTRAINT device_generation_check CHECK ((generation >= 0)),
    CONSTRAINT device_proof_key_check CHECK ((octet_length(proof_key) = 32)),
    CONSTRAINT device_rejected_digest_check CHECK ((octet_length(rejected_digest) = 32)),
    CONSTRAINT device_resume_state_check CHECK ((resume_state = ANY (ARRAY['off'::text, 'provisioning_requested'::text, 'registered'::text, 'connected'::text, 'ready'::text]))),
    CONSTRAINT device_state_check CHECK ((state = ANY (ARRAY['off'::text, 'provisioning_requested'::text, 'registered'::text, 'connected'::text, 'ready'::text, 'suspended'::text, 'revoked'::text]))),
    CONSTRAINT device_waiting_digest_check CHECK ((octet_length(waiting_digest) = 32))
)
WITH (fillfactor='50');
ALTER TABLE registry.device OWNER TO latchkey_owner;
COMMENT ON TABLE registry.device IS 'The devices that registered. A failed proof never makes or changes a row.';
COMMENT ON COLUMN registry.device.device_id IS 'Its name.';
COMMENT ON COLUMN registry.device.group_name IS 'The group it registered in; empty: enrolled by itself without one.';
COMMENT ON COLUMN registry.device.enrolled_by IS 'The enrolment that registered it: "device" or "group:<name>". A proof by any other is refused until a reset, which empties it.';
COMMENT ON COLUMN registry.device.proof_key IS 'SHA-256 of the public key that registered it, where the proof was a signature: until a reset no other key speaks for it.';
COMMENT ON COLUMN registry.device.quota IS 'The counter that it counts against; empty: none, or its place was given back.';
COMMENT ON COLUMN registry.device.waiting_digest IS 'What it asked for and an operator has not decided on: approve admits this and nothing else.';
COMMENT ON COLUMN registry.device.waiting_since IS 'Since when it waits for approval.';
COMMENT ON COLUMN registry.device.approved_digest IS 'What an operator approved; the device has to ask for the same again.';
COMMENT ON COLUMN registry.device.rejected_digest IS 'What an operator rejected last: the same is refused, another request may wait anew.';
COMMENT ON COLUMN registry.device.state IS 'Where it is in its life (docs/protocol.md, 8).';
COMMENT ON COLUMN registry.device.resume_state IS 'What a suspended device goes back to.';
COMMENT ON COLUMN registry.device.generation IS 'The number of its newest credential; never restarts.';
COMMENT ON COLUMN registry.device.attributes IS 'What it said of itself: model, firmware_version ... Untrusted text.';
COMMENT ON COLUMN registry.device.config_version IS 'The version of its current configuration; only grows.';
COMMENT ON COLUMN registry.device.applied_config_version IS 'The version it acknowledged; 0: none yet.';
COMMENT ON COLUMN registry.device.config_changed_at IS 'When config_version last grew; empty: never.';
COMMENT ON COLUMN registry.device.config_layers IS 'The changes of its layers that its configuration was worked out from; it is of today while this is their sum. Empty: not worked out yet.';
COMMENT ON COLUMN registry.device.config_digest IS 'SHA-256 of what config_version stands for: the configuration with its placeholders filled in, and the endpoint.';
COMMENT ON COLUMN registry.device.config_fault IS 'Why its newest configuration cannot be sent: a placeholder that nothing is known for, no key to seal it for.';
COMMENT ON COLUMN registry.device.endpoint IS 'SHA-256 of the endpoint that goes with config_version; empty: the one of the service''s configuration.';
COMMENT ON COLUMN registry.device.endpoint_given IS 'The same of the endpoint that it has: told with its registration, or acknowledged.';
COMMENT ON COLUMN registry.device.requested_at IS 'Its first request with a valid proof, since the last reset.';
COMMENT ON COLUMN registry.device.registered_at IS 'When registration and first credential were committed.';
COMMENT ON COLUMN registry.device.credentials_sent_at IS 'When the broker took the answer with its newest credential; empty: not yet.';
COMMENT ON COLUMN registry.device.connected_at IS 'When it first connected.';
COMMENT ON COLUMN registry.device.ready_at IS 'When it first became ready.';
COMMENT ON COLUMN registry.device.failed_at IS 'When it last said that it cannot become ready.';
COMMENT ON COLUMN registry.device.failure IS 'Why it cannot, in its own words. Untrusted text.';
COMMENT ON COLUMN registry.device.acted_at IS 'The last operator act.';
COMMENT ON COLUMN registry.device.actor IS 'The login that acted.';
COMMENT ON COLUMN registry.device.reason IS 'Why, in the operator''s words.';
COMMENT ON COLUMN registry.device.decommissioned_at IS 'When it was taken out of service for good: it counts against no quota, and forget may erase what it said of itself. A reset empties it.';
COMMENT ON COLUMN registry.device.access_changed_at IS 'When an operator last took or gave back its access: suspend, resume, revoke, reset.';
COMMENT ON COLUMN registry.device.broker_applied_at IS 'When the broker was seen to act on that; empty: not yet, or the service does not steer the broker.';
CREATE VIEW registry.access_changes AS
 SELECT (d.device_id)::text AS device_id,
    d.state,
    d.access_changed_at,
    d.broker_applied_at,
    (d.broker_applied_at - d.access_changed_at) AS took,
    d.actor,
    d.reason
   FROM registry.device d
  WHERE (d.access_changed_at IS NOT NULL);
ALTER TABLE registry.access_changes OWNER TO latchkey_owner;
COMMENT ON VIEW registry.access_changes IS 'The last suspend, resume, revoke or reset of each device, and when the broker was seen to act on it; took: how long that was, empty as long as it has not.';
COMMENT ON COLUMN registry.access_changes.device_id IS 'Which device.';
COMMENT ON COLUMN registry.access_changes.state IS 'Its state now.';
COMMENT ON COLUMN registry.access_changes.access_changed_at IS 'When the operator acted.';
COMMENT ON COLUMN registry.access_changes.broker_applied_at IS 'When the broker was seen to follow; empty: not yet, or the service does not steer the broker.';
COMMENT ON COLUMN registry.access_changes.took IS 'From the one to the other.';
COMMENT ON COLUMN registry.access_changes.actor IS 'The login that acted.';
COMMENT ON COLUMN registry.access_changes.reason IS 'Why, in the operator''s words.';
CREATE TABLE registry.attempt (
    tracking_id uuid NOT NULL,
    device_id registry.device_id NOT NULL,
    received_at timestamp with time zone NOT NULL,
    decision text NOT NULL,
    code text,
    reason text,
    group_name text COLLATE pg_catalog."C",
    latency_us bigint NOT NULL,
    CONSTRAINT attempt_decision_check CHECK ((decision = ANY (ARRAY['accepted'::text, 'repeated'::text, 'pending'::text, 'challenge'::text, 'rejected'::text, 'retry'::text])))
)
PARTITION BY RANGE (received_at);
ALTER TABLE registry.attempt OWNER TO latchkey_owner;
COMMENT ON TABLE registry.attempt IS 'The ledger: every request and what became of it. Append-only, a partition a month.';
COMMENT ON COLUMN registry.attempt.tracking_id IS 'Stands in the answer and in the logs.';
COMMENT ON COLUMN registry.attempt.device_id IS 'The id in the topic: proven only if decision is accepted, repeated, pending or challenge.';
COMMENT ON COLUMN registry.attempt.received_at IS 'When the service took it in.';
COMMENT ON COLUMN registry.attempt.decision IS 'What was answered.';
COMMENT ON COLUMN registry.attempt.code IS 'The code in the answer.';
COMMENT ON COLUMN registry.attempt.reason IS 'The true reason, which the device was not told.';
COMMENT ON COLUMN registry.attempt.group_name IS 'The group that was tried.';
COMMENT ON COLUMN registry.attempt.latency_us IS 'Microseconds from intake to commit.';
CREATE TABLE registry.attempt_count (
    minute timestamp with time zone NOT NULL,
    group_name text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    code text NOT NULL,
    writer integer NOT NULL,
    n bigint NOT NULL
);
ALTER TABLE registry.attempt_count OWNER TO latchkey_owner;
COMMENT ON TABLE registry.attempt_count IS 'Rejections beyond what the ledger keeps one by one: a flood of them is counted, so that it cannot fill the disk.';
COMMENT ON COLUMN registry.attempt_count.minute IS 'Received in this minute.';
COMMENT ON COLUMN registry.attempt_count.group_name IS 'The group that was tried, if there is one.';
COMMENT ON COLUMN registry.attempt_count.code IS 'The code in the answer.';
COMMENT ON COLUMN registry.attempt_count.writer IS 'The connection that counted: each has a row of its own, so that none waits for another.';
COMMENT ON COLUMN registry.attempt_count.n IS 'How many.';
CREATE VIEW registry.attempts AS
 SELECT attempt.tracking_id,
    (attempt.device_id)::text AS device_id,
    attempt.received_at,
    attempt.decision,
    attempt.code,
    attempt.reason,
    attempt.group_name,
    attempt.latency_us
   FROM registry.attempt;
ALTER TABLE registry.attempts OWNER TO latchkey_owner;
COMMENT ON VIEW registry.attempts IS 'The ledger: every request, what was answered, and the true reason.';
COMMENT ON COLUMN registry.attempts.tracking_id IS 'Stands in the answer and in the logs.';
COMMENT ON COLUMN registry.attempts.device_id IS 'The id in the topic: proven only if decision is accepted, repeated, pending or challenge.';
COMMENT ON COLUMN registry.attempts.received_at IS 'When the service took it in.';
COMMENT ON COLUMN registry.attempts.decision IS 'What was answered.';
COMMENT ON COLUMN registry.attempts.code IS 'The code in the answer.';
COMMENT ON COLUMN registry.attempts.reason IS 'The true reason, which the device was not told.';
COMMENT ON COLUMN registry.attempts.group_name IS 'The group that was tried.';
COMMENT ON COLUMN registry.attempts.latency_us IS 'Microseconds from intake to commit.';
CREATE TABLE registry.broker_link (
    link text NOT NULL COLLATE pg_catalog."C",
    ready_at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    CONSTRAINT broker_link_check CHECK ((until >= ready_at)),
    CONSTRAINT broker_link_link_check CHECK (((length(link) >= 1) AND (length(link) <= 64)))
);
ALTER TABLE registry.broker_link OWNER TO latchkey_owner;
COMMENT ON TABLE registry.broker_link IS 'When replicas listened at the broker without a break: a row for each life of a connection.';
COMMENT ON COLUMN registry.broker_link.link IS 'A random name.';
COMMENT ON COLUMN registry.broker_link.ready_at IS 'Subscribed from here on.';
COMMENT ON COLUMN registry.broker_link.until IS 'And surely still subscribed here.';
CREATE VIEW registry.certificates AS
 SELECT c.device_id,
    c.generation,
    encode(c.serial, 'hex'::text) AS serial,
    encode(c.fingerprint, 'hex'::text) AS fingerprint,
        CASE
            WHEN ((c.status = ANY (ARRAY['issued'::text, 'active'::text])) AND (NOT registry.is_live(c.*, now()))) THEN 'expired'::text
            ELSE c.status
        END AS status,
    c.not_before,
    c.not_after,
    c.issued_at,
    c.connected_at,
    c.ended_at,
    encode(c.key_fingerprint, 'hex'::text) AS key_fingerprint
   FROM registry.credential c
  WHERE (c.type = 'x509'::text);
ALTER TABLE registry.certificates OWNER TO latchkey_owner;
COMMENT ON VIEW registry.certificates IS 'Every certificate that was issued. status: issued (not used yet), active, retired, revoked or expired.';
COMMENT ON COLUMN registry.certificates.device_id IS 'Whose it is.';
COMMENT ON COLUMN registry.certificates.generation IS '1, 2, 3 ... of this device.';
COMMENT ON COLUMN registry.certificates.serial IS 'The certificate''s serial number, hexadecimal.';
COMMENT ON COLUMN registry.certificates.fingerprint IS 'SHA-256 of the certificate, hexadecimal.';
COMMENT ON COLUMN registry.certificates.status IS 'issued: not seen in use yet; active: a device connected with it; retired: a newer one took over; revoked; expired.';
COMMENT ON COLUMN registry.certificates.not_before IS 'Valid from.';
COMMENT ON COLUMN registry.certificates.not_after IS 'Valid until.';
COMMENT ON COLUMN registry.certificates.issued_at IS 'When it was committed.';
COMMENT ON COLUMN registry.certificates.connected_at IS 'When a device first connected with it.';
COMMENT ON COLUMN registry.certificates.ended_at IS 'When it was retired or revoked.';
COMMENT ON COLUMN registry.certificates.key_fingerprint IS 'SHA-256 of its SubjectPublicKeyInfo, hexadecimal: the same at two devices is a clone.';
CREATE TABLE registry.clone_sign (
    device_id text NOT NULL COLLATE pg_catalog."C",
    sign text NOT NULL,
    first_seen timestamp with time zone DEFAULT now() NOT NULL,
    last_seen timestamp with time zone DEFAULT now() NOT NULL,
    times bigint DEFAULT 1 NOT NULL,
    evidence jsonb NOT NULL,
    CONSTRAINT clone_sign_sign_check CHECK ((sign = ANY (ARRAY['key_came_back'::text, 'key_at_two_devices'::text, 'sessions_alternate'::text])))
);
ALTER TABLE registry.clone_sign OWNER TO latchkey_owner;
COMMENT ON TABLE registry.clone_sign IS 'Signs that two devices share one identity. Nothing is refused because of them.';
COMMENT ON COLUMN registry.clone_sign.device_id IS 'Whose identity.';
COMMENT ON COLUMN registry.clone_sign.sign IS 'key_came_back: its own keys went A, B, A; key_at_two_devices: another device has the same key; sessions_alternate: two sessions took turns three times in ten minutes.';
COMMENT ON COLUMN registry.clone_sign.first_seen IS 'When it was seen first.';
COMMENT ON COLUMN registry.clone_sign.last_seen IS 'When it was seen last.';
COMMENT ON COLUMN registry.clone_sign.times IS 'How often.';
COMMENT ON COLUMN registry.clone_sign.evidence IS 'What was seen last: the key''s SHA-256 and the generations or the other device, or the two sessions.';
CREATE TABLE registry.config_change (
    scope text NOT NULL COLLATE pg_catalog."C",
    after text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C"
);
ALTER TABLE registry.config_change OWNER TO latchkey_owner;
COMMENT ON TABLE registry.config_change IS 'Changes of a group''s or the fleet''s configuration on their way through its devices. Empty: each device was looked at.';
COMMENT ON COLUMN registry.config_change.scope IS 'The group; empty: the fleet.';
COMMENT ON COLUMN registry.config_change.after IS 'Devices up to this id were looked at.';
CREATE TABLE registry.config_due (
    device_id text NOT NULL COLLATE pg_catalog."C",
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    tries integer DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');
ALTER TABLE registry.config_due OWNER TO latchkey_owner;
COMMENT ON TABLE registry.config_due IS 'Devices whose configuration has to be worked out anew, or was sent and is not acknowledged yet.';
COMMENT ON COLUMN registry.config_due.device_id IS 'Whose.';
COMMENT ON COLUMN registry.config_due.due_at IS 'When a replica takes it up: at once, or again after it was taken up.';
COMMENT ON COLUMN registry.config_due.tries IS 'How often it was taken up.';
CREATE VIEW registry.counted_rejections AS
 SELECT attempt_count.minute,
    NULLIF(attempt_count.group_name, ''::text) AS group_name,
    attempt_count.code,
    (sum(attempt_count.n))::bigint AS rejections
   FROM registry.attempt_count
  GROUP BY attempt_count.minute, NULLIF(attempt_count.group_name, ''::text), attempt_count.code;
ALTER TABLE registry.counted_rejections OWNER TO latchkey_owner;
COMMENT ON VIEW registry.counted_rejections IS 'Rejections that the ledger only counted, a row a minute, group and code: what came beyond 10 a minute of one id or 100 a second of all.';
COMMENT ON COLUMN registry.counted_rejections.minute IS 'Received in this minute.';
COMMENT ON COLUMN registry.counted_rejections.group_name IS 'The group that was tried, if there is one.';
COMMENT ON COLUMN registry.counted_rejections.code IS 'The code in the answer.';
COMMENT ON COLUMN registry.counted_rejections.rejections IS 'How many.';
CREATE TABLE registry.device_config (
    device_id registry.device_id NOT NULL,
    config registry.config NOT NULL,
    changes bigint DEFAULT 2 NOT NULL
);
ALTER TABLE registry.device_config OWNER TO latchkey_owner;
COMMENT ON TABLE registry.device_config IS 'What one device is configured with, merged over its group''s config; where it has no row, its enrolment''s config.';
COMMENT ON COLUMN registry.device_config.device_id IS 'Whose it is; it may be enrolled only.';
COMMENT ON COLUMN registry.device_config.config IS 'A merge patch.';
COMMENT ON COLUMN registry.device_config.changes IS 'How often it was changed; 1 is the enrolment''s.';
CREATE VIEW registry.device_state AS
 SELECT (device.group_name)::text AS group_name,
    device.state
   FROM registry.device
UNION ALL
 SELECT (e.group_name)::text AS group_name,
    'off'::text AS state
   FROM registry.enrollment e
  WHERE (NOT (EXISTS ( SELECT
           FROM registry.device d
          WHERE ((d.device_id)::text = (e.device_id)::text))));
ALTER TABLE registry.device_state OWNER TO latchkey_owner;
COMMENT ON VIEW registry.device_state IS 'Internal: the group and state of every device.';
COMMENT ON COLUMN registry.device_state.group_name IS 'The group.';
COMMENT ON COLUMN registry.device_state.state IS 'The state.';
CREATE TABLE registry.presence (
    device_id text NOT NULL COLLATE pg_catalog."C",
    session text NOT NULL COLLATE pg_catalog."C",
    generation bigint NOT NULL,
    online boolean NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    previous_session text COLLATE pg_catalog."C",
    returns integer DEFAULT 0 NOT NULL,
    returning_since timestamp with time zone
)
WITH (fillfactor='50');
ALTER TABLE registry.presence OWNER TO latchkey_owner;
COMMENT ON TABLE registry.presence IS 'Who is there now. Narrow and apart from device, because after a power cut it is all that a fleet writes.';
COMMENT ON COLUMN registry.presence.device_id IS 'Whose it is.';
COMMENT ON COLUMN registry.presence.session IS 'The open connection''s name, as the device chose it.';
COMMENT ON COLUMN registry.presence.generation IS 'The credential that opened it.';
COMMENT ON COLUMN registry.presence.online IS 'False after its will or goodbye.';
COMMENT ON COLUMN registry.presence.last_seen_at IS 'Its last status.';
COMMENT ON COLUMN registry.presence.previous_session IS 'The session before: an honest device never takes a name up again.';
COMMENT ON COLUMN registry.presence.returns IS 'How often it was taken up again all the same, in a row of at most ten minutes.';
COMMENT ON COLUMN registry.presence.returning_since IS 'When that row began.';
CREATE VIEW registry.devices AS
 SELECT (d.device_id)::text AS device_id,
    d.state,
        CASE
            WHEN (r.online AND (r.last_seen_at < ( SELECT k.k
               FROM registry.presence_known_since() k(k)
              WHERE (k.k < (now() - '00:05:00'::interval))))) THEN NULL::boolean
            ELSE r.online
        END AS online,
    d.generation,
    (d.group_name)::text AS group_name,
    d.enrolled_by,
    d.attributes,
    d.config_version,
    d.applied_config_version,
    d.requested_at,
    d.registered_at,
    d.credentials_sent_at,
    d.connected_at,
    d.ready_at,
    r.last_seen_at,
    d.failed_at,
    d.failure,
    d.acted_at,
    d.actor,
    d.reason,
    d.decommissioned_at
   FROM (registry.device d
     LEFT JOIN registry.presence r USING (device_id))
UNION ALL
 SELECT (e.device_id)::text AS device_id,
    'off'::text AS state,
    NULL::boolean AS online,
    0 AS generation,
    (e.group_name)::text AS group_name,
    NULL::text AS enrolled_by,
    '{}'::jsonb AS attributes,
    1 AS config_version,
    0 AS applied_config_version,
    NULL::timestamp with time zone AS requested_at,
    NULL::timestamp with time zone AS registered_at,
    NULL::timestamp with time zone AS credentials_sent_at,
    NULL::timestamp with time zone AS connected_at,
    NULL::timestamp with time zone AS ready_at,
    NULL::timestamp with time zone AS last_seen_at,
    NULL::timestamp with time zone AS failed_at,
    NULL::text AS failure,
    NULL::timestamp with time zone AS acted_at,
    NULL::text AS actor,
    NULL::text AS reason,
    NULL::timestamp with time zone AS decommissioned_at
   FROM registry.enrollment e
  WHERE (NOT (EXISTS ( SELECT
           FROM registry.device d
          WHERE ((d.device_id)::text = (e.device_id)::text))));
ALTER TABLE registry.devices OWNER TO latchkey_owner;
COMMENT ON VIEW registry.devices IS 'Every device, one row each: those that registered, and those enrolled individually that have not been heard of (state off, registered_at empty). online is empty where it is not known: nothing was heard since 5 minutes after the broker or the service came back.';
COMMENT ON COLUMN registry.devices.device_id IS 'Its name.';
COMMENT ON COLUMN registry.devices.state IS 'Where it is in its life (docs/protocol.md, 8).';
COMMENT ON COLUMN registry.devices.online IS 'It opened a session that neither it nor its will ended. False after either; empty: not known, or it never connected.';
COMMENT ON COLUMN registry.devices.generation IS 'The number of its newest credential; never restarts.';
COMMENT ON COLUMN registry.devices.group_name IS 'The group it registered in, or that its enrolment names; empty: none.';
COMMENT ON COLUMN registry.devices.enrolled_by IS 'The enrolment that registered it: "device" or "group:<name>". A proof by any other is refused until a reset, which empties it.';
COMMENT ON COLUMN registry.devices.attributes IS 'What it said of itself: model, firmware_version ... Untrusted text.';
COMMENT ON COLUMN registry.devices.config_version IS 'The version of its current configuration; only grows.';
COMMENT ON COLUMN registry.devices.applied_config_version IS 'The version it acknowledged; 0: none yet.';
COMMENT ON COLUMN registry.devices.requested_at IS 'Its first request with a valid proof, since the last reset.';
COMMENT ON COLUMN registry.devices.registered_at IS 'When registration and first credential were committed.';
COMMENT ON COLUMN registry.devices.credentials_sent_at IS 'When the broker took the answer with its newest credential; empty: not yet.';
COMMENT ON COLUMN registry.devices.connected_at IS 'When it first connected.';
COMMENT ON COLUMN registry.devices.ready_at IS 'When it first became ready.';
COMMENT ON COLUMN registry.devices.last_seen_at IS 'Its last status.';
COMMENT ON COLUMN registry.devices.failed_at IS 'When it last said that it cannot become ready.';
COMMENT ON COLUMN registry.devices.failure IS 'Why it cannot, in its own words. Untrusted text.';
COMMENT ON COLUMN registry.devices.acted_at IS 'The last operator act.';
COMMENT ON COLUMN registry.devices.actor IS 'The login that acted.';
COMMENT ON COLUMN registry.devices.reason IS 'Why, in the operator''s words.';
COMMENT ON COLUMN registry.devices.decommissioned_at IS 'When it was taken out of service for good: it counts against no quota, and forget may erase what it said of itself. A reset empties it.';
CREATE TABLE registry.event (
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    device_id text COLLATE pg_catalog."C",
    group_name text COLLATE pg_catalog."C",
    action text NOT NULL,
    old_state text,
    new_state text,
    generation bigint,
    actor text DEFAULT SESSION_USER NOT NULL,
    reason text
)
PARTITION BY RANGE (at);
ALTER TABLE registry.event OWNER TO latchkey_owner;
COMMENT ON TABLE registry.event IS 'The audit trail: every change of a device and every operator act, in the transaction of the change. Append-only.';
COMMENT ON COLUMN registry.event.at IS 'When.';
COMMENT ON COLUMN registry.event.device_id IS 'Which device, if one.';
COMMENT ON COLUMN registry.event.group_name IS 'Which group, if one.';
COMMENT ON COLUMN registry.event.action IS 'state: the device changed state; credential: it got a new one; restored: its generations go on elsewhere; else the operator function''s name.';
COMMENT ON COLUMN registry.event.old_state IS 'Before.';
COMMENT ON COLUMN registry.event.new_state IS 'After.';
COMMENT ON COLUMN registry.event.generation IS 'The device''s newest credential after the change.';
COMMENT ON COLUMN registry.event.actor IS 'The login that did it.';
COMMENT ON COLUMN registry.event.reason IS 'Why, in an operator''s words.';
CREATE VIEW registry.events AS
 SELECT event.at,
    event.device_id,
    event.group_name,
    event.action,
    event.old_state,
    event.new_state,
    event.generation,
    event.actor,
    event.reason
   FROM registry.event;
ALTER TABLE registry.events OWNER TO latchkey_owner;
COMMENT ON VIEW registry.events IS 'The audit trail: every change of a device and every operator act.';
COMMENT ON COLUMN registry.events.at IS 'When.';
COMMENT ON COLUMN registry.events.device_id IS 'Which device, if one.';
COMMENT ON COLUMN registry.events.group_name IS 'Which group, if one.';
COMMENT ON COLUMN registry.events.action IS 'state: the device changed state; credential: it got a new one; restored: its generations go on elsewhere; else the operator function''s name.';
COMMENT ON COLUMN registry.events.old_state IS 'Before.';
COMMENT ON COLUMN registry.events.new_state IS 'After.';
COMMENT ON COLUMN registry.events.generation IS 'The device''s newest credential after the change.';
COMMENT ON COLUMN registry.events.actor IS 'The login that did it.';
COMMENT ON COLUMN registry.events.reason IS 'Why, in an operator''s words.';
CREATE VIEW registry.expiring_credentials AS
 SELECT c.device_id,
    c.generation,
    c.type,
    c.status,
        CASE c.status
            WHEN 'issued'::text THEN LEAST(c.not_after, c.use_by)
            ELSE c.not_after
        END AS ends_at,
    ((c.status = 'issued'::text) AND (c.use_by < c.not_after)) AS unused,
    (d.group_name)::text AS group_name,
    d.state,
    r.online,
    r.last_seen_at
   FROM ((registry.credential c
     JOIN registry.device d USING (device_id))
     LEFT JOIN registry.presence r USING (device_id))
  WHERE ((c.erased_at IS NULL) AND registry.is_live(c.*, now()) AND ((c.not_after >= now()) AND (c.not_after <= (now() + '30 days'::interval))))
  ORDER BY c.not_after;
ALTER TABLE registry.expiring_credentials OWNER TO latchkey_owner;
COMMENT ON VIEW registry.expiring_credentials IS 'Live credentials that end within 30 days, by the end of their validity. A device renews at two thirds of the life: what is here long does not come back by itself. unused: nobody connected with it, so it ends before its time.';
COMMENT ON COLUMN registry.expiring_credentials.device_id IS 'Its name.';
COMMENT ON COLUMN registry.expiring_credentials.generation IS '1, 2, 3 ... of this device.';
COMMENT ON COLUMN registry.expiring_credentials.type IS 'x509 or password.';
COMMENT ON COLUMN registry.expiring_credentials.status IS 'issued: not seen in use yet; active: a device connected with it.';
COMMENT ON COLUMN registry.expiring_credentials.ends_at IS 'When it ends.';
COMMENT ON COLUMN registry.expiring_credentials.unused IS 'It ends before its time because nobody connected with it.';
COMMENT ON COLUMN registry.expiring_credentials.group_name IS 'The group it registered in; empty: enrolled by itself without one.';
COMMENT ON COLUMN registry.expiring_credentials.state IS 'Where it is in its life (docs/protocol.md, 8).';
COMMENT ON COLUMN registry.expiring_credentials.online IS 'False after its will or goodbye.';
COMMENT ON COLUMN registry.expiring_credentials.last_seen_at IS 'Its last status.';
CREATE TABLE registry.fleet_summary (
    group_name text COLLATE pg_catalog."C",
    state text NOT NULL,
    devices bigint NOT NULL,
    counted_at timestamp with time zone NOT NULL
);
ALTER TABLE registry.fleet_summary OWNER TO latchkey_owner;
COMMENT ON TABLE registry.fleet_summary IS 'What fleet shows of a large registry, as summarize counted it.';
COMMENT ON COLUMN registry.fleet_summary.group_name IS 'The group; empty: devices without one.';
COMMENT ON COLUMN registry.fleet_summary.state IS 'The state.';
COMMENT ON COLUMN registry.fleet_summary.devices IS 'How many.';
COMMENT ON COLUMN registry.fleet_summary.counted_at IS 'When they were counted.';
CREATE VIEW registry.fleet AS
 SELECT device_state.group_name,
    device_state.state,
    count(*) AS devices,
    now() AS counted_at
   FROM registry.device_state
  WHERE ( SELECT (registry.counts_live() OR (NOT (EXISTS ( SELECT
                   FROM registry.fleet_summary)))))
  GROUP BY device_state.group_name, device_state.state
UNION ALL
 SELECT fleet_summary.group_name,
    fleet_summary.state,
    fleet_summary.devices,
    fleet_summary.counted_at
   FROM registry.fleet_summary
  WHERE ( SELECT (NOT registry.counts_live()));
ALTER TABLE registry.fleet OWNER TO latchkey_owner;
COMMENT ON VIEW registry.fleet IS 'How many devices of each group are in each state, and when that was counted: now, or within the last hour if there are many (256 MiB of them).';
COMMENT ON COLUMN registry.fleet.group_name IS 'The group; empty: devices without one.';
COMMENT ON COLUMN registry.fleet.state IS 'The state.';
COMMENT ON COLUMN registry.fleet.devices IS 'How many.';
COMMENT ON COLUMN registry.fleet.counted_at IS 'When they were counted.';
CREATE TABLE registry.fleet_config (
    one boolean DEFAULT true NOT NULL,
    config registry.config DEFAULT '{}'::jsonb NOT NULL,
    endpoint jsonb,
    changes bigint DEFAULT 0 NOT NULL,
    CONSTRAINT fleet_config_one_check CHECK (one)
);
ALTER TABLE registry.fleet_config OWNER TO latchkey_owner;
COMMENT ON TABLE registry.fleet_config IS 'What every device is configured with; one row. A group''s config is merged over it, a device''s over both (RFC 7396).';
COMMENT ON COLUMN registry.fleet_config.one IS 'There is one row.';
COMMENT ON COLUMN registry.fleet_config.config IS 'The fleet''s defaults.';
COMMENT ON COLUMN registry.fleet_config.endpoint IS 'Where devices connect, unless their group says otherwise; empty: as the service''s configuration says.';
COMMENT ON COLUMN registry.fleet_config.changes IS 'How often config or endpoint were changed.';
CREATE TABLE registry.group_ca (
    subject bytea NOT NULL,
    group_name registry.group_name NOT NULL,
    CONSTRAINT group_ca_subject_check CHECK ((octet_length(subject) = 32))
);
ALTER TABLE registry.group_ca OWNER TO latchkey_owner;
COMMENT ON TABLE registry.group_ca IS 'By which a certificate finds its group: the names of the CAs of x509 groups. A name belongs to one group.';
COMMENT ON COLUMN registry.group_ca.subject IS 'SHA-256 of the subject name in a CA certificate, DER.';
COMMENT ON COLUMN registry.group_ca.group_name IS 'The group of this CA.';
CREATE TABLE registry.quota (
    name text NOT NULL COLLATE pg_catalog."C",
    used bigint DEFAULT 0 NOT NULL,
    max bigint NOT NULL,
    parent text COLLATE pg_catalog."C",
    CONSTRAINT quota_check CHECK (((used >= 0) AND (used <= max)))
)
WITH (fillfactor='50');
ALTER TABLE registry.quota OWNER TO latchkey_owner;
COMMENT ON TABLE registry.quota IS 'Counters for what is capped, and only for that: uncapped groups have no row, so their newcomers lock nothing.';
COMMENT ON COLUMN registry.quota.name IS '"group:<name>", or "token:<id>" of a token with so many uses.';
COMMENT ON COLUMN registry.quota.used IS 'Devices registered that count.';
COMMENT ON COLUMN registry.quota.max IS 'How many there may be.';
COMMENT ON COLUMN registry.quota.parent IS 'What counts here counts there as well: the group of a token.';
CREATE VIEW registry.groups AS
 SELECT (g.name)::text AS name,
    g.proof,
    g.status,
    g.admission,
    g.reprovisioning,
    g.credential_types,
    g.device_id_pattern,
    g.valid_from,
    g.valid_until,
    q.used AS devices_counted,
    q.max AS max_devices,
    (g.secondary_material IS NOT NULL) AS has_two_keys,
    g.lifetime_s,
    g.unused_life_s,
    g.renewal_grace_days,
    g.revoke_retired,
    g.seal_config,
    g.created_at
   FROM (registry.enrollment_group g
     LEFT JOIN registry.quota q ON ((q.name = g.quota)));
ALTER TABLE registry.groups OWNER TO latchkey_owner;
COMMENT ON VIEW registry.groups IS 'Every enrolment group and its policy; devices_counted and max_devices are empty where it is not capped. No key, and no configuration: it may hold secrets.';
COMMENT ON COLUMN registry.groups.name IS 'Its name; a symmetric proof gives it as kid.';
COMMENT ON COLUMN registry.groups.proof IS 'How its devices prove themselves: symmetric_key, x509 or token.';
COMMENT ON COLUMN registry.groups.status IS 'disabled refuses everything, renewals too.';
COMMENT ON COLUMN registry.groups.admission IS 'Who of those with the proof is let in: automatic: all; allow_list: who is in enrollment with proof group; approval: whom an operator approves.';
COMMENT ON COLUMN registry.groups.reprovisioning IS 'May a registered device get a new credential by its enrolment proof? rotate: yes; deny: no.';
COMMENT ON COLUMN registry.groups.credential_types IS 'What its devices may ask for.';
COMMENT ON COLUMN registry.groups.device_id_pattern IS 'A regular expression that the whole device id has to match (first registrations only).';
COMMENT ON COLUMN registry.groups.valid_from IS 'First registrations from here on; empty: always.';
COMMENT ON COLUMN registry.groups.valid_until IS 'First registrations before this; empty: for ever.';
COMMENT ON COLUMN registry.groups.devices_counted IS 'Devices that count against max_devices; empty: it is not capped.';
COMMENT ON COLUMN registry.groups.max_devices IS 'How many devices there may be; empty: it is not capped.';
COMMENT ON COLUMN registry.groups.has_two_keys IS 'Its key or CA is being replaced: both are good until retire_group_key.';
COMMENT ON COLUMN registry.groups.lifetime_s IS 'Seconds that an issued certificate is valid.';
COMMENT ON COLUMN registry.groups.unused_life_s IS 'Seconds after which a credential that was never used ends.';
COMMENT ON COLUMN registry.groups.renewal_grace_days IS 'Days after its end that a certificate still proves who asks for the next one.';
COMMENT ON COLUMN registry.groups.revoke_retired IS 'Put certificates that a newer one replaced on the CRL.';
COMMENT ON COLUMN registry.groups.seal_config IS 'Encrypt the configuration for the device; one that cannot open it is refused.';
COMMENT ON COLUMN registry.groups.created_at IS 'When it was enrolled.';
CREATE VIEW registry.mqtt_acl AS
 WITH pair(action, before, after, retain) AS (
         VALUES ('publish'::text,'provisioning/v1/'::text,'/request'::text,(0)::smallint), ('subscribe'::text,'provisioning/v1/'::text,'/response'::text,NULL::integer), ('publish'::text,'devices/'::text,'/status'::text,0), ('subscribe'::text,'devices/'::text,'/config'::text,NULL::integer)
        )
 SELECT ((c.device_id || '@'::text) || (c.generation)::text) AS username,
    'allow'::text AS permission,
    p.action,
    ((p.before || c.device_id) || p.after) AS topic,
    NULL::smallint AS qos,
    p.retain
   FROM ((registry.credential c
     JOIN registry.device d ON (((d.device_id)::text = c.device_id)))
     CROSS JOIN pair p)
  WHERE ((c.type = 'password'::text) AND (c.ended_at IS NULL) AND registry.is_live(c.*, now()) AND (d.state <> ALL (ARRAY['suspended'::text, 'revoked'::text])))
UNION ALL
 SELECT (d.device_id)::text AS username,
    'allow'::text AS permission,
    p.action,
    ((p.before || (d.device_id)::text) || p.after) AS topic,
    NULL::smallint AS qos,
    p.retain
   FROM ((registry.device d
     CROSS JOIN LATERAL ( SELECT
           FROM registry.credential c
          WHERE ((c.device_id = (d.device_id)::text) AND (c.type = 'x509'::text) AND registry.is_live(c.*, now()))
         LIMIT 1) live)
     CROSS JOIN pair p)
  WHERE (d.state <> ALL (ARRAY['suspended'::text, 'revoked'::text]));
ALTER TABLE registry.mqtt_acl OWNER TO latchkey_owner;
COMMENT ON VIEW registry.mqtt_acl IS 'For a broker that looks rights up, in the form of EMQX''s PostgreSQL authorizer; what is not allowed here is to be denied (no_match = deny). Devices with a certificate are named by its common name.';
COMMENT ON COLUMN registry.mqtt_acl.username IS 'As in mqtt_user, or the device''s id for a client known by its certificate.';
COMMENT ON COLUMN registry.mqtt_acl.permission IS 'allow.';
COMMENT ON COLUMN registry.mqtt_acl.action IS 'publish or subscribe.';
COMMENT ON COLUMN registry.mqtt_acl.topic IS 'One of the device''s own four topics.';
COMMENT ON COLUMN registry.mqtt_acl.qos IS 'Empty: any.';
COMMENT ON COLUMN registry.mqtt_acl.retain IS '0 where it publishes: nothing of the protocol is retained.';
CREATE VIEW registry.mqtt_user AS
 SELECT ((c.device_id || '@'::text) || (c.generation)::text) AS username,
    encode(c.password_hash, 'hex'::text) AS password_hash,
    encode(c.salt, 'hex'::text) AS salt,
    false AS is_superuser,
    c.issued_at AS created
   FROM (registry.credential c
     JOIN registry.device d ON (((d.device_id)::text = c.device_id)))
  WHERE ((c.type = 'password'::text) AND (c.password_hash IS NOT NULL) AND (c.ended_at IS NULL) AND registry.is_live(c.*, now()) AND (d.state <> ALL (ARRAY['suspended'::text, 'revoked'::text])));
ALTER TABLE registry.mqtt_user OWNER TO latchkey_owner;
COMMENT ON VIEW registry.mqtt_user IS 'For a broker that looks logins up, in the form of EMQX''s PostgreSQL authenticator: the passwords that are good at this moment.';
COMMENT ON COLUMN registry.mqtt_user.username IS 'The device''s id, @, and the generation: no device id looks like it.';
COMMENT ON COLUMN registry.mqtt_user.password_hash IS 'SHA-256 of the password followed by the salt (password_hash_algorithm sha256, salt_position suffix), hexadecimal.';
COMMENT ON COLUMN registry.mqtt_user.salt IS 'As it is hashed.';
COMMENT ON COLUMN registry.mqtt_user.is_superuser IS 'Never: a superuser would be above mqtt_acl.';
COMMENT ON COLUMN registry.mqtt_user.created IS 'When the password was issued.';
CREATE TABLE registry.nudge (
    device_id text NOT NULL COLLATE pg_catalog."C",
    request_id text NOT NULL COLLATE pg_catalog."C",
    signed_by text NOT NULL,
    answer_key bytea,
    settled_at timestamp with time zone,
    CONSTRAINT nudge_answer_key_check CHECK ((octet_length(answer_key) = 8)),
    CONSTRAINT nudge_request_id_check CHECK ((request_id ~ '^[A-Za-z0-9_-]{16,64}$'::text)),
    CONSTRAINT nudge_signed_by_check CHECK ((signed_by = ANY (ARRAY['device_key'::text, 'service'::text])))
);
ALTER TABLE registry.nudge OWNER TO latchkey_owner;
COMMENT ON TABLE registry.nudge IS 'Requests that wait for approval, and how to tell their devices to ask again.';
COMMENT ON COLUMN registry.nudge.device_id IS 'Whose request.';
COMMENT ON COLUMN registry.nudge.request_id IS 'The last one with the digest that waits.';
COMMENT ON COLUMN registry.nudge.signed_by IS 'How an answer to it is signed: under the device''s key or by the service.';
COMMENT ON COLUMN registry.nudge.answer_key IS 'The id of the device''s key that signs.';
COMMENT ON COLUMN registry.nudge.settled_at IS 'When an operator decided: from then on the service tells the device.';
CREATE VIEW registry.pending_approvals AS
 SELECT (d.device_id)::text AS device_id,
    (d.group_name)::text AS group_name,
    d.waiting_since,
    d.requested_at,
    d.attributes,
    encode(d.waiting_digest, 'hex'::text) AS digest
   FROM registry.device d
  WHERE ((d.waiting_digest IS NOT NULL) AND (d.state = 'provisioning_requested'::text));
ALTER TABLE registry.pending_approvals OWNER TO latchkey_owner;
COMMENT ON VIEW registry.pending_approvals IS 'Devices with a valid proof that wait for an operator: approve(device_id) or reject(device_id, reason). digest names what they asked for: approve admits this and nothing else.';
COMMENT ON COLUMN registry.pending_approvals.device_id IS 'Its name.';
COMMENT ON COLUMN registry.pending_approvals.group_name IS 'The group it registered in; empty: enrolled by itself without one.';
COMMENT ON COLUMN registry.pending_approvals.waiting_since IS 'Since when it waits for approval.';
COMMENT ON COLUMN registry.pending_approvals.requested_at IS 'Its first request with a valid proof, since the last reset.';
COMMENT ON COLUMN registry.pending_approvals.attributes IS 'What it said of itself: model, firmware_version ... Untrusted text.';
COMMENT ON COLUMN registry.pending_approvals.digest IS 'What it asked for, hexadecimal: approve admits this and nothing else.';
CREATE VIEW registry.provisioning_funnel AS
 SELECT count_funnel.day,
    count_funnel.requested,
    count_funnel.registered,
    count_funnel.connected,
    count_funnel.ready,
    count_funnel.registered_p50_s,
    count_funnel.registered_p95_s,
    count_funnel.connected_p50_s,
    count_funnel.connected_p95_s,
    count_funnel.ready_p50_s,
    count_funnel.ready_p95_s,
    count_funnel.counted_at
   FROM registry.count_funnel() count_funnel(day, requested, registered, connected, ready, registered_p50_s, registered_p95_s, connected_p50_s, connected_p95_s, ready_p50_s, ready_p95_s, counted_at)
UNION ALL
 SELECT funnel_summary.day,
    funnel_summary.requested,
    funnel_summary.registered,
    funnel_summary.connected,
    funnel_summary.ready,
    funnel_summary.registered_p50_s,
    funnel_summary.registered_p95_s,
    funnel_summary.connected_p50_s,
    funnel_summary.connected_p95_s,
    funnel_summary.ready_p50_s,
    funnel_summary.ready_p95_s,
    funnel_summary.counted_at
   FROM registry.funnel_summary;
ALTER TABLE registry.provisioning_funnel OWNER TO latchkey_owner;
COMMENT ON VIEW registry.provisioning_funnel IS 'Of the devices that first asked on a day (UTC): how many registered, connected and became ready, and the seconds that took since the request. A reset device counts on the day it asks anew.';
COMMENT ON COLUMN registry.provisioning_funnel.day IS 'The day (UTC) of the first request.';
COMMENT ON COLUMN registry.provisioning_funnel.requested IS 'Devices that first asked on that day.';
COMMENT ON COLUMN registry.provisioning_funnel.registered IS 'Of these: registered.';
COMMENT ON COLUMN registry.provisioning_funnel.connected IS 'Of these: connected.';
COMMENT ON COLUMN registry.provisioning_funnel.ready IS 'Of these: ready.';
COMMENT ON COLUMN registry.provisioning_funnel.registered_p50_s IS 'Seconds from the request to the registration: half took no longer.';
COMMENT ON COLUMN registry.provisioning_funnel.registered_p95_s IS 'Of a hundred, 95 took no longer.';
COMMENT ON COLUMN registry.provisioning_funnel.connected_p50_s IS 'Seconds from the request to the first connection: half took no longer.';
COMMENT ON COLUMN registry.provisioning_funnel.connected_p95_s IS 'Of a hundred, 95 took no longer.';
COMMENT ON COLUMN registry.provisioning_funnel.ready_p50_s IS 'Seconds from the request to ready: half took no longer.';
COMMENT ON COLUMN registry.provisioning_funnel.ready_p95_s IS 'Of a hundred, 95 took no longer.';
COMMENT ON COLUMN registry.provisioning_funnel.counted_at IS 'When it was counted.';
CREATE VIEW registry.recent_rejections AS
 SELECT a.received_at,
    (a.device_id)::text AS device_id,
    a.group_name,
    a.code,
    a.reason,
    registry.advice(a.code, a.reason) AS advice,
    a.tracking_id
   FROM registry.attempt a
  WHERE ((a.decision = ANY (ARRAY['rejected'::text, 'retry'::text])) AND (a.received_at > (now() - '7 days'::interval)))
  ORDER BY a.received_at DESC;
ALTER TABLE registry.recent_rejections OWNER TO latchkey_owner;
COMMENT ON VIEW registry.recent_rejections IS 'Who was refused or put off in the last seven days, newest first: the true reason, which the device was not told, and what can be done.';
COMMENT ON COLUMN registry.recent_rejections.received_at IS 'When the service took it in.';
COMMENT ON COLUMN registry.recent_rejections.device_id IS 'The id in the topic: proven only if decision is accepted, repeated, pending or challenge.';
COMMENT ON COLUMN registry.recent_rejections.group_name IS 'The group that was tried.';
COMMENT ON COLUMN registry.recent_rejections.code IS 'The code in the answer.';
COMMENT ON COLUMN registry.recent_rejections.reason IS 'The true reason, which the device was not told.';
COMMENT ON COLUMN registry.recent_rejections.advice IS 'What it means and what can be done.';
COMMENT ON COLUMN registry.recent_rejections.tracking_id IS 'Stands in the answer and in the logs.';
CREATE TABLE registry.setting (
    one boolean DEFAULT true NOT NULL,
    keep_attempts interval DEFAULT '1 year 1 mon'::interval,
    keep_events interval,
    keep_counts interval DEFAULT '1 year 1 mon'::interval,
    keep_clone_signs interval DEFAULT '1 year 1 mon'::interval,
    keep_certificates interval DEFAULT '1 year 1 mon'::interval,
    count_live_below bigint DEFAULT 268435456 NOT NULL,
    CONSTRAINT setting_keep_attempts_check CHECK ((keep_attempts >= '1 mon'::interval)),
    CONSTRAINT setting_keep_certificates_check CHECK ((keep_certificates >= '1 mon'::interval)),
    CONSTRAINT setting_keep_clone_signs_check CHECK ((keep_clone_signs >= '1 mon'::interval)),
    CONSTRAINT setting_keep_counts_check CHECK ((keep_counts >= '1 mon'::interval)),
    CONSTRAINT setting_keep_events_check CHECK ((keep_events >= '1 mon'::interval)),
    CONSTRAINT setting_one_check CHECK (one)
);
ALTER TABLE registry.setting OWNER TO latchkey_owner;
COMMENT ON TABLE registry.setting IS 'One row: how long what is kept. Empty: for ever.';
COMMENT ON COLUMN registry.setting.one IS 'There is one row.';
COMMENT ON COLUMN registry.setting.keep_attempts IS 'The ledger, by whole months.';
COMMENT ON COLUMN registry.setting.keep_events IS 'The audit trail, by whole months.';
COMMENT ON COLUMN registry.setting.keep_counts IS 'What the ledger only counted.';
COMMENT ON COLUMN registry.setting.keep_clone_signs IS 'Signs of clones, since they were last seen.';
COMMENT ON COLUMN registry.setting.keep_certificates IS 'Certificates after the end of their validity. Their generation, request_id and serial stay.';
COMMENT ON COLUMN registry.setting.count_live_below IS 'Bytes of device and enrollment below which fleet and provisioning_funnel count when they are read.';
CREATE VIEW registry.retention AS
 SELECT v.what,
    v.keep
   FROM registry.setting,
    LATERAL ( VALUES ('attempts'::text,setting.keep_attempts), ('events'::text,setting.keep_events), ('counts'::text,setting.keep_counts), ('clone_signs'::text,setting.keep_clone_signs), ('certificates'::text,setting.keep_certificates)) v(what, keep);
ALTER TABLE registry.retention OWNER TO latchkey_owner;
COMMENT ON VIEW registry.retention IS 'How long what is kept; empty: for ever. set_retention changes it.';
COMMENT ON COLUMN registry.retention.what IS 'attempts, events, counts, clone_signs or certificates.';
COMMENT ON COLUMN registry.retention.keep IS 'How long; empty: for ever.';
CREATE TABLE registry.schema_migrations (
    version text NOT NULL COLLATE pg_catalog."C",
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE registry.schema_migrations OWNER TO latchkey_owner;
COMMENT ON TABLE registry.schema_migrations IS 'The migrations that were applied, with the SHA-256 of each file.';
COMMENT ON COLUMN registry.schema_migrations.version IS 'The number in front of the file''s name.';
COMMENT ON COLUMN registry.schema_migrations.checksum IS 'SHA-256 of the file as it was applied, hexadecimal: an edited file is refused.';
COMMENT ON COLUMN registry.schema_migrations.applied_at IS 'When.';
CREATE VIEW registry.stuck_devices AS
 SELECT (d.device_id)::text AS device_id,
    d.state,
    (d.group_name)::text AS group_name,
    s.since,
    s.problem,
    d.config_version,
    d.applied_config_version
   FROM ((registry.device d
     LEFT JOIN registry.presence r USING (device_id))
     CROSS JOIN LATERAL ( VALUES (d.failed_at,
                CASE
                    WHEN (d.failure IS NOT NULL) THEN ('the device failed: '::text || d.failure)
                    ELSE NULL::text
                END,'00:00:00'::interval), (COALESCE(d.config_changed_at, d.registered_at),('its configuration cannot be sent: '::text || d.config_fault),'00:00:00'::interval), (d.requested_at,
                CASE d.state
                    WHEN 'provisioning_requested'::text THEN
                    CASE
                        WHEN (d.waiting_digest IS NOT NULL) THEN 'waits for approval'::text
                        ELSE 'asked, and did not come back'::text
                    END
                    ELSE NULL::text
                END,'01:00:00'::interval), (COALESCE(d.credentials_sent_at, d.registered_at),
                CASE d.state
                    WHEN 'registered'::text THEN
                    CASE
                        WHEN (d.credentials_sent_at IS NULL) THEN 'its credential was not sent'::text
                        ELSE 'has a credential and did not connect'::text
                    END
                    ELSE NULL::text
                END,'00:10:00'::interval), (GREATEST(d.connected_at, d.config_changed_at),
                CASE d.state
                    WHEN 'connected'::text THEN 'connected, and is not ready'::text
                    ELSE NULL::text
                END,'00:10:00'::interval), (d.config_changed_at,
                CASE
                    WHEN ((d.state = 'ready'::text) AND r.online AND (d.applied_config_version < d.config_version)) THEN ('did not acknowledge configuration '::text || d.config_version)
                    ELSE NULL::text
                END,'00:10:00'::interval)) s(since, problem, patience))
  WHERE ((s.problem IS NOT NULL) AND (s.since < (now() - s.patience)));
ALTER TABLE registry.stuck_devices OWNER TO latchkey_owner;
COMMENT ON VIEW registry.stuck_devices IS 'Devices that do not get on, and why: they said that they failed, their configuration names something unknown, or they are in a state longer than expected. A row for each problem.';
COMMENT ON COLUMN registry.stuck_devices.device_id IS 'Its name.';
COMMENT ON COLUMN registry.stuck_devices.state IS 'Where it is in its life (docs/protocol.md, 8).';
COMMENT ON COLUMN registry.stuck_devices.group_name IS 'The group it registered in; empty: enrolled by itself without one.';
COMMENT ON COLUMN registry.stuck_devices.since IS 'Since when it is so.';
COMMENT ON COLUMN registry.stuck_devices.problem IS 'What it is, in words.';
COMMENT ON COLUMN registry.stuck_devices.config_version IS 'The version of its current configuration; only grows.';
COMMENT ON COLUMN registry.stuck_devices.applied_config_version IS 'The version it acknowledged; 0: none yet.';
CREATE VIEW registry.suspected_clones AS
 SELECT s.device_id,
    s.sign,
    s.first_seen,
    s.last_seen,
    s.times,
    s.evidence,
    d.state,
    (d.group_name)::text AS group_name
   FROM (registry.clone_sign s
     JOIN registry.device d USING (device_id));
ALTER TABLE registry.suspected_clones OWNER TO latchkey_owner;
COMMENT ON VIEW registry.suspected_clones IS 'Signs that two devices share one identity, with the evidence. Nothing was refused because of them.';
COMMENT ON COLUMN registry.suspected_clones.device_id IS 'Its name.';
COMMENT ON COLUMN registry.suspected_clones.sign IS 'key_came_back: its own keys went A, B, A; key_at_two_devices: another device has the same key; sessions_alternate: two sessions took turns three times in ten minutes.';
COMMENT ON COLUMN registry.suspected_clones.first_seen IS 'When it was seen first.';
COMMENT ON COLUMN registry.suspected_clones.last_seen IS 'When it was seen last.';
COMMENT ON COLUMN registry.suspected_clones.times IS 'How often.';
COMMENT ON COLUMN registry.suspected_clones.evidence IS 'What was seen last: the key''s SHA-256 and the generations or the other device, or the two sessions.';
COMMENT ON COLUMN registry.suspected_clones.state IS 'Where it is in its life (docs/protocol.md, 8).';
COMMENT ON COLUMN registry.suspected_clones.group_name IS 'The group it registered in; empty: enrolled by itself without one.';
CREATE TABLE registry.token (
    hash bytea NOT NULL,
    group_name registry.group_name NOT NULL,
    quota text COLLATE pg_catalog."C",
    valid_until timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text DEFAULT SESSION_USER NOT NULL,
    CONSTRAINT token_hash_check CHECK ((octet_length(hash) = 32))
);
ALTER TABLE registry.token OWNER TO latchkey_owner;
COMMENT ON TABLE registry.token IS 'Tokens that operators made for a group (create_token), beside its own.';
COMMENT ON COLUMN registry.token.hash IS 'SHA-256 of the token, which was shown once and is kept nowhere.';
COMMENT ON COLUMN registry.token.group_name IS 'The group that it lets devices into.';
COMMENT ON COLUMN registry.token.quota IS 'The counter of its uses, or that of its group; empty: neither is capped.';
COMMENT ON COLUMN registry.token.valid_until IS 'First registrations before this.';
COMMENT ON COLUMN registry.token.created_at IS 'When it was made.';
COMMENT ON COLUMN registry.token.created_by IS 'The login that made it.';
CREATE VIEW registry.tokens AS
 SELECT "left"(encode(k.hash, 'hex'::text), 16) AS token_id,
    (k.group_name)::text AS group_name,
        CASE
            WHEN (q.name ~~ 'token:%'::text) THEN q.used
            ELSE NULL::bigint
        END AS used,
        CASE
            WHEN (q.name ~~ 'token:%'::text) THEN q.max
            ELSE NULL::bigint
        END AS uses,
    k.valid_until,
    k.created_at,
    k.created_by
   FROM (registry.token k
     LEFT JOIN registry.quota q ON ((q.name = k.quota)));
ALTER TABLE registry.tokens OWNER TO latchkey_owner;
COMMENT ON VIEW registry.tokens IS 'The tokens made by create_token: the first 16 digits of their SHA-256, how often they were used, and until when they let devices in. uses is empty where it is not bounded.';
COMMENT ON COLUMN registry.tokens.token_id IS 'The first 16 digits of its SHA-256: end_token takes it.';
COMMENT ON COLUMN registry.tokens.group_name IS 'The group that it lets devices into.';
COMMENT ON COLUMN registry.tokens.used IS 'How many devices registered with it; empty: nobody counts.';
COMMENT ON COLUMN registry.tokens.uses IS 'How many may; empty: no bound but that of its group.';
COMMENT ON COLUMN registry.tokens.valid_until IS 'First registrations before this.';
COMMENT ON COLUMN registry.tokens.created_at IS 'When it was made.';
COMMENT ON COLUMN registry.tokens.created_by IS 'The login that made it.';
GRANT USAGE ON SCHEMA registry TO latchkey_service;
GRANT USAGE ON SCHEMA registry TO latchkey_ops;
GRANT USAGE ON SCHEMA registry TO latchkey_reader;
GRANT USAGE ON SCHEMA registry TO latchkey_broker;
REVOKE ALL ON FUNCTION registry.access_looked_up() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.access_looked_up() TO latchkey_service;
REVOKE ALL ON FUNCTION registry.act(id text, allowed text[], next text, why text, hint text) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.advice(code text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.advice(code text, reason text) TO latchkey_reader;
REVOKE ALL ON FUNCTION registry.approve(device_id text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.approve(device_id text, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.broker_applied(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.broker_applied(p jsonb) TO latchkey_service;
REVOKE ALL ON FUNCTION registry.bytes_in(material text) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.certificate_subject(der bytea) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.check_config(config jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.check_importing() FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.check_material(proof text, material bytea) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.check_pattern(pattern text) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.check_policy(g registry.enrollment_group) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.claim_configs(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.claim_configs(p jsonb) TO latchkey_service;
REVOKE ALL ON FUNCTION registry.claim_nudges(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.claim_nudges(p jsonb) TO latchkey_service;
REVOKE ALL ON FUNCTION registry.commit_configs(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.commit_configs(p jsonb) TO latchkey_service;
REVOKE ALL ON FUNCTION registry.commit_requests(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.commit_requests(p jsonb) TO latchkey_service;
REVOKE ALL ON FUNCTION registry.commit_statuses(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.commit_statuses(p jsonb) TO latchkey_service;
REVOKE ALL ON FUNCTION registry.commit_waiting(b registry.decided_request[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.count_devices() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.count_devices() TO latchkey_service;
REVOKE ALL ON FUNCTION registry.count_funnel() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.count_funnel() TO latchkey_reader;
REVOKE ALL ON FUNCTION registry.counts_live() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.counts_live() TO latchkey_reader;
REVOKE ALL ON FUNCTION registry.create_token(name text, uses bigint, valid_for interval) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.create_token(name text, uses bigint, valid_for interval) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.decommission(device_id text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.decommission(device_id text, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.der_at(der bytea, place integer, OUT tag integer, OUT start integer, OUT stop integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.describe_views() FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.disable_device(device_id text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.disable_device(device_id text, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.disable_group(name text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.disable_group(name text, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.drop_old_partition() FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.enable_device(device_id text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.enable_device(device_id text, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.enable_group(name text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.enable_group(name text, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.end_token(token_id text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.end_token(token_id text, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.enroll_device(device_id text, proof text, material bytea, group_name text, config jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.enroll_device(device_id text, proof text, material bytea, group_name text, config jsonb) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.enroll_devices(devices jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.enroll_devices(devices jsonb) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.enroll_group(name text, proof text, material bytea, max_devices bigint, device_id_pattern text, valid_from timestamp with time zone, valid_until timestamp with time zone, lifetime_s bigint, config jsonb, admission text, reprovisioning text, credential_types text[], id_from text, unused_life_s bigint, renewal_grace_days integer, revoke_retired boolean, seal_config boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.enroll_group(name text, proof text, material bytea, max_devices bigint, device_id_pattern text, valid_from timestamp with time zone, valid_until timestamp with time zone, lifetime_s bigint, config jsonb, admission text, reprovisioning text, credential_types text[], id_from text, unused_life_s bigint, renewal_grace_days integer, revoke_retired boolean, seal_config boolean) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.ensure_partition(parent text, month date) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.explain_request(device_id text, group_name text, token_hash bytea, OUT facts registry.request_facts, OUT quota_used bigint, OUT quota_max bigint, OUT is_counted boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.explain_request(device_id text, group_name text, token_hash bytea, OUT facts registry.request_facts, OUT quota_used bigint, OUT quota_max bigint, OUT is_counted boolean) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.forget(device_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.forget(device_id text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.guard_import() FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.import_begin() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.import_begin() TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.import_end() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.import_end() TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.import_enroll(first bigint, last bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.import_enroll(first bigint, last bigint) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.import_problems(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.import_problems(most integer) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.is_certificate(der bytea) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.is_live(c registry.credential, at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.is_live(c registry.credential, at timestamp with time zone) TO latchkey_reader;
GRANT ALL ON FUNCTION registry.is_live(c registry.credential, at timestamp with time zone) TO latchkey_broker;
REVOKE ALL ON FUNCTION registry.is_sealed_under(sealed bytea, master_key bytea) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.load_broker_access() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.load_broker_access() TO latchkey_service;
REVOKE ALL ON FUNCTION registry.load_requests(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.load_requests(p jsonb) TO latchkey_service;
REVOKE ALL ON FUNCTION registry.load_revoked() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.load_revoked() TO latchkey_service;
REVOKE ALL ON FUNCTION registry.load_statuses(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.load_statuses(p jsonb) TO latchkey_service;
REVOKE ALL ON FUNCTION registry.log_device_insert() FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.log_device_update() FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.maintain() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.maintain() TO latchkey_ops;
GRANT ALL ON FUNCTION registry.maintain() TO latchkey_service;
REVOKE ALL ON FUNCTION registry.make_endpoint(host text, port integer, tls boolean, ca text) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.make_partitions() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.make_partitions() TO latchkey_service;
REVOKE ALL ON FUNCTION registry.mark_sent(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.mark_sent(p jsonb) TO latchkey_service;
REVOKE ALL ON FUNCTION registry.micros(at timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.name_ca(name text, material bytea) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.note_alternation(b registry.decided_status[], taken_up integer[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.note_clone(device text, kind text, found jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.note_cloned_keys(b registry.decided_request[], won integer[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.note_links(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.note_links(p jsonb) TO latchkey_service;
REVOKE ALL ON FUNCTION registry.page_device(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.page_device(p jsonb) TO latchkey_service;
REVOKE ALL ON FUNCTION registry.page_expiring() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.page_expiring() TO latchkey_service;
REVOKE ALL ON FUNCTION registry.page_funnel() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.page_funnel() TO latchkey_service;
REVOKE ALL ON FUNCTION registry.page_history(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.page_history(p jsonb) TO latchkey_service;
REVOKE ALL ON FUNCTION registry.page_pending() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.page_pending() TO latchkey_service;
REVOKE ALL ON FUNCTION registry.page_rejections() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.page_rejections() TO latchkey_service;
REVOKE ALL ON FUNCTION registry.pem(pem text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.pem(pem text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.presence_known_since() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.presence_known_since() TO latchkey_reader;
REVOKE ALL ON FUNCTION registry.put_device_config(id text, patch jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.random_token() FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.refuse(state text, message text, hint text) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.refuse_change() FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.reject(device_id text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.reject(device_id text, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.reseal(p jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.reset(device_id text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.reset(device_id text, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.restored(reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.restored(reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.resume(device_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.resume(device_id text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.retire_group_key(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.retire_group_key(name text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.revocation_stamp() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.revocation_stamp() TO latchkey_service;
REVOKE ALL ON FUNCTION registry.revoke(device_id text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.revoke(device_id text, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.roll_group_key(name text, material bytea, proof text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.roll_group_key(name text, material bytea, proof text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.sealed_keys(master_key bytea, after text, at_most integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.seconds(span interval) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.seconds(span interval) TO latchkey_reader;
REVOKE ALL ON FUNCTION registry.set_device_config(device_id text, config jsonb, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.set_device_config(device_id text, config jsonb, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.set_fleet_config(config jsonb, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.set_fleet_config(config jsonb, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.set_fleet_endpoint(host text, port integer, tls boolean, ca text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.set_fleet_endpoint(host text, port integer, tls boolean, ca text, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.set_group_config(name text, config jsonb, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.set_group_config(name text, config jsonb, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.set_group_endpoint(name text, host text, port integer, tls boolean, ca text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.set_group_endpoint(name text, host text, port integer, tls boolean, ca text, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.set_group_policy(name text, policy jsonb, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.set_group_policy(name text, policy jsonb, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.set_max_devices(g registry.enrollment_group, wanted jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.set_retention(what text, keep interval) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.set_retention(what text, keep interval) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.set_status(what text, name text, next text, why text) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.settle_waiting(id text, approved boolean, why text) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.show_configs(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.show_configs(name text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.spread_config_change(name text) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.summarize() FROM PUBLIC;
GRANT ALL ON FUNCTION registry.summarize() TO latchkey_service;
REVOKE ALL ON FUNCTION registry.suspend(device_id text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.suspend(device_id text, reason text) TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.under_other_master_keys(master_key bytea, OUT keys bigint, OUT passwords bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.walk_config_change(p jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION registry.walk_config_change(p jsonb) TO latchkey_service;
GRANT INSERT ON TABLE registry.enrollment_import TO latchkey_ops;
REVOKE ALL ON FUNCTION registry.why_not_imported(s registry.enrollment_import, e registry.enrollment) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.with_defaults(g registry.enrollment_group) FROM PUBLIC;
GRANT SELECT ON TABLE registry.access_changes TO latchkey_reader;
GRANT SELECT ON TABLE registry.attempts TO latchkey_reader;
GRANT SELECT ON TABLE registry.certificates TO latchkey_reader;
GRANT SELECT ON TABLE registry.counted_rejections TO latchkey_reader;
GRANT SELECT ON TABLE registry.devices TO latchkey_reader;
GRANT SELECT ON TABLE registry.events TO latchkey_reader;
GRANT SELECT ON TABLE registry.expiring_credentials TO latchkey_reader;
GRANT SELECT ON TABLE registry.fleet TO latchkey_reader;
GRANT SELECT ON TABLE registry.groups TO latchkey_reader;
GRANT SELECT ON TABLE registry.mqtt_acl TO latchkey_broker;
GRANT SELECT ON TABLE registry.mqtt_user TO latchkey_broker;
GRANT SELECT ON TABLE registry.pending_approvals TO latchkey_reader;
GRANT SELECT ON TABLE registry.provisioning_funnel TO latchkey_reader;
GRANT SELECT ON TABLE registry.recent_rejections TO latchkey_reader;
GRANT SELECT ON TABLE registry.retention TO latchkey_reader;
GRANT SELECT ON TABLE registry.schema_migrations TO latchkey_service;
GRANT SELECT ON TABLE registry.schema_migrations TO latchkey_ops;
GRANT SELECT ON TABLE registry.schema_migrations TO latchkey_reader;
GRANT SELECT ON TABLE registry.stuck_devices TO latchkey_reader;
GRANT SELECT ON TABLE registry.suspected_clones TO latchkey_reader;
GRANT SELECT ON TABLE registry.tokens TO latchkey_reader;
SET timezone = 'UTC';
SELECT registry.make_partitions();
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
COPY registry.attempt_count (minute, group_name, code, writer, n) FROM stdin;
2026-11-28 15:32:00+00		rate_limited	2155	4
\.
COPY registry.broker_link (link, ready_at, until) FROM stdin;
379f9a8663bc2cc8ed7fd9231497b4cc	2026-11-28 15:32:16.835733+00	2026-11-28 15:32:21.849426+00
\.
COPY registry.clone_sign (device_id, sign, first_seen, last_seen, times, evidence) FROM stdin;
\.
COPY registry.config_change (scope, after) FROM stdin;
\.
COPY registry.config_due (device_id, due_at, tries) FROM stdin;
\.
COPY registry.credential (device_id, generation, type, request_id, digest, serial, certificate, fingerprint, key_fingerprint, salt, master_key, encryption_key, signed_by, answer_key, status, not_before, not_after, use_by, issued_at, connected_at, ended_at, erased_at, revoked_at, password_hash, broker_applied_at) FROM stdin;
ready-key	1	x509	EA6_16FG7MXVNnYEDOTFCw	\\x84604bc54557b53e88033c40830a4f6b95561faf42551cbd92a169fc81ad2709	\\x5587ce853abdf11e595742f4ceba79fe	\\x308201a43082014aa00302010202105587ce853abdf11e595742f4ceba79fe300a06082a8648ce3d040302301d311b301906035504030c124c617463686b657920646576696365204341301e170d3236313132383134333231375a170d3237303232363135333231375a30143112301006035504030c0972656164792d6b65793059301306072a8648ce3d020106082a8648ce3d03010703420004caeb3d97590d834a358ae35de2a566a6482d01e09051fa12df009838002a399f478638298f8ff86eb5a574669796c5a05c4c3f1094aa269135e85b9f6ca04739a3753073300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301f0603551d23041830168014b2f806d192549877cc10aa43cc489be9dcbf8704301d0603551d0e04160414c4919715dcd7d03d7e69de4caf3b9de92fb971c1300a06082a8648ce3d040302034800304502204bec66dfc167c3c40cd9e76327ac3e64a602b09a49a8445b78afbfd0573121e9022100b1de121320a02f1a969f55e56d5a48251f766ee9242ac056917d13764f63a794	\\x760464fc68e27ab6dd161bd684c23b1728cf3fa83cd8bd0d371c5b72fe4c5c49	\\xa5891aafd1c943ae8be9f10474d96037ca24463c2343d07f30f23983e90ecb75	\N	\N	\N	device_key	\\x2e04990724901a76	active	2026-11-28 14:32:17+00	2027-02-26 15:32:17+00	2026-11-29 15:32:17+00	2026-11-28 15:32:17.38061+00	2026-11-28 15:32:17.41061+00	\N	\N	\N	\N	\N
ready-group-key	1	x509	mAeLdbm3bBxO3GMk_OxtCg	\\x84523ae5c6676b6df5b96fcd8d52305e52108b812eb0d9ad5c8550a07aea9a92	\\x67aed76402d646a98c4f30bcefabb3a4	\\x308201ab30820150a003020102021067aed76402d646a98c4f30bcefabb3a4300a06082a8648ce3d040302301d311b301906035504030c124c617463686b657920646576696365204341301e170d3236313132383134333231375a170d3237303232363135333231375a301a3118301606035504030c0f72656164792d67726f75702d6b65793059301306072a8648ce3d020106082a8648ce3d03010703420004df93c209f00224a27b76b7097ad75bb2369d12f7ce1e8ac1ff9267f9c30233b81f00be4e433227075d1b9faca7fdc2d9140552c65d47574ae5f85e3d836ea349a3753073300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301f0603551d23041830168014b2f806d192549877cc10aa43cc489be9dcbf8704301d0603551d0e04160414bcfe7c926da3d1f034b106bd75c98b32246c59ca300a06082a8648ce3d0403020349003046022100c24808ad7cf8e547ad1f2f69c4b7af99c0d80dc19ede56176b4a52186cd7b19b022100b8ca8af80466dae3f93026d13849473771cce89b312b52bb18dad655fa5e292b	\\xbfee1895216b63eec64f25b1aadf76d0ecccdeb85fdac6ec50fc152d24a46620	\\xffedd44b22226a3b4063a38803fb492186fb3fb4051f6c3457f1b2f8c03df81c	\N	\N	\N	device_key	\\x450c798097591b6c	active	2026-11-28 14:32:17+00	2027-02-26 15:32:17+00	2026-11-29 15:32:17+00	2026-11-28 15:32:17.464052+00	2026-11-28 15:32:17.486606+00	\N	\N	\N	\N	\N
ready-public-key	1	x509	DMR5-r6bCqfM5qiA2buGuQ	\\xcf2cebace4cc3b3ef2d06aa15e38bffad1f48762d989de7900ec576bda0ed3a6	\\x788fc2acc4d1ce6480e6afd68a54b09d	\\x308201ab30820151a0030201020210788fc2acc4d1ce6480e6afd68a54b09d300a06082a8648ce3d040302301d311b301906035504030c124c617463686b657920646576696365204341301e170d3236313132383134333231375a170d3237303232363135333231375a301b3119301706035504030c1072656164792d7075626c69632d6b65793059301306072a8648ce3d020106082a8648ce3d0301070342000421eb1702b5df0d3f1159ca1edec994a32e80469c43f4bd7abbfd19ded9c8327adfdb26e1e8ebd0e65bacb3874aeb564daece622fdb2409b8be0f24e76d025fe1a3753073300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301f0603551d23041830168014b2f806d192549877cc10aa43cc489be9dcbf8704301d0603551d0e0416041445a12a7a4f38f0ce6000a0e290a1b39421b63f4c300a06082a8648ce3d040302034800304502206f69ecfaa9a16916f20517becbff2cd309b4d889275469b9c16d1d8198d4054002210099fe6e019d4aa6dddec7a9c3504e7d01f5831e12791b6ee618e1bad0f1368f4f	\\xcfce14d2dccf4941691198a8bbe521bca165f03476216f7b014e115bcf01986c	\\x1249dc4cbef7e7aba3d8bb49281928ec4f0ad9d151c1d66d20c6ba486b83c040	\N	\N	\N	service	\N	active	2026-11-28 14:32:17+00	2027-02-26 15:32:17+00	2026-11-29 15:32:17+00	2026-11-28 15:32:17.622231+00	2026-11-28 15:32:17.764025+00	\N	\N	\N	\N	\N
ready-x509	1	x509	NxxNB-nKBvlEmjvBsazJyg	\\x9f899a39fd7aad744810d866ac9c89992c7b9655d926ba592e53b29f5be7ea69	\\x76cb0acb60fbed0c87c2386123030ca6	\\x308201a43082014ba003020102021076cb0acb60fbed0c87c2386123030ca6300a06082a8648ce3d040302301d311b301906035504030c124c617463686b657920646576696365204341301e170d3236313132383134333231385a170d3237303232363135333231385a30153113301106035504030c0a72656164792d783530393059301306072a8648ce3d020106082a8648ce3d03010703420004bdb7b36c19cb4282bd1ec9f5b3668e59603574f341e8ae8d9bd8a067f727f958799ba3c3bc0d66cf5bc85fbcc94ea72f5a89a8d394dd9a073d06cf07e1263a55a3753073300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301f0603551d23041830168014b2f806d192549877cc10aa43cc489be9dcbf8704301d0603551d0e04160414c2404c2589ec5688bc82ccdb13edb608b841367e300a06082a8648ce3d040302034700304402206af549fad002c82b7acf4e4a97f999b929b29913a49b914eb49dc521fcb696f702204765cc36e7df22bbb2bbf95638d734bba10ea7801b9bed547f1e045fccbaed66	\\xc9070986744b3b77c0627753abbd7cf363e29d2c50c86d4f792ff411e8354884	\\x294a4f5ae6dfae775f0fc0b90cac827aa2200c0653ade67641ae0cad052d36f2	\N	\N	\N	service	\N	active	2026-11-28 14:32:18+00	2027-02-26 15:32:18+00	2026-11-29 15:32:18+00	2026-11-28 15:32:18.172819+00	2026-11-28 15:32:18.340305+00	\N	\N	\N	\N	\N
ready-password	1	password	s1Xjcwxe4LqM2MgbEzHKgA	\\xcb3cf226658ca22c851b1879915125a926a04570a7a3f9bfef5f8a6588ee3469	\N	\N	\N	\N	\\xeb8a5c5011774c3332bc9f6fa45a345c	\\x11c0d111bf017a5f	\\x6b6aa36c38422339de6270bea4532cfa5e823e7aeb69c60b4bc3954c9cae19e79abc4787444007d709e094c30b0b04664419846719c5271c6da60f7a29d29c48	service	\N	active	2026-11-28 14:32:19+00	2126-11-28 21:32:19+00	2026-11-29 15:32:19+00	2026-11-28 15:32:19.567878+00	2026-11-28 15:32:19.848441+00	\N	\N	\N	\\xe458586e2ef73d78adba0769b94d488ebd5c2738f6e645e024e462bdce114bbc	2026-11-28 15:32:19.614098+00
ready-token	1	x509	w116bHb7jg1iEZZb4n_yTQ	\\xa9b77ca3226b4997bf4f603bb1df8c4988ec942b6344a0ed242c617ab7fa6c47	\\x78cc09a15ee80f861d103080eef0bf9a	\\x308201a63082014ca003020102021078cc09a15ee80f861d103080eef0bf9a300a06082a8648ce3d040302301d311b301906035504030c124c617463686b657920646576696365204341301e170d3236313132383134333231385a170d3237303232363135333231385a30163114301206035504030c0b72656164792d746f6b656e3059301306072a8648ce3d020106082a8648ce3d03010703420004dfdcd9368ed754396d9344c1e8d38643001f10eb827450abe313e2e3dd80d4460592a59ed905ce1c1aba0fed6df8c30b4c58d42894ecceab9cc0a18798780e05a3753073300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301f0603551d23041830168014b2f806d192549877cc10aa43cc489be9dcbf8704301d0603551d0e0416041407bc731ed2e3ba2cb20d36c4e35acbe68ddcc27f300a06082a8648ce3d04030203480030450221008f55388d12d32adae46be51f285042793d657ee7a98c5a37d8874c6d7dc6f2910220054f19c5bbc2915f9832241fac47922318d56963663c2e666c3560145d7e61d5	\\x36bf4fa851e1bb9cd93882980b3ab977d893ec05fdc4c0ad1f06a1792b956458	\\xd8cee8acc8452bbba9cdff8ad2fa8b6c5d36a5afd3f371f3e53d5704a18c67d0	\N	\N	\N	service	\N	active	2026-11-28 14:32:18+00	2027-02-26 15:32:18+00	2026-11-29 15:32:18+00	2026-11-28 15:32:18.765378+00	2026-11-28 15:32:19.08924+00	\N	\N	\N	\N	\N
registered	1	x509	dwXXJ3kIQEqGGtvsH248sg	\\x1c4af68f0dd25212079c0d009bcc76dd19b9cc73b2dfa2bfdfac2a7fa46c7692	\\x609fe8482627d5fbe593533047fc8e1b	\\x308201a53082014ba0030201020210609fe8482627d5fbe593533047fc8e1b300a06082a8648ce3d040302301d311b301906035504030c124c617463686b657920646576696365204341301e170d3236313132383134333232315a170d3237303232363135333232315a30153113301106035504030c0a726567697374657265643059301306072a8648ce3d020106082a8648ce3d03010703420004be187047bb0185f5a2e558cd8529ecd39cf434c9806f58cdaaa998009f510644764cbb6e7c17f4b9a15759008903c2f3847f6875a3fb5df50e67df2a93d249c1a3753073300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301f0603551d23041830168014b2f806d192549877cc10aa43cc489be9dcbf8704301d0603551d0e04160414f1ed2d5dd96460a1e77edf4768ea8d59b3b1a5ec300a06082a8648ce3d0403020348003045022100d32098abe7e4959dffcd8be40f2bc085de2f58a991af7204f1be16f974fd456202207e632387f7b6795f8588f2bf734cc3c144369f59b3f5457a2e8b299fa829c090	\\x81a524e837d6ddd5ff3dafd5009d5ec1197eee7f5fa34ee3aa26dd0586503a2e	\\xe39ceb342bceae54ce4c09304eb49bf8b8d6d0accc3bcc0ccee3e4e1fa542a0d	\N	\N	\N	device_key	\\xdafe770f644677fd	issued	2026-11-28 14:32:21+00	2027-02-26 15:32:21+00	2026-11-29 15:32:21+00	2026-11-28 15:32:21.060032+00	\N	\N	\N	\N	\N	\N
rotated	1	x509	yAuEI9AiaXUaSi-NkcpO7w	\\xf1f99b6a268d8d75c4f211ad01db0120a6f9d1df3c373b6c6e524044ae6a60d7	\\x660048161a9d373f4d45df3ed2e44d56	\\x308201a230820148a0030201020210660048161a9d373f4d45df3ed2e44d56300a06082a8648ce3d040302301d311b301906035504030c124c617463686b657920646576696365204341301e170d3236313132383134333232315a170d3237303232363135333232315a30123110300e06035504030c07726f74617465643059301306072a8648ce3d020106082a8648ce3d0301070342000431a72c462b3480f9c8a99e5125182a820dbe9bd63f9ffdf0c28d5f0731a13b525b1778b1c6ed45b9838162bb5dfe0ab2891212f70e66ea27a0a1a8565bcf17c5a3753073300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301f0603551d23041830168014b2f806d192549877cc10aa43cc489be9dcbf8704301d0603551d0e04160414d2bc045e46475c166834185f9d358a8594719e54300a06082a8648ce3d040302034800304502205bd1de8d5ce8f729c4568d16ceff026433ca80eb2756b1c11d54c6019be5eac8022100b8cacbd1bd72be375cd5613915d19776ecf8554bfc5e80be94b764a7c8c0f597	\\xae912e2e832a3311a249800f58c754055ca3740365845e8ba85059d101d28ca2	\\x86cc1bc99440e0b5c041bb08f80c2882a27e06d4faebdb82915d48c1d50b9c68	\N	\N	\N	device_key	\\x782ede15f4a4c99b	retired	2026-11-28 14:32:21+00	2027-02-26 15:32:21+00	2026-11-29 15:32:21+00	2026-11-28 15:32:21.881874+00	2026-11-28 15:32:21.930928+00	2026-11-28 15:32:22.053302+00	\N	\N	\N	\N
connected	1	x509	PV8__MSFeZxXcz76Tq-veQ	\\xfa555ab7a6a8ea8f5d1b7ffa3935cf9fdbb313829d034b659146ed8dd862d3cc	\\x6a96aaac07ed6c9d87362af40ce596ff	\\x308201a43082014aa00302010202106a96aaac07ed6c9d87362af40ce596ff300a06082a8648ce3d040302301d311b301906035504030c124c617463686b657920646576696365204341301e170d3236313132383134333232315a170d3237303232363135333232315a30143112301006035504030c09636f6e6e65637465643059301306072a8648ce3d020106082a8648ce3d030107034200046ff061cc44b3866dffb567c6e090cd36de2675d17b661f58ba970f0b18be2aa675c9b048fc64492ff13f12ff1385ead23b0b6665609e675e649a877390b83db4a3753073300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301f0603551d23041830168014b2f806d192549877cc10aa43cc489be9dcbf8704301d0603551d0e0416041478e0e182ad4915135050a70c58b5d6e6d39d2cf0300a06082a8648ce3d0403020348003045022100f479998838dc433ff1c3520c3ef321487a42cbe04635aafc9833f54ab729b04c02205d06c74451c65d613c313b55980ddecdfda18300d21d2d34ace722305a1d8e0c	\\xb27e0a3beb83d0796b6a25b5a246e0485bbef81410104b8b50bdcfffda817847	\\x490d5473c2ec1dc951b9995324b9080306e9752b039de02a4714c3ece24c1005	\N	\N	\N	device_key	\\x88652be98913a5ef	active	2026-11-28 14:32:21+00	2027-02-26 15:32:21+00	2026-11-29 15:32:21+00	2026-11-28 15:32:21.225013+00	2026-11-28 15:32:21.293653+00	\N	\N	\N	\N	\N
failed	1	x509	DwB47_RqADuSoothyzNkmg	\\x7dd57d7f1eac2906f996b17994b8ed134b6a765a9159e73fdc12651332e6987d	\\x4c521f16987933f7c9c3352359f0aa52	\\x308201a230820147a00302010202104c521f16987933f7c9c3352359f0aa52300a06082a8648ce3d040302301d311b301906035504030c124c617463686b657920646576696365204341301e170d3236313132383134333232315a170d3237303232363135333232315a3011310f300d06035504030c066661696c65643059301306072a8648ce3d020106082a8648ce3d030107034200047f29bfb733f86229af118f9dca962fa6037709c0b3c7cb834ed83dc3dd19ebb85fca6d71c57a161d7ad541ae6245cbcad1fbf6863b6634bf277e1d97c25f517ca3753073300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301f0603551d23041830168014b2f806d192549877cc10aa43cc489be9dcbf8704301d0603551d0e04160414134f915fd262b74211714503e95caf0f8e5c06e7300a06082a8648ce3d0403020349003046022100abcfd0a3d68a54a6bd427c2c7407ac9614026a8c46056611516847257e456910022100e8d20154f10682b298e32bec84f0bb4d32613d9f070d453b2b46056df5bf9a12	\\xa14109da0b558c30c906c21798c5e49efbcd752da805779ec0a679995aca1b51	\\xb9f7872deaf685d8948f78eb145d152785f8e2f35d95abc7cb756805c8d8dd92	\N	\N	\N	device_key	\\x64a33d7a164e65fa	active	2026-11-28 14:32:21+00	2027-02-26 15:32:21+00	2026-11-29 15:32:21+00	2026-11-28 15:32:21.471122+00	2026-11-28 15:32:21.498312+00	\N	\N	\N	\N	\N
rotated	2	x509	PLksT0rxRq48OqPWyxcbeQ	\\xf1f99b6a268d8d75c4f211ad01db0120a6f9d1df3c373b6c6e524044ae6a60d7	\\x7085e1e5f893c4cbcc3035fc454b158b	\\x308201a230820148a00302010202107085e1e5f893c4cbcc3035fc454b158b300a06082a8648ce3d040302301d311b301906035504030c124c617463686b657920646576696365204341301e170d3236313132383134333232325a170d3237303232363135333232325a30123110300e06035504030c07726f74617465643059301306072a8648ce3d020106082a8648ce3d0301070342000431a72c462b3480f9c8a99e5125182a820dbe9bd63f9ffdf0c28d5f0731a13b525b1778b1c6ed45b9838162bb5dfe0ab2891212f70e66ea27a0a1a8565bcf17c5a3753073300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301f0603551d23041830168014b2f806d192549877cc10aa43cc489be9dcbf8704301d0603551d0e04160414d2bc045e46475c166834185f9d358a8594719e54300a06082a8648ce3d0403020348003045022100980899246317d8aaa4ec2de703e8144420cad544b05c7d2a2dd507edc71d6238022046e7635df82362eaf621a628be05c321a0288dd33ddae83785078afbf256dc77	\\x951fed6a2c73f76dce6fafc30851625edc90b84de1f4291eeecf981595554976	\\x86cc1bc99440e0b5c041bb08f80c2882a27e06d4faebdb82915d48c1d50b9c68	\N	\N	\N	device_key	\\x782ede15f4a4c99b	active	2026-11-28 14:32:22+00	2027-02-26 15:32:22+00	2026-11-29 15:32:22+00	2026-11-28 15:32:22.012001+00	2026-11-28 15:32:22.053302+00	\N	\N	\N	\N	\N
acted-suspend	1	x509	8D_KsCf-qgMUkFtIHxcmvA	\\xa90e2aa5962b826b526462919e892597c398a94f72b9f7a6410ed7819617aa3a	\\x4da94b500eb44835489121db82d526b3	\\x308201a73082014ea00302010202104da94b500eb44835489121db82d526b3300a06082a8648ce3d040302301d311b301906035504030c124c617463686b657920646576696365204341301e170d3236313132383134333232325a170d3237303232363135333232325a30183116301406035504030c0d61637465642d73757370656e643059301306072a8648ce3d020106082a8648ce3d030107034200044cf0a75f24f8d45e51ddf7784255f79e5dc2ea263359a0cb576eefa939080081ba3dc1b8076e7c53934a94dc02cda98b7946f228a287d82397fce5581a094118a3753073300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301f0603551d23041830168014b2f806d192549877cc10aa43cc489be9dcbf8704301d0603551d0e041604140d096a7d0793d8a431aff9b0fce84054c55e07b1300a06082a8648ce3d040302034700304402206a764cde1fb962a85a56555399dd3abec0cb1c5d6b6c791315e3e76b58a8698f02205ec8a64997835922a800806e4b463eb3810f02b1a41543e3bf1fb309719a80a4	\\x7d01903117034d6a999626752af161199446dc35a57dab81ac3e6caf280e7a8c	\\x1e415bd378e697568ad77942185dca5470156e7342830ac01a1f2f8b9ae92b4e	\N	\N	\N	device_key	\\xe3010e18737906eb	active	2026-11-28 14:32:22+00	2027-02-26 15:32:22+00	2026-11-29 15:32:22+00	2026-11-28 15:32:22.286406+00	2026-11-28 15:32:22.328123+00	\N	\N	\N	\N	\N
acted-reset	1	x509	ImcCkjBdltpvParoQx4WJA	\\x16166f3ff0c48ae6f1182a9cb72bc0b26a4364282b847d2853ad64e1890526bd	\\x73997f67795f8f301f8fea49da7579e7	\\x308201a73082014ca003020102021073997f67795f8f301f8fea49da7579e7300a06082a8648ce3d040302301d311b301906035504030c124c617463686b657920646576696365204341301e170d3236313132383134333232335a170d3237303232363135333232335a30163114301206035504030c0b61637465642d72657365743059301306072a8648ce3d020106082a8648ce3d03010703420004d9e7fa031448fde56cfec78f19b5157cb064150143794f0ee70abb0b5abfccb0e17a64ea0b16daafea66dfd8ad85c38f7bfbfa5def41469de2d37157377b656ca3753073300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301f0603551d23041830168014b2f806d192549877cc10aa43cc489be9dcbf8704301d0603551d0e0416041469d4a0762b5a1f1de68ce187add9a91d1af29065300a06082a8648ce3d04030203490030460221009e6ab17044d8ed7ac8ce3d089f1c738309ec10d7342ec74ccc0bd60e1ee80b9b022100a506e88d29ab090ff42e8e4d4c946613d5321b6d55c5fe1192666aaa851056d1	\\xff3daf37e5c151992307d82272e769cc2e5173662cd9be5d8287bcaa4576c7d3	\\x93b653a67a2025c797657b1ca9ba022da876871e76440c3ef54e0a6487786607	\N	\N	\N	device_key	\\xd87c0b7b6af5aaac	revoked	2026-11-28 14:32:23+00	2027-02-26 15:32:23+00	2026-11-29 15:32:23+00	2026-11-28 15:32:23.007219+00	2026-11-28 15:32:23.044024+00	2026-11-28 15:32:23.187014+00	\N	2026-11-28 15:32:23.187014+00	\N	\N
acted-revoke	1	x509	C9cXEL2HbLJTqsFa_kuzYA	\\xe8c510b85f036d7a25f8366b5d1483164c6f95b3c2e3b9171f6fff626e16d1d2	\\x60766b3e5f5d88f8dd1db2fb77a7bcfa	\\x308201a53082014da003020102021060766b3e5f5d88f8dd1db2fb77a7bcfa300a06082a8648ce3d040302301d311b301906035504030c124c617463686b657920646576696365204341301e170d3236313132383134333232325a170d3237303232363135333232325a30173115301306035504030c0c61637465642d7265766f6b653059301306072a8648ce3d020106082a8648ce3d0301070342000475440a47d213e9fb87f04fc5f9e91eb07a61074b7b4570628e1fdec4cf0d6193004cac16feb99121b817b822c83cd2257f91ac90d102d8081aa008dec00224d0a3753073300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301f0603551d23041830168014b2f806d192549877cc10aa43cc489be9dcbf8704301d0603551d0e04160414ac070e9402d9af2c25da49b3c17b893ddc8f46e1300a06082a8648ce3d04030203460030430220228fe1afd0fae65db1ac386bed77c11ff956cab3550585f9306cd8de059e5c46021f0bde53862e3cf267ee7d167c13e1e7dc9a0d58d7e99aa6516acbc8a16d466d	\\x0d316360108e82ed65df161493a43f9fb7328c4ef0e589beacc3867d73b7375b	\\xa5d8e688b1b44c80df316b4f5e743649a5f63745c124f6e011a0e4d16a132829	\N	\N	\N	device_key	\\xf958e79bbdc450b3	revoked	2026-11-28 14:32:22+00	2027-02-26 15:32:22+00	2026-11-29 15:32:22+00	2026-11-28 15:32:22.647705+00	2026-11-28 15:32:22.679171+00	2026-11-28 15:32:22.811558+00	\N	2026-11-28 15:32:22.811558+00	\N	\N
acted-forget	1	x509	oWjpgRYE02iY58iuVlUdnA	\\xeddd3534b6cbb15236e9324f2847bbc1407efa2c685ca2a70a62b62af70876f2	\\x73ccaf2372dcbfc02fb6b1d1932c7756	\N	\\xd575659911811d8d66a6375220204973b888ae205ec7a5de9eeac4a74ce56521	\N	\N	\N	\N	device_key	\\xe230fa8c67c7ce7d	revoked	2026-11-28 14:32:23+00	2027-02-26 15:32:23+00	2026-11-29 15:32:23+00	2026-11-28 15:32:23.720183+00	2026-11-28 15:32:23.785718+00	2026-11-28 15:32:23.931872+00	2026-11-28 15:32:23.955869+00	2026-11-28 15:32:23.931872+00	\N	\N
acted-decommission	1	x509	hcWGC3luRcuDN-Y7poDxjw	\\xe06f85fb9e9eda225ff2f72d215506c7f8165d5a9da5073efca98ea9e5b25e96	\\x7671f33c6add337a2431b17ce7cd51d9	\\x308201ad30820153a00302010202107671f33c6add337a2431b17ce7cd51d9300a06082a8648ce3d040302301d311b301906035504030c124c617463686b657920646576696365204341301e170d3236313132383134333232335a170d3237303232363135333232335a301d311b301906035504030c1261637465642d6465636f6d6d697373696f6e3059301306072a8648ce3d020106082a8648ce3d03010703420004644368f595e4b297c33a10548d36055131cb8d00b1f257db2da57a08a7a9363feea50350d794940b57846b6d8fe3bd3f7d0fcee83082b6b47a45963bfd86d664a3753073300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070302301f0603551d23041830168014b2f806d192549877cc10aa43cc489be9dcbf8704301d0603551d0e04160414d956b53c77da55f766c233e4121dd678fb4d1795300a06082a8648ce3d040302034800304502204a09ac1f3bfc0cd53b2987dd8b90efc617d9bbf036356757f38f79c94d651168022100e20754b51e13ddeceedbe0d452e2a08695711dd9f9063b0430af8691170f3dd7	\\x7c132b73bf0d4c007bfcea6849660d5f535c32eceb1d7014c6fec73a0b22c1d9	\\xb3580bd3833566c4db1d84b80a45e3447c7851cbce36af54387820500a92085c	\N	\N	\N	device_key	\\x1d987c41608125e3	revoked	2026-11-28 14:32:23+00	2027-02-26 15:32:23+00	2026-11-29 15:32:23+00	2026-11-28 15:32:23.331659+00	2026-11-28 15:32:23.358724+00	2026-11-28 15:32:23.525177+00	\N	2026-11-28 15:32:23.525177+00	\N	\N
\.
COPY registry.device (device_id, group_name, enrolled_by, proof_key, quota, waiting_digest, waiting_since, approved_digest, rejected_digest, state, resume_state, generation, attributes, config_version, applied_config_version, config_changed_at, config_layers, config_digest, config_fault, endpoint, endpoint_given, requested_at, registered_at, credentials_sent_at, connected_at, ready_at, failed_at, failure, acted_at, actor, reason, decommissioned_at, access_changed_at, broker_applied_at) FROM stdin;
ready-group-key	meters	group:meters	\N	\N	\N	\N	\N	\N	ready	\N	1	{}	1	1	\N	1	\\x75f4ab16d32cee15f71c1f0583123705c36456debb1e6f88a2825a3b151d2b63	\N	\N	\N	2026-11-28 15:32:17.451205+00	2026-11-28 15:32:17.464052+00	2026-11-28 15:32:17.486606+00	2026-11-28 15:32:17.486606+00	2026-11-28 15:32:17.494272+00	\N	\N	\N	\N	\N	\N	\N	\N
ready-public-key	\N	device	\\x779fd1a38c3d375e0d0e77c88f8c1e335eba1d52f4a150876f23cb04d045514e	\N	\N	\N	\N	\N	ready	\N	1	{}	1	1	\N	1	\\x75f4ab16d32cee15f71c1f0583123705c36456debb1e6f88a2825a3b151d2b63	\N	\N	\N	2026-11-28 15:32:17.612934+00	2026-11-28 15:32:17.622231+00	2026-11-28 15:32:17.764025+00	2026-11-28 15:32:17.764025+00	2026-11-28 15:32:17.879508+00	\N	\N	\N	\N	\N	\N	\N	\N
ready-x509	factory	group:factory	\\x2c0223725f0c58df79eea386b3303fac936ba02e586d84a615a219760a337c7c	\N	\N	\N	\N	\N	ready	\N	1	{}	1	1	\N	1	\\x75f4ab16d32cee15f71c1f0583123705c36456debb1e6f88a2825a3b151d2b63	\N	\N	\N	2026-11-28 15:32:18.126229+00	2026-11-28 15:32:18.172819+00	2026-11-28 15:32:18.340305+00	2026-11-28 15:32:18.340305+00	2026-11-28 15:32:18.460004+00	\N	\N	\N	\N	\N	\N	\N	\N
ready-password	passwords	group:passwords	\N	\N	\N	\N	\N	\N	ready	\N	1	{}	2	1	2026-11-28 15:32:24.018345+00	2	\\xd61a5226263669600531d6db08aeafb48ff9bbaffe7528dbbe62b409251a4853	\N	\\xeaae4ec24ebcc79886c87070109f52fcd093f663ae413fe1f29c5df8e42986f0	\N	2026-11-28 15:32:19.559544+00	2026-11-28 15:32:19.567878+00	2026-11-28 15:32:19.809882+00	2026-11-28 15:32:19.848441+00	2026-11-28 15:32:20.146258+00	\N	\N	\N	\N	\N	\N	\N	\N
ready-token	pilot	group:pilot	\N	token:fd7729bf6a2a5a1d	\N	\N	\N	\N	ready	\N	1	{}	1	1	\N	2	\\x4853a6a2ed2e052fae0e44af4b39df297c340fdcdf59d5beac021a0ac73e910a	\N	\N	\N	2026-11-28 15:32:18.742899+00	2026-11-28 15:32:18.765378+00	2026-11-28 15:32:18.995784+00	2026-11-28 15:32:19.08924+00	2026-11-28 15:32:19.286001+00	\N	\N	\N	\N	\N	\N	\N	\N
ready-key	\N	device	\N	\N	\N	\N	\N	\N	ready	\N	1	{}	2	1	2026-11-28 15:32:23.993259+00	3	\\x077909f383374925ecb1b4d8e55fb59e36382dae6a5d7c9c57c212b4b10a8c22	\N	\N	\N	2026-11-28 15:32:17.312394+00	2026-11-28 15:32:17.38061+00	2026-11-28 15:32:17.41061+00	2026-11-28 15:32:17.41061+00	2026-11-28 15:32:17.421595+00	\N	\N	\N	\N	\N	\N	\N	\N
pending	gated	\N	\N	\N	\\x845d91fd3065e7ac3b1595ad93bacd7f5ad38803bbdc1518906134c6ca0b569f	2026-11-28 15:32:20.618115+00	\N	\N	provisioning_requested	\N	0	{}	1	0	\N	\N	\N	\N	\N	\N	2026-11-28 15:32:20.605289+00	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
connected	\N	device	\N	\N	\N	\N	\N	\N	connected	\N	1	{}	1	0	\N	1	\\x75f4ab16d32cee15f71c1f0583123705c36456debb1e6f88a2825a3b151d2b63	\N	\N	\N	2026-11-28 15:32:21.181436+00	2026-11-28 15:32:21.225013+00	2026-11-28 15:32:21.277147+00	2026-11-28 15:32:21.293653+00	\N	\N	\N	\N	\N	\N	\N	\N	\N
failed	\N	device	\N	\N	\N	\N	\N	\N	connected	\N	1	{}	1	0	\N	1	\\x75f4ab16d32cee15f71c1f0583123705c36456debb1e6f88a2825a3b151d2b63	\N	\N	\N	2026-11-28 15:32:21.467778+00	2026-11-28 15:32:21.471122+00	2026-11-28 15:32:21.498312+00	2026-11-28 15:32:21.498312+00	\N	2026-11-28 15:32:21.512799+00	config_invalid: no such sensor	\N	\N	\N	\N	\N	\N
registered	\N	device	\N	\N	\N	\N	\N	\N	registered	\N	1	{}	1	0	\N	1	\\x75f4ab16d32cee15f71c1f0583123705c36456debb1e6f88a2825a3b151d2b63	\N	\N	\N	2026-11-28 15:32:21.034085+00	2026-11-28 15:32:21.060032+00	2026-11-28 15:32:21.277147+00	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
rotated	\N	device	\N	\N	\N	\N	\N	\N	ready	\N	2	{}	1	1	\N	1	\\x75f4ab16d32cee15f71c1f0583123705c36456debb1e6f88a2825a3b151d2b63	\N	\N	\N	2026-11-28 15:32:21.85864+00	2026-11-28 15:32:21.881874+00	2026-11-28 15:32:22.053302+00	2026-11-28 15:32:21.930928+00	2026-11-28 15:32:21.947031+00	\N	\N	\N	\N	\N	\N	\N	\N
acted-suspend	\N	device	\N	\N	\N	\N	\N	\N	suspended	ready	1	{}	1	1	\N	1	\\x75f4ab16d32cee15f71c1f0583123705c36456debb1e6f88a2825a3b151d2b63	\N	\N	\N	2026-11-28 15:32:22.264775+00	2026-11-28 15:32:22.286406+00	2026-11-28 15:32:22.328123+00	2026-11-28 15:32:22.328123+00	2026-11-28 15:32:22.337153+00	\N	\N	2026-11-28 15:32:22.483163+00	operator	for the fleet	\N	2026-11-28 15:32:22.483164+00	2026-11-28 15:32:22.516876+00
acted-revoke	\N	device	\N	\N	\N	\N	\N	\N	revoked	\N	1	{}	1	1	\N	1	\\x75f4ab16d32cee15f71c1f0583123705c36456debb1e6f88a2825a3b151d2b63	\N	\N	\N	2026-11-28 15:32:22.643289+00	2026-11-28 15:32:22.647705+00	2026-11-28 15:32:22.679171+00	2026-11-28 15:32:22.679171+00	2026-11-28 15:32:22.686415+00	\N	\N	2026-11-28 15:32:22.814908+00	operator	for the fleet	\N	2026-11-28 15:32:22.814909+00	2026-11-28 15:32:22.844653+00
acted-reset	\N	\N	\N	\N	\N	\N	\N	\N	off	\N	1	{}	1	1	\N	1	\\x75f4ab16d32cee15f71c1f0583123705c36456debb1e6f88a2825a3b151d2b63	\N	\N	\N	\N	2026-11-28 15:32:23.007219+00	2026-11-28 15:32:23.044024+00	2026-11-28 15:32:23.044024+00	2026-11-28 15:32:23.062721+00	\N	\N	2026-11-28 15:32:23.191736+00	operator	for the fleet	\N	2026-11-28 15:32:23.191737+00	2026-11-28 15:32:23.213768+00
acted-decommission	\N	device	\N	\N	\N	\N	\N	\N	revoked	\N	1	{}	1	1	\N	1	\\x75f4ab16d32cee15f71c1f0583123705c36456debb1e6f88a2825a3b151d2b63	\N	\N	\N	2026-11-28 15:32:23.327746+00	2026-11-28 15:32:23.331659+00	2026-11-28 15:32:23.358724+00	2026-11-28 15:32:23.358724+00	2026-11-28 15:32:23.367993+00	\N	\N	2026-11-28 15:32:23.540481+00	operator	for the fleet	2026-11-28 15:32:23.525177+00	2026-11-28 15:32:23.534372+00	2026-11-28 15:32:23.561739+00
acted-forget	\N	device	\N	\N	\N	\N	\N	\N	revoked	\N	1	{}	1	1	\N	1	\N	\N	\N	\N	2026-11-28 15:32:23.716087+00	2026-11-28 15:32:23.720183+00	2026-11-28 15:32:23.785718+00	2026-11-28 15:32:23.785718+00	2026-11-28 15:32:23.813011+00	\N	\N	2026-11-28 15:32:23.951108+00	operator	\N	2026-11-28 15:32:23.931872+00	2026-11-28 15:32:23.948875+00	2026-11-28 15:32:23.979136+00
\.
COPY registry.device_config (device_id, config, changes) FROM stdin;
ready-key	{"colour": "blue"}	2
\.
COPY registry.enrollment (device_id, group_name, proof, material, status, config, created_at) FROM stdin;
ready-key	\N	symmetric_key	\\x0111c0d111bf017a5f55ddd32932ded5cc3e2c335f8b8acb84be4f2670d763f74616ccbe4e6793d2d5ffb4d660890fe8cfb41fa43efa2e18e7e492fb640847b536a147ed37	enabled	{}	2026-11-28 15:32:17.248188+00
ready-public-key	\N	public_key	\\x3059301306072a8648ce3d020106082a8648ce3d03010703420004dadd8f8a2ee3efa210c42597651a3c113ea13dc6050c1c176fe95be73f422d2935ef3c70d18872bf1c81abdb18fa00cf4f0edda2944cd27ac867b63ed740bfc8	enabled	{}	2026-11-28 15:32:17.576305+00
off-enrolled	\N	symmetric_key	\\x0111c0d111bf017a5f0940320286e029cd8f99e937d6ad64f9b1ffb3a5a6298ad2dc944bce9103cbfc08652240f75def661ef522f74ace0b0f64510a5d3232003161c3baa8	enabled	{"colour": "red"}	2026-11-28 15:32:20.465835+00
registered	\N	symmetric_key	\\x0111c0d111bf017a5fd4d633b3cc85e37bc7858ccbc373b0e4e324b9032d0c3f0c4f982398d5045e7f4c72f4432f9a65b5da736dd2fc0276ad7488665c50c3da0c18995cd9	enabled	{}	2026-11-28 15:32:20.945365+00
connected	\N	symmetric_key	\\x0111c0d111bf017a5fe48997e457749aeda761ace5ac32e610836ad08363d62f13848e224f9e13b052e0bea28591e3a4addab0b3eef70eeb2b59a6b2298dc58bbad89c679b	enabled	{}	2026-11-28 15:32:21.130591+00
failed	\N	symmetric_key	\\x0111c0d111bf017a5fdd258274bef5d14bf2603f537115ca338c5ab552b6fb31d3cfd8acb08fed15d65cd8ac2a6fbadd4819fa93fb4e0792f3879671103b188215de53d08f	enabled	{}	2026-11-28 15:32:21.372001+00
rotated	\N	symmetric_key	\\x0111c0d111bf017a5f1227eca6453623055e2710c85cbb313954d84f87ff9cf40c08eff5fd9b9eac53af6576be93aea59c846834f061a54bfdac691f346add1af84075550a	enabled	{}	2026-11-28 15:32:21.748097+00
acted-suspend	\N	symmetric_key	\\x0111c0d111bf017a5f6a76f55756cbf5c3ecc73205200fb3de6432f63d38d84a202ea91c5dd328ef6594bccdf4003446ebc00028cebe78aede9287d71e74b672cb96a4ff10	enabled	{}	2026-11-28 15:32:22.168+00
acted-revoke	\N	symmetric_key	\\x0111c0d111bf017a5f54bb5c8d76984340cceac89369ac21ec76246e16619c8409e426322578f5abc392ce15e97a9a848f9c6ad1e1f6f2e58a35f68a780f298fe684af1b6f	enabled	{}	2026-11-28 15:32:22.560527+00
acted-reset	\N	symmetric_key	\\x0111c0d111bf017a5f35d498fa376d17e9e09e6728af43082266b2de2a94c4a95e23052bbcbad715ca0998b8826c0008ee28fa96140d6be8e2c4875f4257e4fc4650adac96	enabled	{}	2026-11-28 15:32:22.897686+00
acted-decommission	\N	symmetric_key	\\x0111c0d111bf017a5fdb5ceedd0edb4d9281648d0f5b0819ab3290be87537aa40ca818658e8e836b7a64cf1e07b548266802f7999676e1197de809786fd199b6d8e0fd2a54	enabled	{}	2026-11-28 15:32:23.260143+00
\.
COPY registry.enrollment_group (name, proof, material, secondary_material, rolled_at, id_from, status, admission, reprovisioning, credential_types, lifetime_s, unused_life_s, renewal_grace_days, revoke_retired, device_id_pattern, valid_from, valid_until, quota, config, seal_config, endpoint, config_changes, created_at) FROM stdin;
gated	token	\\xc625045f74d24a04d5afb39e8be94073466dc6d7c03c2fe9e7141a928d9ae295	\N	\N	\N	enabled	approval	rotate	{x509}	7776000	86400	30	f	\N	\N	\N	\N	{}	f	\N	0	2026-11-28 15:32:17.036212+00
pilot	token	\\x2806139973ac0c79fadea4d8d5decc5e7c559249f8cceca250d4f8566a296799	\N	\N	\N	enabled	automatic	rotate	{x509}	7776000	86400	30	f	\N	\N	\N	group:pilot	{"report_interval_s": 10}	f	\N	1	2026-11-28 15:32:17.016221+00
meters	symmetric_key	\\x0111c0d111bf017a5f9a2bbf460d5f6c006012df2c61c5739e168f5767d80b9eddf4ca39cb58f3f7613162d2baaa1bff369609b66b593d28e95bc6b3619fd059158b2bba68	\\x0111c0d111bf017a5ffff9ce8b1e716d3e0f66f020c3c58676555549325a1877f93f2f053e1f300431265313b830f5a491175333d0f3838066930efdb55c7cfc1c423d586f	2026-11-28 15:32:17.211374+00	\N	enabled	automatic	rotate	{x509}	7776000	86400	30	f	\N	\N	\N	\N	{}	f	\N	0	2026-11-28 15:32:17.112316+00
passwords	token	\\x3ff7bf0fa17752e09f2927d6b251d27a42605e1035b0128c47ec5bed31129bfb	\N	\N	\N	enabled	automatic	rotate	{x509,password}	86400	86400	30	f	\N	\N	\N	\N	{}	f	{"tls": true, "host": "broker.example", "port": 8883}	1	2026-11-28 15:32:17.040172+00
factory	x509	\\x3082013d3081e5a00302010202144b50d97ddb89b1079d69385e0b16c636e05852e8300a06082a8648ce3d04030230153113301106035504030c0a666163746f7279204341301e170d3236313132373135333231385a170d3236313132393135333231385a30153113301106035504030c0a666163746f72792043413059301306072a8648ce3d020106082a8648ce3d03010703420004c814f4a6758a23e43a7ce45614ed2868e2774e078274d4fadec6f18c9afb458978132390f1edd434b385aa101f02fb4eef100e225debf1a97d38eadf0263a018a3133011300f0603551d130101ff040530030101ff300a06082a8648ce3d040302034700304402204e5b32aaf3c155d50be32b2ae1e53423695fe717125214589918d125ff68e4b50220640e779c60f9fa28eff5f0dd2333e8be304c63a799089ae8a8c2b794e9b72815	\N	\N	common_name	disabled	automatic	rotate	{x509}	7776000	86400	30	f	\N	\N	\N	\N	{}	f	\N	0	2026-11-28 15:32:18.092184+00
\.
COPY registry.enrollment_import (line, device_id, group_name, proof, material, config) FROM stdin;
\.
COPY registry.fleet_config (one, config, endpoint, changes) FROM stdin;
t	{"report_interval_s": 60}	\N	1
\.
COPY registry.fleet_summary (group_name, state, devices, counted_at) FROM stdin;
\.
COPY registry.funnel_summary (day, requested, registered, connected, ready, registered_p50_s, registered_p95_s, connected_p50_s, connected_p95_s, ready_p50_s, ready_p95_s, counted_at) FROM stdin;
\.
COPY registry.group_ca (subject, group_name) FROM stdin;
\\x5fbf0593e8486872f131dd5a1be394c47d38cf2684a67597500a613b25163813	factory
\.
COPY registry.nudge (device_id, request_id, signed_by, answer_key, settled_at) FROM stdin;
pending	ttEhbSGPmFgbL1yYgAwD6w	service	\N	\N
\.
COPY registry.presence (device_id, session, generation, online, last_seen_at, previous_session, returns, returning_since) FROM stdin;
ready-key	RwZ4n3zOTwTs	1	f	2026-11-28 15:32:17.431377+00	\N	0	\N
ready-group-key	Un_g4Y4jlCPU	1	f	2026-11-28 15:32:17.501802+00	\N	0	\N
ready-public-key	fpr2-IUYA_pb	1	f	2026-11-28 15:32:18.021287+00	\N	0	\N
ready-x509	d-b5lh0nQ9aE	1	f	2026-11-28 15:32:18.61998+00	\N	0	\N
ready-token	EO03xFltrT14	1	f	2026-11-28 15:32:19.544215+00	\N	0	\N
ready-password	sfWVbblNJM6t	1	f	2026-11-28 15:32:20.388348+00	\N	0	\N
connected	OdyJy_d37YJn	1	f	2026-11-28 15:32:21.319998+00	\N	0	\N
failed	pY2AV7yvbyN0	1	f	2026-11-28 15:32:21.661185+00	\N	0	\N
rotated	pcLUy_uZhT-T	2	f	2026-11-28 15:32:22.092768+00	h5euOoyDqWe-	0	\N
acted-suspend	EdRFK2GwqTpw	1	f	2026-11-28 15:32:22.353243+00	\N	0	\N
acted-revoke	cVA3ddymMj0J	1	f	2026-11-28 15:32:22.697911+00	\N	0	\N
acted-reset	E_sJnObG-j6f	1	f	2026-11-28 15:32:23.08081+00	\N	0	\N
acted-decommission	2txPn498H_gg	1	f	2026-11-28 15:32:23.378539+00	\N	0	\N
\.
COPY registry.quota (name, used, max, parent) FROM stdin;
group:pilot	1	5	\N
token:fd7729bf6a2a5a1d	1	3	group:pilot
\.
COPY registry.schema_migrations (version, checksum, applied_at) FROM stdin;
0001	07294c036fcb097e4fda5cfda561ce9b9fd252ac3614353a9136c48b879deea6	2026-11-28 15:32:15.683972+00
0002	e0c2f961f83f7bed514455a0b48c98855a4fbfd162854d04e850d995c9d12f29	2026-11-28 15:32:16.051693+00
0003	622106243b961b6811234e11ca4488865db804db3844f8f9a63bb618c042c492	2026-11-28 15:32:16.072416+00
0004	a0d7a432e25404aebbfbf60562429fda4701a49110beecda1f3e6342af5645d1	2026-11-28 15:32:16.105524+00
0005	c2f5ee8f59328f80f2f387c9f17373e673c52acdef0ab5f0359378c63a06347d	2026-11-28 15:32:16.148182+00
0006	ebe0848e490ca216cebd86711a9d36c8cc44014f76c3425a15d4fb2ecf44ce0f	2026-11-28 15:32:16.168139+00
0008	51b778384455e8e1a124734654db90caca19d9a5996ecd6661d895a28805eb3c	2026-11-28 15:32:16.213928+00
0009	a50f30447b081cd9ef3b9762e9c5a48e76ac99fc6b6a98293e2fb5f55b37a6ef	2026-11-28 15:32:16.308181+00
0020	9b5bbe5a97419caeac7e6e122feaf3ee34801862d2bca0ce106bebef1a82c341	2026-11-28 15:32:16.322884+00
\.
COPY registry.setting (one, keep_attempts, keep_events, keep_counts, keep_clone_signs, keep_certificates, count_live_below) FROM stdin;
t	1 year 1 mon	\N	1 year 1 mon	1 year 1 mon	1 year 1 mon	268435456
\.
COPY registry.token (hash, group_name, quota, valid_until, created_at, created_by) FROM stdin;
\\xfd7729bf6a2a5a1df64e9ba4b78795738412c1978a761070cb38ef2c59f3afe7	pilot	token:fd7729bf6a2a5a1d	2026-11-29 15:32:18.701195+00	2026-11-28 15:32:18.701195+00	operator
\.
SET timezone = 'UTC';
COPY registry.attempt FROM stdin;
01a222c9-2532-7097-90c6-398132651884	ready-key	2026-11-28 15:32:17.312394+00	accepted	\N	\N	\N	81707
01a222c9-25b1-7178-b6dd-414e2fd8ae29	ready-group-key	2026-11-28 15:32:17.451205+00	accepted	\N	\N	meters	19957
01a222c9-2651-79f8-abdf-1fe40a013202	ready-public-key	2026-11-28 15:32:17.612934+00	accepted	\N	\N	\N	18871
01a222c9-285f-7e8d-84a8-29e069c2af65	ready-x509	2026-11-28 15:32:18.126229+00	accepted	\N	\N	factory	63502
01a222c9-2ac2-7e68-b6f5-afee4716c458	ready-token	2026-11-28 15:32:18.742899+00	accepted	\N	\N	pilot	33892
01a222c9-2dea-78bd-9d7f-04dda25cd6a8	ready-password	2026-11-28 15:32:19.559544+00	accepted	\N	\N	passwords	22370
01a222c9-3200-71cc-93f3-92408a9b1fc9	pending	2026-11-28 15:32:20.605289+00	pending	\N	waits for an operator's approval	gated	37886
01a222c9-33b1-7194-b881-534d89b926c8	registered	2026-11-28 15:32:21.034085+00	accepted	\N	\N	\N	38832
01a222c9-3453-78b5-868a-0d2335af49df	connected	2026-11-28 15:32:21.181436+00	accepted	\N	\N	\N	76053
01a222c9-355d-75ba-9b20-9e70fa5a870c	failed	2026-11-28 15:32:21.467778+00	accepted	\N	\N	\N	8825
01a222c9-36e8-7d48-ae7c-f96911c66dc5	rotated	2026-11-28 15:32:21.85864+00	accepted	\N	\N	\N	31752
01a222c9-3770-7721-a44e-a36333a74016	rotated	2026-11-28 15:32:21.996505+00	accepted	\N	\N	\N	19096
01a222c9-387c-73cc-abc3-c6c25d823bfd	acted-suspend	2026-11-28 15:32:22.264775+00	accepted	\N	\N	\N	29683
01a222c9-39f4-7262-aa0a-13e495cd35ad	acted-revoke	2026-11-28 15:32:22.643289+00	accepted	\N	\N	\N	6162
01a222c9-3b5d-73b2-99fa-305fd8937a76	acted-reset	2026-11-28 15:32:23.003603+00	accepted	\N	\N	\N	14435
01a222c9-3ca1-7104-9b2f-60585b796301	acted-decommission	2026-11-28 15:32:23.327746+00	accepted	\N	\N	\N	5740
01a222c9-3e25-77d5-bcad-53ad61fb532b	acted-forget	2026-11-28 15:32:23.716087+00	accepted	\N	\N	\N	9303
01a222c9-3f74-70a1-9dff-d4b8f65e571a	stranger	2026-11-28 15:32:24.05138+00	rejected	unauthorized	no enrolment for this id, and no kid that names a group	\N	6001
01a222c9-3f8f-7133-8a8b-be862460342c	stranger	2026-11-28 15:32:24.078446+00	rejected	unauthorized	no enrolment for this id, and no kid that names a group	\N	4902
01a222c9-3fae-754e-92e6-507099444b8d	stranger	2026-11-28 15:32:24.109592+00	rejected	unauthorized	no enrolment for this id, and no kid that names a group	\N	4138
01a222c9-3fd8-73c6-af79-9b83a5236816	stranger	2026-11-28 15:32:24.151355+00	rejected	unauthorized	no enrolment for this id, and no kid that names a group	\N	9486
01a222c9-4010-7588-90c9-d074ca648c9a	stranger	2026-11-28 15:32:24.20781+00	rejected	unauthorized	no enrolment for this id, and no kid that names a group	\N	3976
01a222c9-4035-7a53-8028-01a18d61ac4e	stranger	2026-11-28 15:32:24.244688+00	rejected	unauthorized	no enrolment for this id, and no kid that names a group	\N	5029
01a222c9-4052-7539-bb63-e64d94d9f09c	stranger	2026-11-28 15:32:24.273727+00	rejected	unauthorized	no enrolment for this id, and no kid that names a group	\N	7092
01a222c9-4068-7417-9eca-bc329303ff16	stranger	2026-11-28 15:32:24.296069+00	rejected	unauthorized	no enrolment for this id, and no kid that names a group	\N	3502
01a222c9-4084-7d5a-89d4-ad392490dad5	stranger	2026-11-28 15:32:24.32359+00	rejected	unauthorized	no enrolment for this id, and no kid that names a group	\N	6114
01a222c9-40a0-7c8d-8d38-825f8b16eb78	stranger	2026-11-28 15:32:24.351639+00	rejected	unauthorized	no enrolment for this id, and no kid that names a group	\N	6063
\.
COPY registry.event FROM stdin;
2026-11-28 15:32:17.012993+00	\N	\N	set_fleet_config	\N	\N	\N	operator	defaults
2026-11-28 15:32:17.019338+00	\N	pilot	enroll_group	\N	\N	\N	operator	\N
2026-11-28 15:32:17.03698+00	\N	gated	enroll_group	\N	\N	\N	operator	\N
2026-11-28 15:32:17.040792+00	\N	passwords	enroll_group	\N	\N	\N	operator	\N
2026-11-28 15:32:17.045265+00	\N	pilot	set_group_config	\N	\N	\N	operator	busy
2026-11-28 15:32:17.132174+00	\N	meters	enroll_group	\N	\N	\N	operator	\N
2026-11-28 15:32:17.211849+00	\N	meters	roll_group_key	\N	\N	\N	operator	\N
2026-11-28 15:32:17.257821+00	ready-key	\N	enroll_device	\N	\N	\N	operator	\N
2026-11-28 15:32:17.386783+00	ready-key	\N	state	off	registered	1	latchkey	\N
2026-11-28 15:32:17.415796+00	ready-key	\N	state	registered	connected	1	latchkey	\N
2026-11-28 15:32:17.4231+00	ready-key	\N	state	connected	ready	1	latchkey	\N
2026-11-28 15:32:17.46695+00	ready-group-key	meters	state	off	registered	1	latchkey	\N
2026-11-28 15:32:17.488239+00	ready-group-key	meters	state	registered	connected	1	latchkey	\N
2026-11-28 15:32:17.495985+00	ready-group-key	meters	state	connected	ready	1	latchkey	\N
2026-11-28 15:32:17.58181+00	ready-public-key	\N	enroll_device	\N	\N	\N	operator	\N
2026-11-28 15:32:17.628615+00	ready-public-key	\N	state	off	registered	1	latchkey	\N
2026-11-28 15:32:17.765245+00	ready-public-key	\N	state	registered	connected	1	latchkey	\N
2026-11-28 15:32:17.885075+00	ready-public-key	\N	state	connected	ready	1	latchkey	\N
2026-11-28 15:32:18.104229+00	\N	factory	enroll_group	\N	\N	\N	operator	\N
2026-11-28 15:32:18.182178+00	ready-x509	factory	state	off	registered	1	latchkey	\N
2026-11-28 15:32:18.343193+00	ready-x509	factory	state	registered	connected	1	latchkey	\N
2026-11-28 15:32:18.461622+00	ready-x509	factory	state	connected	ready	1	latchkey	\N
2026-11-28 15:32:18.713897+00	\N	pilot	create_token	\N	\N	\N	operator	fd7729bf6a2a5a1d: 3 uses for 1 day
2026-11-28 15:32:18.775034+00	ready-token	pilot	state	off	registered	1	latchkey	\N
2026-11-28 15:32:19.09075+00	ready-token	pilot	state	registered	connected	1	latchkey	\N
2026-11-28 15:32:19.287528+00	ready-token	pilot	state	connected	ready	1	latchkey	\N
2026-11-28 15:32:19.571782+00	ready-password	passwords	state	off	registered	1	latchkey	\N
2026-11-28 15:32:19.854489+00	ready-password	passwords	state	registered	connected	1	latchkey	\N
2026-11-28 15:32:20.147382+00	ready-password	passwords	state	connected	ready	1	latchkey	\N
2026-11-28 15:32:20.479522+00	off-enrolled	\N	enroll_device	\N	\N	\N	operator	\N
2026-11-28 15:32:20.64128+00	pending	gated	state	off	provisioning_requested	0	latchkey	\N
2026-11-28 15:32:20.954559+00	registered	\N	enroll_device	\N	\N	\N	operator	\N
2026-11-28 15:32:21.063064+00	registered	\N	state	off	registered	1	latchkey	\N
2026-11-28 15:32:21.145333+00	connected	\N	enroll_device	\N	\N	\N	operator	\N
2026-11-28 15:32:21.227182+00	connected	\N	state	off	registered	1	latchkey	\N
2026-11-28 15:32:21.294889+00	connected	\N	state	registered	connected	1	latchkey	\N
2026-11-28 15:32:21.387129+00	failed	\N	enroll_device	\N	\N	\N	operator	\N
2026-11-28 15:32:21.47209+00	failed	\N	state	off	registered	1	latchkey	\N
2026-11-28 15:32:21.501639+00	failed	\N	state	registered	connected	1	latchkey	\N
2026-11-28 15:32:21.764863+00	rotated	\N	enroll_device	\N	\N	\N	operator	\N
2026-11-28 15:32:21.889052+00	rotated	\N	state	off	registered	1	latchkey	\N
2026-11-28 15:32:21.932252+00	rotated	\N	state	registered	connected	1	latchkey	\N
2026-11-28 15:32:21.948189+00	rotated	\N	state	connected	ready	1	latchkey	\N
2026-11-28 15:32:22.014198+00	rotated	\N	credential	ready	ready	2	latchkey	\N
2026-11-28 15:32:22.186038+00	acted-suspend	\N	enroll_device	\N	\N	\N	operator	\N
2026-11-28 15:32:22.29281+00	acted-suspend	\N	state	off	registered	1	latchkey	\N
2026-11-28 15:32:22.329453+00	acted-suspend	\N	state	registered	connected	1	latchkey	\N
2026-11-28 15:32:22.343099+00	acted-suspend	\N	state	connected	ready	1	latchkey	\N
2026-11-28 15:32:22.493198+00	acted-suspend	\N	state	ready	suspended	1	operator	for the fleet
2026-11-28 15:32:22.57231+00	acted-revoke	\N	enroll_device	\N	\N	\N	operator	\N
2026-11-28 15:32:22.648529+00	acted-revoke	\N	state	off	registered	1	latchkey	\N
2026-11-28 15:32:22.680482+00	acted-revoke	\N	state	registered	connected	1	latchkey	\N
2026-11-28 15:32:22.687477+00	acted-revoke	\N	state	connected	ready	1	latchkey	\N
2026-11-28 15:32:22.824914+00	acted-revoke	\N	state	ready	revoked	1	operator	for the fleet
2026-11-28 15:32:22.922203+00	acted-reset	\N	enroll_device	\N	\N	\N	operator	\N
2026-11-28 15:32:23.016559+00	acted-reset	\N	state	off	registered	1	latchkey	\N
2026-11-28 15:32:23.045955+00	acted-reset	\N	state	registered	connected	1	latchkey	\N
2026-11-28 15:32:23.068635+00	acted-reset	\N	state	connected	ready	1	latchkey	\N
2026-11-28 15:32:23.19745+00	acted-reset	\N	state	ready	off	1	operator	for the fleet
2026-11-28 15:32:23.270828+00	acted-decommission	\N	enroll_device	\N	\N	\N	operator	\N
2026-11-28 15:32:23.332459+00	acted-decommission	\N	state	off	registered	1	latchkey	\N
2026-11-28 15:32:23.3603+00	acted-decommission	\N	state	registered	connected	1	latchkey	\N
2026-11-28 15:32:23.370194+00	acted-decommission	\N	state	connected	ready	1	latchkey	\N
2026-11-28 15:32:23.535059+00	acted-decommission	\N	state	ready	revoked	1	operator	for the fleet
2026-11-28 15:32:23.542126+00	acted-decommission	\N	decommission	\N	\N	1	operator	for the fleet
2026-11-28 15:32:23.639139+00	acted-forget	\N	enroll_device	\N	\N	\N	operator	\N
2026-11-28 15:32:23.724458+00	acted-forget	\N	state	off	registered	1	latchkey	\N
2026-11-28 15:32:23.78689+00	acted-forget	\N	state	registered	connected	1	latchkey	\N
2026-11-28 15:32:23.814209+00	acted-forget	\N	state	connected	ready	1	latchkey	\N
2026-11-28 15:32:23.949607+00	acted-forget	\N	state	ready	revoked	1	operator	scrapped
2026-11-28 15:32:23.951268+00	acted-forget	\N	decommission	\N	\N	1	operator	scrapped
2026-11-28 15:32:23.958354+00	acted-forget	\N	forget	\N	\N	1	operator	erased: attributes, enrolment, certificates and keys of 1 credentials
2026-11-28 15:32:23.970773+00	ready-key	\N	set_device_config	\N	\N	\N	operator	\N
2026-11-28 15:32:23.978324+00	\N	passwords	set_group_endpoint	\N	\N	\N	operator	\N
2026-11-28 15:32:23.993005+00	\N	factory	disable_group	\N	\N	\N	operator	a recall
\.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
ALTER TABLE ONLY registry.attempt_count
    ADD CONSTRAINT attempt_count_pkey PRIMARY KEY (minute, group_name, code, writer);
ALTER TABLE ONLY registry.broker_link
    ADD CONSTRAINT broker_link_pkey PRIMARY KEY (link);
ALTER TABLE ONLY registry.clone_sign
    ADD CONSTRAINT clone_sign_pkey PRIMARY KEY (device_id, sign);
ALTER TABLE ONLY registry.config_change
    ADD CONSTRAINT config_change_pkey PRIMARY KEY (scope);
ALTER TABLE ONLY registry.config_due
    ADD CONSTRAINT config_due_pkey PRIMARY KEY (device_id);
ALTER TABLE ONLY registry.credential
    ADD CONSTRAINT credential_device_id_request_id_key UNIQUE (device_id, request_id);
ALTER TABLE ONLY registry.credential
    ADD CONSTRAINT credential_pkey PRIMARY KEY (device_id, generation);
ALTER TABLE ONLY registry.credential
    ADD CONSTRAINT credential_serial_key UNIQUE (serial);
ALTER TABLE ONLY registry.device_config
    ADD CONSTRAINT device_config_pkey PRIMARY KEY (device_id);
ALTER TABLE ONLY registry.device
    ADD CONSTRAINT device_pkey PRIMARY KEY (device_id);
ALTER TABLE ONLY registry.enrollment_group
    ADD CONSTRAINT enrollment_group_pkey PRIMARY KEY (name);
ALTER TABLE ONLY registry.enrollment_import
    ADD CONSTRAINT enrollment_import_pkey PRIMARY KEY (line);
ALTER TABLE ONLY registry.enrollment
    ADD CONSTRAINT enrollment_pkey PRIMARY KEY (device_id);
ALTER TABLE ONLY registry.fleet_config
    ADD CONSTRAINT fleet_config_pkey PRIMARY KEY (one);
ALTER TABLE ONLY registry.fleet_summary
    ADD CONSTRAINT fleet_summary_group_name_state_key UNIQUE NULLS NOT DISTINCT (group_name, state);
ALTER TABLE ONLY registry.funnel_summary
    ADD CONSTRAINT funnel_summary_pkey PRIMARY KEY (day);
ALTER TABLE ONLY registry.group_ca
    ADD CONSTRAINT group_ca_pkey PRIMARY KEY (subject);
ALTER TABLE ONLY registry.nudge
    ADD CONSTRAINT nudge_pkey PRIMARY KEY (device_id);
ALTER TABLE ONLY registry.presence
    ADD CONSTRAINT presence_pkey PRIMARY KEY (device_id);
ALTER TABLE ONLY registry.quota
    ADD CONSTRAINT quota_pkey PRIMARY KEY (name);
ALTER TABLE ONLY registry.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY registry.setting
    ADD CONSTRAINT setting_pkey PRIMARY KEY (one);
ALTER TABLE ONLY registry.token
    ADD CONSTRAINT token_pkey PRIMARY KEY (hash);
CREATE INDEX attempt_device_id ON registry.attempt USING btree (device_id, received_at);
CREATE INDEX attempt_refused ON registry.attempt USING btree (received_at) WHERE (decision = ANY (ARRAY['rejected'::text, 'retry'::text]));
CREATE INDEX attempt_tracking_id ON registry.attempt USING btree (tracking_id);
CREATE INDEX config_due_at ON registry.config_due USING btree (due_at);
CREATE INDEX credential_key ON registry.credential USING btree (key_fingerprint);
CREATE INDEX credential_login ON registry.credential USING btree ((((device_id || '@'::text) || (generation)::text))) WHERE ((type = 'password'::text) AND (ended_at IS NULL));
CREATE INDEX credential_not_after ON registry.credential USING btree (not_after) WHERE (erased_at IS NULL);
CREATE INDEX credential_revoked ON registry.credential USING btree (not_after, revoked_at) WHERE ((type = 'x509'::text) AND (revoked_at IS NOT NULL));
CREATE INDEX device_access_changed ON registry.device USING btree (access_changed_at) WHERE (access_changed_at IS NOT NULL);
CREATE INDEX device_access_pending ON registry.device USING btree (access_changed_at) WHERE ((broker_applied_at IS NULL) AND (access_changed_at IS NOT NULL));
CREATE INDEX device_denied ON registry.device USING btree (device_id) WHERE ((generation > 0) AND (state = ANY (ARRAY['suspended'::text, 'revoked'::text, 'off'::text, 'provisioning_requested'::text])));
CREATE INDEX device_group_name ON registry.device USING btree (group_name, device_id) WHERE (group_name IS NOT NULL);
CREATE INDEX device_requested_at ON registry.device USING btree (requested_at) WHERE (requested_at IS NOT NULL);
CREATE INDEX device_waiting ON registry.device USING btree (waiting_since) WHERE (waiting_digest IS NOT NULL);
CREATE INDEX enrollment_group_name ON registry.enrollment USING btree (group_name) WHERE (group_name IS NOT NULL);
CREATE UNIQUE INDEX enrollment_group_token ON registry.enrollment_group USING btree (material) WHERE (proof = 'token'::text);
CREATE INDEX event_device_id ON registry.event USING btree (device_id, at);
CREATE INDEX nudge_settled ON registry.nudge USING btree (settled_at) WHERE (settled_at IS NOT NULL);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON registry.attempt FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON registry.event FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_change();
CREATE TRIGGER guard BEFORE INSERT ON registry.enrollment_import FOR EACH STATEMENT EXECUTE FUNCTION registry.guard_import();
CREATE TRIGGER log_insert AFTER INSERT ON registry.device REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION registry.log_device_insert();
CREATE TRIGGER log_update AFTER UPDATE ON registry.device REFERENCING OLD TABLE AS before NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION registry.log_device_update();
ALTER TABLE ONLY registry.clone_sign
    ADD CONSTRAINT clone_sign_device_id_fkey FOREIGN KEY (device_id) REFERENCES registry.device(device_id);
ALTER TABLE ONLY registry.config_due
    ADD CONSTRAINT config_due_device_id_fkey FOREIGN KEY (device_id) REFERENCES registry.device(device_id);
ALTER TABLE ONLY registry.credential
    ADD CONSTRAINT credential_device_id_fkey FOREIGN KEY (device_id) REFERENCES registry.device(device_id);
ALTER TABLE ONLY registry.device
    ADD CONSTRAINT device_group_name_fkey FOREIGN KEY (group_name) REFERENCES registry.enrollment_group(name);
ALTER TABLE ONLY registry.device
    ADD CONSTRAINT device_quota_fkey FOREIGN KEY (quota) REFERENCES registry.quota(name);
ALTER TABLE ONLY registry.enrollment
    ADD CONSTRAINT enrollment_group_name_fkey FOREIGN KEY (group_name) REFERENCES registry.enrollment_group(name);
ALTER TABLE ONLY registry.enrollment_group
    ADD CONSTRAINT enrollment_group_quota_fkey FOREIGN KEY (quota) REFERENCES registry.quota(name);
ALTER TABLE ONLY registry.group_ca
    ADD CONSTRAINT group_ca_group_name_fkey FOREIGN KEY (group_name) REFERENCES registry.enrollment_group(name);
ALTER TABLE ONLY registry.nudge
    ADD CONSTRAINT nudge_device_id_fkey FOREIGN KEY (device_id) REFERENCES registry.device(device_id);
ALTER TABLE ONLY registry.presence
    ADD CONSTRAINT presence_device_id_fkey FOREIGN KEY (device_id) REFERENCES registry.device(device_id);
ALTER TABLE ONLY registry.quota
    ADD CONSTRAINT quota_parent_fkey FOREIGN KEY (parent) REFERENCES registry.quota(name);
ALTER TABLE ONLY registry.token
    ADD CONSTRAINT token_group_name_fkey FOREIGN KEY (group_name) REFERENCES registry.enrollment_group(name);
ALTER TABLE ONLY registry.token
    ADD CONSTRAINT token_quota_fkey FOREIGN KEY (quota) REFERENCES registry.quota(name);
