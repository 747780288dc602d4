select s.name, to_jsonb(s) - array['endpoint_since', 'deployed', 'system_identifier', 'database_oid', 'timeline',
                                   'held_xid', 'held_after', 'registered', 'cron_schedule', 'job_id', 'job_role',
                                   'job_obstacle', 'mode_code', 'transport_used', 'lanes']
       || jsonb_build_object('retired', s.deployed ? 'retired') as settings
  from bunkd.schedule s
