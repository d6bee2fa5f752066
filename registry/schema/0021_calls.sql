-- What the service's calls take, by name: registry/columns.hpp has the same lists, and a test compares them.

CREATE TYPE request_key AS (
  i int, device_id text, request_id text, group_name text, token_hash bytea, ca_subject bytea, certificate bytea
);
COMMENT ON TYPE request_key IS 'Service: one row that load_requests takes.';

CREATE TYPE status_key AS (i int, device_id text, generation bigint);
COMMENT ON TYPE status_key IS 'Service: one row that load_statuses takes.';

CREATE TYPE sent_credential AS (i int, device_id text, generation bigint);
COMMENT ON TYPE sent_credential IS 'Service: one row that mark_sent takes.';

CREATE TYPE applied_access AS (i int, device_id text, generation bigint, changed_at bigint);
COMMENT ON TYPE applied_access IS 'Service: one row that broker_applied takes.';

CREATE TYPE link_life AS (i int, link text, ready_ms bigint, lost boolean);
COMMENT ON TYPE link_life IS 'Service: one row that note_links takes.';

CREATE TYPE placed_request AS (
  request decided_request, known boolean, quota text, top text, old_top text, moves boolean, moves_top boolean, beyond boolean
);
COMMENT ON TYPE placed_request IS 'Internal: an accepted request, and what it does to the quotas.';
