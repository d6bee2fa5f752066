-- Functions and views that earlier versions had and this one has not. One that a service of the version
-- before still calls stays until the next version. Without CASCADE: what still hangs on one of them is
-- a mistake that has to show.
DROP FUNCTION IF EXISTS advice(text, text);
DROP FUNCTION IF EXISTS commit_waiting(decided_request[]);
DROP FUNCTION IF EXISTS count_funnel();
DROP FUNCTION IF EXISTS describe_views();
DROP FUNCTION IF EXISTS lock_for_commit(decided_request[]);
DROP FUNCTION IF EXISTS write_ledger(decided_request[], int[], int[], int[]);
