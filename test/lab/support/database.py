"""Prepares the disk of a PostgreSQL instance the way a person would: mkfs, mount, initdb, unmount.

It is done once, in one node, before the cluster knows the instance.
"""

BIN = "/usr/lib/postgresql/15/bin"

SETTINGS = """
shared_buffers = 64MB
max_connections = 40
"""

SCRIPT = r"""
set -e
mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 -m 0 {device}
mkdir -p {mount}
mount {device} {mount}
install -d -o postgres -g postgres -m 700 {mount}/data
su postgres -c '{bin}/initdb -D {mount}/data -A trust --no-sync --no-instructions' >/dev/null
echo 'host all all {subnet} trust' >> {mount}/data/pg_hba.conf
cat >> {mount}/data/postgresql.conf
sync -f {mount}
umount {mount}
"""


def prepare(node, device, mount, subnet="10.77.0.0/24"):
    """Make the file system and an empty database on the disk."""
    script = SCRIPT.format(device=device, mount=mount, subnet=subnet, bin=BIN)
    node.run(["sh", "-c", script], timeout=180, stdin=SETTINGS.encode())


def sql(lab, address, statement, timeout=30):
    """Run one statement through the instance's address; returns its output."""
    done = lab.client_run(["psql", "-X", "-A", "-t", "-h", address, "-U", "postgres", "-d",
                           "postgres", "-c", statement], capture_output=True, text=True,
                          timeout=timeout)
    if done.returncode != 0:
        raise RuntimeError(f"{address}: {statement}: {done.stderr.strip()}")
    return done.stdout.strip()
