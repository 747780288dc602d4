"""The external schedulers: who can make the calls where the database cannot. Pure: no database."""
