create or replace function bunkd.is_trusted(p_role oid, p_queue_owner text default null) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return p_role = to_regrole(quote_ident(current_user))  -- a plain cast would fold the name, to another role's
    or (select /* shared/trusted */ from (select p_role as role) as w
        cross join (select p_queue_owner as queue_owner) as v);
end
$$;

comment on function bunkd.is_trusted(oid, text) is
  'Whether a role''s code may run as ours: a superuser''s, that of a role that is or can become ours, or that of the '
  'one that an operator has named.';
