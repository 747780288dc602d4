"""Your Postgres calls your job function: a Postgres-native scheduler provisioner."""

__version__ = "0.1.0"
