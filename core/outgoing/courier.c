/* courier.c - see courier.h. One thread turns one multi handle, another writes files; errands come
 * in by a list of each under a mutex. */
#include "outgoing/courier.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECT_MS = 10000, POLL_MS = 60000, HOST_CONNECTIONS = 64, ALL_CONNECTIONS = 128 };

struct td_errand_wire {
    CURL *curl;
    struct curl_slist *headers;
    struct td_errand *errand;
    struct td_errand_wire *next, *previous; /* of those under way */
};

struct list {
    struct td_errand *first, **last;
};

struct td_courier {
    pthread_t wire, shelf;
    bool wire_runs, shelf_runs;
    pthread_mutex_t lock;
    pthread_cond_t more_files;
    struct list requests, files; /* under the lock */
    bool ending;                 /* under the lock */
    CURLM *multi;
    struct td_errand_wire *under_way; /* the wire's */
};

/* --- a file for an upload by hand ------------------------------------------------------------- */

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        length -= (size_t)n;
    }
    return fsync(fd) == 0;
}

static bool sync_folder(const char *file)
{
    char folder[4096];
    const char *slash = strrchr(file, '/');
    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - file) : 1, slash ? file : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return synced;
}

/* Written beside, made durable, renamed: who looks into the folder sees whole files. */
static void write_file(struct td_errand *errand)
{
    char beside[4200];
    snprintf(beside, sizeof(beside), "%s.tmp", errand->file);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write_all(fd, errand->body, errand->body_length);
    int because = good ? 0 : errno;
    if (fd >= 0 && close(fd) < 0)
        good = false;
    good = good && rename(beside, errand->file) == 0 && sync_folder(errand->file);
    errand->end = good ? TD_ERRAND_WRITTEN : TD_ERRAND_UNSENT;
    if (!good)
        snprintf(errand->reason, sizeof(errand->reason), "writing into the folder: %s",
                 strerror(because ? because : errno));
}

/* --- the wire --------------------------------------------------------------------------------- */

static size_t on_answer(char *bytes, size_t size, size_t count, void *arg)
{
    struct td_errand *errand = arg;
    size_t length = size * count;
    if (errand->answer.length + length > errand->answer_max) {
        snprintf(errand->reason, sizeof(errand->reason), "the answer is larger than %zu bytes",
                 errand->answer_max);
        return 0;
    }
    td_strbuf_add(&errand->answer, bytes, length);
    return errand->answer.failed ? 0 : length;
}

static bool add_headers(struct td_errand_wire *wire)
{
    for (const char *const *line = wire->errand->headers; line && *line; line++) {
        struct curl_slist *more = curl_slist_append(wire->headers, *line);
        if (!more)
            return false;
        wire->headers = more;
    }
    return true;
}

static void set_options(CURL *curl, const struct td_errand_wire *wire)
{
    struct td_errand *errand = wire->errand;
    curl_easy_setopt(curl, CURLOPT_PRIVATE, errand);
    curl_easy_setopt(curl, CURLOPT_URL, errand->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, errand->deadline_ms);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, wire->headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, errand);
    if (errand->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, errand->ca_file);
    if (errand->body) {
        /* On a kept connection that turns out closed libcurl sends once more by itself: what may
         * have arrived would not be asked for first. */
        curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)errand->body_length);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, errand->body);
    }
}

static void forget_wire(struct td_courier *courier, struct td_errand_wire *wire)
{
    if (wire->previous)
        wire->previous->next = wire->next;
    else if (courier->under_way == wire)
        courier->under_way = wire->next;
    if (wire->next)
        wire->next->previous = wire->previous;
    if (wire->curl) {
        curl_multi_remove_handle(courier->multi, wire->curl);
        curl_easy_cleanup(wire->curl);
    }
    curl_slist_free_all(wire->headers);
    free(wire);
}

static void end_errand(struct td_errand *errand, enum td_errand_end end, const char *reason)
{
    errand->end = end;
    if (!*errand->reason)
        snprintf(errand->reason, sizeof(errand->reason), "%s", reason);
    errand->done(errand);
}

static void begin(struct td_courier *courier, struct td_errand *errand)
{
    struct td_errand_wire *wire = calloc(1, sizeof(*wire));
    if (wire) {
        wire->errand = errand;
        wire->curl = curl_easy_init();
        if (wire->curl && add_headers(wire)) {
            set_options(wire->curl, wire);
            if (curl_multi_add_handle(courier->multi, wire->curl) == CURLM_OK) {
                errand->wire = wire;
                wire->next = courier->under_way;
                if (wire->next)
                    wire->next->previous = wire;
                courier->under_way = wire;
                return;
            }
        }
        forget_wire(courier, wire);
    }
    end_errand(errand, TD_ERRAND_UNSENT, "memory is short");
}

static void finish(struct td_courier *courier, CURL *curl, CURLcode code)
{
    struct td_errand *errand = NULL;
    long sent = 0;
    curl_easy_getinfo(curl, CURLINFO_PRIVATE, &errand);
    curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &errand->status);
    forget_wire(courier, errand->wire);
    errand->wire = NULL;
    if (code == CURLE_OK)
        end_errand(errand, TD_ERRAND_ANSWERED, "");
    else
        end_errand(errand, sent > 0 ? TD_ERRAND_LOST : TD_ERRAND_UNSENT, curl_easy_strerror(code));
}

/* --- the threads ------------------------------------------------------------------------------ */

static void empty(struct list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static bool take_up(struct td_courier *courier)
{
    pthread_mutex_lock(&courier->lock);
    struct td_errand *errand = courier->requests.first;
    bool ending = courier->ending;
    empty(&courier->requests);
    pthread_mutex_unlock(&courier->lock);
    for (struct td_errand *next; errand; errand = next) {
        next = errand->next;
        if (ending)
            end_errand(errand, TD_ERRAND_UNSENT, "the server stops");
        else
            begin(courier, errand);
    }
    return !ending;
}

static void *turn(void *arg)
{
    struct td_courier *courier = arg;
    while (take_up(courier)) {
        int running = 0, left;
        CURLMsg *message;
        curl_multi_perform(courier->multi, &running);
        while ((message = curl_multi_info_read(courier->multi, &left)))
            if (message->msg == CURLMSG_DONE)
                finish(courier, message->easy_handle, message->data.result);
        curl_multi_poll(courier->multi, NULL, 0, POLL_MS, NULL);
    }
    while (courier->under_way) {
        struct td_errand *errand = courier->under_way->errand; /* NOLINT: it left the list */
        forget_wire(courier, courier->under_way);
        errand->wire = NULL;
        end_errand(errand, TD_ERRAND_LOST, "the server stops");
    }
    return NULL;
}

/* The next file to write; NULL when the courier ends and none is left. */
static struct td_errand *next_file(struct td_courier *courier, bool *ret_ending)
{
    pthread_mutex_lock(&courier->lock);
    while (!courier->files.first && !courier->ending)
        pthread_cond_wait(&courier->more_files, &courier->lock);
    struct td_errand *errand = courier->files.first;
    *ret_ending = courier->ending;
    if (errand && !(courier->files.first = errand->next))
        empty(&courier->files);
    pthread_mutex_unlock(&courier->lock);
    return errand;
}

static void *write_files(void *arg)
{
    struct td_courier *courier = arg;
    struct td_errand *errand;
    bool ending;
    while ((errand = next_file(courier, &ending))) {
        if (ending) {
            end_errand(errand, TD_ERRAND_UNSENT, "the server stops");
            continue;
        }
        write_file(errand);
        errand->done(errand);
    }
    return NULL;
}

void td_courier_go(struct td_courier *courier, struct td_errand *errand)
{
    struct list *list = errand->file ? &courier->files : &courier->requests;
    td_strbuf_init(&errand->answer);
    errand->status = 0;
    errand->reason[0] = 0;
    errand->next = NULL;
    pthread_mutex_lock(&courier->lock);
    *list->last = errand;
    list->last = &errand->next;
    pthread_cond_signal(&courier->more_files);
    pthread_mutex_unlock(&courier->lock);
    curl_multi_wakeup(courier->multi);
}

int td_courier_new(struct td_courier **ret_courier, struct td_error *reterr)
{
    struct td_courier *courier = calloc(1, sizeof(*courier));
    if (!courier || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(courier);
        return td_error_set(reterr, TD_ENOMEM, "no memory for the courier");
    }
    pthread_mutex_init(&courier->lock, NULL);
    pthread_cond_init(&courier->more_files, NULL);
    empty(&courier->requests);
    empty(&courier->files);
    courier->multi = curl_multi_init();
    if (courier->multi) {
        curl_multi_setopt(courier->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HOST_CONNECTIONS);
        curl_multi_setopt(courier->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)ALL_CONNECTIONS);
        courier->wire_runs = pthread_create(&courier->wire, NULL, turn, courier) == 0;
        courier->shelf_runs = pthread_create(&courier->shelf, NULL, write_files, courier) == 0;
    }
    if (!courier->wire_runs || !courier->shelf_runs) {
        td_courier_free(courier);
        return td_error_set(reterr, TD_ENOMEM, "the courier's threads could not start");
    }
    *ret_courier = courier;
    return 0;
}

void td_courier_free(struct td_courier *courier)
{
    if (!courier)
        return;
    pthread_mutex_lock(&courier->lock);
    courier->ending = true;
    pthread_cond_signal(&courier->more_files);
    pthread_mutex_unlock(&courier->lock);
    if (courier->multi)
        curl_multi_wakeup(courier->multi);
    if (courier->wire_runs)
        pthread_join(courier->wire, NULL);
    if (courier->shelf_runs)
        pthread_join(courier->shelf, NULL);
    if (courier->multi)
        curl_multi_cleanup(courier->multi);
    pthread_cond_destroy(&courier->more_files);
    pthread_mutex_destroy(&courier->lock);
    curl_global_cleanup();
    free(courier);
}
