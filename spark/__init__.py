"""From raw JSON to typed Parquet staging: DataFrame in, DataFrame out."""
