"""The script of the Glue job that normalises (ScriptLocation); all else is in the wheel."""

import sys

from spark.jobs.glue import normalise_job

if __name__ == "__main__":
    code = normalise_job(sys.argv)
    if code:  # Glue calls a job failed whose script leaves by SystemExit
        sys.exit(code)
