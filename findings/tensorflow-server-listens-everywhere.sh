#!/usr/bin/env bash
# tensorflow-cpu 2.21.0, 2026-11-30: a server whose cluster names 127.0.0.1:PORT listens on every interface. The host of an
# address is only what others are told to connect to; it binds nothing, and there is no option that would. The server has no
# password either, so a job that was meant for one machine can be reached from the network.
#
# Seen: "listens on :::PORT", for tf.distribute.Server with {'worker': ['127.0.0.1:PORT']}.
# Downloads TensorFlow (300 MB). Linux. Exits non-zero where this no longer holds.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q tensorflow-cpu==2.21.0
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import ipaddress
import socket
import sys
import tensorflow as tf

with socket.socket() as free:
    free.bind(('127.0.0.1', 0))
    port = free.getsockname()[1]
server = tf.distribute.Server({'worker': [f'127.0.0.1:{port}']}, job_name='worker', task_index=0)
LISTENING = '0A'
hosts = set()
for table in ('/proc/self/net/tcp', '/proc/self/net/tcp6'):
    for line in open(table).readlines()[1:]:
        address, state = line.split()[1], line.split()[3]
        host, number = address.split(':')
        if int(number, 16) == port and state == LISTENING:
            # The kernel prints each four bytes of an address as one number of the machine's order.
            words = [bytes.fromhex(host[at:at + 8])[::-1] for at in range(0, len(host), 8)]
            hosts.add(ipaddress.ip_address(b''.join(words)))
for host in hosts:
    print(f'told 127.0.0.1:{port}, listens on {host}:{port}')
sys.exit(0 if hosts and all(host.is_unspecified for host in hosts) else 1)
PYTHON
