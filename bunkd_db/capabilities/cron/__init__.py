"""The cron jobs of a database that make an HTTP call, whoever made them: for `check --cron`."""
