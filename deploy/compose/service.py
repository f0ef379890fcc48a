#!/opt/chalkline/bin/python
"""Runs the service this image was made for, with the job given: serve, migrate, verify, …"""

import os
import runpy
import socket

# A container that is started again keeps its host name: it goes on with its own partitions, mails and all, at once.
os.environ.setdefault("CHALKLINE_REPLICA", socket.gethostname())
runpy.run_module(os.environ["CHALKLINE_SERVICE"], run_name="__main__")
