-- Before the functions are made: a function whose result or arguments this version changes cannot be
-- replaced, so the one of earlier versions is dropped. `finish` gives back what operators granted on it.
-- Only functions that no service calls may stand here.
DO $$
DECLARE old regprocedure;
BEGIN
  FOR old IN
    SELECT p.oid FROM pg_proc p
    WHERE p.pronamespace = 'registry'::regnamespace AND (p.prorettype = 'void'::regtype
        AND p.proname = ANY ('{act, settle_waiting, set_status, suspend, resume, revoke, reset,
          decommission, forget, approve, reject, disable_device, enable_device, disable_group,
          enable_group, end_token, enroll_device, enroll_group, roll_group_key, set_device_config,
          set_group_config, set_fleet_config, set_group_endpoint, set_fleet_endpoint,
          set_group_policy, set_retention}'::text[])
      OR p.proname = ANY ('{act_on, suspend_devices, resume_devices, revoke_devices, reset_devices,
          decommission_devices, set_device_configs}'::text[])
        AND NOT p.proargnames && '{old_state, old_config}'
      OR p.proname = 'enroll_group' AND NOT 'token_attributes' = ANY (p.proargnames)
      OR p.proname = 'explain_request'
        AND 'registry.request_facts'::regtype = ANY (p.proallargtypes))
  LOOP
    EXECUTE format('DROP FUNCTION %s', old);
  END LOOP;
END $$;
