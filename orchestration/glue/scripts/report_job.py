"""The script of the Glue job `report` (ScriptLocation); all else is in the wheel."""

import sys

from orchestration.glue.run_job import run_job

if __name__ == "__main__":
    code = run_job("report", sys.argv)
    if code:  # Glue calls a job failed whose script leaves by SystemExit
        sys.exit(code)
