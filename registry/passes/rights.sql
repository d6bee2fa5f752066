-- Pass 3: who may do what. Nothing else grants or revokes, so this page is the whole answer.
GRANT USAGE ON SCHEMA registry TO latchkey_service, latchkey_ops, latchkey_reader, latchkey_broker, latchkey_admin;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA registry
  FROM PUBLIC, latchkey_service, latchkey_admin, latchkey_ops, latchkey_reader, latchkey_broker;
REVOKE ALL ON ALL TABLES IN SCHEMA registry
  FROM PUBLIC, latchkey_service, latchkey_admin, latchkey_ops, latchkey_reader, latchkey_broker;

-- The service executes these, and reads and writes no table.
GRANT EXECUTE ON FUNCTION
  load_requests, load_requests_2, commit_requests, mark_sent, mark_sent_2, lock_holders,
  load_statuses, load_statuses_2, commit_statuses,
  walk_config_change, claim_configs, commit_configs, claim_nudges, note_links,
  note_undelivered,
  load_broker_access, load_broker_access_2, load_gate_access, load_access_changes, broker_applied,
  access_looked_up, claim_cuts, sessions_ended, note_rights, note_roots, rights_told,
  revocation_stamp, load_revoked, load_revoked_2,
  count_devices, count_default_rows, count_separators, make_partitions, maintain, summarize,
  prove_commit, has_attempt,
  page_funnel, page_rejections, page_pending, page_expiring, page_device, page_device_2,
  page_history, page_credentials, page_todo, page_clones, page_stuck, page_replicas, page_devices,
  page_online
  TO latchkey_service;

-- Operators act by these.
GRANT EXECUTE ON FUNCTION
  enroll_group, set_group_policy, disable_group, enable_group, roll_group_key, retire_group_key,
  enroll_device, enroll_devices, disable_device, enable_device, pem, create_token, end_token,
  approve, reject, suspend, resume, revoke, reset, decommission, forget,
  suspend_devices, resume_devices, revoke_devices, reset_devices, decommission_devices, set_device_configs,
  approve_devices, reject_devices, forget_devices, set_labels, set_device_labels,
  move_device, move_devices, show_layers,
  show_layers_at, find_devices,
  show_configs, set_fleet_config, set_group_config, set_device_config, set_fleet_endpoint,
  set_group_endpoint, set_fleet_rights, set_group_rights,
  explain_request, import_begin, import_problems, import_enroll, import_end
  TO latchkey_ops;
GRANT INSERT ON enrollment_import TO latchkey_ops;

-- These end or repair history, so whoever acts on devices may not call them.
GRANT EXECUTE ON FUNCTION set_retention, maintain, make_partitions, restored TO latchkey_admin;

-- Readers read the views, and so do operators, who are members of readers.
GRANT SELECT ON
  devices, certificates, credentials, attempts, events, pending_approvals, suspected_clones, access_changes,
  stuck_devices, groups, tokens, retention, fleet, recent_rejections, counted_rejections,
  expiring_credentials, provisioning_funnel, reasons, rights
  TO latchkey_reader;
GRANT SELECT ON schema_migrations, schema_code TO latchkey_service, latchkey_ops, latchkey_reader;
-- The views call these on the rows that they show.
GRANT EXECUTE ON FUNCTION is_live, presence_trusted_since, counts_live, funnel, seconds,
  needs_retired_key TO latchkey_reader;

-- Not to latchkey_reader: whoever reads reports needs no hashes of passwords.
GRANT SELECT ON mqtt_user, mqtt_acl TO latchkey_broker;
GRANT EXECUTE ON FUNCTION is_live TO latchkey_broker;

-- What others execute, and what a trigger does, is done with the owner's rights; the rest is called from
-- there. Each finds the registry's objects and no others. A function whose body is bound when it is made
-- (RETURN ...) needs neither, and would not be inlined with it.
DO $$
DECLARE f record;
BEGIN
  FOR f IN
    SELECT p.oid::regprocedure AS signature,
           p.prorettype = 'trigger'::regtype OR EXISTS (
             SELECT FROM aclexplode(p.proacl) a WHERE a.grantee <> p.proowner) AS called_by_others
    FROM pg_proc p WHERE p.pronamespace = 'registry'::regnamespace AND p.prosqlbody IS NULL
  LOOP
    EXECUTE format('ALTER FUNCTION %s %s SET search_path = registry, pg_temp', f.signature,
                   CASE WHEN f.called_by_others THEN 'SECURITY DEFINER' ELSE 'SECURITY INVOKER' END);
  END LOOP;
END $$;
