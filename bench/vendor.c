/* Mock vendor: OpenAI's chat, stream and embeddings endpoints over HTTP/1.1 keep-alive, one thread,
 * one epoll. What it answers is told by the marker in the prompt (marker.h). It counts what it has
 * delivered: GET /__stats (sums), GET /__records (one line per distinct key, model and usage).
 *
 * Usage: vendor PORT     (listens on 127.0.0.1; ends on SIGTERM)
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
#include <time.h>
#include <unistd.h>

#include "marker.h"

#define WHEEL_SLOTS 1024 /* of one millisecond */
#define REST_MS 100      /* long enough for a client on a busy core to read and leave */
#define MAX_BODY (64u << 20)
#define MAX_NAMES 64
#define EVENT_CAP 512

struct buffer {
    char *at;
    size_t size, sent, cap;
};

struct conn {
    int fd, streaming, waits_for_write, dead;
    struct buffer in, out;
    struct marker marker;
    int wants_usage, key, model;
    unsigned next_chunk;
    uint64_t started_ms;
    char event[EVENT_CAP];
    size_t event_size, event_digits;
    struct conn *next_due, *next_dead, *next_active;
    int in_wheel, in_active;
};

struct record {
    uint32_t key, model, prompt, completion;
};

static int epoll_fd;
static struct conn *wheel[WHEEL_SLOTS], *dead_conns, *active, **active_end = &active;
static uint64_t wheel_ms;
static char *names[MAX_NAMES];
static int name_count;
static struct record *records;
static size_t record_count, record_cap;
static unsigned long long requests, streams_done, streams_aborted, chunks_sent, sum_prompt,
    sum_completion, connections, bad_requests;
static long open_streams, open_conns;
static volatile sig_atomic_t stopping;

static void on_signal(int number) { (void)number, stopping = 1; }

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void reserve(struct buffer *b, size_t more) {
    if (b->size + more <= b->cap) return;
    while (b->size + more > b->cap) b->cap = b->cap ? b->cap * 2 : 2048;
    b->at = realloc(b->at, b->cap);
    if (!b->at) abort();
}

static void append(struct buffer *b, const void *bytes, size_t size) {
    reserve(b, size);
    memcpy(b->at + b->size, bytes, size);
    b->size += size;
}

static int intern(const char *text, size_t size) {
    for (int i = 0; i < name_count; i++)
        if (strlen(names[i]) == size && !memcmp(names[i], text, size)) return i;
    if (name_count == MAX_NAMES) return MAX_NAMES - 1;
    names[name_count] = strndup(text, size);
    return name_count++;
}

static void record_delivery(struct conn *c) {
    if (record_count == record_cap) {
        record_cap = record_cap ? record_cap * 2 : 4096;
        records = realloc(records, record_cap * sizeof *records);
        if (!records) abort();
    }
    records[record_count++] = (struct record){(uint32_t)c->key, (uint32_t)c->model,
                                              c->marker.prompt_tokens, c->marker.completion_tokens};
    sum_prompt += c->marker.prompt_tokens;
    sum_completion += c->marker.completion_tokens;
}

static void bury(struct conn *c) {
    if (c->dead) return;
    c->dead = 1;
    if (c->streaming) open_streams--, streams_aborted++;
    open_conns--;
    close(c->fd);
    c->next_dead = dead_conns, dead_conns = c;
}

static void wait_for_write(struct conn *c, int wanted) {
    if (c->waits_for_write == wanted) return;
    c->waits_for_write = wanted;
    struct epoll_event e = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0u), .data.ptr = c};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
}

/* Send what is buffered; 1 when all is out, 0 when the socket is full, -1 when it is gone. */
static int flush(struct conn *c) {
    struct buffer *b = &c->out;
    while (b->sent < b->size) {
        ssize_t n = send(c->fd, b->at + b->sent, b->size - b->sent, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno == EAGAIN) return wait_for_write(c, 1), 0;
            return bury(c), -1;
        }
        b->sent += (size_t)n;
    }
    b->size = b->sent = 0;
    wait_for_write(c, 0);
    return 1;
}

static void send_whole(struct conn *c, const char *status, const char *type, const char *body,
                       size_t size) {
    char head[256];
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", status, type,
                     size);
    append(&c->out, head, (size_t)n);
    append(&c->out, body, size);
    flush(c);
}

static void add_chunk(struct buffer *b, const char *event, size_t size) {
    char head[24];
    int n = snprintf(head, sizeof head, "%zx\r\n", size);
    append(b, head, (size_t)n);
    append(b, event, size);
    append(b, "\r\n", 2);
}

static void add_event(struct conn *c, const char *choices, const char *tail) {
    char event[EVENT_CAP];
    int n = snprintf(event, sizeof event,
                     "data: {\"id\":\"chatcmpl-%016llx\",\"object\":\"chat.completion.chunk\","
                     "\"created\":1763683200,\"model\":\"%s\",\"system_fingerprint\":\"fp_bench\","
                     "\"choices\":[%s]%s}\n\n",
                     (unsigned long long)c->marker.nonce, names[c->model], choices, tail);
    add_chunk(&c->out, event, (size_t)n);
}

/* Lay the event of a content chunk ready, so that sending one only changes its number. */
static void prepare_event(struct conn *c) {
    char piece[PIECE_SIZE + 1] = {0}, choice[160];
    piece_text(piece, 0, c->marker.nonce);
    snprintf(choice, sizeof choice,
             "{\"index\":0,\"delta\":{\"content\":\"%s\"},\"logprobs\":null,\"finish_reason\":null}",
             piece);
    struct buffer kept = c->out;
    c->out = (struct buffer){0};
    add_event(c, choice, "");
    c->event_size = c->out.size;
    memcpy(c->event, c->out.at, c->out.size);
    char *found = memmem(c->event, c->event_size, piece, PIECE_SIZE);
    c->event_digits = (size_t)(found - c->event) + 1;
    free(c->out.at);
    c->out = kept;
}

static void finish_stream(struct conn *c) {
    add_event(c, "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}", "");
    if (c->wants_usage) {
        char usage[160];
        unsigned p = c->marker.prompt_tokens, n = c->marker.completion_tokens;
        snprintf(usage, sizeof usage,
                 ",\"usage\":{\"prompt_tokens\":%u,\"completion_tokens\":%u,\"total_tokens\":%u}",
                 p, n, p + n);
        add_event(c, "", usage);
    }
    add_chunk(&c->out, "data: [DONE]\n\n", 14);
    append(&c->out, "0\r\n\r\n", 5);
    record_delivery(c);
    c->streaming = 0;
    open_streams--, streams_done++;
    flush(c);
}

static void add_content(struct conn *c) {
    put_decimal(c->event + c->event_digits, c->next_chunk++, 5);
    append(&c->out, c->event, c->event_size);
    chunks_sent++;
}

/* Streams that are sent at once take turns, one write each, so that the receiver sees the chunks of
 * a stream one by one, as from a vendor with many clients. */
static void take_turns(struct conn *c) {
    if (c->in_active) return;
    c->in_active = 1, c->next_active = NULL;
    *active_end = c, active_end = &c->next_active;
}

static void wake_at(struct conn *c, uint64_t due) {
    if (due <= wheel_ms) due = wheel_ms + 1;
    if (due > wheel_ms + WHEEL_SLOTS - 1) due = wheel_ms + WHEEL_SLOTS - 1;
    struct conn **slot = &wheel[due % WHEEL_SLOTS];
    c->next_due = *slot, *slot = c, c->in_wheel = 1;
}

/* All that was written is out: the stream's next turn, or its rest. */
static void go_on(struct conn *c) {
    if (!c->marker.rest_after || c->next_chunk != c->marker.rest_after) return take_turns(c);
    c->marker.rest_after = 0;
    wake_at(c, now_ms() + REST_MS);
}

static void advance(struct conn *c) {
    if (c->next_chunk >= c->marker.chunks) return finish_stream(c);
    for (unsigned i = 0; i < c->marker.per_write && c->next_chunk < c->marker.chunks; i++) {
        add_content(c);
        if (c->next_chunk == c->marker.rest_after) break;
    }
    if (flush(c) == 1) go_on(c);
}

static void advance_all(void) {
    struct conn *c = active;
    active = NULL, active_end = &active;
    while (c) {
        struct conn *next = c->next_active;
        c->in_active = 0;
        if (!c->dead && c->streaming) advance(c);
        c = next;
    }
}

static void schedule(struct conn *c) {
    wake_at(c, c->started_ms + (uint64_t)(c->next_chunk + 1) * 1000 / c->marker.pace);
}

static void turn_wheel(uint64_t now) {
    while (wheel_ms < now) {
        struct conn **slot = &wheel[++wheel_ms % WHEEL_SLOTS], *c = *slot;
        *slot = NULL;
        while (c) {
            struct conn *next = c->next_due;
            c->in_wheel = 0;
            if (c->dead || !c->streaming) {
                c = next;
                continue;
            }
            if (!c->marker.pace)
                take_turns(c);
            else if (c->started_ms + (uint64_t)(c->next_chunk + 1) * 1000 / c->marker.pace > wheel_ms)
                schedule(c);
            else if (c->next_chunk >= c->marker.chunks)
                finish_stream(c);
            else {
                add_content(c);
                if (flush(c) >= 0) schedule(c);
            }
            c = next;
        }
    }
}

static void start_stream(struct conn *c) {
    static const char head[] =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
        "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";
    append(&c->out, head, sizeof head - 1);
    add_event(c,
              "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
              "\"logprobs\":null,\"finish_reason\":null}",
              "");
    prepare_event(c);
    c->streaming = 1, c->next_chunk = 0, c->started_ms = now_ms();
    open_streams++;
    if (flush(c) < 0) return;
    if (c->marker.pace)
        schedule(c);
    else
        take_turns(c);
}

static void answer_chat(struct conn *c) {
    char text[512], body[2048];
    answer_text(text, sizeof text, c->marker.nonce);
    unsigned p = c->marker.prompt_tokens, n = c->marker.completion_tokens;
    int size = snprintf(body, sizeof body, ANSWER, (unsigned long long)c->marker.nonce,
                        names[c->model], text, p, n, p + n);
    record_delivery(c);
    send_whole(c, "200 OK", "application/json", body, (size_t)size);
}

static void answer_embedding(struct conn *c) {
    char body[1024];
    uint64_t x = c->marker.nonce;
    int size = snprintf(body, sizeof body,
                        "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,"
                        "\"embedding\":[0.%05u,-0.%05u,0.%05u,-0.%05u]}],\"model\":\"%s\","
                        "\"usage\":{\"prompt_tokens\":%u,\"total_tokens\":%u}}",
                        (unsigned)(x & 0xffff), (unsigned)(x >> 16 & 0xffff),
                        (unsigned)(x >> 32 & 0xffff), (unsigned)(x >> 48 & 0xffff),
                        names[c->model], c->marker.prompt_tokens, c->marker.prompt_tokens);
    c->marker.completion_tokens = 0;
    record_delivery(c);
    send_whole(c, "200 OK", "application/json", body, (size_t)size);
}

static int by_content(const void *a, const void *b) { return memcmp(a, b, sizeof(struct record)); }

static void answer_records(struct conn *c) {
    struct buffer text = {0};
    char line[512];
    qsort(records, record_count, sizeof *records, by_content);
    for (size_t i = 0, j; i < record_count; i = j) {
        for (j = i; j < record_count && !memcmp(&records[i], &records[j], sizeof *records);) j++;
        int n = snprintf(line, sizeof line, "%s\t%s\t%u\t%u\t%zu\n", names[records[i].key],
                         names[records[i].model], records[i].prompt, records[i].completion, j - i);
        append(&text, line, (size_t)n);
    }
    send_whole(c, "200 OK", "text/plain", text.at ? text.at : "", text.size);
    free(text.at);
}

static void answer_stats(struct conn *c) {
    char body[512];
    int n = snprintf(body, sizeof body,
                     "{\"requests\":%llu,\"bad_requests\":%llu,\"delivered\":%zu,"
                     "\"prompt_tokens\":%llu,\"completion_tokens\":%llu,\"streams_done\":%llu,"
                     "\"streams_aborted\":%llu,\"open_streams\":%ld,\"chunks\":%llu,"
                     "\"connections\":%llu,\"open_connections\":%ld}",
                     requests, bad_requests, record_count, sum_prompt, sum_completion, streams_done,
                     streams_aborted, open_streams, chunks_sent, connections, open_conns);
    send_whole(c, "200 OK", "application/json", body, (size_t)n);
}

/* The value of a JSON string or word after `key` (given with its quotes); 0 when absent. */
static size_t json_value(const char *body, size_t size, const char *key, const char **value) {
    const char *end = body + size, *at = memmem(body, size, key, strlen(key));
    if (!at) return 0;
    for (at += strlen(key); at < end && (*at == ' ' || *at == ':'); at++) continue;
    if (at < end && *at == '"') {
        const char *close_quote = memchr(at + 1, '"', (size_t)(end - at - 1));
        *value = at + 1;
        return close_quote ? (size_t)(close_quote - at - 1) : 0;
    }
    *value = at;
    while (at < end && *at >= 'a' && *at <= 'z') at++;
    return (size_t)(at - *value);
}

static int json_true(const char *body, size_t size, const char *key) {
    const char *value;
    return json_value(body, size, key, &value) == 4 && !memcmp(value, "true", 4);
}

static size_t header(const char *head, size_t size, const char *name, const char **value) {
    const char *end = head + size, *line = head;
    size_t width = strlen(name);
    while ((line = memchr(line, '\n', (size_t)(end - line))) && ++line + width < end) {
        if (strncasecmp(line, name, width) || line[width] != ':') continue;
        const char *at = line + width + 1, *stop = memchr(at, '\r', (size_t)(end - at));
        while (*at == ' ') at++;
        *value = at;
        return stop ? (size_t)(stop - at) : 0;
    }
    return 0;
}

static void dispatch(struct conn *c, const char *head, size_t head_size, const char *body,
                     size_t size) {
    const char *value;
    if (!strncmp(head, "GET /__stats", 12)) return answer_stats(c);
    if (!strncmp(head, "GET /__records", 14)) return answer_records(c);
    requests++;
    if (!marker_parse(body, size, &c->marker)) {
        static const char text[] = "{\"error\":{\"message\":\"no marker\",\"type\":\"bench\"}}";
        bad_requests++;
        return send_whole(c, "400 Bad Request", "application/json", text, sizeof text - 1);
    }
    if (!c->marker.per_write) c->marker.per_write = 1;
    size_t n = header(head, head_size, "authorization", &value);
    c->key = intern(n ? value : "-", n ? n : 1);
    n = json_value(body, size, "\"model\"", &value);
    c->model = intern(n ? value : "-", n ? n : 1);
    if (memmem(head, head_size, "/embeddings", 11)) return answer_embedding(c);
    if (!json_true(body, size, "\"stream\"")) return answer_chat(c);
    c->wants_usage = json_true(body, size, "\"include_usage\"");
    start_stream(c);
}

/* Join the chunks of a chunked request in place; the size of the raw part, 0 when incomplete. */
static size_t join_chunks(char *body, size_t size, size_t *joined) {
    size_t at = 0;
    *joined = 0;
    for (;;) {
        char *eol = memmem(body + at, size - at, "\r\n", 2);
        if (!eol) return 0;
        size_t chunk = strtoul(body + at, NULL, 16), start = (size_t)(eol - body) + 2;
        if (start + chunk + 2 > size) return 0;
        memmove(body + *joined, body + start, chunk);
        *joined += chunk;
        at = start + chunk + 2;
        if (!chunk) return at;
    }
}

/* Answer one request if it is whole; the number of bytes that it took. */
static size_t take_request(struct conn *c) {
    char *head = c->in.at, *end = memmem(head, c->in.size, "\r\n\r\n", 4);
    const char *value;
    if (!end) return 0;
    size_t head_size = (size_t)(end - head) + 4, left = c->in.size - head_size, body_size = 0, raw;
    char *body = head + head_size;
    if (header(head, head_size, "transfer-encoding", &value)) {
        char *copy = malloc(left + 1);
        memcpy(copy, body, left), copy[left] = 0;
        raw = join_chunks(copy, left, &body_size);
        if (raw) dispatch(c, head, head_size, copy, body_size);
        free(copy);
        return raw ? head_size + raw : 0;
    }
    size_t digits = header(head, head_size, "content-length", &value);
    raw = digits ? strtoul(value, NULL, 10) : 0;
    if (raw > MAX_BODY) return bury(c), 0;
    if (left < raw) return reserve(&c->in, raw - left), 0;
    dispatch(c, head, head_size, body, raw);
    return head_size + raw;
}

static void read_requests(struct conn *c) {
    struct buffer *b = &c->in;
    for (;;) {
        reserve(b, 2048);
        ssize_t n = recv(c->fd, b->at + b->size, b->cap - b->size, 0);
        if (n == 0) return bury(c);
        if (n < 0) {
            if (errno == EAGAIN) return;
            return bury(c);
        }
        int full = (size_t)n == b->cap - b->size;
        b->size += (size_t)n;
        size_t taken;
        while (!c->dead && !c->streaming && b->size && (taken = take_request(c)) > 0) {
            b->size -= taken;
            memmove(b->at, b->at + taken, b->size);
        }
        if (c->dead || !full) return;
    }
}

static void accept_all(int listener) {
    int one = 1;
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct conn *c = calloc(1, sizeof *c);
        c->fd = fd;
        connections++, open_conns++;
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
    }
}

static void free_dead(void) {
    struct conn **link = &dead_conns;
    while (*link) {
        struct conn *c = *link;
        if (c->in_wheel || c->in_active) { /* still pointed at; its turn comes within a second */
            link = &c->next_dead;
            continue;
        }
        *link = c->next_dead;
        free(c->in.at), free(c->out.at), free(c);
    }
}

static int listen_on(int port) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096)) {
        perror("vendor");
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: vendor PORT\n"), 2;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    int listener = listen_on(atoi(argv[1]));
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &e);
    wheel_ms = now_ms();
    while (!stopping) {
        int n = epoll_wait(epoll_fd, events, 256, active ? 0 : open_streams > 0 ? 1 : 200);
        for (int i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;
            if (!c) {
                accept_all(listener);
                continue;
            }
            if (!c->dead && events[i].events & EPOLLOUT && flush(c) == 1 && c->streaming && !c->marker.pace)
                go_on(c);
            if (!c->dead && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_requests(c);
        }
        advance_all();
        turn_wheel(now_ms());
        free_dead();
    }
    return 0;
}
