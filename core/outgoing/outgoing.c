/* outgoing.c - see outgoing.h. A round takes what is due of every target that has room, in one
 * transaction; each delivery taken is a parcel: out with the courier, back over the lane, recorded.
 * Only the loop touches this; store threads and the courier hand back what they finished. */
#include "outgoing/outgoing.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "config.h"
#include "lane.h"
#include "outgoing/courier.h"
#include "outgoing/target.h"
#include "review/delivery.h"
#include "review/row.h"

#include <errno.h>
#include <event2/event.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SWEEP_MS = 30000,
    SOON_MS = 20, /* between two looks, at least */
    SLACK_S = 30, /* from the deadline until one that is being sent counts as unknown */
    ARENA_MAX = 16 << 20,
    HEADERS = 6,
    LINE = 320,
    URL_MAX = 2048,
    RECEIPT_MAX = 200 /* bytes; what is longer is none */
};

struct party {
    const struct td_target *target;
    int64_t in_flight;
    int failures;           /* in a row, of the target */
    int64_t holds_until_ms; /* by the monotonic clock */
    int64_t room; /* of the round under way, whose transaction must not look at the above */
    char next[TD_TIME_TEXT];
};

struct parcel {
    struct td_step step; /* first */
    struct td_errand errand;
    struct td_letter letter; /* from the courier */
    struct td_outgoing *outgoing;
    struct party *party;
    LIST_ENTRY(parcel) link;
    json_t *delivery, *answer;
    char *body;
    char url[URL_MAX], file[URL_MAX];
    char lines[HEADERS][LINE];
    const char *headers[HEADERS + 1];
    enum td_delivery_outcome outcome;
    char reason[600], due[TD_TIME_TEXT];
};

struct td_outgoing {
    struct td_step step; /* first: of the round */
    struct td_outgoing_options options;
    struct td_lane lane;
    struct td_targets targets;
    struct party *parties; /* one per target */
    struct td_courier *courier;
    struct event *timer;
    char holder[256];
    char folder[1024];
    bool running, again, recovered, stopped;
    json_t *taken;
    LIST_HEAD(, parcel) parcels;
};

static void round_begins(struct td_outgoing *outgoing);

static struct td_review review_of(const struct td_outgoing *outgoing, struct td_tx *tx)
{
    struct td_review review = {.tx = tx,
                               .arena = td_arena_new(ARENA_MAX),
                               .config = outgoing->options.config,
                               .calendar = outgoing->options.calendar,
                               .seal = outgoing->options.seal};
    td_review_now(&review);
    return review;
}

/* Doubling from the target's first delay up to its longest, less up to half of it: nodes and
 * deliveries do not come in step. */
static int64_t delay_ms(const struct td_target *target, int64_t attempts)
{
    int64_t delay = target->retry_ms;
    for (int64_t i = 1; i < attempts && delay < target->retry_most_ms; i++)
        delay *= 2;
    if (delay > target->retry_most_ms)
        delay = target->retry_most_ms;
    return delay - randombytes_uniform((uint32_t)(delay / 2 + 1));
}

/* --- what came of it -------------------------------------------------------------------------- */

static void parcel_free(struct parcel *parcel)
{
    LIST_REMOVE(parcel, link);
    json_decref(parcel->delivery);
    json_decref(parcel->answer);
    td_strbuf_done(&parcel->errand.answer);
    free(parcel->body);
    free(parcel);
}

static int record(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct parcel *parcel = arg;
    struct td_review review = review_of(parcel->outgoing, tx);
    if (!review.arena)
        return TD_ENOMEM;
    int rc = td_delivery_record(&review, td_row_text(parcel->delivery, "id"), parcel->outcome,
                                parcel->answer, parcel->reason, parcel->due, reterr);
    td_arena_free(review.arena);
    return rc;
}

static const char *const outcome_names[] = {
    [TD_DELIVERY_RECEIVED] = "received", [TD_DELIVERY_REFUSED] = "refused",
    [TD_DELIVERY_UNSENT] = "unsent",     [TD_DELIVERY_UNCLEAR] = "unclear",
    [TD_DELIVERY_ABSENT] = "absent",     [TD_DELIVERY_WRITTEN] = "written"};

/* The answer to a question says what cannot be carried out here. It is recorded as none, with the
 * reason. */
static bool take_as_none(struct parcel *parcel)
{
    int result = parcel->step.result;
    if ((result != TD_EFIELDS && result != TD_ECONFLICT) ||
        parcel->outcome != TD_DELIVERY_RECEIVED || !td_row_bool(parcel->delivery, "question"))
        return false;
    json_decref(parcel->answer);
    parcel->answer = NULL;
    parcel->outcome = TD_DELIVERY_REFUSED;
    snprintf(parcel->reason, sizeof(parcel->reason), "the answer cannot be used: %.500s",
             parcel->step.failure);
    return true;
}

static void recorded(struct td_step *step)
{
    struct parcel *parcel = (struct parcel *)step;
    struct td_outgoing *outgoing = parcel->outgoing;
    if (take_as_none(parcel)) {
        td_lane_go(&parcel->step, true, record, recorded);
        return;
    }
    if (step->result < 0) /* it counts as unknown when its time is over, and is asked for */
        TD_LOG(TD_LOG_WARNING, "delivery.record_failed",
               TD_S("delivery", td_row_text(parcel->delivery, "id")),
               TD_S("because", step->failure));
    else
        TD_LOG(TD_LOG_DEBUG, "delivery.recorded",
               TD_S("delivery", td_row_text(parcel->delivery, "id")),
               TD_S("kind", td_row_text(parcel->delivery, "kind")),
               TD_S("outcome", outcome_names[parcel->outcome]));
    parcel->party->in_flight--;
    parcel_free(parcel);
    round_begins(outgoing);
}

/* The log hears of a target when it stops answering and when it is back, and not what it says: that
 * may name a person. */
static void note_target(struct parcel *parcel)
{
    struct party *party = parcel->party;
    bool bad = parcel->outcome == TD_DELIVERY_UNSENT || parcel->outcome == TD_DELIVERY_UNCLEAR;
    char status[32];
    snprintf(status, sizeof(status), "HTTP %ld", parcel->errand.status);
    const char *reason = parcel->errand.end == TD_ERRAND_ANSWERED ? status : parcel->reason;
    if (bad && party->failures++ == 0)
        TD_LOG(TD_LOG_WARNING, "outgoing.silent", TD_S("target", party->target->name),
               TD_S("because", reason));
    if (!bad && party->failures > 0)
        TD_LOG(TD_LOG_INFO, "outgoing.answers", TD_S("target", party->target->name),
               TD_I("failures", party->failures));
    party->failures = bad ? party->failures : 0;
    party->holds_until_ms = bad ? td_clock_mono_ms() + delay_ms(party->target, party->failures) : 0;
}

static void set_reason(struct parcel *parcel, const char *words)
{
    snprintf(parcel->reason, sizeof(parcel->reason), "%.599s", words);
}

/* A whole answer of `status`, with what it says as `said` (NULL when that is no object). */
static enum td_delivery_outcome judge(const struct parcel *parcel, long status, const json_t *said)
{
    bool ask = td_row_bool(parcel->delivery, "ask");
    bool question = td_row_bool(parcel->delivery, "question");
    size_t length = strlen(td_json_text(said, "receipt"));
    bool receipt = length > 0 && length <= RECEIPT_MAX;
    if (status >= 200 && status < 300) {
        if (ask && json_is_true(json_object_get(said, "rejected")))
            return TD_DELIVERY_REFUSED;
        return receipt || (question && said) ? TD_DELIVERY_RECEIVED : TD_DELIVERY_UNCLEAR;
    }
    if (ask)
        return status == 404 ? TD_DELIVERY_ABSENT : TD_DELIVERY_UNCLEAR;
    if (status == 408 || status == 425 || status == 429)
        return TD_DELIVERY_UNSENT;
    return status >= 300 && status < 500 ? TD_DELIVERY_REFUSED : TD_DELIVERY_UNCLEAR;
}

static void read_answer(struct parcel *parcel)
{
    const struct td_errand *errand = &parcel->errand;
    json_t *said =
        json_loadb(errand->answer.bytes, errand->answer.length, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(said)) {
        json_decref(said);
        said = NULL;
    }
    json_object_del(said, "by"); /* our own mark of a receipt that a person brought */
    parcel->outcome = judge(parcel, errand->status, said);
    const char *words = td_json_text(said, "reason");
    if (*words)
        set_reason(parcel, words);
    else
        snprintf(parcel->reason, sizeof(parcel->reason), "HTTP %ld", errand->status);
    parcel->answer = said;
}

static void came_back(struct td_letter *letter)
{
    struct parcel *parcel = (struct parcel *)((char *)letter - offsetof(struct parcel, letter));
    struct td_outgoing *outgoing = parcel->outgoing;
    bool ask = td_row_bool(parcel->delivery, "ask");
    if (outgoing->lane.closing)
        return;
    switch (parcel->errand.end) {
    case TD_ERRAND_ANSWERED: read_answer(parcel); break;
    case TD_ERRAND_WRITTEN: parcel->outcome = TD_DELIVERY_WRITTEN; break;
    case TD_ERRAND_UNSENT:
        parcel->outcome = ask ? TD_DELIVERY_UNCLEAR : TD_DELIVERY_UNSENT;
        set_reason(parcel, parcel->errand.reason);
        break;
    case TD_ERRAND_LOST:
        /* A question changes nothing: it is simply put again. */
        parcel->outcome =
            td_row_bool(parcel->delivery, "question") ? TD_DELIVERY_UNSENT : TD_DELIVERY_UNCLEAR;
        set_reason(parcel, parcel->errand.reason);
        break;
    }
    note_target(parcel);
    td_time_format(td_clock_now_ms() + delay_ms(parcel->party->target,
                                                td_row_int(parcel->delivery, "attempts") + 1),
                   parcel->due);
    td_lane_go(&parcel->step, true, record, recorded);
}

static void on_errand_done(struct td_errand *errand)
{
    struct parcel *parcel = (struct parcel *)((char *)errand - offsetof(struct parcel, errand));
    td_mailbox_post(parcel->outgoing->lane.mailbox, &parcel->letter);
}

/* --- sending ---------------------------------------------------------------------------------- */

/* "say" becomes "text" in the person's language. */
static void speak(const struct td_outgoing *outgoing, json_t *body)
{
    const char *say = td_json_text(body, "say");
    if (!*say || !outgoing->options.speak)
        return;
    char *text = outgoing->options.speak(outgoing->options.speak_arg, td_json_text(body, "locale"),
                                         say, json_object_get(body, "parameters"));
    json_object_set_new(body, "text", json_string(text ? text : ""));
    json_object_del(body, "say");
    json_object_del(body, "parameters");
    free(text);
}

static int sign(struct parcel *parcel)
{
    char now[TD_TIME_TEXT], mac[65];
    const char *id = td_row_text(parcel->delivery, "id");
    td_time_format(td_clock_now_ms(), now);
    int rc = td_target_sign(parcel->party->target, parcel->errand.method, parcel->url, id, now,
                            parcel->body ? parcel->body : "", parcel->errand.body_length, mac);
    snprintf(parcel->lines[0], LINE, "Idempotency-Key: %s", id);
    snprintf(parcel->lines[1], LINE, "Titled-Kind: %.60s", td_row_text(parcel->delivery, "kind"));
    snprintf(parcel->lines[2], LINE, "Titled-Time: %s", now);
    snprintf(parcel->lines[3], LINE, "Titled-Signature: hmac-sm3=%s", mac);
    snprintf(parcel->lines[4], LINE, "Content-Type: application/json");
    snprintf(parcel->lines[5], LINE, "Expect:");
    for (int i = 0; i < HEADERS; i++)
        parcel->headers[i] = parcel->lines[i];
    parcel->errand.headers = parcel->headers;
    return rc;
}

static int address(struct parcel *parcel)
{
    const json_t *delivery = parcel->delivery;
    const struct td_target *target = parcel->party->target;
    const char *id = td_row_text(delivery, "id");
    int length;
    parcel->errand.method = "POST";
    if (!target->url) {
        length =
            snprintf(parcel->file, sizeof(parcel->file), "%s/%s-%s-%s.json",
                     parcel->outgoing->folder, target->name, td_row_text(delivery, "kind"), id);
        parcel->errand.file = parcel->file;
        return length < (int)sizeof(parcel->file) ? 0 : TD_EINTERNAL;
    }
    if (td_row_bool(delivery, "ask") || td_row_bool(delivery, "question"))
        parcel->errand.method = "GET";
    length = snprintf(parcel->url, sizeof(parcel->url), "%s%s%s", target->url,
                      td_row_bool(delivery, "ask") ? "/" : td_row_text(delivery, "path"),
                      td_row_bool(delivery, "ask") ? id : "");
    parcel->errand.url = parcel->url;
    return length < (int)sizeof(parcel->url) ? 0 : TD_EINTERNAL;
}

static int pack(struct parcel *parcel)
{
    int rc = address(parcel);
    if (rc < 0)
        return rc;
    if (strcmp(parcel->errand.method, "POST") == 0) {
        json_t *body = json_object_get(parcel->delivery, "body");
        speak(parcel->outgoing, body);
        parcel->body = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        if (!parcel->body)
            return TD_ENOMEM;
        parcel->errand.body = parcel->body;
        parcel->errand.body_length = strlen(parcel->body);
    }
    parcel->errand.ca_file = parcel->party->target->ca_file;
    parcel->errand.deadline_ms = (long)parcel->party->target->deadline_seconds * 1000;
    parcel->errand.answer_max = (size_t)parcel->party->target->answer_bytes;
    parcel->errand.done = on_errand_done;
    parcel->letter.open = came_back;
    return parcel->errand.file ? 0 : sign(parcel);
}

/* There is nobody to ask: the target is a folder. */
static void refuse_question(struct parcel *parcel)
{
    parcel->outcome = TD_DELIVERY_REFUSED;
    set_reason(parcel, "the target is a folder: nobody can be asked");
    td_lane_go(&parcel->step, true, record, recorded);
}

/* Without memory for it, it counts as unknown when its time is over. */
static void send_one(struct td_outgoing *outgoing, struct party *party, json_t *delivery)
{
    struct parcel *parcel = calloc(1, sizeof(*parcel));
    if (!parcel)
        return;
    parcel->outgoing = outgoing;
    parcel->party = party;
    parcel->step.lane = &outgoing->lane;
    parcel->delivery = json_incref(delivery);
    td_strbuf_init(&parcel->errand.answer);
    LIST_INSERT_HEAD(&outgoing->parcels, parcel, link);
    if (pack(parcel) < 0) {
        parcel_free(parcel);
        return;
    }
    party->in_flight++;
    if (parcel->errand.file && td_row_bool(delivery, "question"))
        refuse_question(parcel);
    else
        td_courier_go(outgoing->courier, &parcel->errand);
}

/* --- a round ---------------------------------------------------------------------------------- */

static int64_t room_of(const struct party *party)
{
    int64_t room = party->failures > 0 ? 1 : party->target->at_once;
    if (party->holds_until_ms > td_clock_mono_ms())
        return 0;
    return room > party->in_flight ? room - party->in_flight : 0;
}

static int take_of(struct td_outgoing *outgoing, struct td_review *review, struct party *party,
                   struct td_error *reterr)
{
    char until[TD_TIME_TEXT];
    td_time_format(td_clock_now_ms() + (party->target->deadline_seconds + SLACK_S) * 1000, until);
    const struct td_delivery_take take = {.target = party->target->name,
                                          .holder = outgoing->holder,
                                          .room = party->room,
                                          .until = until};
    return td_delivery_take(review, &take, outgoing->taken, party->next, reterr);
}

static int round_write(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct td_outgoing *outgoing = arg;
    struct td_review review = review_of(outgoing, tx);
    int rc = review.arena ? 0 : TD_ENOMEM;
    json_array_clear(outgoing->taken);
    if (rc == 0 && !outgoing->recovered)
        rc = td_delivery_recover(&review, outgoing->holder);
    for (size_t i = 0; i < outgoing->targets.count && rc == 0; i++)
        rc = take_of(outgoing, &review, &outgoing->parties[i], reterr);
    td_arena_free(review.arena);
    return rc;
}

static void set_timer(struct td_outgoing *outgoing, int64_t ms)
{
    ms = ms < SOON_MS ? SOON_MS : ms > SWEEP_MS ? SWEEP_MS : ms;
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_add(outgoing->timer, &wait);
}

/* When the next look is worth it: of a party without room never, its next parcel that ends looks.
 */
static int64_t next_look_ms(const struct td_outgoing *outgoing)
{
    int64_t best = SWEEP_MS, mono = td_clock_mono_ms(), now = td_clock_now_ms(), due;
    for (size_t i = 0; i < outgoing->targets.count; i++) {
        const struct party *party = &outgoing->parties[i];
        int64_t room = party->failures > 0 ? 1 : party->target->at_once;
        if (party->in_flight >= room || td_time_parse(party->next, &due) < 0)
            continue;
        int64_t wait = due - now, held = party->holds_until_ms - mono;
        wait = wait > held ? wait : held;
        best = wait < best ? wait : best;
    }
    return best;
}

static void round_ended(struct td_step *step)
{
    struct td_outgoing *outgoing = (struct td_outgoing *)step;
    size_t i, k;
    json_t *delivery;
    outgoing->running = false;
    if (step->result < 0) {
        TD_LOG(TD_LOG_WARNING, "outgoing.round_failed", TD_S("because", step->failure));
        set_timer(outgoing, 1000);
        return;
    }
    outgoing->recovered = true;
    json_array_foreach(outgoing->taken, i, delivery) {
        for (k = 0; k < outgoing->targets.count; k++)
            if (td_row_equals(delivery, "target", outgoing->targets.all[k].name))
                send_one(outgoing, &outgoing->parties[k], delivery);
    }
    json_array_clear(outgoing->taken);
    set_timer(outgoing, next_look_ms(outgoing));
    if (outgoing->again)
        round_begins(outgoing);
}

static void round_begins(struct td_outgoing *outgoing)
{
    if (outgoing->stopped)
        return;
    if (outgoing->running) {
        outgoing->again = true;
        return;
    }
    outgoing->running = true;
    outgoing->again = false;
    for (size_t i = 0; i < outgoing->targets.count; i++)
        outgoing->parties[i].room = room_of(&outgoing->parties[i]);
    td_lane_go(&outgoing->step, true, round_write, round_ended);
}

void td_outgoing_wake(void *arg)
{
    round_begins(arg);
}

/* --- life ------------------------------------------------------------------------------------- */

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    round_begins(arg);
}

static int prepare_folder(struct td_outgoing *outgoing, struct td_error *reterr)
{
    const struct td_config *config = outgoing->options.config;
    int length = *config->outgoing_folder ? snprintf(outgoing->folder, sizeof(outgoing->folder),
                                                     "%s", config->outgoing_folder)
                                          : snprintf(outgoing->folder, sizeof(outgoing->folder),
                                                     "%s/outgoing", config->state_folder);
    if (length >= (int)sizeof(outgoing->folder))
        return td_error_set(reterr, TD_EINVALID, "outgoing_folder: the name is too long");
    if (mkdir(outgoing->folder, 0700) == 0 || errno == EEXIST)
        return 0;
    return td_error_set(reterr, TD_EINVALID, "outgoing_folder %s: %s", outgoing->folder,
                        strerror(errno));
}

static int start(struct td_outgoing *outgoing, struct td_error *reterr)
{
    int rc = prepare_folder(outgoing, reterr);
    if (rc == 0)
        rc = td_targets_load(outgoing->options.config->outgoing_file, &outgoing->targets, reterr);
    if (rc < 0)
        return rc;
    gethostname(outgoing->holder, sizeof(outgoing->holder) - 1);
    outgoing->lane.store = outgoing->options.store;
    outgoing->step.lane = &outgoing->lane;
    outgoing->lane.mailbox = td_mailbox_new(outgoing->options.base);
    outgoing->timer = event_new(outgoing->options.base, -1, 0, on_timer, outgoing);
    outgoing->parties = calloc(outgoing->targets.count + 1, sizeof(*outgoing->parties));
    outgoing->taken = json_array();
    if (!outgoing->lane.mailbox || !outgoing->timer || !outgoing->parties || !outgoing->taken)
        return td_error_set(reterr, TD_ENOMEM, "no memory for deliveries");
    for (size_t i = 0; i < outgoing->targets.count; i++) {
        outgoing->parties[i].target = &outgoing->targets.all[i];
        if (outgoing->targets.all[i].url)
            td_delivery_set_online(outgoing->targets.all[i].name);
    }
    rc = td_courier_new(&outgoing->courier, reterr);
    if (rc == 0)
        set_timer(outgoing, SOON_MS);
    return rc;
}

int td_outgoing_new(const struct td_outgoing_options *options, struct td_outgoing **ret_outgoing,
                    struct td_error *reterr)
{
    struct td_outgoing *outgoing = calloc(1, sizeof(*outgoing));
    if (!outgoing)
        return td_error_set(reterr, TD_ENOMEM, "no memory for deliveries");
    outgoing->options = *options;
    LIST_INIT(&outgoing->parcels);
    int rc = start(outgoing, reterr);
    if (rc < 0) {
        td_outgoing_stop(outgoing);
        td_outgoing_free(outgoing);
        return rc;
    }
    *ret_outgoing = outgoing;
    return 0;
}

void td_outgoing_stop(struct td_outgoing *outgoing)
{
    if (!outgoing)
        return;
    outgoing->stopped = true;
    td_courier_free(outgoing->courier);
    outgoing->courier = NULL;
}

void td_outgoing_free(struct td_outgoing *outgoing)
{
    if (!outgoing)
        return;
    outgoing->lane.closing = true;
    td_mailbox_free(outgoing->lane.mailbox);
    struct parcel *parcel;
    while ((parcel = LIST_FIRST(&outgoing->parcels)))
        parcel_free(parcel); /* NOLINT: the analyzer misses that it leaves the list */
    if (outgoing->timer)
        event_free(outgoing->timer);
    td_targets_done(&outgoing->targets);
    json_decref(outgoing->taken);
    free(outgoing->parties);
    free(outgoing);
}
