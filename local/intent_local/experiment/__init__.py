"""Files of an experiment, read and counted by DuckDB."""
