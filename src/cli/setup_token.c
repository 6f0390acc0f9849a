#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "cli/setup.h"

/* Reads to the end of the line or of the input. */
static int read_line(int fd, char *text, size_t room)
{
    size_t length = 0;
    while (length + 1 < room) {
        ssize_t got = read(fd, text + length, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0 || (text[length] == '\n' && length > 0))
            break;
        if (text[length] != '\n')
            length++;
    }
    text[length] = '\0';
    return 0;
}

static int read_terminal(int fd, char *text, size_t room)
{
    struct termios before;
    if (tcgetattr(fd, &before) < 0)
        return -errno;
    struct termios silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "join token (from `holdfast token` on a node of the cluster; not shown): ");
    (void)tcsetattr(fd, TCSAFLUSH, &silent);
    int rc = read_line(fd, text, room);
    (void)tcsetattr(fd, TCSAFLUSH, &before);
    fprintf(stderr, "\n");
    return rc;
}

static int read_file(const char *path, char *text, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = read_line(fd, text, room);
    close(fd);
    return rc;
}

int hf_setup_token_read(const char *token_file, struct hf_join_token *ret, struct hf_error *error)
{
    char text[HF_JOIN_TOKEN_TEXT_MAX];
    int rc;
    if (token_file[0])
        rc = read_file(token_file, text, sizeof(text));
    else if (isatty(STDIN_FILENO))
        rc = read_terminal(STDIN_FILENO, text, sizeof(text));
    else
        rc = read_line(STDIN_FILENO, text, sizeof(text));
    if (rc < 0)
        hf_error_set(error, "cannot read the join token from %s: %s",
                     token_file[0] ? token_file : "standard input", strerror(-rc));
    else
        rc = hf_join_token_decode(text, ret, error);
    explicit_bzero(text, sizeof(text));
    return rc;
}
