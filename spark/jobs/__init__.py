"""Jobs: what runs the transforms, and where it reads and writes."""
