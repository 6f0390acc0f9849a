/* holdfast node add: the cluster's side of a new node. The node's own side is `holdfast join`. */
#include <stdio.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/json_get.h"
#include "cli/options.h"
#include "cli/token.h"
#include "cli/verbs.h"

#define VERB "node"

static const json_t *find(const json_t *nodes, const char *name)
{
    size_t i = 0;
    json_t *node = NULL;
    json_array_foreach((json_t *)(uintptr_t)nodes, i, node)
    {
        if (strcmp(hf_json_str(node, "name"), name) == 0)
            return node;
    }
    return NULL;
}

/* A name of a node that is up is a mistake, and one of a node that is down means: in its place. The
 * daemon decides that when the node joins; here it is told before anybody walks to the machine. */
static int check_name(const char *name)
{
    json_t *reply = NULL;
    int code = hf_answer_get(json_pack("{s:s}", "verb", "status"), &reply);
    if (code != HF_EXIT_OK)
        return code;
    const json_t *node = find(json_object_get(json_object_get(reply, "data"), "nodes"), name);
    if (node && strcmp(hf_json_str(node, "state"), "down") != 0) {
        (void)fprintf(stderr,
                      "holdfast " VERB ": %s is a node of this cluster already (%s); no token was "
                      "made.\n  Give the new one a name of its own.\n",
                      name, hf_json_str(node, "state"));
        code = HF_EXIT_REFUSED;
    } else if (node) {
        (void)fprintf(stderr,
                      "%s is a node of this cluster and down: the new computer takes its place, "
                      "and needs its addresses.\n",
                      name);
    }
    json_decref(reply);
    return code;
}

int verb_node(int argc, char **argv)
{
    struct hf_options options;
    int code = hf_options_parse(argc, argv, HF_OPTION_TTL | HF_OPTION_JSON, 2, 2,
                                "the name of the new node, as in: holdfast node add db4", &options);
    if (code != HF_EXIT_OK)
        return code;
    if (strcmp(options.arguments[0], "add") != 0)
        return hf_answer_usage(VERB, "there is no '%s'; there is add", options.arguments[0]);
    code = check_name(options.arguments[1]);
    return code == HF_EXIT_OK ? hf_token_print(&options, options.arguments[1]) : code;
}
