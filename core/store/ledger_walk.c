/* ledger_walk.c - the entries one by one, against themselves, the one before and the stored tree.
 *
 * An entry's hash covers its number. One that is whole under another number was moved: alone, it
 * was swapped with the entry that has its place; together with all that follow, the entries between
 * were taken out (or put in) and the rest renumbered. That is told apart at the end, from the
 * damaged rows, of which a bounded number is kept. */
#include "base/json.h"
#include "store/ledger_findings.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

enum { MOVES = 1000 }; /* how far a moved entry is looked for */

#define NUMBER_MAX (INT64_C(1) << 53)

enum why { CONTENT, PAYLOAD, LEAF, MOVED };

struct damage {
    enum why why;
    int64_t entry; /* its number as stored */
    int64_t moved; /* MOVED: its own number is `entry + moved` */
    int64_t run;   /* MOVED: so many rows in a row */
    json_t *row;
    bool told;
};

struct walk {
    struct td_tx *tx;
    struct td_ledger_report *report;
    int64_t next;  /* the number that comes now */
    int64_t moved; /* the rows at hand were numbered so much higher */
    int64_t sound; /* entries up to here are as they were; -1 = all so far */
    bool linked;   /* the row before was whole: this one must follow it */
    bool growing;  /* the edge is that of all entries so far */
    struct td_merkle_edge edge;
    struct damage damages[TD_LEDGER_DAMAGES];
    int damage_count;
    int64_t more; /* damaged rows that were not kept */
};

static void unsound(struct walk *walk, int64_t from)
{
    if (walk->sound < 0 || walk->sound >= from)
        walk->sound = from - 1;
}

static void damage(struct walk *walk, enum why why, json_t *row, int64_t entry, int64_t moved)
{
    unsound(walk, entry);
    walk->growing = false;
    if (walk->damage_count == TD_LEDGER_DAMAGES) {
        walk->more++;
        return;
    }
    walk->damages[walk->damage_count++] = (struct damage){
        .why = why, .entry = entry, .moved = moved, .run = 1, .row = json_incref(row)};
}

/* --- the stored tree ------------------------------------------------------------------------- */

static int check_node(void *arg, int level, int64_t position, const struct td_merkle_hash *hash)
{
    struct walk *walk = arg;
    json_t *row = NULL;
    char hex[TD_MERKLE_HEX];
    if (level % TD_LEDGER_STRIDE)
        return 0;
    int r =
        td_tx_row(walk->tx, &row, "select hash from ledger_node where level = $1 and position = $2",
                  "ii", (int64_t)level, position);
    if (r < 0 && r != TD_ENOTFOUND)
        return r;
    td_merkle_hex(hash, hex);
    if (strcmp(hex, td_json_text(row, "hash")) != 0) {
        int64_t first = (position << level) + 1, last = (position + 1) << level;
        unsound(walk, first);
        td_ledger_found(walk->report, "tree", first, last,
                        "the ledger's tree is broken over entries %lld to %lld: the stored hash is"
                        " %s",
                        (long long)first, (long long)last,
                        r == TD_ENOTFOUND ? "missing" : "not that of the entries");
    }
    json_decref(row);
    return 0;
}

/* --- one entry ------------------------------------------------------------------------------- */

static int whole_as(const json_t *row, int64_t sequence, bool *ret_whole)
{
    char hash[TD_LEDGER_HEX];
    int r = td_ledger_entry_hash(row, sequence, hash);
    *ret_whole = r == 0 && strcmp(hash, td_json_text(row, "hash")) == 0;
    return r;
}

/* Looks for the number under which the row is whole; 0 when there is none near. */
static int find_move(const struct walk *walk, const json_t *row, int64_t sequence,
                     int64_t *ret_moved)
{
    bool whole = false;
    int r = 0;
    *ret_moved = 0;
    for (int64_t distance = 1; r == 0 && !whole && distance <= MOVES; distance++)
        for (int side = 0; r == 0 && !whole && side < 2; side++) {
            int64_t moved = side ? -distance : distance;
            if (walk->damage_count < TD_LEDGER_DAMAGES && sequence + moved > 0)
                r = whole_as(row, sequence + moved, &whole);
            if (whole)
                *ret_moved = moved;
        }
    return r;
}

/* The row is whole with the present move (*ret_known), or after another one, or it was changed. */
static int check_place(struct walk *walk, json_t *row, int64_t sequence, bool *ret_known)
{
    bool whole;
    int64_t moved;
    int r = whole_as(row, sequence + walk->moved, &whole);
    if (r == 0 && !whole && walk->moved != 0 && (r = whole_as(row, sequence, &whole)) == 0 && whole)
        walk->moved = 0;
    *ret_known = whole;
    if (r < 0)
        return r;
    if (whole) {
        if (walk->moved != 0 && walk->damage_count > 0)
            walk->damages[walk->damage_count - 1].run++;
        return 0;
    }
    r = find_move(walk, row, sequence, &moved);
    if (r == 0)
        damage(walk, moved ? MOVED : CONTENT, row, sequence, moved);
    walk->moved = moved;
    return r;
}

static int check_leaf(struct walk *walk, json_t *row, int64_t sequence)
{
    struct td_merkle_hash leaf;
    char hex[TD_MERKLE_HEX];
    int r = td_ledger_leaf_hash(row, &leaf);
    if (r < 0)
        return r;
    td_merkle_hex(&leaf, hex);
    if (strcmp(hex, td_json_text(row, "leaf")) != 0) {
        damage(walk, LEAF, row, sequence, 0);
        return 0;
    }
    return walk->growing ? td_merkle_push(&walk->edge, &leaf, check_node, walk) : 0;
}

static int check_payload(const json_t *row, bool *ret_whole)
{
    char hash[TD_LEDGER_HEX];
    int r = td_ledger_payload_hash(row, hash);
    *ret_whole = r == 0 && strcmp(hash, td_json_text(row, "payload_hash")) == 0;
    return r;
}

static void check_gap(struct walk *walk, int64_t sequence)
{
    int64_t first = walk->next, last = sequence - 1;
    if (last < first)
        return;
    unsound(walk, first);
    walk->growing = walk->linked = false;
    if (first == last)
        td_ledger_found(walk->report, "missing", first, last,
                        "the ledger is broken at entry %lld: it is missing", (long long)first);
    else
        td_ledger_found(walk->report, "missing", first, last,
                        "the ledger is broken at entry %lld: it and the entries up to %lld are"
                        " missing",
                        (long long)first, (long long)last);
}

/* Lists would show it. */
static int tell_number(json_t *row, void *arg)
{
    struct walk *walk = arg;
    int64_t sequence = json_integer_value(json_object_get(row, "sequence"));
    td_ledger_found(
        walk->report, "added", sequence, sequence,
        "the ledger is broken at entry %lld: it was put in, under a number that none has",
        (long long)sequence);
    return 0;
}

static int check_numbers(struct walk *walk)
{
    return td_tx_each(walk->tx, tell_number, walk,
                      "select sequence from ledger where sequence < 1 or sequence > $1"
                      " order by sequence",
                      "i", NUMBER_MAX);
}

/* Nothing is known of what follows. */
static int tell_unreadable(struct walk *walk)
{
    struct td_ledger_report *report = walk->report;
    int64_t entry = walk->next;
    unsound(walk, entry);
    int r = td_ledger_size(walk->tx, &report->entries);
    td_ledger_found(report, "changed", entry, report->entries,
                    "the ledger is broken at entry %lld: it cannot be read, so what follows was not"
                    " examined",
                    (long long)entry);
    return r;
}

static int check_entry(json_t *row, void *arg)
{
    struct walk *walk = arg;
    struct td_ledger_report *report = walk->report;
    int64_t sequence = json_integer_value(json_object_get(row, "sequence"));
    bool whole, known = false;
    check_gap(walk, sequence);
    int r = check_payload(row, &whole);
    if (r == 0 && !whole)
        damage(walk, PAYLOAD, row, sequence, 0);
    else if (r == 0)
        r = check_place(walk, row, sequence, &known);
    if (r == 0 && known && walk->linked &&
        strcmp(td_json_text(row, "previous_hash"), report->head) != 0) {
        unsound(walk, sequence - 1);
        td_ledger_found(
            report, "unlinked", sequence, sequence,
            "the ledger is broken at entry %lld: it does not follow the entry before it;"
            " one of the two was written anew",
            (long long)sequence);
    }
    if (r == 0 && known && walk->moved == 0)
        r = check_leaf(walk, row, sequence);
    walk->linked = known;
    walk->next = sequence + 1;
    report->entries = sequence;
    snprintf(report->head, sizeof(report->head), "%.64s", td_json_text(row, "hash"));
    return r;
}

/* --- what the damages are -------------------------------------------------------------------- */

static json_t *with_of(const json_t *row, const json_t *other, const char *const *columns)
{
    json_t *mixed = json_copy((json_t *)row);
    for (; mixed && *columns; columns++)
        json_object_set(mixed, *columns, json_object_get(other, *columns));
    return mixed;
}

/* Both rows are whole once these columns are given back. */
static bool swapped_in(const struct damage *a, const struct damage *b, const char *const *columns)
{
    json_t *left = with_of(a->row, b->row, columns), *right = with_of(b->row, a->row, columns);
    bool whole[4] = {false};
    bool checked = left && right && whole_as(left, a->entry, &whole[0]) == 0 &&
                   whole_as(right, b->entry, &whole[1]) == 0 &&
                   check_payload(left, &whole[2]) == 0 && check_payload(right, &whole[3]) == 0;
    json_decref(left);
    json_decref(right);
    return checked && whole[0] && whole[1] && whole[2] && whole[3];
}

static const char *swapped_part(const struct damage *a, const struct damage *b)
{
    static const struct {
        const char *name;
        const char *columns[8];
    } parts[] = {
        {"payload", {"payload"}},
        {"payload", {"payload", "payload_hash"}},
        {"subject", {"subject"}},
        {"actor", {"actor"}},
        {"action", {"action"}},
        {"time", {"at"}},
        {"content", {"at", "actor", "action", "subject", "payload", "payload_hash"}},
    };
    bool left = false, right = false;
    if (whole_as(a->row, b->entry, &left) == 0 && left && whole_as(b->row, a->entry, &right) == 0 &&
        right)
        return "";
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (swapped_in(a, b, parts[i].columns))
            return parts[i].name;
    return NULL;
}

static bool tell_swap(struct walk *walk, struct damage *a)
{
    for (struct damage *b = a + 1; b < walk->damages + walk->damage_count; b++) {
        const char *part = b->told ? NULL : swapped_part(a, b);
        if (!part)
            continue;
        b->told = true;
        if (*part)
            td_ledger_found(walk->report, "swapped", a->entry, b->entry,
                            "the ledger is broken at entry %lld: its %s and that of entry %lld were"
                            " swapped",
                            (long long)a->entry, part, (long long)b->entry);
        else
            td_ledger_found(walk->report, "swapped", a->entry, b->entry,
                            "the ledger is broken at entry %lld: it and entry %lld were swapped",
                            (long long)a->entry, (long long)b->entry);
        return true;
    }
    return false;
}

static void tell_moved(struct walk *walk, const struct damage *one)
{
    long long entry = one->entry, own = one->entry + one->moved;
    if (one->run == 1 && one->entry < walk->report->entries)
        td_ledger_found(walk->report, "changed", entry, entry,
                        "the ledger is broken at entry %lld: entry %lld stands in its place", entry,
                        own);
    else if (one->moved < 0)
        td_ledger_found(walk->report, "added", own, entry - 1,
                        "the ledger is broken at entry %lld: it was put in, with what follows up to"
                        " %lld, and the rest was renumbered",
                        own, entry - 1);
    else
        td_ledger_found(
            walk->report, "missing", entry, own - 1,
            "the ledger is broken at entry %lld: it is missing, with what followed up to"
            " %lld, and the rest was renumbered",
            entry, own - 1);
}

static void tell(struct walk *walk, struct damage *one)
{
    static const char *const words[] = {
        [CONTENT] = "it was changed",
        [PAYLOAD] = "its payload was changed",
        [LEAF] = "it was changed or written anew: the tree has another leaf for it",
    };
    if (one->told || tell_swap(walk, one))
        return;
    if (one->why == MOVED)
        tell_moved(walk, one);
    else
        td_ledger_found(walk->report, "changed", one->entry, one->entry,
                        "the ledger is broken at entry %lld: %s", (long long)one->entry,
                        words[one->why]);
}

static void conclude(struct walk *walk)
{
    for (int i = 0; i < walk->damage_count; i++)
        tell(walk, &walk->damages[i]);
    for (int i = 0; i < walk->damage_count; i++)
        json_decref(walk->damages[i].row);
    walk->report->found += walk->more;
}

/* --- the walk -------------------------------------------------------------------------------- */

static int begin_after(struct walk *walk, int64_t since)
{
    json_t *row = NULL;
    if (since == 0)
        return 0;
    int r = td_tx_row(walk->tx, &row, "select hash from ledger where sequence = $1", "i", since);
    if (r == 0)
        r = td_merkle_resume(&walk->edge, since, td_ledger_node, walk->tx);
    snprintf(walk->report->head, sizeof(walk->report->head), "%.64s", td_json_text(row, "hash"));
    json_decref(row);
    return r;
}

int td_ledger_walk(struct td_tx *tx, int64_t since, struct td_ledger_report *report,
                   int64_t *ret_sound)
{
    struct walk *walk = calloc(1, sizeof(*walk));
    if (!walk)
        return TD_ENOMEM;
    *walk = (struct walk){.tx = tx,
                          .report = report,
                          .next = since + 1,
                          .sound = -1,
                          .linked = true,
                          .growing = true};
    report->entries = since;
    int r = check_numbers(walk);
    if (r == 0)
        r = begin_after(walk, since);
    if (r == 0)
        r = td_tx_each(tx, check_entry, walk,
                       "select " TD_LEDGER_COLUMNS
                       " from ledger where sequence > $1 and sequence <= $2 order by sequence",
                       "ii", since, NUMBER_MAX);
    if (r == TD_EINTERNAL)
        r = tell_unreadable(walk);
    conclude(walk);
    *ret_sound = walk->sound < 0 ? report->entries : walk->sound;
    free(walk);
    return r;
}
