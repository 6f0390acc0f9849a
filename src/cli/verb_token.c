#include <stdio.h>

#include "cli/answer.h"
#include "cli/json_get.h"
#include "cli/options.h"
#include "cli/time_text.h"
#include "cli/token.h"
#include "cli/verbs.h"

int hf_token_print(const struct hf_options *options, const char *node)
{
    json_t *reply = NULL;
    json_t *request = json_pack("{s:s}", "verb", "token");
    if (options->ttl_s)
        (void)json_object_set_new(request, "ttl_s", json_integer(options->ttl_s));
    int code = hf_answer_get(request, &reply);
    if (code != HF_EXIT_OK)
        return code;
    if (options->json) {
        code = hf_answer_print_json(reply);
    } else {
        /* The token alone goes to standard output, so that a script can take it. */
        const json_t *data = json_object_get(reply, "data");
        int64_t ttl_ms = hf_json_int(data, "ttl_s") * 1000;
        (void)fprintf(stderr,
                      "On the new node, as root, within %s:\n"
                      "  holdfast join --node %s --public ADDRESS --private ADDRESS\n"
                      "It asks for this token, which is good for one node. Whoever has it can join "
                      "the cluster.\n",
                      hf_time_period(ttl_ms).text, node ? node : "NAME");
        code = printf("%s\n", hf_json_str(data, "token")) > 0 && fflush(stdout) == 0
                   ? HF_EXIT_OK
                   : HF_EXIT_REFUSED;
    }
    json_decref(reply);
    return code;
}

int verb_token(int argc, char **argv)
{
    struct hf_options options;
    int code = hf_options_parse(argc, argv, HF_OPTION_TTL | HF_OPTION_JSON, 0, 0, "", &options);
    return code == HF_EXIT_OK ? hf_token_print(&options, NULL) : code;
}
