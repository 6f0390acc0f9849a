/* The agent's protocol: frames of a type (1 byte), a length (4 bytes, big-endian) and data.
 *
 * to the agent    A argument   E environment KEY=VALUE   C folder   T terminal "rows cols"
 *                 S start      I standard input (empty: end)   W window "rows cols"   P put "mode
 * path" from the agent  O standard output   R standard error   X exit code (decimal)   F failure
 * (text)
 *
 * Failure: a closed connection or a frame that is too long ends the conversation (negative errno).
 */
#include "node.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int receive_all(int fd, void *data, size_t length)
{
    char *p = data;

    while (length > 0) {
        ssize_t n = recv(fd, p, length, MSG_WAITALL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EPIPE;
        p += n;
        length -= (size_t)n;
    }
    return 0;
}

int frame_receive(int fd, struct frame *ret)
{
    unsigned char head[5];
    int r = receive_all(fd, head, sizeof head);

    if (r < 0)
        return r;
    ret->type = (char)head[0];
    ret->length =
        (uint32_t)head[1] << 24 | (uint32_t)head[2] << 16 | (uint32_t)head[3] << 8 | head[4];
    if (ret->length >= sizeof ret->data)
        return -EMSGSIZE;
    r = receive_all(fd, ret->data, ret->length);
    ret->data[ret->length] = 0;
    return r;
}

int frame_send(int fd, char type, const void *data, uint32_t length)
{
    char whole[5 + 65536];
    size_t size = 5 + (size_t)length;
    size_t done = 0;

    if (size > sizeof whole)
        return -EMSGSIZE;
    uint32_t be = htonl(length);

    whole[0] = type;
    memcpy(whole + 1, &be, 4);
    memcpy(whole + 5, data, length);
    while (done < size) {
        ssize_t n = send(fd, whole + done, size - done, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        done += (size_t)n;
    }
    return 0;
}
