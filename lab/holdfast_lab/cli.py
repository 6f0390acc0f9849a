"""The command line of the lab: a table of verbs.

Exit codes: of `run` and `client` that of the command; 255 when the node is gone; 124 on timeout;
1 for anything the lab itself could not do, with one line that says why.
"""

import argparse
import fcntl
import json
import os
import select
import subprocess
import sys
import termios
import tty

from . import kernel, network, places
from .lab import Lab, LabError
from .network import NetworkError
from .node import NodeGone
from .waiting import DeadlineMissed


def say(text):
    print(f"lab: {text}", flush=True)


def do_prepare(_lab, _args):
    chosen = kernel.prepare(retry=True)
    say(f"ready: {chosen.kind} kernel {chosen.release}")


def do_up(lab, args):
    lab.up(args.nodes, args.luns, args.lun_size, args.install, args.mem, say)
    print_disks(lab)


def print_disks(lab):
    for lun in range(lab.config()["luns"]):
        print(f"LUN {lun:<2} {'witness' if lun == 0 else 'data   '}  {lab.device(lun)}")


def do_down(lab, _args):
    lab.down()


def do_power(lab, args):
    nodes = [args.node]
    if args.node == "all":
        nodes = [n.name for n in lab.nodes]
    for node in nodes:
        if args.what == "off":
            lab.power_off(node)
        elif args.what == "on":
            lab.power_on(node, wait=False)
        else:
            lab.reset(node, wait=False)
    for node in nodes if args.wait and args.what != "off" else []:
        lab[node].wait_ready(120)


def do_net(lab, args):
    cut_or_heal(lab, args, args.network)


def do_storage(lab, args):
    cut_or_heal(lab, args, "storage")


def cut_or_heal(lab, args, net):
    if args.what == "cut":
        lab.cut(args.node, net, args.how)
    else:
        lab.heal(args.node, net)


def do_freeze(lab, args):
    lab.freeze(args.node)


def do_thaw(lab, args):
    lab.thaw(args.node)


def do_run(lab, args):
    streams = {"O": sys.stdout.buffer, "R": sys.stderr.buffer}

    def pass_on(kind, data):
        streams[kind].write(data)
        streams[kind].flush()

    stdin = b"" if sys.stdin is None or sys.stdin.isatty() or not args.stdin else sys.stdin.buffer.read()
    return lab[args.node].run(args.command, args.timeout, False, stdin=stdin, stream=pass_on).rc


def do_put(lab, args):
    lab[args.node].put_file(args.file, args.path)


def _window():
    size = fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8)
    return f"{int.from_bytes(size[:2], sys.byteorder)} {int.from_bytes(size[2:4], sys.byteorder)}"


def _converse(channel):
    while True:
        ready = [channel] if channel.buffer else select.select([0, channel], [], [])[0]
        if 0 in ready:
            channel.send("I", os.read(0, 4096))
        if channel in ready:
            kind, data = channel.receive()
            if kind == "X":
                return int(data)
            os.write(1, data)


def do_shell(lab, args):
    terminal = os.isatty(0)
    channel = lab[args.node].start(args.command or ["/bin/bash", "-l"],
                                   env={"TERM": os.environ.get("TERM", "xterm")},
                                   terminal=_window() if terminal else "24 80")
    before = termios.tcgetattr(0) if terminal else None
    try:
        if terminal:
            tty.setraw(0)
        return _converse(channel)
    finally:
        channel.close()
        if terminal:
            termios.tcsetattr(0, termios.TCSADRAIN, before)


def do_client(lab, args):
    return subprocess.call(network.client_argv(lab.name, args.command))


def do_console(lab, args):
    sys.stdout.write(lab[args.node].console())


def do_status(lab, args):
    status = lab.status()
    if args.json:
        print(json.dumps(status, indent=1))
        return
    print(f"lab {status['name']}   {status['kernel']['kind']} kernel {status['kernel']['release']}"
          f"   namespace {status['namespace']}   /usr/local: {status['install'] or 'of the host'}\n")
    print(f"{'NODE':<8}{'POWER':<10}{'BOOTS':<7}{'PID':<9}{'PUBLIC':<13}{'PRIVATE':<13}CUT")
    for name, node in status["nodes"].items():
        power = "frozen" if node["frozen"] else node["power"]
        print(f"{name:<8}{power:<10}{node['boots']:<7}{node['pid'] or '-':<9}"
              f"{node['addresses'].get('public', '-'):<13}{node['addresses'].get('private', '-'):<13}"
              f"{', '.join(node['cut']) or '-'}")
    print()
    print_disks(lab)


def parser():
    top = argparse.ArgumentParser(prog="lab", description="Real kernels and a real disk array.")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name, function, text):
        p = verbs.add_parser(name, help=text, description=text)
        p.set_defaults(function=function)
        return p

    verb("prepare", do_prepare, "fetch and build what can be kept")
    p = verb("up", do_up, "boot N nodes and the array")
    p.add_argument("nodes", type=int)
    p.add_argument("--luns", type=int, default=2, help="data disks, besides the witness (default 2)")
    p.add_argument("--lun-size", default="1G")
    p.add_argument("--install", help="staged product for /usr/local in the nodes")
    p.add_argument("--mem", default="512M")
    verb("down", do_down, "end the lab, leave nothing behind")
    p = verb("power", do_power, "power switch of a node")
    p.add_argument("what", choices=["on", "off", "reset"])
    p.add_argument("node", help="dbN, array, or all (nodes)")
    p.add_argument("--wait", action="store_true", help="on, reset: until the node is ready")
    for name, function in (("net", do_net), ("storage", do_storage)):
        p = verb(name, function, f"cut or heal a node's {name}")
        p.add_argument("what", choices=["cut", "heal"])
        p.add_argument("node")
        if name == "net":
            p.add_argument("network", choices=["public", "private", "storage", "all"])
        p.add_argument("--how", choices=["state", "link"], default="state")
    for name, function in (("freeze", do_freeze), ("thaw", do_thaw), ("console", do_console)):
        verb(name, function, f"{name} of a node").add_argument("node")
    p = verb("run", do_run, "run a command in a node: run NODE [--timeout S] -- CMD...")
    p.add_argument("node")
    p.add_argument("--timeout", type=float)
    p.add_argument("--stdin", action="store_true", help="pass standard input to the command")
    p = verb("shell", do_shell, "interactive shell in a node")
    p.add_argument("node")
    p = verb("put", do_put, "copy a file into a node")
    for word in ("node", "file", "path"):
        p.add_argument(word)
    verb("client", do_client, "run a command of this machine in the lab's networks: client -- CMD...")
    verb("status", do_status, "what there is").add_argument("--json", action="store_true")
    return top


def main(argv=None):
    argv = list(sys.argv[1:] if argv is None else argv)
    command = []
    if "--" in argv:
        at = argv.index("--")
        argv, command = argv[:at], argv[at + 1:]
    args = parser().parse_args(argv)
    args.command = command
    if args.verb in ("run", "client") and not command:
        print(f"lab: {args.verb}: give the command after --", file=sys.stderr)
        return 2
    try:
        return args.function(Lab(places.lab_name()), args) or 0
    except NodeGone as error:
        code, reason = 255, error
    except subprocess.TimeoutExpired:
        code, reason = 124, "timeout"
    except (LabError, NetworkError, DeadlineMissed, kernel.PrepareFailed, ValueError, OSError) as error:
        code, reason = 1, error
    except KeyboardInterrupt:
        code, reason = 130, "interrupted"
    print(f"lab: {reason}", file=sys.stderr)
    return code
