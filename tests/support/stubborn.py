"""A statement that is cancelled, and is done all the same, as a commit that waits for a standby can be."""

# PostgreSQL signals a session and its process group: the second one can come a moment later
STUBBORN = """
  begin
    perform pg_sleep(60);
  exception when query_canceled then
    begin
      perform pg_sleep(0.3);
    exception when query_canceled then null;
    end;
  end
"""
SLEEPS = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
