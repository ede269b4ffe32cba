"""`python -m cli` is `casegraph` in a checkout."""

import sys

from cli import main

sys.exit(main())
