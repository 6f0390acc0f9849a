"""Corosync by hand, for measurements without Holdfast: two links, encrypted, one token."""

import os

from holdfast_lab import wait_until

HEAD = """totem {{
  version: 2
  cluster_name: floor
  transport: knet
  token: {token}
  token_coefficient: 0
  crypto_cipher: aes256
  crypto_hash: sha256
}}
quorum {{
  provider: corosync_votequorum
}}
system {{
  move_to_root_cgroup: no
}}
nodelist {{
"""

NODE = """  node {{
    nodeid: {id}
    name: {name}
    ring0_addr: {private}
    ring1_addr: {public}
  }}
"""


def configuration(nodes, token_ms):
    text = HEAD.format(token=token_ms)
    for number, node in enumerate(nodes, 1):
        text += NODE.format(id=number, name=node.name, private=node.address("private"),
                            public=node.address("public"))
    return text + "}\n"


def start(nodes, token_ms):
    """Write configuration and key, start corosync in all nodes, wait until all see all."""
    key, text = os.urandom(256), configuration(nodes, token_ms)
    for node in nodes:
        node.put(key, "/etc/corosync/authkey", 0o400)
        node.put(text, "/etc/corosync/corosync.conf")
        node.run(["systemctl", "start", "corosync"])
    wait_members(nodes, len(nodes))


def wait_members(nodes, count, deadline_s=60):
    """Until every one of these nodes counts so many members."""
    for node in nodes:
        wait_until(lambda n=node: members(n) == count, deadline_s,
                   f"{node.name}: {count} members")


def members(node):
    done = node.run(["corosync-quorumtool", "-s"], check=False)
    words = [line.split() for line in done.out.splitlines() if line.startswith("Nodes:")]
    return int(words[0][1]) if words else 0


def token_ms(node):
    """The token timeout that a running corosync uses."""
    out = node.run(["corosync-cmapctl", "-g", "runtime.config.totem.token"]).out
    return int(out.split()[-1])
