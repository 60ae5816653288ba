"""Everything per user, as Parquet: where it lies, how it is read and written."""
