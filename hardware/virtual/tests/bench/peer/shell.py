"""Runs commands on a phone through adb-shell, a debug bridge client of other hands.

Usage: shell.py HOST PORT KEY SECONDS COMMAND...

KEY is a file that is made where there is none. Prints a JSON object: the phone's answers in
order, or under "error" the name of what went wrong.
"""

import json
import os
import sys

from adb_shell.adb_device import AdbDeviceTcp
from adb_shell.auth.keygen import keygen
from adb_shell.auth.sign_pythonrsa import PythonRSASigner

host, port, key, seconds, *commands = sys.argv[1:]
if not os.path.exists(key):
    keygen(key)
signer = PythonRSASigner.FromRSAKeyPath(key)
device = AdbDeviceTcp(host, int(port), default_transport_timeout_s=20)
try:
    device.connect(rsa_keys=[signer], auth_timeout_s=float(seconds))
    print(json.dumps({"answers": [device.shell(command) for command in commands]}))
except Exception as error:
    print(json.dumps({"error": type(error).__name__}))
finally:
    device.close()
