#!/opt/chalkline/bin/python
"""Runs the service this image was made for, with the job given: serve, migrate, verify, …"""

import os
import runpy

runpy.run_module(os.environ["CHALKLINE_SERVICE"], run_name="__main__")
