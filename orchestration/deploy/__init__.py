"""`reelhouse deploy`: from a checkout to a stack on AWS, and back."""
