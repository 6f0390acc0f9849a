/*
 * The verbs against a scripted daemon: what is asked, what is printed, and the exit codes.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/admit.h"
#include "cli/exits.h"
#include "cli/verbs.h"

/* Verbs of other files; the table refers to them. */
int verb_init(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int verb_join(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int verb_databases(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int verb_config(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int verb_disks(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int verb_plan(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int verb_validate(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int hf_inspect_facts(const char *file)
{
    (void)file;
    return 0;
}

int verb_drill(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int verb_replay(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int verb_place(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int hf_admit(const char *verb, const struct hf_options *options)
{
    (void)verb;
    (void)options;
    return HF_EXIT_OK;
}

int hf_admit_file(const char *verb, const char *name, const struct hf_options *options,
                  const char *text, size_t length, json_t **ret_json)
{
    (void)verb;
    (void)name;
    (void)options;
    (void)text;
    (void)length;
    *ret_json = NULL;
    return HF_EXIT_OK;
}

int hf_admit_file_alone(const struct hf_options *options, const char *text, size_t length,
                        json_t **ret_json)
{
    return hf_admit_file("apply", "", options, text, length, ret_json);
}

struct said {
    int code;
    char out[8192];
    char err[8192];
    char request[8192];
};

static char folder[64];
static char path[100];

static int listen_here(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    (void)unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

/* A child that takes one request per answer, notes it and says the answer; "" = hangs. */
static pid_t daemon_saying(const char *const *answers, int listener, int note)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid != 0)
        return pid;
    for (; *answers; answers++) {
        int fd = accept(listener, NULL, NULL);
        char line[8192];
        ssize_t n = recv(fd, line, sizeof(line), 0);
        (void)!write(note, line, n > 0 ? (size_t)n : 0);
        (void)!send(fd, *answers, strlen(*answers), MSG_NOSIGNAL);
        if (!**answers)
            (void)pause();
        close(fd);
    }
    _exit(0);
}

static void slurp(const char *name, char *ret, size_t room)
{
    char file[160];
    (void)snprintf(file, sizeof(file), "%s/%s", folder, name);
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, ret, room - 1) : 0;
    ret[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        close(fd);
    (void)unlink(file);
}

static int open_note(const char *name)
{
    char file[160];
    (void)snprintf(file, sizeof(file), "%s/%s", folder, name);
    int fd = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

/* Runs "verb argument ..." with its output in files. answers NULL: no daemon is there. */
static struct said run(const char *command, const char *const *answers)
{
    static struct said said;
    char words[512];
    char *argv[16];
    int argc = 0;
    (void)snprintf(words, sizeof(words), "%s", command);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    int note = open_note("request");
    int listener = answers ? listen_here() : -1;
    pid_t pid = answers ? daemon_saying(answers, listener, note) : -1;
    (void)fflush(NULL);
    int old_out = dup(1);
    int old_err = dup(2);
    int out = open_note("out");
    int err = open_note("err");
    dup2(out, 1);
    dup2(err, 2);
    said.code = hf_verbs_find(argv[0])->run(argc, argv);
    (void)fflush(NULL);
    dup2(old_out, 1);
    dup2(old_err, 2);
    if (pid > 0) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
        close(listener);
        (void)unlink(path);
    }
    int fds[] = {note, old_out, old_err, out, err};
    for (size_t i = 0; i < 5; i++)
        close(fds[i]);
    slurp("out", said.out, sizeof(said.out));
    slurp("err", said.err, sizeof(said.err));
    slurp("request", said.request, sizeof(said.request));
    return said;
}

#define ANSWERS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void a_move_shows_its_way(void **unused)
{
    (void)unused;
    struct said said = run(
        "move msgbox db1",
        ANSWERS(
            "{\"event\":\"instance\",\"name\":\"msgbox\",\"phase\":\"stopping\",\"owner\":\"db3\","
            "\"generation\":18,\"time_ms\":1000}\n"
            "{\"event\":\"instance\",\"name\":\"msgbox\",\"phase\":\"acquiring\",\"owner\":\"db1\","
            "\"generation\":19,\"time_ms\":1112}\n"
            "{\"event\":\"instance\",\"name\":\"msgbox\",\"phase\":\"online\",\"owner\":\"db1\","
            "\"generation\":19,\"time_ms\":1310}\n"
            "{\"ok\":true,\"data\":{\"text\":\"msgbox moved db3 -> db1\",\"outage_ms\":310}}\n"));
    assert_string_equal(said.out, "     0 ms  msgbox  stopping on db3\n"
                                  "   112 ms  msgbox  acquiring on db1 (generation 19)\n"
                                  "   310 ms  msgbox  online on db1\n"
                                  "msgbox moved db3 -> db1, clients waited 0.31 s\n");
    assert_int_equal(said.code, HF_EXIT_OK);
    assert_string_equal(said.request, "{\"verb\":\"move\",\"instance\":\"msgbox\",\"node\":\"db1\","
                                      "\"follow\":true}\n");
}

static void no_wait_returns_at_once(void **unused)
{
    (void)unused;
    struct said said = run("drain db2 --no-wait --force", ANSWERS("{\"ok\":true,\"data\":{}}\n"));
    assert_string_equal(said.request, "{\"verb\":\"drain\",\"node\":\"db2\",\"force\":true}\n");
    assert_string_equal(said.out, "accepted; holdfast status --watch shows how it goes on\n");
}

static void waiting_has_an_end(void **unused)
{
    (void)unused;
    struct said said = run("online main --timeout 1", ANSWERS(""));
    assert_int_equal(said.code, HF_EXIT_TIMED_OUT);
    assert_string_equal(said.err,
                        "holdfast: starting main did not end within 1 s; it goes on by "
                        "itself.\n"
                        "  See where it is: holdfast why main; holdfast status --watch\n");
}

static void refusals_have_exit_codes(void **unused)
{
    (void)unused;
    static const struct {
        const char *code;
        int number;
    } cases[] = {
        {"is-offline", HF_EXIT_REFUSED},  {"not-permitted", HF_EXIT_NOT_PERMITTED},
        {"no-quorum", HF_EXIT_NO_QUORUM}, {"not-enough-nodes", HF_EXIT_NO_QUORUM},
        {"bad-file", HF_EXIT_FILE},       {"timed-out", HF_EXIT_TIMED_OUT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char answer[256];
        (void)snprintf(
            answer, sizeof(answer),
            "{\"ok\":false,\"error\":{\"code\":\"%s\",\"text\":\"wrong\",\"hint\":\"do\"}}\n",
            cases[i].code);
        struct said said = run("offline main", ANSWERS(answer));
        assert_int_equal(said.code, cases[i].number);
        assert_true(strncmp(said.err, "wrong\n  do\n", 11) == 0);
        assert_string_equal(said.out, "");
    }
}

static void without_a_daemon(void **unused)
{
    (void)unused;
    struct said said = run("status", NULL);
    assert_int_equal(said.code, HF_EXIT_UNREACHABLE);
    assert_non_null(strstr(said.err, "holdfastd does not run on this node"));
    assert_non_null(strstr(said.err, "systemctl start holdfastd"));
    int listener = listen_here();
    close(listener);
    said = run("why main", NULL);
    assert_int_equal(said.code, HF_EXIT_UNREACHABLE);
    assert_non_null(strstr(said.err, "nobody answers"));
    (void)unlink(path);
    said = run("status", ANSWERS("{\"event\":\"x\"}\n"));
    assert_int_equal(said.code, HF_EXIT_REFUSED);
    assert_non_null(strstr(said.err, "ended the connection before it answered"));
    said = run("status", ANSWERS("HTTP/1.1 400\n"));
    assert_non_null(strstr(said.err, "is not holdfastd"));
}

static void usage_is_told(void **unused)
{
    (void)unused;
    static const char *const cases[][2] = {
        {"move", "holdfast move: it needs the name of an instance\nusage: holdfast move INSTANCE"},
        {"move a b c", "'c' is one argument too many"},
        {"move a --tiemout 3", "it has no option '--tiemout'"},
        {"move a --json", "it has no option '--json'"},
        {"status --timeout 3", "it has no option '--timeout'"},
        {"status -f", "it has no option '-f'"},
        {"status -x", "it has no option '-x'"},
        {"move a --timeout", "--timeout wants a value"},
        {"move a --timeout 0", "--timeout wants a whole number from 1 to 86400, not '0'"},
        {"demand --per week", "--per wants minute, hour or day, not 'week'"},
        {"history -n x", "-n wants a whole number from 1 to 512, not 'x'"},
        {"inspect brain", "there is no 'brain' to inspect; there are lifecycle, facts and names"},
        {"help me", "there is no verb 'me'"},
        {"confirm-fenced db1", "there is no terminal to ask on"},
    };
    int keep = dup(0);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(null, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct said said = run(cases[i][0], NULL);
        if (said.code != HF_EXIT_USAGE || !strstr(said.err, cases[i][1]))
            fail_msg("%s: %d: %s", cases[i][0], said.code, said.err);
    }
    dup2(keep, 0);
    close(keep);
    close(null);
}

static void apply_sends_the_file(void **unused)
{
    (void)unused;
    char file[128];
    char command[256];
    (void)snprintf(file, sizeof(file), "%s/cluster.yaml", folder);
    FILE *stream = fopen(file, "we");
    assert_non_null(stream);
    (void)fputs("cluster: a\n", stream);
    (void)fclose(stream);
    (void)snprintf(command, sizeof(command), "apply --dry-run %s", file);
    struct said said =
        run(command, ANSWERS("{\"ok\":true,\"data\":{\"changes\":[\"node db1: site a\"]}}\n"));
    assert_int_equal(said.code, HF_EXIT_OK);
    assert_string_equal(said.out,
                        "  node db1: site a\n1 change would be made; nothing was changed.\n");
    assert_non_null(strstr(said.request, "\"text\":\"cluster: a\\n\",\"dry_run\":true"));
    said = run(command, ANSWERS("{\"ok\":false,\"error\":{\"code\":\"bad-file\",\"text\":"
                                "\"cluster.yaml:1:1: one\\ncluster.yaml:2:1: two\"}}\n"));
    assert_int_equal(said.code, HF_EXIT_FILE);
    assert_string_equal(said.err, "cluster.yaml:1:1: one\ncluster.yaml:2:1: two\n"
                                  "nothing was changed.\n");
    (void)unlink(file);
    said = run(command, NULL);
    assert_int_equal(said.code, HF_EXIT_FILE);
    assert_non_null(strstr(said.err, "No such file or directory\nnothing was changed."));
}

static void watch_draws_again_on_events(void **unused)
{
    (void)unused;
    /* The subscription is a connection of its own, so the child must serve two at a time: its two
     * lines are both there before it closes, and each makes one status call. */
    struct said said =
        run("status --watch", ANSWERS("{\"event\":\"subscribed\"}\n{\"event\":\"instance\"}\n"
                                      "{\"ok\":true,\"data\":{}}\n",
                                      "{\"ok\":true,\"data\":{\"time_ms\":1}}\n",
                                      "{\"ok\":true,\"data\":{\"time_ms\":2}}\n"));
    assert_int_equal(said.code, HF_EXIT_OK);
    assert_string_equal(said.request, "{\"verb\":\"subscribe\"}\n{\"verb\":\"status\"}\n"
                                      "{\"verb\":\"status\"}\n");
}

static void small_verbs(void **unused)
{
    (void)unused;
    struct said said =
        run("token --ttl 60", ANSWERS("{\"ok\":true,\"data\":{\"token\":\"T1\",\"ttl_s\":60}}\n"));
    assert_string_equal(said.out, "T1\n");
    assert_non_null(strstr(said.err, "within 1 min 0 s:\n  holdfast join --node NAME"));
    assert_string_equal(said.request, "{\"verb\":\"token\",\"ttl_s\":60}\n");
    said = run("export", ANSWERS("{\"ok\":true,\"data\":{\"text\":\"cluster: a\\n\"}}\n"));
    assert_string_equal(said.out, "cluster: a\n");
    said =
        run("history --instance main -n 3", ANSWERS("{\"ok\":true,\"data\":{\"records\":[]}}\n"));
    assert_string_equal(said.request, "{\"verb\":\"history\",\"instance\":\"main\",\"count\":3}\n");
    said = run("demand", ANSWERS("{\"ok\":true,\"data\":{\"node\":\"db1\",\"instances\":[]}}\n"));
    assert_string_equal(said.request, "{\"verb\":\"demand\",\"per\":\"hour\",\"count\":1}\n");
    said = run("demand --instance main --per day",
               ANSWERS("{\"ok\":true,\"data\":{\"node\":\"db1\",\"instances\":[]}}\n"));
    assert_string_equal(
        said.request, "{\"verb\":\"demand\",\"per\":\"day\",\"count\":24,\"instance\":\"main\"}\n");
    said = run("confirm-fenced db1 --yes", ANSWERS("{\"ok\":true,\"data\":{}}\n"));
    assert_int_equal(said.code, HF_EXIT_OK);
    assert_non_null(strstr(said.out, "db1 is confirmed as fenced"));
    said = run("status --json", ANSWERS("{\"ok\":true,\"data\":{\"time_ms\":5}}\n"));
    assert_string_equal(said.out, "{\n  \"time_ms\": 5\n}\n");
    said = run("help move", NULL);
    assert_non_null(strstr(said.out, "usage: holdfast move INSTANCE [NODE]"));
    said = run("help", NULL);
    assert_non_null(strstr(said.out, "  7  the file has errors"));
}

static void a_node_is_added_by_name(void **unused)
{
    (void)unused;
    const char *status = "{\"ok\":true,\"data\":{\"nodes\":[{\"name\":\"db1\",\"state\":\"up\"},"
                         "{\"name\":\"db2\",\"state\":\"down\"}]}}\n";
    const char *token = "{\"ok\":true,\"data\":{\"token\":\"T1\",\"ttl_s\":60}}\n";
    struct said said = run("node add db4 --ttl 60", ANSWERS(status, token));
    assert_int_equal(said.code, HF_EXIT_OK);
    assert_string_equal(said.out, "T1\n");
    assert_non_null(strstr(said.err, "within 1 min 0 s:\n  holdfast join --node db4 --public"));
    assert_null(strstr(said.err, "takes its place"));
    assert_string_equal(said.request, "{\"verb\":\"status\"}\n{\"verb\":\"token\",\"ttl_s\":60}\n");
    said = run("node add db2", ANSWERS(status, token));
    assert_int_equal(said.code, HF_EXIT_OK);
    assert_non_null(strstr(said.err, "down: the new computer takes its place"));
    said = run("node add db1", ANSWERS(status, token));
    assert_int_equal(said.code, HF_EXIT_REFUSED);
    assert_string_equal(said.out, "");
    assert_string_equal(said.request, "{\"verb\":\"status\"}\n"); /* and no token was made */
    assert_non_null(strstr(said.err, "db1 is a node of this cluster already (up)"));
    said = run("node add db4", ANSWERS(status, "{\"ok\":false,\"error\":{\"code\":"
                                               "\"no-quorum\",\"text\":\"no\"}}\n"));
    assert_int_equal(said.code, HF_EXIT_NO_QUORUM);
    assert_int_equal(run("node add", NULL).code, HF_EXIT_USAGE);
    assert_int_equal(run("node remove db1", NULL).code, HF_EXIT_USAGE);
}

/* Quick, silent, and nothing that a shell would expand. */
static void names_for_completion(void **unused)
{
    (void)unused;
    const char *const *answer =
        ANSWERS("{\"ok\":true,\"data\":{\"instances\":[{\"name\":\"msgbox\"},{\"name\":\"$(id)\"},"
                "{\"name\":\"\"}],\"nodes\":[{\"name\":\"db-1\"},{\"name\":\"a b\"}]}}\n");
    struct said said = run("inspect names", answer);
    assert_int_equal(said.code, HF_EXIT_OK);
    assert_string_equal(said.request, "{\"verb\":\"status\"}\n");
    assert_string_equal(said.out, "msgbox\ndb-1\n");
    assert_string_equal(run("inspect names instances", answer).out, "msgbox\n");
    assert_string_equal(run("inspect names nodes", answer).out, "db-1\n");
    said = run("inspect names clouds", NULL);
    assert_int_equal(said.code, HF_EXIT_USAGE);
    said = run("inspect names", NULL);
    assert_int_equal(said.code, HF_EXIT_UNREACHABLE);
    assert_string_equal(said.out, "");
    assert_string_equal(said.err, "");
    said = run("inspect names", ANSWERS("")); /* it hangs */
    assert_int_equal(said.code, HF_EXIT_TIMED_OUT);
    assert_string_equal(said.err, "");
    said = run("inspect names", ANSWERS("{\"ok\":false,\"error\":{\"code\":\"not-permitted\"}}\n"));
    assert_int_equal(said.code, HF_EXIT_NOT_PERMITTED);
    assert_string_equal(said.err, "");
}

/* What help, man pages and completion are made from. */
static void every_verb_is_complete(void **unused)
{
    (void)unused;
    size_t count = 0;
    const struct hf_verb *verbs = hf_verbs(&count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(hf_verbs_find(verbs[i].name), &verbs[i]);
        assert_non_null(verbs[i].run);
        assert_true(strlen(verbs[i].summary) > 0 && strlen(verbs[i].summary) < 80);
        for (const struct hf_verb_option *o = verbs[i].options; o && o->name; o++) {
            assert_true(o->text && o->text[0] && !strchr(o->text, '\n'));
            assert_true(!o->letter || (o->letter[0] == '-' && strlen(o->letter) == 2));
            assert_true(o->name[0] != '-' || strncmp(o->name, "--", 2) == 0);
        }
    }
}

int main(void)
{
    (void)snprintf(folder, sizeof(folder), "/tmp/hf_verbs.XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    (void)snprintf(path, sizeof(path), "%s/control.sock", folder);
    setenv("HOLDFAST_SOCKET", path, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_move_shows_its_way), cmocka_unit_test(no_wait_returns_at_once),
        cmocka_unit_test(waiting_has_an_end),   cmocka_unit_test(refusals_have_exit_codes),
        cmocka_unit_test(without_a_daemon),     cmocka_unit_test(usage_is_told),
        cmocka_unit_test(apply_sends_the_file), cmocka_unit_test(watch_draws_again_on_events),
        cmocka_unit_test(names_for_completion), cmocka_unit_test(a_node_is_added_by_name),
        cmocka_unit_test(small_verbs),          cmocka_unit_test(every_verb_is_complete),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)rmdir(folder);
    return failed;
}
