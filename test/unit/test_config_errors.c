/* Every message of the parser: a bad file, and the first line of what is said about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"

#define NET "cluster: c\nnetworks: {public: {subnet: 10.0.0.0/24}}\n"
#define TOP                                                                                        \
    NET "nodes:\n  n1: {public: 10.0.0.1}\n  n2: {public: 10.0.0.2}\n  n3: {public: 10.0.0.3}\n"
#define BODY TOP "instances:\n"
/* An instance in lines 8 and 9; keys follow on line 10. */
#define DEGRADED(settings)                                                                         \
    BODY "  a:\n    engine: {type: postgresql, data: /srv/a/data}\n    degraded: {settings: "      \
         "{" settings "}}\n    disks: [{device: /dev/x, mount: /srv/a}]\n"
#define ONE BODY "  a:\n    engine: {type: service, unit: a.service}\n"
#define TWO ONE "  b:\n    engine: {type: service, unit: b.service}\n"
#define PG "    engine: {type: postgresql, data: /srv/a/data}\n"

struct bad {
    const char *text;
    const char *says; /* all errors, first lines only, separated by newlines */
};

/* clang-format off */
static const struct bad syntax[] = {
    {"", "1:1: the file is empty."},
    {"# nothing\n", "1:1: the file is empty."},
    {"---\n", "1:1: the file is empty."},
    {"- a\n", "1:1: the file must hold keys with values, such as `cluster: NAME`."},
    {"just words", "1:1: the file must hold keys with values, such as `cluster: NAME`."},
    {"a: 1\n\tb: 2\n", "2:1: a tab indents this line."},
    {"a: \xff\n", "1:4: the file is not valid UTF-8 here."},
    {"a: \xc0\xaf\n", "1:4: the file is not valid UTF-8 here."},
    {"a: \xed\xa0\x80\n", "1:4: the file is not valid UTF-8 here."},
    {"a: \xc3\xa4\x01\n", "1:5: a control character stands here."},
    {"a: \xe2\x80\xa8\n", "1:4: a control character stands here."},
    {"a: \"\\n\"\n", "1:4: this text holds a line break or a control character."},
    {"a: [1, 2\n", "2:1: this is not well-formed YAML: while parsing a flow sequence, did not find expected ',' or ']'."},
    {"a: b: c\n", "1:5: this is not well-formed YAML: mapping values are not allowed in this context."},
    {"a: @x\n", "1:4: this is not well-formed YAML: while scanning for the next token, found character that cannot start any token."},
    {"[a]: b\n", "1:1: a key must be a word."},
    {"a: &x 1\n", "1:4: anchors (&x) are not used here."},
    {"a: &x {}\n", "1:4: anchors (&x) are not used here."},
    {"a: &x []\n", "1:4: anchors (&x) are not used here."},
    {"a: *x\n", "1:4: aliases (*x) are not used here."},
    {"a: !!str x\n", "1:4: tags (tag:yaml.org,2002:str) are not used here."},
    {"a: 1\n---\nb: 2\n", "2:1: a second document begins here."},
    {"a: 1\r\n# end\rb: \x01\n", "3:4: a control character stands here."}, /* CR alone ends a line */
    {"a: 1\r\tb: 2\r", "2:1: a tab indents this line."},
    {"a: {b", "1:6: this is not well-formed YAML: while parsing a flow mapping, did not find expected ',' or '}'."},
    {"[[[[[[[[[x]]]]]]]]]", "1:9: more than 8 levels of nesting."},
};

static const struct bad values[] = {
    {"x: 1\n", "1:1: unknown key \"x\".\n"
               "1:1: cluster is missing: the name of the cluster; part of reservation keys and of every report.\n"
               "1:1: networks is missing: the networks that all nodes share.\n"
               "1:1: nodes is missing: the computers of the cluster."},
    {NET "nodes: {}\n", "3:8: nodes is empty."},
    {NET "nodes:\n", "3:7: nodes must be a map from names to their keys."},
    {NET "nodes: [n1]\n", "3:8: nodes must be a map from names to their keys."},
    {NET "nodes: {N1: {public: 10.0.0.1}}\n", "3:9: node: name \"N1\" is not a name."},
    {NET "nodes: {1n: {public: 10.0.0.1}}\n", "3:9: node: name \"1n\" is not a name."},
    {NET "nodes: {n1: {public: 10.0.0.1}, n1: {public: 10.0.0.2}}\n", "3:33: node: name n1 stands twice; the first is on line 3."},
    {NET "nodes: {n1: {}}\n", "3:13: node n1: public is missing: its own address in the public network."},
    {NET "nodes: {n1: }\n", "3:13: node n1: must be a map of keys and values."},
    {NET "nodes: {n1: {public: 10.0.0.1, role: idle}}\n", "3:38: node n1: role \"idle\" is not known."},
    {NET "nodes: {n1: {public: 10.0.0.1, site: a b}}\n", "3:38: node n1: site \"a b\" is not a word."},
    {NET "nodes: {n1: {public: 10.0.0.1, capacity: 3}}\n", "3:42: node n1: capacity must be a map of keys and values."},
    {NET "nodes: {n1: {public: 10.0.0.1, capacity: {memory: 48GB}}}\n", "3:51: node n1: capacity.memory \"48GB\" is not a size (a whole number with MiB, GiB or TiB, such as 48GiB)."},
    {NET "nodes: {n1: {public: 10.0.0.1, capacity: {cpu: 1.5}}}\n", "3:48: node n1: capacity.cpu \"1.5\" is not a number of cores (whole, or in thousandths: 500m)."},
    {NET "nodes: {n1: {public: 10.0.0.1, capacity: {network: 10}}}\n", "3:52: node n1: capacity.network \"10\" is not a bandwidth (a whole number with Mbit or Gbit, such as 10Gbit)."},
    {NET "nodes: {n1: {public: 10.0.0.1, capacity: {iops: fast}}}\n", "3:49: node n1: capacity.iops \"fast\" is not a rate a second (a whole number, also with k or M, such as 60k)."},
    {NET "nodes: {n1: {public: 10.0.0.1, capacity: {cpu: 0}}}\n", "3:48: node n1: capacity.cpu 0 is out of range."},
    {TOP "cluster: d\n", "7:1: key \"cluster\" stands twice; the first is on line 1."},
    {TOP "editon: standard\n", "7:1: unknown key \"editon\"."},
    {TOP "zzzzzzzzz: 1\n", "7:1: unknown key \"zzzzzzzzz\"."},
    {TOP "edition: [standard]\n", "7:10: edition must be a single value, not a list."},
    {TOP "edition: {a: b}\n", "7:10: edition must be a single value, not a map."},
    {TOP "edition: ~\n", "7:10: edition has no value."},
    {TOP "witness: {disk: wwn-1}\n", "7:17: witness.disk \"wwn-1\" is not a device path."},
    {TOP "witness: {disk: /srv/x}\n", "7:17: witness.disk \"/srv/x\" is not a device path."},
    {TOP "witness: {}\n", "7:10: witness.disk is missing: a small shared disk that adds one vote; wanted with an even number of nodes."},
    {TOP "policy: {survive: 9}\n", "7:19: policy.survive 9 is out of range."},
    {TOP "policy: {survive: -1}\n", "7:19: policy.survive \"-1\" is not a whole number."},
    {TOP "policy: {survive: 99999999999999999999}\n", "7:19: policy.survive \"99999999999999999999\" is not a whole number."},
    {TOP "timings: {token: 30}\n", "7:18: timings.token \"30\" is not a duration (a whole number with ms, s, min or h, such as 30s)."},
    {TOP "timings: {token: 10ms}\n", "7:18: timings.token 10ms is out of range."},
    {TOP "timings: {watchdog: 0s}\n", "7:21: timings.watchdog is 0s, but fencing counts on the watchdog."},
    {TOP "timings: {watchdog: 5s, quorum_loss_stop: 1s}\n", "7:21: timings.watchdog must be longer than timings.daemon_grace."},
    {TOP "timings: {quorum_loss_stop: 20s}\n", "7:10: timings.watchdog must be longer than timings.quorum_loss_stop."},
    {TOP "fencing: reservation\n", "7:10: fencing must be a list."},
    {TOP "fencing: []\n", "7:10: fencing is empty: no failed node could be kept from writing."},
    {TOP "fencing: [prayer]\n", "7:11: fencing: \"prayer\" is not known."},
    {TOP "fencing: [[reservation]]\n", "7:11: fencing: \"\" is not known."},
    {TOP "fencing: [reservation, reservation]\n", "7:24: fencing names the same kind of level twice."},
    {TOP "fencing: [{agent: a, options_file: /a}, {agent: b, options_file: /b}]\n", "7:41: fencing names the same kind of level twice."},
    {TOP "fencing: [{agent: a}]\n", "7:11: fencing.options_file is missing: the file with its options, readable by root only."},
    {TOP "fencing: [reservation, watchdog, reservation, watchdog, reservation]\n", "7:10: fencing has 5 entries; at most 4 are possible."},
    {TOP "instances: 3\n", "7:12: instances must be a map from names to their keys."},
};

static const struct bad instances[] = {
    {BODY "  a: {}\n", "8:6: instance a: engine is missing: the server itself."},
    {BODY "  a: {engine: {}}\n", "8:15: instance a: engine.type is missing: what kind of server this is."},
    {BODY "  a: {engine: {type: oracle}}\n", "8:22: instance a: engine.type \"oracle\" is not known."},
    {BODY "  a: {engine: {type: postgresql}}\n", "8:15: instance a: engine.data is missing: data directory, below a mount point of the instance."},
    {BODY "  a: {engine: {type: service}}\n", "8:15: instance a: engine.unit is missing: systemd unit, not enabled on any node."},
    {BODY "  a: {engine: {type: ocf}}\n", "8:15: instance a: engine.agent is missing: OCF resource agent as provider/type."},
    {BODY "  a: {engine: {type: ocf, agent: redis}}\n", "8:34: instance a: engine.agent \"redis\" is not an OCF agent."},
    {BODY "  a: {engine: {type: service, unit: x}}\n", "8:37: instance a: engine.unit \"x\" is not a systemd service."},
    {BODY "  a: {engine: {type: service, unit: x.service, port: 1}}\n", "8:48: instance a: key \"port\" is for an engine of type postgresql or mariadb."},
    {BODY "  a: {engine: {type: service, unit: x.service}, degraded: {settings: {a: b}}}\n", "8:60: instance a: key \"settings\" is for an engine of type postgresql or mariadb or ocf."},
    {BODY "  a:\n    engine: {type: postgresql, data: /srv/a/data, settings: [a]}\n    disks: [{device: /dev/x, mount: /srv/a}]\n", "9:61: instance a: engine.settings must be a map of settings."},
    {BODY "  a:\n    engine: {type: postgresql, data: /srv/a/data, settings: {a b: c}}\n    disks: [{device: /dev/x, mount: /srv/a}]\n", "9:62: instance a: engine.settings: \"a b\" is not a name of a setting."},
    {BODY "  a:\n    engine: {type: postgresql, data: /srv/a/data, settings: {a: c, a: d}}\n    disks: [{device: /dev/x, mount: /srv/a}]\n", "9:68: instance a: engine.settings: \"a\" stands twice; the first is on line 9."},
    {BODY "  a:\n    engine: {type: postgresql, data: /srv/a/data, settings: {a: [c]}}\n    disks: [{device: /dev/x, mount: /srv/a}]\n", "9:65: instance a: engine.settings must be a single value, not a list."},
    {DEGRADED("shared_bufers: 1GB"), "10:27: instance a: degraded.settings: \"shared_bufers\" is not a setting that a degraded profile can state."},
    {DEGRADED("search_path: x"), "10:27: instance a: degraded.settings: \"search_path\" is not a setting that a degraded profile can state."},
    {DEGRADED("include: /etc/passwd"), "10:27: instance a: degraded.settings: \"include\" is not a setting that a degraded profile can state."},
    {DEGRADED("jit: off, port: 1"), "10:37: instance a: degraded.settings: \"port\" is not a setting that a degraded profile can state."},
    {DEGRADED("shared_buffers: 6GiB"), "10:43: instance a: degraded.settings: shared_buffers cannot be \"6GiB\"."},
    {DEGRADED("shared_buffers: \"1GB' port = '1\""), "10:43: instance a: degraded.settings: shared_buffers cannot be \"1GB' port = '1\"."},
    {DEGRADED("shared_buffers: -1"), "10:43: instance a: degraded.settings: shared_buffers cannot be \"-1\"."},
    {DEGRADED("max_connections: 0"), "10:44: instance a: degraded.settings: max_connections cannot be \"0\"."},
    {DEGRADED("max_connections: 1.5"), "10:44: instance a: degraded.settings: max_connections cannot be \"1.5\"."},
    {DEGRADED("max_connections: 1e3"), "10:44: instance a: degraded.settings: max_connections cannot be \"1e3\"."},
    {DEGRADED("hash_mem_multiplier: 0.5"), "10:48: instance a: degraded.settings: hash_mem_multiplier cannot be \"0.5\"."},
    {DEGRADED("checkpoint_timeout: 5 minutes"), "10:47: instance a: degraded.settings: checkpoint_timeout cannot be \"5 minutes\"."},
    {DEGRADED("jit: maybe"), "10:32: instance a: degraded.settings: jit cannot be \"maybe\"."},
    {DEGRADED("huge_pages: 1"), "10:39: instance a: degraded.settings: huge_pages cannot be \"1\"."},
    {BODY "  a:\n    engine: {type: postgresql, version: 13, data: /srv/a/data}\n    degraded: {settings: {idle_session_timeout: 1h}}\n    disks: [{device: /dev/x, mount: /srv/a}]\n", "10:27: instance a: degraded.settings: PostgreSQL 13 does not know idle_session_timeout, only 14 and later do."},
    {BODY "  a:\n" PG, "9:38: instance a: engine.data /srv/a/data is not below a mount point of the instance."},
    {BODY "  a:\n" PG "    disks: [{device: /dev/x, mount: /srv/a/data}]\n", "9:38: instance a: engine.data /srv/a/data is not below a mount point of the instance."},
    {BODY "  a:\n    engine: {type: postgresql, data: srv/a}\n", "9:38: instance a: engine.data \"srv/a\" is not an absolute path."},
    {BODY "  a:\n    engine: {type: postgresql, data: /srv/../a}\n", "9:38: instance a: engine.data \"/srv/../a\" is not an absolute path."},
    {BODY "  a:\n    engine: {type: postgresql, data: /srv/a/}\n", "9:38: instance a: engine.data \"/srv/a/\" is not an absolute path."},
    {ONE "    disks: {device: /dev/x}\n", "10:12: instance a: disks must be a list."},
    {ONE "    disks: [{device: /dev/x, type: ntfs}]\n", "10:36: instance a: disks.type \"ntfs\" is not known."},
    {ONE "    disks: [{mount: /srv/x}]\n", "10:13: instance a: disks.device is missing: shared disk, by a name that is the same on all nodes and after every boot."},
    {ONE "    disks: [{device: /dev/x, options: noatime}]\n", "10:39: instance a: mount options without a mount point."},
    {ONE "    disks: [{device: /dev/x, mount: /m, options: a b}]\n", "10:50: instance a: disks.options \"a b\" is not a list of mount options."},
    {ONE "    disks: [{device: /dev/1}, {device: /dev/2}, {device: /dev/3}, {device: /dev/4}, {device: /dev/5}]\n", "10:12: instance a: disks has 5 entries; at most 4 are possible."},
    {ONE "    disks: [/dev/x]\n", "10:13: instance a: disks must be a map of keys and values."},
    {TWO "    disks: [{device: /dev/x/wwn-1}]\n  c:\n    engine: {type: service, unit: c.service}\n    disks: [{device: /dev/x/wwn-1}]\n", "15:22: instance c: disk wwn-1 is already used by instance b (line 12)."},
    {TOP "witness: {disk: /dev/w}\ninstances: {a: {engine: {type: service, unit: a.service}, disks: [{device: /dev/w}]}}\n", "8:76: instance a: disk w is the witness (line 7)."},
    {ONE "    disks: [{device: /dev/x, mount: /m}, {device: /dev/y, mount: /m}]\n", "10:66: instance a: mount point /m is already used by instance a (line 10)."},
    {ONE "    disks: [{device: /dev/x, mount: /m}, {device: /dev/y, mount: /m/n}]\n", "10:66: instance a: mount point /m/n and mount point /m of instance a (line 10) are one inside the other."},
    {ONE "    address: 10.0.0.256\n", "10:14: instance a: address \"10.0.0.256\" is not an IP address."},
    {ONE "    address: 10.0.0.9/24\n", "10:14: instance a: address \"10.0.0.9/24\" is not an IP address."},
    {ONE "    address: 10.0.1.9\n", "10:14: instance a: address 10.0.1.9 is not in the public network 10.0.0.0/24."},
    {ONE "    address: fd00::9\n", "10:14: instance a: address fd00::9 is not in the public network 10.0.0.0/24."},
    {ONE "    address: 10.0.0.255\n", "10:14: instance a: address 10.0.0.255 is the network or broadcast address of 10.0.0.0/24."},
    {ONE "    address: 10.0.0.2\n", "10:14: instance a: address 10.0.0.2 is already used by node n2 (line 5)."},
    {ONE "    address: 10.0.0.9\n  b: {engine: {type: service, unit: b.service}, address: 10.0.0.9}\n", "11:58: instance b: address 10.0.0.9 is already used by instance a (line 10)."},
    {ONE "    network_name: -x\n", "10:19: instance a: network_name \"-x\" is not a host name."},
    {ONE "    network_name: a..b\n", "10:19: instance a: network_name \"a..b\" is not a host name."},
    {ONE "    network_name: a_b\n", "10:19: instance a: network_name \"a_b\" is not a host name."},
    {ONE "    network_name: X.y\n  b: {engine: {type: service, unit: b.service}, network_name: x.y}\n", "11:63: instance b: network name x.y is already used by instance a (line 10)."},
    {ONE "    databases: [{name: D}, {name: D}]\n", "10:35: instance a: database D is listed twice; the first is on line 10."},
    {ONE "    databases: [{name: \" D\"}]\n", "10:24: instance a: databases.name \" D\" is empty, or begins or ends with a space."},
    {ONE "    databases: [{name: 0123456789012345678901234567890123456789012345678901234567890123}]\n", "10:24: instance a: databases.name is longer than 63 bytes."},
    {ONE "    priority: high\n", "10:15: instance a: priority \"high\" is not a whole number from -1000 to 1000."},
    {ONE "    priority: 1001\n", "10:15: instance a: priority \"1001\" is not a whole number from -1000 to 1000."},
    {ONE "    failback: soon\n", "10:15: instance a: failback must be never, immediate or {window: \"HH:MM-HH:MM\"}."},
    {ONE "    failback: {window: \"2:00-4:00\"}\n", "10:15: instance a: failback must be never, immediate or {window: \"HH:MM-HH:MM\"}."},
    {ONE "    failback: {window: \"24:00-04:00\"}\n", "10:15: instance a: failback must be never, immediate or {window: \"HH:MM-HH:MM\"}."},
    {ONE "    health: {level: 6}\n", "10:21: instance a: health.level 6 is out of range."},
    {ONE "    start_first: yes\n", "10:18: instance a: start_first \"yes\" is neither true nor false."},
};

static const struct bad relations[] = {
    {ONE "    owners: {preferred: n1}\n", "10:25: instance a: owners.preferred must be a list."},
    {ONE "    owners: {possible: n1}\n", "10:24: instance a: owners.possible must be a list."},
    {ONE "    owners: {possible: []}\n", "10:24: instance a: owners.possible is empty: no node could run the instance."},
    {ONE "    owners: {preferred: [n4]}\n", "10:26: instance a: owners.preferred: node \"n4\" does not exist."},
    {ONE "    owners: {preferred: [berlin]}\n", "10:26: instance a: owners.preferred: node \"berlin\" does not exist."},
    {ONE "    owners: {preferred: [n1, n1]}\n", "10:30: instance a: owners.preferred names n1 twice."},
    {ONE "    owners: {preferred: [[n1]]}\n", "10:26: instance a: owners.preferred must be a single value, not a list."},
    {ONE "    owners: {possible: [n1], preferred: [n2]}\n", "10:42: instance a: owners.preferred: n2 is not among owners.possible (line 10)."},
    {"edition: standard\n" ONE, "9:3: instance a: it has 3 possible owners; edition standard (line 1) allows two."},
    {"edition: standard\n" ONE "    owners: {preferred: [n1, n2, n3]}\n", "11:13: instance a: it has 3 possible owners; edition standard (line 1) allows two."},
    {ONE "    after: b\n", "10:12: instance a: after must be a list."},
    {ONE "    after: [nothing_like_it]\n", "10:13: instance a: after: instance \"nothing_like_it\" does not exist."},
    {ONE "    after: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n", "10:12: instance a: after has 9 entries; at most 8 are possible."},
    {ONE "    after: [a]\n", "10:13: instance a: after runs in a circle: a -> a."},
    {ONE "    after: [b]\n  b:\n    engine: {type: service, unit: b.service}\n    after: [c]\n  c:\n    engine: {type: service, unit: c.service}\n    after: [a]\n", "16:13: instance c: after runs in a circle: a -> b -> c -> a."},
    {ONE "    after: [b]\n  b: {engine: {type: service, unit: b.service}, after: [c]}\n  c: {engine: {type: service, unit: c.service}, after: [b]}\n", "12:57: instance c: after runs in a circle: b -> c -> b."},
    {ONE "    apart_from: [a]\n", "10:18: instance a: apart_from names the instance itself."},
    {ONE "    together_with: [a]\n", "10:21: instance a: together_with names the instance itself."},
    {ONE "    together_with: [b]\n  b: {engine: {type: service, unit: b.service}, apart_from: [a]}\n", "11:62: instance b: apart_from names a, but together_with keeps the two on one node."},
    {ONE "    owners: {possible: [n1]}\n    together_with: [b]\n  b: {engine: {type: service, unit: b.service}, owners: {possible: [n2]}}\n", "11:20: instance a: together_with binds instances that no one node may run together."},
};

static const struct bad networks[] = {
    {"cluster: c\nnetworks: {}\nnodes: {n1: {public: 10.0.0.1}}\n", "2:11: networks.public is missing: carries clients and a corosync link.\n"
     "3:22: node n1: public has an address, but there is no public network."},
    {"cluster: c\nnetworks: {public: {subnet: 10.0.0.0}}\nnodes: {n1: {public: 10.0.0.1}}\n", "2:29: networks.public.subnet \"10.0.0.0\" is not a subnet."},
    {"cluster: c\nnetworks: {public: {subnet: 10.0.0.0/33}}\nnodes: {n1: {public: 10.0.0.1}}\n", "2:29: networks.public.subnet \"10.0.0.0/33\" is not a subnet."},
    {"cluster: c\nnetworks: {public: {subnet: 10.0.0.0/x}}\nnodes: {n1: {public: 10.0.0.1}}\n", "2:29: networks.public.subnet \"10.0.0.0/x\" is not a subnet."},
    {"cluster: c\nnetworks: {public: {subnet: x/8}}\nnodes: {n1: {public: 10.0.0.1}}\n", "2:29: networks.public.subnet \"x/8\" is not a subnet."},
    {"cluster: c\nnetworks: {public: {subnet: 10.0.0.7/24}}\nnodes: {n1: {public: 10.0.0.1}}\n", "2:29: networks.public.subnet \"10.0.0.7/24\" is an address in a subnet."},
    {"cluster: c\nnetworks: {public: {subnet: 10.0.0.0/24}, private: {subnet: 10.0.0.0/16}}\nnodes: {n1: {public: 10.0.0.1, private: 10.0.1.1}}\n", "2:52: networks.private overlaps networks.public (line 2)."},
    {"cluster: c\nnetworks: {public: {subnet: 10.0.0.0/24}, private: {subnet: 10.0.1.0/24}}\nnodes: {n1: {public: 10.0.0.1}}\n", "3:13: node n1: private is missing: the private network needs an address of each node."},
    {NET "nodes: {n1: {public: 10.0.0.1, private: 10.0.1.1}}\n", "3:41: node n1: private has an address, but there is no private network."},
    {NET "nodes: {n1: {public: 10.0.7.1}}\n", "3:22: node n1: address 10.0.7.1 is not in the public network 10.0.0.0/24."},
    {NET "nodes: {n1: {public: 10.0.0.1}, n2: {public: 10.0.0.1}}\n", "3:46: node n2: address 10.0.0.1 is already used by node n1 (line 3)."},
};
/* clang-format on */

static struct hf_spec *spec;
static struct hf_config_errors *errors;

static int setup(void **state)
{
    (void)state;
    spec = calloc(1, sizeof(*spec));
    errors = calloc(1, sizeof(*errors));
    return spec && errors ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(spec);
    free(errors);
    return 0;
}

/* First lines of all errors, without the file name; each must also say what to do. */
static void first_lines(struct hf_strbuf *out)
{
    for (unsigned i = 0; i < errors->count; i++) {
        const char *text = errors->items[i].text;
        assert_memory_equal(text, "f.yaml:", 7);
        assert_non_null(strstr(text, "\n  "));
        assert_true(text[strlen(text) - 1] != '\n');
        hf_strbuf_add(out, i ? "\n" : "");
        hf_strbuf_add_bytes(out, text + 7, strcspn(text, "\n") - 7);
    }
}

static void check(const struct bad *bad)
{
    struct hf_strbuf HF_STRBUF_CLEANUP said;
    hf_strbuf_init(&said);
    memset(spec, 0x5a, sizeof(*spec));
    int result = hf_config_parse("f.yaml", bad->text, strlen(bad->text), NULL, spec, errors);
    first_lines(&said);
    assert_string_equal(said.data, bad->says);
    assert_int_equal(result, HF_CONFIG_INVALID);
    for (size_t i = 0; i < sizeof(*spec); i++)
        if (((unsigned char *)spec)[i] != 0x5a)
            fail_msg("the result was touched");
}

#define CHECK_ALL(table)                                                                           \
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)                                  \
    check(&table[i])

static void test_syntax(void **state)
{
    (void)state;
    CHECK_ALL(syntax);
}

static void test_values(void **state)
{
    (void)state;
    CHECK_ALL(values);
}

static void test_instances(void **state)
{
    (void)state;
    CHECK_ALL(instances);
}

static void test_relations(void **state)
{
    (void)state;
    CHECK_ALL(relations);
}

static void test_networks(void **state)
{
    (void)state;
    CHECK_ALL(networks);
}

/* The wording of FACE: whole, with what to do. */
static void test_wording(void **state)
{
    (void)state;
    static const char text[] = TWO
        "    disks: [{device: /dev/x/wwn-1}]\n  main: {engine: {type: service, unit: c.service}, "
        "disks: [{device: /dev/x/wwn-1}]}\n";
    assert_int_equal(hf_config_parse("cluster.yaml", text, strlen(text), NULL, spec, errors),
                     HF_CONFIG_INVALID);
    assert_string_equal(
        errors->items[0].text,
        "cluster.yaml:13:69: instance main: disk wwn-1 is already used by instance b (line 12).\n"
        "  A disk belongs to one instance: its reservation is what keeps two nodes from writing "
        "it.\n"
        "  Give main a disk of its own; `holdfast disks` lists the shared disks that all possible "
        "owners see.");
    static const char nearest[] = TOP "editon: standard\n";
    (void)hf_config_parse("cluster.yaml", nearest, strlen(nearest), NULL, spec, errors);
    assert_non_null(strstr(errors->items[0].text, "\n  Did you mean `edition`?"));
}

/* More errors than room: those of the first lines stay, the rest is counted. */
static void test_many_errors(void **state)
{
    (void)state;
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    hf_strbuf_add(&text, TOP);
    for (int i = 0; i < 30; i++)
        hf_strbuf_addf(&text, "zzzzzzz%d: 1\n", i);
    hf_strbuf_add(&text, "instances:\n  a: {}\n");
    assert_int_equal(hf_config_parse("f.yaml", text.data, text.length, NULL, spec, errors),
                     HF_CONFIG_INVALID);
    assert_int_equal(errors->count, HF_CONFIG_ERRORS_MAX);
    assert_int_equal(errors->left_out, 11);
    for (unsigned i = 0; i < errors->count; i++)
        assert_int_equal(errors->items[i].line, 7 + i);
}

static void expect_one(const struct hf_strbuf *text, const char *says)
{
    int result = hf_config_parse("f.yaml", text->data, text->length, NULL, spec, errors);
    struct hf_strbuf HF_STRBUF_CLEANUP said;
    hf_strbuf_init(&said);
    first_lines(&said);
    assert_string_equal(said.data, says);
    assert_int_equal(result, HF_CONFIG_INVALID);
}

/* What is too big to write down: nodes, instances, entries, texts, the file. */
static void test_too_many(void **state)
{
    (void)state;
    struct hf_strbuf HF_STRBUF_CLEANUP text;
    hf_strbuf_init(&text);
    hf_strbuf_add(&text, NET "nodes:\n");
    for (int i = 0; i < 65; i++)
        hf_strbuf_addf(&text, "  n%d: {public: 10.0.0.%d}\n", i, i + 1);
    expect_one(&text, "4:3: 65 nodes; at most 64 are possible.");
    hf_strbuf_clear(&text);
    hf_strbuf_add(&text, BODY);
    for (int i = 0; i < 1025; i++)
        hf_strbuf_addf(&text, "  i%d: {engine: {type: service, unit: a.service}}\n", i);
    expect_one(&text, "8:3: 1025 instances; at most 1024 are possible.");
    hf_strbuf_clear(&text);
    hf_strbuf_add(&text, "a: [");
    for (int i = 0; i < 2049; i++)
        hf_strbuf_add(&text, "1,");
    hf_strbuf_add(&text, "]\n");
    expect_one(&text, "1:4101: more than 2048 entries in one map or list.");
    hf_strbuf_clear(&text);
    hf_strbuf_addf(&text, "a: %05000d\n", 0);
    expect_one(&text, "1:4: this text is longer than 4096 bytes.");
    hf_strbuf_clear(&text);
    for (unsigned i = 0; i <= HF_CONFIG_BYTES_MAX; i++)
        hf_strbuf_add_bytes(&text, "#", 1);
    expect_one(&text, "1:1: the file is longer than 4194304 bytes.");
}

static void test_members(void **state)
{
    (void)state;
    static const char file[] = TOP;
    static const char members[] =
        NET "nodes: {n1: {public: 10.0.0.1}, n2: {public: 10.0.0.2}, n9: {public: 10.0.0.9}}\n";
    assert_int_equal(hf_config_parse("f.yaml", members, strlen(members), NULL, spec, errors), 0);
    assert_int_equal(hf_config_check_members("f.yaml", file, strlen(file), spec, errors),
                     HF_CONFIG_INVALID);
    struct hf_strbuf HF_STRBUF_CLEANUP said;
    hf_strbuf_init(&said);
    first_lines(&said);
    assert_string_equal(said.data,
                        "4:3: node n9: it is a member of the cluster, but missing here.\n"
                        "6:3: node n3: it is not a member of the cluster.");
    assert_int_equal(hf_config_check_members("f.yaml", members, strlen(members), spec, errors), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syntax),      cmocka_unit_test(test_values),
        cmocka_unit_test(test_instances),   cmocka_unit_test(test_relations),
        cmocka_unit_test(test_networks),    cmocka_unit_test(test_wording),
        cmocka_unit_test(test_many_errors), cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_members),
    };
    return cmocka_run_group_tests_name("config errors", tests, setup, teardown);
}
