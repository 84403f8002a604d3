/* What load generator and mock vendor agree upon: a marker of fixed width inside the prompt says
 * which answer is wanted, so that any gateway in between can be checked answer by answer.
 *
 *   marker<nonce>-<prompt tokens>-<completion tokens>-<chunks>-<events per write>-<chunks/s>-<rest after>-
 *
 * After so many chunks a stream without a pace rests a moment (0: never): who leaves then, leaves while
 * something is still to come.
 */
#ifndef BENCH_MARKER_H
#define BENCH_MARKER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define MARKER_HEAD "marker"
#define MARKER_HEAD_SIZE 6
#define MARKER_SIZE (MARKER_HEAD_SIZE + 16 + 1 + 7 + 1 + 5 + 1 + 5 + 1 + 3 + 1 + 4 + 1 + 5 + 1)
#define PIECE_SIZE 15 /* w00007.89abcdef */

struct marker {
    uint64_t nonce;
    unsigned prompt_tokens, completion_tokens, chunks, per_write, pace, rest_after;
};

static const char FILLER[] =
    "the quick brown fox jumps over the lazy dog while seven wizards quietly boil "
    "twelve litres of black tea and count the spoons, which nobody has asked them to do";

/* Print `value` in decimal over exactly `width` characters. */
static inline void put_decimal(char *out, unsigned value, int width) {
    for (int i = width - 1; i >= 0; i--, value /= 10) out[i] = (char)('0' + value % 10);
}

static inline void put_hex(char *out, uint64_t value, int width) {
    for (int i = width - 1; i >= 0; i--, value >>= 4) out[i] = "0123456789abcdef"[value & 15];
}

static inline unsigned get_decimal(const char *in, int width) {
    unsigned value = 0;
    for (int i = 0; i < width; i++) value = value * 10 + (unsigned)(in[i] - '0');
    return value;
}

static inline void marker_print(char *out, const struct marker *m) {
    memcpy(out, MARKER_HEAD, MARKER_HEAD_SIZE);
    out += MARKER_HEAD_SIZE;
    put_hex(out, m->nonce, 16), out[16] = '-', out += 17;
    put_decimal(out, m->prompt_tokens, 7), out[7] = '-', out += 8;
    put_decimal(out, m->completion_tokens, 5), out[5] = '-', out += 6;
    put_decimal(out, m->chunks, 5), out[5] = '-', out += 6;
    put_decimal(out, m->per_write, 3), out[3] = '-', out += 4;
    put_decimal(out, m->pace, 4), out[4] = '-', out += 5;
    put_decimal(out, m->rest_after, 5), out[5] = '-';
}

static inline int marker_parse(const char *text, size_t size, struct marker *m) {
    const char *in = memmem(text, size, MARKER_HEAD, MARKER_HEAD_SIZE);
    if (!in || (size_t)(text + size - in) < MARKER_SIZE) return 0;
    in += MARKER_HEAD_SIZE;
    m->nonce = 0;
    for (int i = 0; i < 16; i++) {
        char c = in[i];
        m->nonce = m->nonce << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    in += 17;
    m->prompt_tokens = get_decimal(in, 7), in += 8;
    m->completion_tokens = get_decimal(in, 5), in += 6;
    m->chunks = get_decimal(in, 5), in += 6;
    m->per_write = get_decimal(in, 3), in += 4;
    m->pace = get_decimal(in, 4), in += 5;
    m->rest_after = get_decimal(in, 5);
    return 1;
}

/* The text of a whole answer; returns its length. */
static inline int answer_text(char *out, size_t cap, uint64_t nonce) {
    return snprintf(out, cap, "answer %016llx: %s; %016llx.", (unsigned long long)nonce, FILLER,
                    (unsigned long long)~nonce);
}

/* The text of chunk `index` of a stream: PIECE_SIZE characters. */
static inline void piece_text(char *out, unsigned index, uint64_t nonce) {
    out[0] = 'w';
    put_decimal(out + 1, index, 5);
    out[6] = '.';
    put_hex(out + 7, nonce & 0xffffffffu, 8);
}

static const char ANSWER[] =
    "{\"id\":\"chatcmpl-%016llx\",\"object\":\"chat.completion\",\"created\":1763683200,"
    "\"model\":\"%s\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
    "\"content\":\"%s\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
    "\"usage\":{\"prompt_tokens\":%u,\"completion_tokens\":%u,\"total_tokens\":%u},"
    "\"system_fingerprint\":\"fp_bench\"}";

#endif
