/* Load generator: one thread, one epoll; closed loop (every connection asks again as soon as it is
 * answered) or open loop (a fixed rate; latency counts from the scheduled time). Every answer is
 * compared with what was asked for (marker.h). Prints one line of JSON.
 *
 * Usage: load --port N [--api chat|embeddings|messages] [--stream] [--path /p] [--key K] …  (see main)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "marker.h"

#define NS 1000000000ull
#define MAX_SAMPLES (4u << 20)
#define MAX_BODY (1u << 20)

enum api { CHAT, EMBEDDINGS, MESSAGES };

static struct {
    int port, streams, connections, prompt_bytes, chunks, per_write, pace, usage, abort_percent;
    enum api api;
    unsigned long long requests, seed;
    double seconds, rate, ramp, timeout;
    const char *key, *model, *path, *header;
} opt = {.connections = 64, .prompt_bytes = 300, .chunks = 100, .per_write = 1, .usage = 2,
         .timeout = 20, .key = "sk-none", .model = "bench-chat", .seed = 1};

struct variant { /* a request with and one without stream_options */
    char *bytes;
    size_t size, marker_at;
};

struct buffer {
    char *at;
    size_t size, cap;
};

struct conn {
    int fd, busy, head_done, chunked, must_close, status, write_armed;
    char *out;
    size_t out_size, out_sent;
    struct buffer in, body; /* body: of a plain answer; of a stream: the unfinished line */
    long long left;         /* bytes of the body or chunk still to come */
    int chunk_state;        /* 0 size line, 1 data, 2 CRLF after data, 3 trailer */
    struct marker marker;
    unsigned next_piece, abort_at;
    int wants_usage, usage_seen, end_seen, wrong, error_event;
    unsigned seen_prompt, seen_completion;
    uint64_t due, first;
    struct conn *next_idle;
};

static struct variant variants[2];
static struct conn *conns, *idle;
static int epoll_fd, timer_fd, busy_count;
static unsigned long long started, requests, errors, mismatches, aborted, identical, chunk_total,
    sum_prompt, sum_completion, answer_bytes;
static uint32_t *latency_us, *first_us;
static size_t latency_count, first_count;
static uint64_t begin_ns, stop_ns, last_event_ns;
static char first_error[400];

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

static uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15ull;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

static void append(struct buffer *b, const void *bytes, size_t size) {
    if (b->size + size > b->cap) {
        while (b->size + size > b->cap) b->cap = b->cap ? b->cap * 2 : 4096;
        b->at = realloc(b->at, b->cap);
        if (!b->at) abort();
    }
    memcpy(b->at + b->size, bytes, size);
    b->size += size;
}

static void note(const char *what, const char *text, size_t size) {
    if (first_error[0]) return;
    int n = snprintf(first_error, sizeof first_error, "%s: %.*s", what,
                     (int)(size > 300 ? 300 : size), text);
    if (n >= (int)sizeof first_error) n = sizeof first_error - 1;
    for (int i = 0; i < n; i++)
        if ((unsigned char)first_error[i] < 32 || first_error[i] == '"' || first_error[i] == '\\')
            first_error[i] = ' ';
}

/* ---- the request ------------------------------------------------------------------------- */

static size_t print_body(char *out, size_t cap, const char *prompt, int with_usage) {
    const char *stream = opt.streams ? ",\"stream\":true" : "";
    const char *options = with_usage ? ",\"stream_options\":{\"include_usage\":true}" : "";
    int most = (opt.streams ? opt.chunks : 64) + 64;
    switch (opt.api) {
    case EMBEDDINGS:
        return (size_t)snprintf(out, cap, "{\"model\":\"%s\",\"input\":\"%s\"}", opt.model, prompt);
    case MESSAGES:
        return (size_t)snprintf(out, cap,
                                "{\"model\":\"%s\",\"max_tokens\":%d,\"system\":\"Be brief.\","
                                "\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]%s}",
                                opt.model, most, prompt, stream);
    case CHAT:
    default:
        return (size_t)snprintf(out, cap,
                                "{\"model\":\"%s\",\"messages\":[{\"role\":\"system\",\"content\":"
                                "\"Be brief.\"},{\"role\":\"user\",\"content\":\"%s\"}],"
                                "\"temperature\":0.7,\"max_tokens\":%d%s%s}",
                                opt.model, prompt, most, stream, options);
    }
}

static void build_variant(struct variant *v, int with_usage) {
    size_t prompt_size = MARKER_SIZE + 1, around = 512 + strlen(opt.model);
    if ((size_t)opt.prompt_bytes > prompt_size + 150) prompt_size = (size_t)opt.prompt_bytes - 150;
    char *prompt = malloc(prompt_size + 1), *body = malloc(prompt_size + around);
    struct marker m = {0};
    marker_print(prompt, &m);
    for (size_t i = MARKER_SIZE; i < prompt_size; i++)
        prompt[i] = i == MARKER_SIZE ? ' ' : FILLER[(i - MARKER_SIZE) % (sizeof FILLER - 1)];
    prompt[prompt_size] = 0;
    size_t size = print_body(body, prompt_size + around, prompt, with_usage);
    v->bytes = malloc(size + 1024 + strlen(opt.key) + strlen(opt.path) +
                      (opt.header ? strlen(opt.header) : 0));
    int head = sprintf(v->bytes,
                       "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
                       "%s%s%sContent-Type: application/json\r\nAccept: */*\r\n"
                       "User-Agent: bench\r\nContent-Length: %zu\r\n\r\n",
                       opt.path, opt.port, opt.key,
                       opt.api == MESSAGES ? "anthropic-version: 2023-06-01\r\n" : "",
                       opt.header ? opt.header : "", opt.header ? "\r\n" : "", size);
    memcpy(v->bytes + head, body, size);
    v->size = (size_t)head + size;
    v->marker_at = (size_t)((char *)memmem(v->bytes, v->size, MARKER_HEAD "0", MARKER_HEAD_SIZE + 1) - v->bytes);
    free(prompt), free(body);
}

/* ---- connections ------------------------------------------------------------------------- */

static void open_conn(struct conn *c) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address)) {
        note("connect", strerror(errno), strlen(strerror(errno)));
        errors++;
        close(c->fd);
        c->fd = -1;
        return;
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    /* connecting to this machine is immediate; from here on nothing blocks */
    struct timeval none = {0};
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &e);
    c->write_armed = 0;
}

static void close_conn(struct conn *c) {
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
}

static void arm_write(struct conn *c, int wanted) {
    if (c->write_armed == wanted) return;
    c->write_armed = wanted;
    struct epoll_event e = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0u), .data.ptr = c};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
}

static void start_next(struct conn *c);

static void release(struct conn *c) {
    c->busy = 0, busy_count--;
    if (c->must_close) close_conn(c);
    if (opt.rate > 0)
        c->next_idle = idle, idle = c;
    else
        start_next(c);
}

static void fail(struct conn *c, const char *what, const char *text, size_t size) {
    note(what, text, size);
    errors++;
    c->must_close = 1;
    release(c);
}

static void send_request(struct conn *c) {
    while (c->out_sent < c->out_size) {
        ssize_t n = send(c->fd, c->out + c->out_sent, c->out_size - c->out_sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            if (errno == EAGAIN) return arm_write(c, 1);
            return fail(c, "send", strerror(errno), strlen(strerror(errno)));
        }
        c->out_sent += (size_t)n;
    }
    arm_write(c, 0);
}

static void start_request(struct conn *c, uint64_t due) {
    unsigned long long number = started++;
    uint64_t nonce = mix(opt.seed * 1000003 + number);
    c->busy = 1, busy_count++;
    c->head_done = c->chunked = c->must_close = c->chunk_state = 0;
    c->in.size = c->body.size = 0;
    c->next_piece = c->seen_prompt = c->seen_completion = 0;
    c->usage_seen = c->end_seen = c->wrong = c->error_event = 0;
    c->first = 0, c->due = due;
    if (c->fd < 0) open_conn(c);
    if (c->fd < 0) {
        c->must_close = 1;
        return release(c);
    }
    c->wants_usage = opt.usage == 2 ? (int)(number & 1) : opt.usage;
    c->abort_at = 0;
    /* of any hundred in a row exactly so many, spread: 37 and 100 have no common divisor */
    if (number * 37 % 100 < (unsigned long long)opt.abort_percent)
        c->abort_at = 1 + (unsigned)((nonce >> 20) % (unsigned)(opt.chunks > 1 ? opt.chunks - 1 : 1));
    unsigned base = opt.streams ? (unsigned)opt.chunks : 20;
    c->marker = (struct marker){.nonce = nonce,
                                .prompt_tokens = (unsigned)opt.prompt_bytes / 5 + nonce % 13,
                                .completion_tokens = base + (nonce >> 16) % 23,
                                .chunks = (unsigned)opt.chunks,
                                .per_write = (unsigned)opt.per_write,
                                .pace = (unsigned)opt.pace,
                                .rest_after = c->abort_at};
    struct variant *v = &variants[c->wants_usage];
    memcpy(c->out, v->bytes, v->size);
    marker_print(c->out + v->marker_at, &c->marker);
    c->out_size = v->size, c->out_sent = 0;
    send_request(c);
}

static int may_start(uint64_t now) {
    if (opt.requests && started >= opt.requests) return 0;
    if (errors + mismatches > 100) return 0;
    return now < stop_ns;
}

static void start_next(struct conn *c) {
    uint64_t now = now_ns();
    if (may_start(now)) start_request(c, now);
}

/* ---- checking ---------------------------------------------------------------------------- */

static int number_after(const char *text, size_t size, const char *key, unsigned *value) {
    const char *end = text + size, *at = memmem(text, size, key, strlen(key));
    if (!at) return 0;
    for (at += strlen(key); at < end && (*at == ' ' || *at == ':'); at++) continue;
    if (at == end || *at < '0' || *at > '9') return 0;
    for (*value = 0; at < end && *at >= '0' && *at <= '9'; at++) *value = *value * 10 + (unsigned)(*at - '0');
    return 1;
}

static void look_for_usage(struct conn *c, const char *text, size_t size) {
    const char *prompt = opt.api == MESSAGES ? "\"input_tokens\"" : "\"prompt_tokens\"";
    const char *completion = opt.api == MESSAGES ? "\"output_tokens\"" : "\"completion_tokens\"";
    if (number_after(text, size, prompt, &c->seen_prompt)) c->usage_seen = 1;
    number_after(text, size, completion, &c->seen_completion);
}

static int usage_is_right(struct conn *c) {
    unsigned completion = opt.api == EMBEDDINGS ? 0 : c->marker.completion_tokens;
    return c->usage_seen && c->seen_prompt == c->marker.prompt_tokens &&
           c->seen_completion == completion;
}

/* One line of a stream. */
static void check_line(struct conn *c, const char *line, size_t size) {
    char piece[PIECE_SIZE];
    if (size && line[size - 1] == '\r') size--;
    if (size < 6 || memcmp(line, "data:", 5)) return;
    if (c->next_piece < c->marker.chunks) {
        piece_text(piece, c->next_piece, c->marker.nonce);
        if (memmem(line, size, piece, PIECE_SIZE)) {
            c->next_piece++, chunk_total++;
            return;
        }
    }
    if (memmem(line, size, "[DONE]", 6) || memmem(line, size, "\"message_stop\"", 14)) {
        c->end_seen = 1;
        return;
    }
    if (memmem(line, size, "\"error\"", 7)) {
        c->error_event = 1;
        note("error event", line, size);
    }
    if (memmem(line, size, "\"usage\"", 7) && !memmem(line, size, "\"usage\":null", 12))
        look_for_usage(c, line, size);
}

static void check_stream(struct conn *c) {
    int shown = opt.api == MESSAGES || c->wants_usage;
    c->wrong = c->status != 200 || c->next_piece != c->marker.chunks || !c->end_seen ||
               c->error_event || (shown ? !usage_is_right(c) : c->usage_seen);
}

static void check_plain(struct conn *c) {
    char text[2048], body[4096];
    const char *got = c->body.at ? c->body.at : "";
    unsigned p = c->marker.prompt_tokens, n = c->marker.completion_tokens;
    look_for_usage(c, got, c->body.size);
    if (opt.api == EMBEDDINGS) {
        uint64_t x = c->marker.nonce;
        snprintf(text, sizeof text, "0.%05u,-0.%05u,0.%05u,-0.%05u", (unsigned)(x & 0xffff),
                 (unsigned)(x >> 16 & 0xffff), (unsigned)(x >> 32 & 0xffff),
                 (unsigned)(x >> 48 & 0xffff));
    } else {
        answer_text(text, sizeof text, c->marker.nonce);
    }
    c->wrong = c->status != 200 || !memmem(got, c->body.size, text, strlen(text)) || !usage_is_right(c);
    if (opt.api != CHAT) return;
    int size = snprintf(body, sizeof body, ANSWER, (unsigned long long)c->marker.nonce, opt.model,
                        text, p, n, p + n);
    if ((size_t)size == c->body.size && !memcmp(body, got, c->body.size)) identical++;
}

static void sample(uint32_t *into, size_t *count, uint64_t ns) {
    if (*count < MAX_SAMPLES) into[(*count)++] = (uint32_t)(ns / 1000);
}

static void finish(struct conn *c) {
    uint64_t now = now_ns();
    if (opt.streams && c->status == 200)
        check_stream(c);
    else
        check_plain(c);
    requests++;
    if (c->wrong) {
        char what[160];
        snprintf(what, sizeof what,
                 "status %d, piece %u of %u, end %d, usage %d %u+%u, expected %d %u+%u", c->status,
                 c->next_piece, c->marker.chunks, c->end_seen, c->usage_seen, c->seen_prompt,
                 c->seen_completion, c->wants_usage, c->marker.prompt_tokens,
                 c->marker.completion_tokens);
        note(what, c->body.at ? c->body.at : "", c->body.size);
        mismatches++;
    } else {
        sum_prompt += c->marker.prompt_tokens;
        sum_completion += opt.api == EMBEDDINGS ? 0 : c->marker.completion_tokens;
        sample(latency_us, &latency_count, now - c->due);
        if (c->first) sample(first_us, &first_count, c->first - c->due);
    }
    release(c);
}

/* ---- the answer -------------------------------------------------------------------------- */

static void take_body(struct conn *c, const char *bytes, size_t size) {
    answer_bytes += size;
    if (!opt.streams || c->status != 200) {
        if (c->body.size + size < MAX_BODY) append(&c->body, bytes, size);
        return;
    }
    while (size) {
        const char *eol = memchr(bytes, '\n', size);
        size_t part = eol ? (size_t)(eol - bytes) : size;
        if (!eol || c->body.size) append(&c->body, bytes, part);
        if (!eol) return;
        if (c->body.size) {
            check_line(c, c->body.at, c->body.size);
            c->body.size = 0;
        } else {
            check_line(c, bytes, part);
        }
        bytes += part + 1, size -= part + 1;
    }
}

static int header_is(const char *line, size_t size, const char *name, const char **value) {
    size_t width = strlen(name);
    if (size <= width || strncasecmp(line, name, width)) return 0;
    for (*value = line + width; **value == ' '; (*value)++) continue;
    return 1;
}

static void read_head(struct conn *c, const char *head, size_t size) {
    const char *line = head, *value, *end = head + size;
    c->status = size > 12 ? atoi(head + 9) : 0;
    c->left = -1;
    while ((line = memchr(line, '\n', (size_t)(end - line))) && ++line < end) {
        size_t left = (size_t)(end - line);
        if (header_is(line, left, "content-length:", &value)) c->left = atoll(value);
        if (header_is(line, left, "transfer-encoding:", &value))
            c->chunked = !strncasecmp(value, "chunked", 7);
        if (header_is(line, left, "connection:", &value) && !strncasecmp(value, "close", 5))
            c->must_close = 1;
    }
    c->head_done = 1;
    if (c->chunked) c->left = 0;
}

/* Take chunked bytes; 1 at the end of the body, 0 when more must come, -1 when they are wrong. */
static int take_chunks(struct conn *c, const char *bytes, size_t size) {
    const char *end = bytes + size;
    while (bytes < end) {
        if (c->chunk_state == 1) {
            size_t part = (size_t)(end - bytes) < (size_t)c->left ? (size_t)(end - bytes) : (size_t)c->left;
            take_body(c, bytes, part);
            bytes += part, c->left -= (long long)part;
            if (!c->left) c->chunk_state = 2;
            continue;
        }
        char b = *bytes++;
        if (c->chunk_state == 0) {
            if (b == '\n') {
                c->chunk_state = c->left ? 1 : 3;
            } else if (b != '\r') {
                int digit = b >= '0' && b <= '9' ? b - '0' : (b | 32) >= 'a' && (b | 32) <= 'f' ? (b | 32) - 'a' + 10 : -1;
                if (digit < 0) return -1;
                c->left = c->left * 16 + digit;
            }
        } else if (b == '\n') {
            if (c->chunk_state == 3) return 1;
            c->chunk_state = 0, c->left = 0;
        } else if (b != '\r') {
            return -1;
        }
    }
    return 0;
}

static void take_answer(struct conn *c, const char *bytes, size_t size) {
    if (!c->head_done) {
        append(&c->in, bytes, size);
        char *end = memmem(c->in.at, c->in.size, "\r\n\r\n", 4);
        if (!end) return;
        size_t head = (size_t)(end - c->in.at) + 4;
        read_head(c, c->in.at, head);
        bytes = c->in.at + head, size = c->in.size - head;
    }
    if (size && !c->first) c->first = now_ns();
    if (c->chunked) {
        int state = take_chunks(c, bytes, size);
        if (state < 0) return fail(c, "chunked framing", bytes, size);
        if (state) return finish(c);
    } else if (c->left >= 0) {
        size_t part = size < (size_t)c->left ? size : (size_t)c->left;
        take_body(c, bytes, part);
        c->left -= (long long)part;
        if (!c->left) return finish(c);
    } else {
        take_body(c, bytes, size);
    }
    if (c->abort_at && c->next_piece >= c->abort_at) {
        aborted++;
        c->must_close = 1;
        release(c);
    }
}

static void read_answer(struct conn *c) {
    static char bytes[256 << 10];
    ssize_t n = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
        if (!c->busy) return close_conn(c);
        if (n == 0 && c->head_done && !c->chunked && c->left < 0) {
            c->must_close = 1;
            return finish(c);
        }
        return fail(c, "connection closed", c->in.at ? c->in.at : "", c->in.size);
    }
    if (!c->busy) return close_conn(c); /* bytes that nobody asked for */
    take_answer(c, bytes, (size_t)n);
}

/* ---- the run ----------------------------------------------------------------------------- */

static void arm_timer(uint64_t at) {
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(at / NS), .tv_nsec = (long)(at % NS)}};
    timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void dispatch_due(void) {
    for (;;) {
        uint64_t due = begin_ns + (uint64_t)((double)started * 1e9 / opt.rate);
        if (!may_start(due)) return;
        if (due > now_ns()) return arm_timer(due);
        if (!idle) return;
        struct conn *c = idle;
        idle = c->next_idle;
        start_request(c, due);
    }
}

static void open_all(void) {
    conns = calloc((size_t)opt.connections, sizeof *conns);
    size_t size = variants[0].size > variants[1].size ? variants[0].size : variants[1].size;
    for (int i = 0; i < opt.connections; i++) {
        conns[i].fd = -1;
        conns[i].out = malloc(size);
        if (opt.ramp > 0) continue;
        open_conn(&conns[i]);
    }
}

static void start_all(void) {
    begin_ns = last_event_ns = now_ns();
    stop_ns = opt.seconds > 0 ? begin_ns + (uint64_t)(opt.seconds * 1e9) : UINT64_MAX;
    for (int i = opt.connections - 1; i >= 0; i--) {
        if (opt.rate > 0)
            conns[i].next_idle = idle, idle = &conns[i];
        else if (opt.ramp <= 0)
            start_next(&conns[i]);
    }
    if (opt.rate > 0) dispatch_due();
}

/* With a ramp the connections start one after the other, evenly spread. */
static void ramp_up(void) {
    static int next;
    if (opt.ramp <= 0 || opt.rate > 0) return;
    for (; next < opt.connections; next++) {
        uint64_t due = begin_ns + (uint64_t)(opt.ramp * 1e9 * next / opt.connections);
        if (due > now_ns()) return arm_timer(due);
        start_next(&conns[next]);
    }
}

static int is_over(void) {
    if (busy_count) return 0;
    uint64_t due = opt.rate > 0 ? begin_ns + (uint64_t)((double)started * 1e9 / opt.rate) : now_ns();
    return !may_start(due);
}

static void run(void) {
    struct epoll_event events[256], e = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &e);
    start_all();
    ramp_up();
    while (!is_over()) {
        int n = epoll_wait(epoll_fd, events, 256, 100);
        uint64_t now = now_ns();
        for (int i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;
            if (!c) {
                uint64_t count;
                if (read(timer_fd, &count, sizeof count) > 0) ramp_up();
                continue;
            }
            if (c->fd >= 0 && c->busy && events[i].events & EPOLLOUT) send_request(c);
            if (c->fd >= 0 && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_answer(c);
            last_event_ns = now;
        }
        if (opt.rate > 0) dispatch_due();
        if (busy_count && now > last_event_ns && now - last_event_ns > (uint64_t)(opt.timeout * 1e9)) {
            note("stalled", "no byte came", 12);
            errors += (unsigned)busy_count;
            return;
        }
    }
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void print_quantiles(const char *name, uint32_t *values, size_t count) {
    static const double at[] = {0.5, 0.9, 0.99, 0.999};
    static const char *labels[] = {"p50", "p90", "p99", "p999"};
    double sum = 0;
    qsort(values, count, sizeof *values, by_size);
    printf("\"%s\":{", name);
    for (int i = 0; i < 4; i++)
        printf("\"%s\":%u,", labels[i], count ? values[(size_t)(at[i] * (double)(count - 1))] : 0);
    for (size_t i = 0; i < count; i++) sum += values[i];
    printf("\"max\":%u,\"mean\":%.1f},", count ? values[count - 1] : 0, count ? sum / (double)count : 0);
}

static void print_report(void) {
    printf("{\"requests\":%llu,\"errors\":%llu,\"mismatches\":%llu,\"aborted\":%llu,"
           "\"identical\":%llu,\"chunks\":%llu,\"prompt_tokens\":%llu,\"completion_tokens\":%llu,"
           "\"bytes\":%llu,\"seconds\":%.6f,",
           requests, errors, mismatches, aborted, identical, chunk_total, sum_prompt,
           sum_completion, answer_bytes, (double)(now_ns() - begin_ns) / 1e9);
    print_quantiles("latency_us", latency_us, latency_count);
    print_quantiles("first_us", first_us, first_count);
    printf("\"first_error\":\"%s\"}\n", first_error);
}

static int set_option(const char *name, const char *value) {
    static const struct {
        const char *name;
        int *number;
    } numbers[] = {{"--port", &opt.port},           {"--connections", &opt.connections},
                   {"--chunks", &opt.chunks},       {"--prompt-bytes", &opt.prompt_bytes},
                   {"--per-write", &opt.per_write}, {"--abort-percent", &opt.abort_percent},
                   {"--pace", &opt.pace},           {"--usage", &opt.usage}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!strcmp(name, numbers[i].name)) return *numbers[i].number = atoi(value), 1;
    if (!strcmp(name, "--requests")) return opt.requests = strtoull(value, NULL, 10), 1;
    if (!strcmp(name, "--seed")) return opt.seed = strtoull(value, NULL, 10), 1;
    if (!strcmp(name, "--seconds")) return opt.seconds = atof(value), 1;
    if (!strcmp(name, "--rate")) return opt.rate = atof(value), 1;
    if (!strcmp(name, "--ramp")) return opt.ramp = atof(value), 1;
    if (!strcmp(name, "--timeout")) return opt.timeout = atof(value), 1;
    if (!strcmp(name, "--key")) return opt.key = value, 1;
    if (!strcmp(name, "--model")) return opt.model = value, 1;
    if (!strcmp(name, "--path")) return opt.path = value, 1;
    if (!strcmp(name, "--header")) return opt.header = value, 1;
    if (strcmp(name, "--api")) return 0;
    opt.api = !strcmp(value, "embeddings") ? EMBEDDINGS : !strcmp(value, "messages") ? MESSAGES : CHAT;
    return 1;
}

int main(int argc, char **argv) {
    static const char *paths[] = {"/v1/chat/completions", "/v1/embeddings", "/v1/messages"};
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--stream")) {
            opt.streams = 1;
        } else if (i + 1 >= argc || !set_option(argv[i], argv[i + 1])) {
            return fprintf(stderr, "load: what is %s?\n", argv[i]), 2;
        } else {
            i++;
        }
    }
    if (!opt.port || (opt.seconds <= 0 && !opt.requests))
        return fprintf(stderr, "load: --port and --seconds or --requests are needed\n"), 2;
    if (!opt.path) opt.path = paths[opt.api];
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_TIMERSLACK, 1000);
    signal(SIGPIPE, SIG_IGN);
    latency_us = malloc(MAX_SAMPLES * sizeof *latency_us);
    first_us = malloc(MAX_SAMPLES * sizeof *first_us);
    build_variant(&variants[0], 0);
    build_variant(&variants[1], opt.streams && opt.api == CHAT);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    open_all();
    run();
    print_report();
    return 0;
}
