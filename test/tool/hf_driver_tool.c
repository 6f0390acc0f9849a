/*
 * hf-driver-tool - run one driver operation from the command line, for tests on real machines.
 *
 *     hf-driver-tool acquire --device /dev/sdb --tag 7 --node 1 --generation 3
 *     hf-driver-tool key-watch --device /dev/sdb --tag 7 --node 1 --generation 3 --interval 250
 *     hf-driver-tool mount --device /dev/sdb --mount /srv/db --type ext4
 *     hf-driver-tool keys --device /dev/sdb        (what stands on the disk)
 *
 * --device starts a new disk; --mount, --type and --options belong to the one before. One line per
 * reply: NAME=value ..., text="..." last. Exit status: 0 when the last reply was OK, 1 when not, 2
 * for a wrong command line.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/disk.h"
#include "driver/driver.h"
#include "driver/reservation_device.h"

#define OP_LAST HF_OP_INSPECT

static const char *const status_names[] = {
    [HF_DRV_OK] = "OK",
    [HF_DRV_TIMEOUT] = "TIMEOUT",
    [HF_DRV_CRASHED] = "CRASHED",
    [HF_DRV_NO_DEVICE] = "NO_DEVICE",
    [HF_DRV_IO] = "IO",
    [HF_DRV_UNSUPPORTED] = "UNSUPPORTED",
    [HF_DRV_NEWER] = "NEWER",
    [HF_DRV_FOREIGN] = "FOREIGN",
    [HF_DRV_KEY_LOST] = "KEY_LOST",
    [HF_DRV_WRONG_FS] = "WRONG_FS",
    [HF_DRV_CORRUPT_FS] = "CORRUPT_FS",
    [HF_DRV_BUSY] = "BUSY",
    [HF_DRV_NO_INTERFACE] = "NO_INTERFACE",
    [HF_DRV_ADDRESS_USED] = "ADDRESS_USED",
    [HF_DRV_NO_ENGINE] = "NO_ENGINE",
    [HF_DRV_ENGINE_EXIT] = "ENGINE_EXIT",
    [HF_DRV_ENGINE_STUCK] = "ENGINE_STUCK",
    [HF_DRV_NO_ANSWER] = "NO_ANSWER",
    [HF_DRV_SLOW] = "SLOW",
    [HF_DRV_DISK_FULL] = "DISK_FULL",
    [HF_DRV_READ_ONLY] = "READ_ONLY",
    [HF_DRV_EXHAUSTED] = "EXHAUSTED",
    [HF_DRV_CHECK_FAILED] = "CHECK_FAILED",
    [HF_DRV_FAILED] = "FAILED",
};

static const struct option long_options[] = {
    {"device", required_argument, NULL, 'd'},
    {"mount", required_argument, NULL, 'm'},
    {"type", required_argument, NULL, 't'},
    {"options", required_argument, NULL, 'o'},
    {"node", required_argument, NULL, 'n'},
    {"generation", required_argument, NULL, 'g'},
    {"tag", required_argument, NULL, 'c'},
    {"instance", required_argument, NULL, 'i'},
    {"address", required_argument, NULL, 'a'},
    {"prefix", required_argument, NULL, 'p'},
    {"engine", required_argument, NULL, 'e'},
    {"data", required_argument, NULL, 'D'},
    {"user", required_argument, NULL, 'u'},
    {"port", required_argument, NULL, 'P'},
    {"settings", required_argument, NULL, 's'},
    {"interval", required_argument, NULL, 'I'},
    {"deadline", required_argument, NULL, 'T'},
    {"kill", no_argument, NULL, 'k'},
    {NULL, 0, NULL, 0},
};

static void set(char *field, size_t size, const char *value)
{
    if ((size_t)snprintf(field, size, "%s", value) >= size) {
        (void)fprintf(stderr, "hf-driver-tool: too long: %s\n", value);
        exit(2);
    }
}

static unsigned long number(const char *text, unsigned long max)
{
    char *end;
    unsigned long value = strtoul(text, &end, 0);
    if (*end || end == text || value > max) {
        (void)fprintf(stderr, "hf-driver-tool: not a number up to %lu: %s\n", max, text);
        exit(2);
    }
    return value;
}

static struct hf_driver_disk *last_disk(struct hf_driver_request *request)
{
    if (request->disk_count == 0 || request->disk_count > HF_DRIVER_DISKS_MAX) {
        (void)fprintf(stderr, "hf-driver-tool: give --device first, at most %u of them\n",
                      HF_DRIVER_DISKS_MAX);
        exit(2);
    }
    return &request->disks[request->disk_count - 1];
}

#define SET(field, value) set(field, sizeof(field), value)

/* Options of a disk. Returns whether it was one. */
static bool set_disk_option(struct hf_driver_request *request, int option)
{
    switch (option) {
    case 'd':
        request->disk_count++;
        SET(last_disk(request)->device, optarg);
        SET(last_disk(request)->type, "ext4");
        return true;
    case 'm':
        SET(last_disk(request)->mount, optarg);
        return true;
    case 't':
        SET(last_disk(request)->type, optarg);
        return true;
    case 'o':
        SET(last_disk(request)->options, optarg);
        return true;
    default:
        return false;
    }
}

static bool set_number_option(struct hf_driver_request *request, int option)
{
    switch (option) {
    case 'n':
        request->node = (uint16_t)number(optarg, UINT16_MAX);
        return true;
    case 'g':
        request->generation = (uint32_t)number(optarg, UINT32_MAX);
        return true;
    case 'c':
        request->cluster_tag = (uint16_t)number(optarg, UINT16_MAX);
        return true;
    case 'p':
        request->prefix = (uint8_t)number(optarg, 128);
        return true;
    case 'P':
        request->engine.port = (uint16_t)number(optarg, UINT16_MAX);
        return true;
    case 'I':
        request->interval_ms = (uint32_t)number(optarg, UINT32_MAX);
        return true;
    case 'T':
        request->deadline_ms = (uint32_t)number(optarg, UINT32_MAX);
        return true;
    case 'k':
        request->stop_mode = HF_STOP_KILL;
        return true;
    default:
        return false;
    }
}

static bool set_text_option(struct hf_driver_request *request, int option)
{
    switch (option) {
    case 'i':
        SET(request->instance, optarg);
        return true;
    case 'a':
        SET(request->address, optarg);
        return true;
    case 'e':
        SET(request->engine.type, optarg);
        return true;
    case 'D':
        SET(request->engine.data, optarg);
        return true;
    case 'u':
        SET(request->engine.user, optarg);
        return true;
    case 's':
        SET(request->engine.settings, optarg);
        return true;
    default:
        return false;
    }
}

static void print_found(const struct hf_driver_found *found)
{
    (void)printf(" mounted=%d address_up=%d engine_running=%d engine_pid=%d key_generation=%u"
                 " key_on_all_disks=%d",
                 found->mounted, found->address_up, found->engine_running, (int)found->engine_pid,
                 found->key_generation, found->key_on_all_disks);
}

static int print_reply(void *user, const struct hf_driver_reply *reply)
{
    uint32_t *last = user;
    *last = reply->status;
    (void)printf("status=%s more=%d error=%d took_ms=%u generation=%u key=0x%016llx pid=%d",
                 status_names[reply->status], reply->more, reply->error, reply->took_ms,
                 reply->generation, (unsigned long long)reply->key, (int)reply->pid);
    if (reply->op == HF_OP_INSPECT)
        print_found(&reply->found);
    (void)printf(" text=\"%s\"\n", reply->text);
    return fflush(stdout) == 0 ? 0 : -1;
}

static int show_keys(const struct hf_driver_request *request)
{
    struct hf_reservation_state state;
    int fd = -1;
    int r = hf_disk_open(request->disks[0].device, &fd);
    if (r == 0)
        r = hf_pr_read(fd, &state);
    if (r < 0) {
        (void)fprintf(stderr, "hf-driver-tool: %s: %s\n", request->disks[0].device, strerror(-r));
        return 1;
    }
    (void)printf("keys=%u type=%u holder=0x%016llx", state.key_count, state.type,
                 (unsigned long long)state.holder);
    for (uint32_t i = 0; i < state.key_count; i++)
        (void)printf(" 0x%016llx", (unsigned long long)state.keys[i]);
    (void)printf("\n");
    (void)close(fd);
    return 0;
}

static int run(struct hf_driver_request *request, const char *name)
{
    uint32_t last = HF_DRV_FAILED;
    if (strcmp(name, "keys") == 0)
        return show_keys(request);
    for (uint32_t op = 0; op <= OP_LAST; op++) {
        if (strcmp(name, hf_driver_op_name((enum hf_driver_op)op)) == 0) {
            request->op = op;
            hf_driver_run(request, print_reply, &last);
            return last == HF_DRV_OK ? 0 : 1;
        }
    }
    (void)fprintf(stderr, "hf-driver-tool: no operation %s\n", name);
    return 2;
}

int main(int argc, char **argv)
{
    struct hf_driver_request request = {.id = 1, .node = 1, .generation = 1, .cluster_tag = 1};
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (!set_disk_option(&request, option) && !set_number_option(&request, option) &&
            !set_text_option(&request, option))
            return 2;
    }
    if (optind != argc - 1) {
        (void)fprintf(stderr, "usage: hf-driver-tool OPERATION [--device PATH ...]\n");
        return 2;
    }
    return run(&request, argv[optind]);
}
