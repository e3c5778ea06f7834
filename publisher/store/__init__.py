"""All SQL: SQLAlchemy Core tables, the writer, hot statements, migrations."""
