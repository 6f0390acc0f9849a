#!/usr/bin/python3
"""`holdfast databases` as a person and a script run it: each form, with names that are made to break it.

    test_databases.py HOLDFAST

What is printed is read by those who it is for: libpq by a real PostgreSQL's client, ODBC by unixODBC
and psqlODBC, assignments by real shells. JDBC URLs are taken apart by the rules of the drivers.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from urllib.parse import parse_qsl, unquote_plus, urlsplit

HOLDFAST = None
EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
PROGRAMS = Path("/usr/lib/postgresql/15/bin")

# Each breaks something: a URI, a shell, a connection string, JSON or YAML.
HOSTILE = ["plain", "My Db", "a/b", "a?b=c&d", "100%", "a+b", "it's", '"quoted"', "$(id)", "`id`",
           "a;b", "a}b", "{a}", "a}", "a=b", "back\\slash", "#hash", "ünïcode", "a,b", "-x"]

HEAD = """
cluster: test
networks:
  public:  {subnet: 127.0.0.0/24}
nodes:
  db1: {public: 127.0.0.11}
  db2: {public: 127.0.0.12}
instances:
"""


def instance(name, databases, engine="postgresql", address="127.0.0.1", port=None, network=None):
    where = "" if engine == "service" else f", data: /srv/{name}/data"
    unit = ", unit: x.service" if engine == "service" else ""
    number = int(name.encode().hex(), 16) % 10 ** 9
    lines = [f"  {name}:", f"    engine: {{type: {engine}{where}{unit}"
             + (f", port: {port}" if port else "") + "}"]
    if engine != "service":
        lines.append(f"    disks: [{{device: /dev/disk/by-id/{number}, mount: /srv/{name}}}]")
    if address:
        lines.append(f"    address: {address}")
    if network:
        lines.append(f"    network_name: {network}")
    if databases:
        entries = ", ".join(f"{{name: {json.dumps(one, ensure_ascii=False)}}}" for one in databases)
        lines.append(f"    databases: [{entries}]")
    return "\n".join(lines) + "\n"


def run(*args, text=None, socket_path="/nonexistent"):
    done = subprocess.run([HOLDFAST, "databases", *args], input=text, capture_output=True,
                          text=True, timeout=60,
                          env={"HOLDFAST_SOCKET": socket_path, "PATH": "/usr/bin"})
    return done.returncode, done.stdout, done.stderr


def of_file(text, *args):
    return run("--file", "-", *args, text=text)


def rows(text):
    code, out, err = of_file(text, "--json")
    assert code == 0, err
    return json.loads(out)["databases"]


def chunks(names, size=16):
    """An instance lists 16 databases at most."""
    return [names[i:i + size] for i in range(0, len(names), size)]


class Words(unittest.TestCase):
    def test_names_of_the_cluster_never_of_a_node(self):
        code, out, err = run("--file", str(EXAMPLES / "bts-prod.yaml"), "--json")
        self.assertEqual((code, err), (0, ""))
        found = {row["instance"]: row for row in json.loads(out)["databases"]}
        self.assertEqual(found["msgbox"]["host"], "bts-msgbox.example.com")
        self.assertEqual(found["msgbox"]["address"], "10.77.0.101")
        self.assertEqual(found["main"]["host"], "10.77.0.102")
        self.assertIsNone(found["main"]["network_name"])
        self.assertIsNone(found["sso"]["database"])
        self.assertIsNone(found["sso"]["libpq"])
        for node in ("10.77.0.11", "10.77.0.12", "10.77.0.13", "db1", "db2", "db3"):
            self.assertNotIn(f'"{node}"', out)
            self.assertNotIn(f"//{node}:", out)

    def test_table(self):
        code, out, err = run("--file", str(EXAMPLES / "bts-prod.yaml"))
        self.assertEqual((code, err), (0, ""))
        lines = out.splitlines()
        self.assertRegex(lines[0], "^DATABASE +INSTANCE +CONNECT TO +PORT +ADDRESS +ENGINE")
        self.assertRegex(lines[1], r"^BizTalkMsgBoxDb +msgbox +bts-msgbox\.example\.com +5432 "
                                   r"+10\.77\.0\.101 +postgresql +runtime$")
        self.assertIn("\nBizTalkMsgBoxDb of msgbox\n  postgresql://bts-msgbox.example.com:5432/"
                      "BizTalkMsgBoxDb?target_session_attrs=read-write&", out)
        self.assertIn("\nsso, no database listed\n  no connection string: ", out)

    def test_one_instance(self):
        code, out, _ = run("--file", str(EXAMPLES / "bts-prod.yaml"), "--instance", "main",
                           "--libpq")
        self.assertEqual(code, 0)
        self.assertEqual([urlsplit(line).path for line in out.splitlines()],
                         ["/BizTalkMgmtDb", "/BizTalkRuleEngineDb"])
        code, out, err = run("--file", str(EXAMPLES / "bts-prod.yaml"), "--instance", "mian")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("no instance 'mian'", err)

    def test_no_way_in(self):
        text = HEAD + instance("dark", ["d"], address=None)
        self.assertIsNone(rows(text)[0]["host"])
        code, out, err = of_file(text, "--libpq")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("no libpq string for d of instance dark: the instance has no network_name",
                      err)

    def test_no_instance(self):
        self.assertEqual(of_file(HEAD.replace("instances:\n", ""), "--json")[1],
                         '{\n  "databases": []\n}\n')
        self.assertEqual(of_file(HEAD.replace("instances:\n", ""))[1], "there is no instance\n")

    def test_refused(self):
        self.assertEqual(run("--json", "--env")[0], 2)
        self.assertEqual(run("msgbox")[0], 2)
        code, out, err = of_file("cluster: [\n")
        self.assertEqual((code, out), (7, ""))
        self.assertIn("standard input:", err)
        self.assertEqual(run("--file", "/nonexistent.yaml")[0], 7)
        code, out, err = run()
        self.assertEqual((code, out), (3, ""))
        self.assertIn("holdfastd does not run on this node", err)

    def test_of_the_cluster_that_runs(self):
        text = HEAD + instance("msgbox", ["d"], network="msgbox.example.com")
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/s"
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path)
            listener.listen(1)
            asked = []

            def serve():
                connection, _ = listener.accept()
                with connection:
                    asked.append(json.loads(connection.makefile().readline()))
                    connection.sendall(json.dumps({"ok": True, "data": {"text": text}}).encode()
                                       + b"\n")
            thread = threading.Thread(target=serve)
            thread.start()
            code, out, err = run("--libpq", socket_path=path)
            thread.join(timeout=60)
            listener.close()
        self.assertEqual((code, err, asked), (0, "", [{"verb": "export"}]))
        self.assertTrue(out.startswith("postgresql://msgbox.example.com:5432/d?"), out)

    def test_ipv6(self):
        text = HEAD.replace("127.0.0.0/24", "fd00:77::/64").replace("127.0.0.1", "fd00:77::1")
        row = rows(text + instance("six", ["d"], address="fd00:77::64"))[0]
        self.assertTrue(row["libpq"].startswith("postgresql://[fd00:77::64]:5432/d?"))
        self.assertTrue(row["jdbc"].startswith("jdbc:postgresql://[fd00:77::64]:5432/d?"))
        self.assertIn("Server=fd00:77::64;", row["odbc"])


class Jdbc(unittest.TestCase):
    def check(self, names):
        for row in rows(HEAD + instance("i", names, port=7777)):
            url = row["jdbc"]
            self.assertTrue(url.startswith("jdbc:postgresql://127.0.0.1:7777/"), url)
            # pgJDBC: what follows the first "?" are arguments; the name is decoded as forms are.
            path, _, arguments = url[len("jdbc:postgresql://"):].partition("?")
            server, _, name = path.partition("/")
            self.assertEqual((server, unquote_plus(name)), ("127.0.0.1:7777", row["database"]))
            self.assertEqual(dict(parse_qsl(arguments))["targetServerType"], "primary")
            self.assertEqual(dict(parse_qsl(arguments))["tcpKeepAlive"], "true")

    def test_postgresql(self):
        for names in chunks(HOSTILE):
            self.check(names)

    def test_mariadb(self):
        seen = set()
        for names in chunks(HOSTILE):
            text = HEAD + instance("m", names, engine="mariadb")
            for row in rows(text):
                self.assertIsNone(row["libpq"])
                url = row["jdbc"]
                if url is None:
                    self.assertRegex(row["database"], "[?#&/%+]")
                    continue
                # Connector/J: the name stands as it is, from the first "/" to the first "?".
                path, _, arguments = url[len("jdbc:mariadb://"):].partition("?")
                self.assertEqual(path, f"127.0.0.1:3306/{row['database']}")
                self.assertEqual(dict(parse_qsl(arguments))["tcpKeepAlive"], "true")
                seen.add(row["database"])
            code, out, err = of_file(text, "--jdbc")
            self.assertEqual(code, 0)
            self.assertEqual(len(out.splitlines()) + len(err.splitlines()), len(names))
        self.assertIn("it's", seen)
        self.assertNotIn("a?b=c&d", seen)


class Odbc(unittest.TestCase):
    def test_strings(self):
        for engine, driver in (("postgresql", "PostgreSQL Unicode"), ("mariadb", "MariaDB Unicode")):
            for names in chunks(HOSTILE):
                text = HEAD + instance("i", names, engine=engine, port=7777)
                found = rows(text)
                for row in found:
                    if row["odbc"] is None:
                        self.assertRegex(row["database"], "[;{}]")
                        continue
                    parts = dict(one.split("=", 1) for one in row["odbc"].split(";") if one)
                    self.assertEqual(parts["Driver"], "{" + driver + "}")
                    self.assertEqual(parts["Database"], row["database"])
                    self.assertEqual((parts["Server"], parts["Port"]), ("127.0.0.1", "7777"))
                    self.assertEqual(len(parts), 5)
                code, out, err = of_file(text, "--odbc")
                left_out = [row for row in found if row["odbc"] is None]
                self.assertEqual((code, len(out.splitlines())), (0, len(found) - len(left_out)))
                self.assertEqual(len(err.splitlines()), len(left_out))


class Shell(unittest.TestCase):
    """Real shells evaluate what --env prints, and have the values, and have done nothing else."""

    def evaluated(self, shell, text):
        code, out, err = of_file(text, "--env")
        self.assertEqual(code, 0, err)
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([*shell, "-c", 'set -a; eval "$1"; exec env -0', "sh", out],
                                  capture_output=True, timeout=60, cwd=folder, check=True,
                                  env={"PATH": "/usr/bin:/bin"})
            self.assertEqual((done.stderr, os.listdir(folder)), (b"", []))
        variables = dict(one.split("=", 1) for one in done.stdout.decode().split("\0") if one)
        return {k: v for k, v in variables.items() if k.startswith("HOLDFAST_")}, err

    def test_hostile(self):
        names = HOSTILE + ["$(touch x)", "';touch x;'", "`touch x`", "'\\''", "!!", "~", "*"]
        for shell in (["dash"], ["bash", "--posix"], ["bash"]):
            for part in chunks(names):
                found, _ = self.evaluated(shell, HEAD + instance("box-1", part))
                for key in found:
                    self.assertRegex(key, "^HOLDFAST_BOX_1__[A-Z0-9_]+$")
                self.assertEqual(sorted(v for k, v in found.items() if k.endswith("_NAME")),
                                 sorted(part))
                for row in rows(HEAD + instance("box-1", part)):
                    stem = next(k[:-5] for k, v in found.items()
                                if k.endswith("_NAME") and v == row["database"])
                    for field in ("libpq", "jdbc", "odbc", "host"):
                        self.assertEqual(found.get(f"{stem}_{field.upper()}"), row[field])
                    self.assertEqual(found[f"{stem}_PORT"], "5432")

    def test_names_that_are_one_variable(self):
        def text(*names):
            return HEAD + instance("i", list(names))
        alone, err = self.evaluated(["dash"], text("a-b"))
        self.assertEqual((alone["HOLDFAST_I__A_B_NAME"], err), ("a-b", ""))
        both, err = self.evaluated(["dash"], text("a-b", "A_B", "c"))
        self.assertNotIn("HOLDFAST_I__A_B_NAME", both)
        self.assertEqual(both["HOLDFAST_I__C_NAME"], "c")
        self.assertEqual(len([k for k in both if k.endswith("_NAME")]), 3)
        self.assertEqual(len(err.splitlines()), 2)
        # The order in the file makes no difference to what a variable means.
        self.assertEqual(self.evaluated(["dash"], text("A_B", "c", "a-b"))[0], both)

    def test_instances_that_are_one_variable(self):
        text = HEAD + instance("x", ["y__z"]) + instance("x__y", ["z"], address="127.0.0.2")
        found, _ = self.evaluated(["dash"], text)
        self.assertEqual(sorted(v for k, v in found.items() if k.endswith("_HOST")),
                         ["127.0.0.1", "127.0.0.2"])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@unittest.skipUnless(os.getuid() == 0 and PROGRAMS.is_dir(), "needs root and PostgreSQL 15")
class Live(unittest.TestCase):
    """A PostgreSQL with databases of these names: every string leads to its own."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="hf-databases-"))
        shutil.chown(cls.folder, "postgres", "postgres")
        cls.port = free_port()
        cls.as_postgres("initdb", "-D", cls.folder / "data", "-A", "trust", "-N", "-E", "UTF8",
                        "--locale=C.UTF-8")
        with open(cls.folder / "log", "wb") as log:
            cls.server = subprocess.Popen(
                ["runuser", "-u", "postgres", "--", PROGRAMS / "postgres", "-D",
                 cls.folder / "data", "-p", str(cls.port), "-k", cls.folder, "-h", "127.0.0.1",
                 "-c", "fsync=off"], stdout=log, stderr=log, process_group=0)
        cls.addClassCleanup(cls.stop)
        # Asks until the server is there or has ended; the client itself waits a second at most.
        while subprocess.run([PROGRAMS / "pg_isready", "-q", "-t", "1", "-h", cls.folder, "-p",
                              str(cls.port)], check=False).returncode:
            if cls.server.poll() is not None:
                raise RuntimeError((cls.folder / "log").read_text())
        for name in HOSTILE:
            cls.as_postgres("createdb", "-h", cls.folder, "-p", str(cls.port), "-T", "template0",
                            "--", name)

    @classmethod
    def as_postgres(cls, program, *args):
        subprocess.run(["runuser", "-u", "postgres", "--", PROGRAMS / program, *map(str, args)],
                       check=True, capture_output=True, timeout=120, cwd="/")

    @classmethod
    def stop(cls):
        pid = cls.folder / "data" / "postmaster.pid"
        if cls.server.poll() is None and pid.exists():
            os.kill(int(pid.read_text().splitlines()[0]), signal.SIGQUIT)
        cls.server.wait(timeout=60)
        shutil.rmtree(cls.folder)

    def every(self):
        for names in chunks(HOSTILE):
            yield from rows(HEAD + instance("i", names, port=self.port))

    def test_libpq(self):
        for row in self.every():
            done = subprocess.run([PROGRAMS / "psql", "-U", "postgres", "-XAtc",
                                   "select current_database()", row["libpq"]],
                                  capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual((done.stdout, done.stderr), (row["database"] + "\n", ""), row["libpq"])

    def test_libpq_wants_a_server_that_takes_writes(self):
        row = next(self.every())
        done = subprocess.run([PROGRAMS / "psql", "-U", "postgres", "-XAtc", "select 1",
                               row["libpq"]], capture_output=True, text=True, timeout=60,
                              check=False, env={"PATH": "/usr/bin", "PGOPTIONS":
                                                "-c default_transaction_read_only=on"})
        self.assertEqual(done.returncode, 2)
        self.assertIn("session is read-only", done.stderr)

    @unittest.skipUnless(shutil.which("isql") and "[PostgreSQL Unicode]" in subprocess.run(
        ["odbcinst", "-q", "-d"], capture_output=True, text=True, check=False).stdout,
        "needs unixodbc and odbc-postgresql")
    def test_odbc(self):
        for row in self.every():
            if row["odbc"] is None:
                continue
            done = subprocess.run(["isql", "-k", "-b", "-v", row["odbc"] + "UID=postgres;"],
                                  input="select 'in:' || current_database()\n", timeout=60,
                                  capture_output=True, text=True, check=False)
            self.assertIn(f"in:{row['database']}", done.stdout, f"{row['odbc']}\n{done.stderr}")


if __name__ == "__main__":
    HOLDFAST = sys.argv.pop(1)
    unittest.main(verbosity=2)
