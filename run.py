"""Start Rollcall from a checkout: `python run.py --help`."""

import sys

try:
    from serving.command import main
except ModuleNotFoundError as missing:
    sys.exit(f"rollcall: {missing.name} is not installed; run: pip install -e .")

if __name__ == "__main__":
    sys.exit(main())
