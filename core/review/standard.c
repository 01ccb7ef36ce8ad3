/* standard.c - see standard.h: standards as they are read. */
#include "review/standard.h"

#include "review/application.h"
#include "review/cycle.h"
#include "review/message.h"
#include "review/row.h"
#include "review/standard_case.h"
#include "review/trial.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

int td_standard_active(struct td_tx *tx, const char *series, const char *level,
                       json_t **ret_standard)
{
    return td_tx_row(tx, ret_standard,
                     "select * from standard where series = $1 and level = $2 and state = 'active'",
                     "ss", series, level);
}

int td_standard_load(struct td_tx *tx, const char *standard_id, json_t **ret_standard)
{
    return td_tx_row(tx, ret_standard, "select * from standard where id = $1", "s", standard_id);
}

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (; *words; words += strcspn(words, " "), words += strspn(words, " "))
        if (strcspn(words, " ") == length && !strncmp(words, word, length))
            return true;
    return false;
}

int td_standard_load_in(struct td_review *review, const char *standard_id, const char *states,
                        json_t **ret_standard, struct td_error *reterr)
{
    json_t *standard = NULL;
    int rc = td_standard_load(review->tx, standard_id, &standard);
    if (rc < 0)
        return rc;
    const char *state = td_row_text(standard, "state");
    if (!has_word(states, state)) {
        rc = td_error_key(reterr, TD_ECONFLICT, "standard_state",
                          json_pack("{s:s}", "standard_state", state));
        json_decref(standard);
        return rc;
    }
    *ret_standard = standard;
    return 0;
}

int td_standard_load_to_write(struct td_review *review, const char *standard_id, const char *states,
                              json_t **ret_standard, struct td_error *reterr)
{
    if (!td_standard_writer(review))
        return td_error_set(reterr, TD_EFORBIDDEN, "only administrator and bureau do this");
    return td_standard_load_in(review, standard_id, states, ret_standard, reterr);
}

static bool was_in_force(const json_t *standard)
{
    return td_row_equals(standard, "state", "active") ||
           td_row_equals(standard, "state", "retired");
}

int td_standard_load_seen(struct td_review *review, const char *standard_id, json_t **ret_standard,
                          struct td_error *reterr)
{
    json_t *standard = NULL;
    int rc = td_standard_load(review->tx, standard_id, &standard);
    if (rc < 0)
        return rc;
    if (!was_in_force(standard) &&
        !td_cycle_insider(review->who, td_row_text(standard, "series"))) {
        json_decref(standard);
        return td_error_set(reterr, TD_ENOTFOUND, "not public");
    }
    *ret_standard = standard;
    return 0;
}

int td_standard_list(struct td_review *review, const char *series, const char *level,
                     const char *cursor, json_t **ret_page)
{
    bool insider = td_cycle_insider(review->who, series);
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc =
        td_tx_rows(review->tx, &rows,
                   "select s.id, s.series, s.level, s.version, s.state, s.state as standard_state,"
                   " s.hash, s.created_at,"
                   " s.activated_at from standard s"
                   " where ($1 = '' or s.series = $1) and ($2 = '' or s.level = $2)"
                   " and (s.state in ('active', 'retired') or ($3 and s.state <> 'discarded'))"
                   " and ($4 = '' or s.id < $4) order by s.id desc limit $5",
                   "ssbsi", series, level, (int)insider, cursor, (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row)
        td_application_name(review, row);
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

void td_standard_split_outline(json_t *standard)
{
    static const struct {
        const char *part, *member;
    } lists[] = {{"condition", "conditions"}, {"veto", "vetoes"}, {"section", "sections"}};
    size_t i;
    json_t *row = NULL;
    for (i = 0; i < 3; i++)
        json_object_set_new(standard, lists[i].member, json_array());
    json_array_foreach(json_object_get(standard, "outline"), i, row) {
        const char *part = td_row_text(row, "part");
        if (!strcmp(part, "head"))
            json_object_set(standard, "head", row);
        for (size_t k = 0; k < 3; k++)
            if (!strcmp(part, lists[k].part))
                json_array_append(json_object_get(standard, lists[k].member), row);
    }
    json_object_del(standard, "outline");
}

/* --- one standard ----------------------------------------------------------------------------- */

bool td_standard_writer(const struct td_review *review)
{
    return td_row_is(review, TD_STANDARD_WRITERS);
}

int td_standard_frozen(struct td_tx *tx, const char *series, const char *level, bool *ret_frozen)
{
    int64_t meetings = 0;
    int rc = td_tx_int(tx, &meetings,
                       "select count(*) from meeting g join committee k on k.id = g.committee_id"
                       " where k.series = $1 and k.level = $2 and (g.state = 'open'"
                       " or (g.state = 'closed' and exists (select 1 from application a"
                       " where a.cycle_id = g.cycle_id and a.level = k.level"
                       " and a.state in ('accepted', 'panel_review', 'committee_vote'))))",
                       "ss", series, level);
    if (rc == 0)
        *ret_frozen = meetings > 0;
    return rc;
}

/* Which act fits the state, the caller and what he had to do with it. */
static json_t *may_do(const struct td_review *review, const json_t *standard, bool wrote)
{
    bool writer = td_standard_writer(review), draft = td_row_equals(standard, "state", "draft");
    bool tried = td_row_equals(standard, "state", "trial");
    bool approved = td_row_equals(standard, "state", "approved");
    bool retired = td_row_equals(standard, "state", "retired");
    bool active = td_row_equals(standard, "state", "active");
    bool open = draft || tried || approved,
         sound = json_is_null(json_object_get(standard, "fault"));
    bool passed = td_row_bool(json_object_get(standard, "verdict"), "passed");
    bool frozen = td_row_bool(standard, "frozen"), released = td_row_bool(standard, "released");
    return json_pack("{s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b}", "edit", (int)(writer && open),
                     "amend", (int)(writer && (draft || tried)), "discard", (int)(writer && open),
                     "try", (int)(writer && open && sound), "approve",
                     (int)(writer && (draft || tried) && sound && passed && !wrote), "activate",
                     (int)(writer && (approved || retired) && (!frozen || released)), "rollback",
                     (int)(writer && active && *td_row_text(standard, "replaces")), "release",
                     (int)(td_row_is(review, TD_ROLE_SUPERVISOR) && (approved || retired) &&
                           frozen && !released),
                     "copy", (int)writer);
}

/* What only insiders know of it: who, when, and the latest of its saved sources. *ret_wrote: the
 * caller wrote one of all, or amended a case. */
static int add_inside(struct td_review *review, json_t *standard, bool *ret_wrote)
{
    json_t *sources = NULL, *people = NULL, *verdict = NULL, *cases = NULL;
    const char *id = td_row_text(standard, "id");
    int rc = td_tx_rows(review->tx, &sources,
                        "select t.revision, t.hash, t.author, t.at as saved_at,"
                        " coalesce(a.name, t.author) as author_name from standard_source t"
                        " left join account a on a.id = t.author where t.standard_id = $1"
                        " order by t.revision desc limit 50",
                        "s", id);
    if (rc == 0)
        rc = td_tx_row(review->tx, &people,
                       "select coalesce(a.name, s.author) as author_name,"
                       " coalesce(b.name, s.approved_by) as approved_by_name, exists (select 1"
                       " from standard_release r where r.standard_id = s.id and r.hash = s.hash"
                       " and r.used_at is null) as released, exists (select 1 from"
                       " standard_source t where t.standard_id = s.id and t.author = $2) or exists"
                       " (select 1 from standard_case k where k.standard_id = s.id and"
                       " k.amended_by = $2 and k.inherited_from is null) as wrote"
                       " from standard s"
                       " left join account a on a.id = s.author"
                       " left join account b on b.id = s.approved_by where s.id = $1",
                       "ss", id, review->who->id);
    if (rc == 0) {
        *ret_wrote = td_row_int(people, "wrote") != 0;
        json_object_del(people, "wrote");
        json_object_set_new(standard, "released",
                            json_boolean(td_row_int(people, "released") != 0));
        json_object_del(people, "released");
        json_object_update(standard, people);
    }
    if (rc == 0)
        rc = td_trial_verdict(review->tx, id, &verdict);
    if (rc == 0)
        json_object_set(standard, "verdict", verdict);
    if (rc == 0)
        rc = td_standard_case_list(review, standard, false, &cases);
    json_object_set(standard, "sources", sources);
    json_object_set_new(standard, "cases", cases);
    json_decref(sources);
    json_decref(people);
    json_decref(verdict);
    return rc;
}

static void hide_inside(json_t *standard)
{
    static const char *const members[] = {"author", "approved_by",   "approved_at", "fault",
                                          "note",   "revision",      "based_on",    "replaces",
                                          "origin", "cases_revision"};
    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
        json_object_del(standard, members[i]);
}

int td_standard_view(struct td_review *review, const char *standard_id, json_t **ret_standard,
                     struct td_error *reterr)
{
    json_t *standard = NULL;
    bool wrote = false, frozen = false;
    int rc = td_standard_load_seen(review, standard_id, &standard, reterr);
    if (rc < 0)
        return rc;
    td_standard_split_outline(standard);
    td_application_name(review, standard);
    json_object_set(standard, "standard_state", json_object_get(standard, "state"));
    const char *series = td_row_text(standard, "series");
    if (td_cycle_insider(review->who, series)) {
        rc = td_standard_frozen(review->tx, series, td_row_text(standard, "level"), &frozen);
        if (rc == 0)
            rc = add_inside(review, standard, &wrote);
        json_object_set_new(standard, "frozen", json_boolean(frozen));
        json_object_set_new(standard, "inside", json_true());
        json_object_set_new(standard, "is_open", json_boolean(!was_in_force(standard)));
        json_object_set_new(standard, "can", may_do(review, standard, wrote));
    } else {
        hide_inside(standard);
    }
    if (rc < 0)
        json_decref(standard);
    else
        *ret_standard = standard;
    return rc;
}

static int add_expert_item(json_t *items, const json_t *section, const json_t *item)
{
    if (strcmp(td_row_text(item, "kind"), "expert"))
        return 0;
    const json_t *max = json_object_get(item, "max");
    json_t *expert = json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "id", td_row_text(item, "id"),
                               "name", td_row_text(item, "name"), "rule", td_row_text(item, "rule"),
                               "min", td_row_int(item, "min"), "max",
                               max ? json_integer_value(max) : td_row_int(item, "cap"),
                               "section_name", td_row_text(section, "name"));
    return json_array_append_new(items, expert);
}

json_t *td_standard_expert_items(const json_t *standard)
{
    json_t *items = json_array(), *section, *item;
    size_t i, k;
    json_array_foreach(json_object_get(standard, "outline"), i, section) {
        json_array_foreach(json_object_get(section, "items"), k, item) {
            if (add_expert_item(items, section, item) < 0) {
                json_decref(items);
                return NULL;
            }
        }
    }
    return items;
}

/* --- telling ---------------------------------------------------------------------------------- */

json_t *td_standard_words(const json_t *standard)
{
    const json_t *head = json_array_get(json_object_get(standard, "outline"), 0);
    const char *name = td_row_text(head, "name");
    return json_pack("{s:s, s:I, s:s}", "name", *name ? name : td_row_text(standard, "level"),
                     "version", (json_int_t)td_row_int(standard, "version"), "standard",
                     td_row_text(standard, "id"));
}

int td_standard_tell(struct td_tx *tx, const json_t *standard, bool in_force)
{
    char both[96];
    snprintf(both, sizeof(both), "%s/%s", td_row_text(standard, "series"),
             td_row_text(standard, "level"));
    int rc = td_row_live(tx, "standard", td_row_text(standard, "id"));
    return rc == 0 && in_force ? td_row_live(tx, "standard", both) : rc;
}

int td_standard_tell_roles(struct td_review *review, const json_t *standard, const char *kind,
                           const char *const roles[3], bool second)
{
    json_t *accounts = NULL, *words = td_standard_words(standard);
    int rc =
        words ? td_tx_rows(review->tx, &accounts,
                           "select distinct a.id as account_id from account a join account_grant r"
                           " on r.account_id = a.id where not a.disabled"
                           " and r.role in ($1, $2, $3) and (r.role <> 'office' or"
                           " r.scope = $4) and a.id <> $5 and (not $6 or a.id not in (select"
                           " author from standard_source where standard_id = $7 union select"
                           " amended_by from standard_case where standard_id = $7 and"
                           " inherited_from is null)) order by a.id",
                           "sssssbs", roles[0], roles[1], roles[2], td_row_text(standard, "series"),
                           td_row_actor(review), (int)second, td_row_text(standard, "id"))
              : TD_ENOMEM;
    if (rc == 0)
        rc = td_message_send_each(review, accounts, NULL, kind, words);
    json_decref(accounts);
    json_decref(words);
    return rc;
}
