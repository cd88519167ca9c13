"""`python3 -m hetscope_device` is `hetscope-device`."""

import sys

from hetscope_device.cli import main

sys.exit(main())
