"""Databases: tables, migrations, the change feed, the bus between workers, backups."""
