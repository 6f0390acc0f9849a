#!/usr/bin/python3
"""`holdfast disks` as a person runs it, on the facts of a sound cluster and on such that are not.

    test_disks.py HOLDFAST
"""

import copy
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOLDFAST = None
YAML = HERE / "cluster.yaml"
FREE = "/dev/disk/by-id/wwn-0x6001405a11ce00ff"


def disk_of(facts, ending):
    """The disk of this node that has a name which ends so."""
    return next(disk for disk in facts["disks"]
                if any(link.endswith(ending) for link in disk["links"]))


class Disks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.facts = json.loads((HERE / "facts.json").read_text())["facts"]

    def disks(self, *args, facts=None, file=YAML):
        argv = [HOLDFAST, "disks"] + ([str(file)] if file else [])
        for one in self.facts if facts is None else facts:
            path = Path(self.folder.name) / (one["node"]["name"] + ".json")
            path.write_text(json.dumps(one))
            argv += ["--facts", str(path)]
        done = subprocess.run([*argv, *args], capture_output=True, text=True, timeout=60, check=False,
                              env={"HOLDFAST_SOCKET": "/nonexistent", "PATH": "/usr/bin"})
        return done.returncode, done.stdout, done.stderr

    def answer(self, *args, **kwargs):
        code, out, err = self.disks("--json", *args, **kwargs)
        self.assertEqual(code, 0, err)
        return json.loads(out)

    def of(self, answer, device):
        return next(one for one in answer["disks"] if one["device"] == device)

    def add_free(self, nodes=(0, 1, 2, 3)):
        for n in nodes:
            one = copy.deepcopy(next(d for d in self.facts[n]["disks"] if d["paths"]))
            one.update(name=f"dm-{90 + n}", links=[FREE, f"/dev/mapper/own{n}"], paths=[],
                       wwid="mpath-36001405a11ce00ff", bytes=8 << 30)
            self.facts[n]["disks"].append(one)

    def test_those_of_the_configuration(self):
        answer = self.answer()
        names = [one["node"]["name"] for one in self.facts]
        self.assertEqual([one["name"] for one in answer["nodes"]], names)
        owned = [one for one in answer["disks"] if one["instance"]]
        text = YAML.read_text()
        self.assertTrue(owned)
        self.assertEqual({one["instance"] for one in owned},
                         {one["instance"] for one in answer["disks"] if not one["witness"]})
        for one in answer["disks"]:
            self.assertIn(one["device"], text)
            self.assertEqual(one["seen_by"], names)
            self.assertEqual((one["not_seen_by"], one["blind_owners"]), ([], []))
            self.assertTrue(one["same_size"])
        identities = [one["identity"] for one in answer["disks"]]
        self.assertEqual(len(identities), len(set(identities)))

    def test_paths_and_local_disks_are_left_out(self):
        listed = {name for one in self.answer("--all")["disks"] for name in
                  one["kernel_names"].values()}
        paths = {path for facts in self.facts for disk in facts["disks"] for path in disk["paths"]}
        self.assertTrue(paths and not listed & paths)
        self.facts[0]["disks"].append({"name": "nvme0n1", "links": ["/dev/disk/by-id/nvme-x"],
                                       "paths": [], "bytes": 1 << 40, "wwid": "eui.0011"})
        self.facts[0]["disks"].append({"name": "sdz", "links": ["/dev/disk/by-id/ata-x"],
                                       "paths": [], "bytes": 1 << 40, "wwid": "t10.ATA     X"})
        self.assertNotIn("eui.0011", {one["identity"] for one in self.answer()["disks"]})
        more = {one["identity"]: one for one in self.answer("--all")["disks"]}
        self.assertEqual(more["eui.0011"]["seen_by"], [self.facts[0]["node"]["name"]])
        self.assertFalse([one for one in more if "ATA" in one])

    def test_a_free_one_is_offered(self):
        self.add_free()
        one = self.of(self.answer(), FREE)
        self.assertEqual((one["instance"], one["bytes"], len(one["seen_by"])), (None, 8 << 30, 4))
        instance = next(d["instance"] for d in self.answer()["disks"] if d["instance"])
        offered = self.answer("--instance", instance)["disks"]
        self.assertEqual({d["instance"] for d in offered}, {instance, None})
        self.assertIn(FREE, [d["device"] for d in offered])
        code, out, err = self.disks()
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, rf"(?m)^{FREE} +8\.0 GiB +- +all 4 +-$")

    def test_one_that_an_owner_does_not_see(self):
        self.add_free(nodes=(0, 1, 2))
        blind = self.facts[3]["node"]["name"]
        self.assertEqual(self.of(self.answer(), FREE)["not_seen_by"], [blind])
        self.assertRegex(self.disks()[1], rf"(?m)^{FREE} +8\.0 GiB +- +all but {blind} +-$")
        owned = [d for d in self.answer()["disks"] if d["instance"]]
        for one in owned:
            facts = copy.deepcopy(self.facts)
            facts[3]["disks"] = [d for d in facts[3]["disks"] if one["device"] not in d["links"]]
            found = self.of(self.answer(facts=facts), one["device"])
            self.assertEqual(found["not_seen_by"], [blind])
            said = f"not seen by {blind}, which may own it" in self.disks(facts=facts)[1]
            self.assertEqual(said, found["blind_owners"] == [blind])

    def test_unlike_and_nameless(self):
        self.add_free()
        disk_of(self.facts[1], "00ff")["bytes"] = 7 << 30
        self.assertFalse(self.of(self.answer(), FREE)["same_size"])
        self.assertIn("not the same size on all nodes", self.disks()[1])
        disk_of(self.facts[1], "00ff")["bytes"] = 8 << 30
        disk_of(self.facts[1], "00ff")["links"].remove(FREE)
        self.assertIn("no stable name that all nodes have", self.disks()[1])
        self.assertIn(None, [one["device"] for one in self.answer()["disks"]])

    def test_with_multipath_on_one_node_only(self):
        self.add_free()
        disk_of(self.facts[2], "00ff").update(name="sdy", wwid="naa.6001405a11ce00ff")
        one = self.of(self.answer(), FREE)
        self.assertEqual(len(one["seen_by"]), 4)
        self.assertEqual(one["kernel_names"][self.facts[2]["node"]["name"]], "sdy")

    def test_partitions_are_a_hint(self):
        self.add_free()
        disk_of(self.facts[0], "00ff")["partitions"] = [FREE + "-part1"]
        self.assertIn("has partitions: in use?", self.disks()[1])

    def test_a_node_that_was_not_looked_at(self):
        self.add_free()
        missing = self.facts[3]["node"]["name"]
        code, out, err = self.disks(facts=self.facts[:3])
        self.assertEqual(code, 0)
        self.assertIn(f"what {missing} sees is not known", err)
        self.assertRegex(out, rf"(?m)^{FREE} .* all 3 ")
        answer = self.answer(facts=self.facts[:3])
        self.assertEqual([one["name"] for one in answer["nodes"] if not one["looked_at"]],
                         [missing])
        everywhere = [d["instance"] for d in answer["disks"] if d["instance"]]
        offered = self.answer("--instance", everywhere[0], facts=self.facts[:3])["disks"]
        self.assertNotIn(FREE, [d["device"] for d in offered])

    def test_before_there_is_a_configuration(self):
        self.add_free()
        answer = self.answer(file=None)
        self.assertEqual(len(self.of(answer, FREE)["seen_by"]), 4)
        self.assertFalse([d for d in answer["disks"] if d["instance"] or d["witness"]])

    def test_what_is_wrong(self):
        self.assertEqual(self.disks("--instance", "nosuch")[0], 1)
        self.assertIn("there is no instance 'nosuch'", self.disks("--instance", "nosuch")[2])
        self.assertEqual(self.disks("--all", "--instance", "msgbox")[0], 2)
        code, out, err = self.disks(file="/nonexistent")
        self.assertEqual((code, out), (7, ""))
        self.assertTrue(err.startswith("holdfast disks: "), err)


if __name__ == "__main__":
    HOLDFAST = sys.argv.pop(1)
    unittest.main(verbosity=2)
