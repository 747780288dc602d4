create or replace view bunkd.credential_inbox as
  select null::text as schedule, null::text as value, null::text as origin, null::text as place where false;

comment on view bunkd.credential_inbox is
  'The only door for a secret: copy bunkd.credential_inbox (schedule, value, origin, place) from stdin (format '
  'binary). Always empty to a reader. Binary COPY, because bind parameters are logged at log_statement = all. No place '
  'is the current credential.';
