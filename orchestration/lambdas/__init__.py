"""The functions on AWS Lambda: what files that arrive start, and an extraction that takes less than 15 minutes."""
