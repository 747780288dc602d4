-- whether auto_explain writes what Vault's own functions store into the log
select coalesce(current_setting('auto_explain.log_nested_statements', true), '') = 'on'
   and coalesce(current_setting('auto_explain.log_min_duration', true), '-1') <> '-1'
   and coalesce(current_setting('auto_explain.log_parameter_max_length', true), '0') <> '0' as logged
