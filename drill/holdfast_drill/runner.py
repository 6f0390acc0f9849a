"""Tries scenarios in one cluster, and keeps a record of each.

Failure: a scenario that fails leaves its evidence in the build folder and its sentence in the
record; a cluster that cannot be brought back is made anew for the next one.
"""

import os
import time

from .trial import Trial
from support.evidence import keep
from support.world import INSTANCES, World

DATABASE_S = 60


class Runner:
    def __init__(self, cluster, folder, install, records):
        self.cluster, self.folder, self.install = cluster, folder, install
        self.records = records
        self.world = None

    def run(self, scenarios):
        """Appends a record for each scenario to the list that the caller has."""
        try:
            for number, scenario in enumerate(scenarios, 1):
                print(f"[{number}/{len(scenarios)}] {scenario.name}: {scenario.title} ...", flush=True)
                self.records.append(self._try(scenario))
        finally:
            if self.world:
                self.world.tear_down()

    def _good_world(self):
        if self.world:
            try:
                self.world.restore()
                return
            except Exception as error:
                print(f"  the cluster is made anew: {error}", flush=True)
                keep(self.world.lab, "restore")
                self.world.tear_down()
                self.world = None
        print(f"  bringing up {self.cluster.nodes} nodes, {self.cluster.topology}", flush=True)
        world = World(os.environ.get("LAB", "drill"), self.folder, self.install,
                      self.cluster.nodes, self.cluster.yaml)
        world.bring_up()
        self.world = world

    def _try(self, scenario):
        record = {"name": scenario.name, "title": scenario.title, "expected": scenario.expected,
                  "nodes": self.cluster.nodes, "topology": self.cluster.topology,
                  "instance": scenario.instance}
        trial, begin = None, time.monotonic()
        try:
            self._good_world()
            trial = Trial(self.world, scenario, self.cluster.home)
            begin = time.monotonic()
            with self.world.rows(*INSTANCES) as clients:
                trial.clients = clients
                scenario.function(trial)
            self.world.check_logs()
            record["verdict"] = "passed"
        except Exception as error:
            record.update(verdict="failed", why=f"{error}")
            print(f"  {error}", flush=True)
            if self.world:
                keep(self.world.lab, f"drill-{scenario.name}")
        record.update(self._measured(trial), took_s=round(time.monotonic() - begin, 1))
        self._tell(record)
        return record

    def _measured(self, trial):
        """What the clients of all instances counted, and what the measured one waited."""
        counts = {"acknowledged": 0, "present": 0, "lost": 0, "doubled": 0}
        for checked in self.world.checked.values() if self.world and trial else []:
            for key in counts:
                counts[key] += checked[key]
        outage = trial.outage if trial else None
        served = outage["end_ms"] - trial.fault_ms if outage and outage["end_ms"] else None
        return {"outage_ms": outage["ms"] if outage else None, "served_ms": served,
                "phases": trial.phases if trial else [], "fault_ms": trial.fault_ms if trial else None,
                "seen": "; ".join(trial.seen) if trial else "", **counts}

    @staticmethod
    def _tell(record):
        waited = "" if record["outage_ms"] is None else f", clients waited {record['outage_ms']} ms"
        print(f"  {record['verdict']} in {record['took_s']} s: {record['seen']}{waited}; "
              f"rows {record['present']} of {record['acknowledged']}, lost {record['lost']}",
              flush=True)
