"""COPY: its options, its manifests, its checks of Parquet, its history."""
