#!/opt/chalkline/bin/python -IS
"""Exits 0 if the service in this container answers 200 on the path given, such as /readyz; says why not."""

import http.client
import os
import sys

connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["CHALKLINE_HTTP_PORT"]), timeout=4)
try:
    connection.request("GET", sys.argv[1])
    answer = connection.getresponse()
    body = answer.read().decode()
except OSError as error:
    sys.exit(f"no answer: {error}")
if answer.status != http.HTTPStatus.OK:
    sys.exit(f"{answer.status}: {body}")
