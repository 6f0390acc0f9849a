/*
 * crc32c.c - the checksum of a message, eight bytes at a time.
 *
 * A remainder is linear: that of a byte is the exclusive or of those of its bits. So the tables
 * (eight bytes at once, as in Kounavis and Berry, "A Systematic Approach to Building High
 * Performance Software-Based CRC Generators", 2005) are written out from the remainders of 64 bits,
 * by the compiler; there is nothing to set up.
 */
#include "core/codec.h"

#define BIT(b, k, r) (((b) >> (k)&1u) ? (r) : 0u)
#define BYTE(b, r0, r1, r2, r3, r4, r5, r6, r7)                                                    \
    (BIT(b, 0, r0) ^ BIT(b, 1, r1) ^ BIT(b, 2, r2) ^ BIT(b, 3, r3) ^ BIT(b, 4, r4) ^               \
     BIT(b, 5, r5) ^ BIT(b, 6, r6) ^ BIT(b, 7, r7))

/* Wn: the remainder of a byte that n bytes follow. */
#define W0(b)                                                                                      \
    BYTE(b, 0xf26b8303u, 0xe13b70f7u, 0xc79a971fu, 0x8ad958cfu, 0x105ec76fu, 0x20bd8edeu,          \
         0x417b1dbcu, 0x82f63b78u)
#define W1(b)                                                                                      \
    BYTE(b, 0x13a29877u, 0x274530eeu, 0x4e8a61dcu, 0x9d14c3b8u, 0x3fc5f181u, 0x7f8be302u,          \
         0xff17c604u, 0xfbc3faf9u)
#define W2(b)                                                                                      \
    BYTE(b, 0xa541927eu, 0x4f6f520du, 0x9edea41au, 0x38513ec5u, 0x70a27d8au, 0xe144fb14u,          \
         0xc76580d9u, 0x8b277743u)
#define W3(b)                                                                                      \
    BYTE(b, 0xdd45aab8u, 0xbf672381u, 0x7b2231f3u, 0xf64463e6u, 0xe964b13du, 0xd725148bu,          \
         0xaba65fe7u, 0x52a0c93fu)
#define W4(b)                                                                                      \
    BYTE(b, 0x38116facu, 0x7022df58u, 0xe045beb0u, 0xc5670b91u, 0x8f2261d3u, 0x1ba8b557u,          \
         0x37516aaeu, 0x6ea2d55cu)
#define W5(b)                                                                                      \
    BYTE(b, 0xef306b19u, 0xdb8ca0c3u, 0xb2f53777u, 0x6006181fu, 0xc00c303eu, 0x85f4168du,          \
         0x0e045bebu, 0x1c08b7d6u)
#define W6(b)                                                                                      \
    BYTE(b, 0x68032cc8u, 0xd0065990u, 0xa5e0c5d1u, 0x4e2dfd53u, 0x9c5bfaa6u, 0x3d5b83bdu,          \
         0x7ab7077au, 0xf56e0ef4u)
#define W7(b)                                                                                      \
    BYTE(b, 0x493c7d27u, 0x9278fa4eu, 0x211d826du, 0x423b04dau, 0x847609b4u, 0x0d006599u,          \
         0x1a00cb32u, 0x34019664u)

#define ROW4(w, b) w((b) + 0u), w((b) + 1u), w((b) + 2u), w((b) + 3u)
#define ROW16(w, b) ROW4(w, b), ROW4(w, (b) + 4u), ROW4(w, (b) + 8u), ROW4(w, (b) + 12u)
#define ROW64(w, b) ROW16(w, b), ROW16(w, (b) + 16u), ROW16(w, (b) + 32u), ROW16(w, (b) + 48u)
#define TABLE(w) ROW64(w, 0u), ROW64(w, 64u), ROW64(w, 128u), ROW64(w, 192u)

static const uint32_t follows[8][256] = {
    {TABLE(W0)}, {TABLE(W1)}, {TABLE(W2)}, {TABLE(W3)},
    {TABLE(W4)}, {TABLE(W5)}, {TABLE(W6)}, {TABLE(W7)},
};

static uint32_t load_le32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

uint32_t hf_crc32c(const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    uint32_t crc = ~0u;
    for (; length >= 8; length -= 8, at += 8) {
        uint32_t low = crc ^ load_le32(at), high = load_le32(at + 4);
        crc = follows[7][low & 255] ^ follows[6][low >> 8 & 255] ^ follows[5][low >> 16 & 255] ^
              follows[4][low >> 24] ^ follows[3][high & 255] ^ follows[2][high >> 8 & 255] ^
              follows[1][high >> 16 & 255] ^ follows[0][high >> 24];
    }
    for (; length; length--, at++)
        crc = crc >> 8 ^ follows[0][(crc ^ *at) & 255];
    return ~crc;
}
