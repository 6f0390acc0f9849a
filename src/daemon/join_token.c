#include "daemon/join_token.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SECRET_LENGTH (HF_JOIN_SECRET_BYTES * 8u / 5u)
#define CHECK_LENGTH 4u

_Static_assert(HF_JOIN_SECRET_BYTES % 5u == 0, "whole groups of base32");

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

/* length is a multiple of 5. */
static void base32_encode(const uint8_t *bytes, size_t length, char *out)
{
    for (; length > 0; bytes += 5, length -= 5) {
        uint64_t group = 0;
        for (int i = 0; i < 5; i++)
            group = group << 8 | bytes[i];
        for (int i = 7; i >= 0; i--)
            *out++ = alphabet[group >> (5 * i) & 31];
    }
    *out = '\0';
}

/* Digits 0 to 31 of exactly length characters; -1 when one is none. */
static int base32_digits(const char *text, size_t length, uint8_t *digits)
{
    for (size_t i = 0; i < length; i++) {
        const char *at = text[i] ? strchr(alphabet, tolower((unsigned char)text[i])) : NULL;
        if (!at)
            return -1;
        digits[i] = (uint8_t)(at - alphabet);
    }
    return 0;
}

static int base32_decode(const char *text, uint8_t *bytes, size_t length)
{
    for (; length > 0; text += 8, bytes += 5, length -= 5) {
        uint8_t digits[8];
        if (base32_digits(text, 8, digits) < 0)
            return -1;
        uint64_t group = 0;
        for (int i = 0; i < 8; i++)
            group = group << 5 | digits[i];
        for (int i = 0; i < 5; i++)
            bytes[i] = (uint8_t)(group >> (8 * (4 - i)));
    }
    return 0;
}

/* 20 bits over the text before the check, case ignored (FNV-1a, folded). */
static void check_of(const char *text, size_t length, char check[CHECK_LENGTH + 1])
{
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ (uint8_t)tolower((unsigned char)text[i])) * 16777619u;
    sum ^= sum >> 20;
    for (unsigned i = 0; i < CHECK_LENGTH; i++)
        check[i] = alphabet[sum >> (5 * i) & 31];
    check[CHECK_LENGTH] = '\0';
}

int hf_join_token_make(struct hf_join_token *token)
{
    uint8_t id[5];
    *token = (struct hf_join_token){0};
    if (getrandom(id, sizeof(id), 0) != (ssize_t)sizeof(id) ||
        getrandom(token->secret, sizeof(token->secret), 0) != (ssize_t)sizeof(token->secret))
        return -EIO;
    base32_encode(id, sizeof(id), token->id);
    return 0;
}

void hf_join_token_encode(const struct hf_join_token *token, struct hf_strbuf *out)
{
    char secret[SECRET_LENGTH + 1];
    char check[CHECK_LENGTH + 1];
    struct hf_strbuf text;
    hf_strbuf_init(&text);
    base32_encode(token->secret, sizeof(token->secret), secret);
    hf_strbuf_addf(&text, "hf1-%s-%s-", token->id, secret);
    for (unsigned i = 0; i < token->endpoint_count; i++) {
        const struct hf_join_endpoint *to = &token->endpoints[i];
        bool six = strchr(to->address, ':') != NULL;
        hf_strbuf_addf(&text, "%s%s%s%s:%u", i ? "," : "", six ? "[" : "", to->address,
                       six ? "]" : "", (unsigned)to->port);
    }
    check_of(text.data, text.length, check);
    hf_strbuf_addf(out, "%s-%s", text.data, check);
    if (!hf_strbuf_ok(&text))
        out->failed = true;
    explicit_bzero(secret, sizeof(secret));
    explicit_bzero(text.data, text.length);
    hf_strbuf_release(&text);
}

/* "1.2.3.4:5" or "[::1]:5", NUL-terminated; changed while read. */
static bool endpoint_decode(char *text, struct hf_join_endpoint *to)
{
    char *address = text;
    char *colon = strrchr(text, ':');
    if (!colon)
        return false;
    *colon = '\0';
    char *last = NULL;
    unsigned long port = strtoul(colon + 1, &last, 10);
    if (!isdigit((unsigned char)colon[1]) || *last || port < 1 || port > 65535)
        return false;
    int family = AF_INET;
    if (address[0] == '[' && colon > text + 1 && colon[-1] == ']') {
        colon[-1] = '\0';
        address++;
        family = AF_INET6;
    }
    unsigned char raw[16];
    if (inet_pton(family, address, raw) != 1 || strlen(address) >= sizeof(to->address))
        return false;
    (void)snprintf(to->address, sizeof(to->address), "%s", address);
    to->port = (uint16_t)port;
    return true;
}

static bool endpoints_decode(char *text, struct hf_join_token *token)
{
    char *save = NULL;
    for (char *one = strtok_r(text, ",", &save); one; one = strtok_r(NULL, ",", &save)) {
        if (token->endpoint_count == HF_JOIN_ENDPOINTS_MAX)
            return false;
        if (!endpoint_decode(one, &token->endpoints[token->endpoint_count]))
            return false;
        token->endpoint_count++;
    }
    return token->endpoint_count > 0;
}

/* text: "hf1-id-secret-endpoints", check already cut off. */
static bool parts_decode(char *text, struct hf_join_token *token)
{
    const size_t head = 4 + HF_JOIN_ID_LENGTH + 1 + SECRET_LENGTH + 1;
    uint8_t digits[HF_JOIN_ID_LENGTH];
    if (strlen(text) <= head || text[4 + HF_JOIN_ID_LENGTH] != '-' || text[head - 1] != '-')
        return false;
    if (base32_digits(text + 4, HF_JOIN_ID_LENGTH, digits) < 0)
        return false;
    for (unsigned i = 0; i < HF_JOIN_ID_LENGTH; i++)
        token->id[i] = alphabet[digits[i]];
    if (base32_decode(text + 4 + HF_JOIN_ID_LENGTH + 1, token->secret, sizeof(token->secret)) < 0)
        return false;
    return endpoints_decode(text + head, token);
}

static int decode_trimmed(char *text, struct hf_join_token *token, struct hf_error *error)
{
    char check[CHECK_LENGTH + 1];
    if (strncasecmp(text, "hf1-", 4) != 0) {
        hf_error_set(error, "this is not a join token: a token begins with hf1- and is what "
                            "`holdfast token` prints on a node of the cluster");
        return -EINVAL;
    }
    char *dash = strrchr(text, '-');
    check_of(text, (size_t)(dash - text), check);
    if (strcasecmp(dash + 1, check) != 0) {
        hf_error_set(error, "the join token is damaged (its check does not fit): copy it again, "
                            "whole, as `holdfast token` printed it");
        return -EINVAL;
    }
    *dash = '\0';
    if (parts_decode(text, token))
        return 0;
    hf_error_set(error, "the join token is not understood: it may come from another version of "
                        "Holdfast; make one with this version's `holdfast token`");
    return -EINVAL;
}

int hf_join_token_decode(const char *text, struct hf_join_token *ret, struct hf_error *error)
{
    char copy[HF_JOIN_TOKEN_TEXT_MAX];
    struct hf_join_token token = {0};
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    if (length == 0 || length >= sizeof(copy)) {
        hf_error_set(error, "%s",
                     length == 0 ? "the join token is empty"
                                 : "the join token is too long to be one");
        return -EINVAL;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    int rc = decode_trimmed(copy, &token, error);
    explicit_bzero(copy, sizeof(copy));
    if (rc == 0)
        *ret = token;
    explicit_bzero(&token, sizeof(token));
    return rc;
}
