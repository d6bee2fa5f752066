-- Functions and views that earlier versions had and this one does not. One that a service of the version
-- before still calls stays until the next version. Without CASCADE: if anything still depends on one of
-- them, that is a mistake and the migration must fail.
DROP FUNCTION IF EXISTS advice(text, text);
DROP FUNCTION IF EXISTS commit_waiting(decided_request[]);
DROP FUNCTION IF EXISTS confirmed_of(text, bigint);
DROP FUNCTION IF EXISTS count_funnel();
DROP FUNCTION IF EXISTS describe_views();
DROP FUNCTION IF EXISTS lock_for_commit(decided_request[]);
DROP FUNCTION IF EXISTS note_sizes(decided_request[], int[], int[]);
DROP FUNCTION IF EXISTS refuse(text, text, text);
DROP FUNCTION IF EXISTS write_ledger(decided_request[], int[], int[], int[]);
