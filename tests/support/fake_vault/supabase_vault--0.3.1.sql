-- A double: the secret is stored reversed, so that a test sees whether it read the stored or the decrypted value.
create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea default '\x00',
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
comment on table vault.secrets is 'Table with encrypted `secret` column for storing sensitive information on disk.';
create unique index secrets_name_idx on vault.secrets (name) where name is not null;

create function vault._crypto_aead_det_decrypt(
  message bytea, additional bytea, key_id bigint, context bytea default 'pgsodium', nonce bytea default null
) returns bytea language sql immutable set search_path = '' as $$
  select pg_catalog.convert_to(pg_catalog.reverse(pg_catalog.convert_from(message, 'UTF8')), 'UTF8')
$$;

create view vault.decrypted_secrets as
select
  s.id, s.name, s.description, s.secret,
  convert_from(
    vault._crypto_aead_det_decrypt(
      convert_to(s.secret, 'UTF8'), convert_to(s.id::text, 'UTF8'), 0, 'pgsodium'::bytea, s.nonce),
    'UTF8') as decrypted_secret,
  s.key_id, s.nonce, s.created_at, s.updated_at
from vault.secrets s;

create function vault.create_secret(
  new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid language sql security definer set search_path = '' as $$
  insert into vault.secrets (secret, name, description, key_id)
  values (pg_catalog.reverse(new_secret), new_name, new_description, new_key_id)
  returning id
$$;

create function vault.update_secret(
  secret_id uuid, new_secret text default null, new_name text default null,
  new_description text default null, new_key_id uuid default null
) returns void language sql security definer set search_path = '' as $$
  update vault.secrets s
  set secret = coalesce(pg_catalog.reverse(new_secret), s.secret),
      name = coalesce(new_name, s.name),
      description = coalesce(new_description, s.description),
      key_id = coalesce(new_key_id, s.key_id),
      updated_at = pg_catalog.now()
  where s.id = secret_id
$$;

revoke all on schema vault from public;
revoke all on vault.secrets, vault.decrypted_secrets from public;
revoke all on all functions in schema vault from public;

select pg_catalog.pg_extension_config_dump('vault.secrets', '');
