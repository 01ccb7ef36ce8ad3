/* standard.c - versions of scoring standards and who may put one in force. Writes `standard`;
 * scores are evaluation.c's. Reads scripts from the script folder, never runs them: that is the
 * scorer's. */
#include "review/standard.h"

#include "config.h"
#include "review/application.h"
#include "review/cycle.h"
#include "review/row.h"
#include "store/ledger.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOURCE_MAX = 64 << 10 }; /* what the scorer accepts */

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
                   " and ($3 or s.state in ('active', 'retired')) and ($4 = '' or s.id < $4)"
                   " order by s.id desc limit $5",
                   "ssbsi", series, level, (int)insider, cursor, (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row)
        td_application_name(review, row);
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

/* The outline's rows by what they are: "head" (an object), "conditions", "vetoes", "sections". */
static void split_outline(json_t *standard)
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

int td_standard_view(struct td_review *review, const char *standard_id, json_t **ret_standard,
                     struct td_error *reterr)
{
    json_t *standard = NULL;
    int rc = td_standard_load(review->tx, standard_id, &standard);
    if (rc < 0)
        return rc;
    const char *state = td_row_text(standard, "state");
    bool insider = td_cycle_insider(review->who, td_row_text(standard, "series"));
    if (!insider && strcmp(state, "active") && strcmp(state, "retired")) {
        json_decref(standard);
        return td_error_set(reterr, TD_ENOTFOUND, "not public");
    }
    split_outline(standard);
    if (!insider) {
        json_object_del(standard, "author");
        json_object_del(standard, "approved_by");
    }
    json_object_set(standard, "standard_state", json_object_get(standard, "state"));
    *ret_standard = standard;
    return 0;
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

/* --- import
 * --------------------------------------------------------------------------------------- */

static bool plain_word(const char *word)
{
    size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return length > 0 && length <= 32 && word[length] == 0;
}

/* Opens without waiting: what is no plain file (a folder, a pipe) is refused, never read. */
static FILE *open_plain(const char *path, struct td_error *reterr)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        td_error_set(reterr, errno == ENOENT ? TD_ENOTFOUND : TD_EINVALID, "no script: %s",
                     strerror(errno));
        return NULL;
    }
    FILE *file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
    if (!file) {
        td_error_set(reterr, TD_EINVALID, "the script is not a plain file");
        close(fd);
    }
    return file;
}

static int check_source(const char *text, size_t length, struct td_error *reterr)
{
    if (length > SOURCE_MAX)
        return td_error_set(reterr, TD_ETOOLARGE, "the script is over 64 KiB");
    if (strlen(text) != length)
        return td_error_set(reterr, TD_EINVALID, "the script holds a NUL byte");
    json_t *proper = json_stringn(text, length);
    json_decref(proper);
    return proper ? 0 : td_error_set(reterr, TD_EINVALID, "the script is not UTF-8 text");
}

static int read_file(const char *path, char **ret_text, struct td_error *reterr)
{
    FILE *file = open_plain(path, reterr);
    if (!file)
        return reterr ? reterr->code : TD_EINVALID;
    char *text = malloc(SOURCE_MAX + 2);
    size_t length = text ? fread(text, 1, SOURCE_MAX + 1, file) : 0;
    bool failed = ferror(file) != 0;
    fclose(file);
    if (!text)
        return TD_ENOMEM;
    text[length] = 0;
    int rc = failed ? td_error_set(reterr, TD_EINVALID, "the script cannot be read")
                    : check_source(text, length, reterr);
    if (rc < 0)
        free(text);
    else
        *ret_text = text;
    return rc;
}

int td_standard_read_script(const struct td_config *config, const char *series, const char *level,
                            char **ret_source, struct td_error *reterr)
{
    char path[4096];
    if (!plain_word(series) || !plain_word(level))
        return td_error_set(reterr, TD_EINVALID, "series and level are plain words");
    int n = snprintf(path, sizeof(path), "%s/%s/%s.rb", config->script_folder, series, level);
    if (n < 0 || (size_t)n >= sizeof(path))
        return td_error_set(reterr, TD_EINVALID, "the script folder's path is too long");
    return read_file(path, ret_source, reterr);
}

json_t *td_standard_check_job(const char *series, const char *level, const char *source)
{
    char hash[65], name[96];
    if (td_ledger_sm3(source, strlen(source), hash) < 0)
        return NULL;
    snprintf(name, sizeof(name), "%s/%s.rb", series, level);
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "op", "check", "series", series, "level",
                     level, "standard", "name", name, "hash", hash, "source", source);
}

static bool may_write(const struct td_review *review)
{
    return td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_ADMIN);
}

static int check_import(struct td_review *review, const char *series, const char *level,
                        const char *hash, bool bootstrap, struct td_error *reterr)
{
    if (!may_write(review))
        return td_error_set(reterr, TD_EFORBIDDEN,
                            "only administrator and bureau import standards");
    int64_t same = 0, any = 0;
    int rc = td_tx_int(
        review->tx, &same,
        "select count(*) from standard s where s.series = $1 and s.level = $2 and s.hash = $3"
        " and s.version = (select max(version) from standard where series = $1 and level = $2)",
        "sss", series, level, hash);
    if (rc == 0)
        rc = td_tx_int(review->tx, &any,
                       "select count(*) from standard where series = $1 and level = $2", "ss",
                       series, level);
    if (rc == 0 && bootstrap && (any > 0 || strcmp(review->who->id, "console")))
        rc = td_error_key(reterr, TD_EFORBIDDEN, "bootstrap_refused", NULL);
    if (rc == 0 && same > 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "standard_unchanged", NULL);
    return rc;
}

/* The script must be about the series and level it is imported for. */
static int check_head(const json_t *outline, const char *series, const char *level,
                      struct td_error *reterr)
{
    const json_t *head = json_array_get(outline, 0);
    if (!strcmp(td_row_text(head, "series"), series) && !strcmp(td_row_text(head, "level"), level))
        return 0;
    return td_error_key(reterr, TD_ESCRIPT, "script_elsewhere",
                        json_pack("{s:s, s:s}", "series", td_row_text(head, "series"), "level",
                                  td_row_text(head, "level")));
}

int td_standard_import(struct td_review *review, const char *series, const char *level,
                       const char *source, const json_t *outline, bool bootstrap,
                       char ret_id[TD_ID_TEXT], struct td_error *reterr)
{
    char hash[65];
    int rc = td_ledger_sm3(source, strlen(source), hash);
    if (rc == 0)
        rc = check_import(review, series, level, hash, bootstrap, reterr);
    if (rc == 0)
        rc = check_head(outline, series, level, reterr);
    if (rc < 0)
        return rc;
    td_id_new(ret_id);
    rc = td_tx_exec(
        review->tx, NULL,
        "insert into standard (id, series, level, version, state, source, hash, outline, author,"
        " created_at, activated_at) values ($1, $2, $3, (select coalesce(max(version), 0) + 1"
        " from standard where series = $2 and level = $3), $4, $5, $6, $7, $8, $9, $10)",
        "ssssssjsss", ret_id, series, level, bootstrap ? "active" : "draft", source, hash, outline,
        review->who->id, review->now, bootstrap ? review->now : NULL);
    if (rc == 0)
        rc = td_row_log(
            review, bootstrap ? "standard.bootstrap" : "standard.import", "standard", ret_id,
            json_pack("{s:s, s:s, s:s}", "series", series, "level", level, "hash", hash));
    return rc;
}

/* --- putting one in force
 * ------------------------------------------------------------------------- */

static int load_for(struct td_review *review, const char *standard_id, const char *first,
                    const char *second, json_t **ret_standard, struct td_error *reterr)
{
    json_t *standard = NULL;
    if (!may_write(review))
        return td_error_set(reterr, TD_EFORBIDDEN, "only administrator and bureau do this");
    int rc = td_standard_load(review->tx, standard_id, &standard);
    if (rc < 0)
        return rc;
    const char *state = td_row_text(standard, "state");
    if (strcmp(state, first) && strcmp(state, second)) {
        rc = td_error_key(reterr, TD_ECONFLICT, "standard_state",
                          json_pack("{s:s}", "standard_state", state));
        json_decref(standard);
        return rc;
    }
    *ret_standard = standard;
    return 0;
}

static json_t *name_of(const json_t *standard)
{
    return json_pack("{s:s, s:s, s:I, s:s}", "series", td_row_text(standard, "series"), "level",
                     td_row_text(standard, "level"), "version", td_row_int(standard, "version"),
                     "hash", td_row_text(standard, "hash"));
}

int td_standard_approve(struct td_review *review, const char *standard_id, struct td_error *reterr)
{
    json_t *standard = NULL;
    int rc = load_for(review, standard_id, "draft", "trial", &standard, reterr);
    if (rc < 0)
        return rc;
    if (!strcmp(td_row_text(standard, "author"), review->who->id))
        rc = td_error_key(reterr, TD_EFORBIDDEN, "second_person", NULL);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update standard set state = 'approved', approved_by = $2 where id = $1",
                        "ss", standard_id, review->who->id);
    if (rc == 0)
        rc = td_row_log(review, "standard.approve", "standard", standard_id, name_of(standard));
    json_decref(standard);
    return rc;
}

static int check_not_frozen(struct td_review *review, const json_t *standard,
                            struct td_error *reterr)
{
    int64_t meetings = 0;
    int rc = td_tx_int(review->tx, &meetings,
                       "select count(*) from meeting g join committee k on k.id = g.committee_id"
                       " where k.series = $1 and k.level = $2 and (g.state = 'open'"
                       " or (g.state = 'closed' and exists (select 1 from application a"
                       " where a.cycle_id = g.cycle_id and a.level = k.level"
                       " and a.state in ('accepted', 'panel_review', 'committee_vote'))))",
                       "ss", td_row_text(standard, "series"), td_row_text(standard, "level"));
    if (rc == 0 && meetings > 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "standard_frozen", NULL);
    return rc;
}

static int queue_one(struct td_tx *tx, const char *application_id)
{
    json_t *payload = json_pack("{s:s}", "application", application_id);
    int rc = payload ? td_tx_outbox(tx, "score", payload) : TD_ENOMEM;
    json_decref(payload);
    return rc;
}

/* Dossiers that the committee has not got yet are scored again. */
static int queue_scores(struct td_review *review, const json_t *standard)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc =
        td_tx_rows(review->tx, &rows,
                   "select id from application where series = $1 and level = $2 and state in"
                   " ('submitted', 'unit_review', 'unit_notice', 'district_industry_review',"
                   " 'district_hr_review', 'office_review', 'fee_due', 'accepted', 'panel_review')",
                   "ss", td_row_text(standard, "series"), td_row_text(standard, "level"));
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row)
        if ((rc = queue_one(review->tx, td_row_text(row, "id"))) < 0)
            break;
    json_decref(rows);
    return rc;
}

int td_standard_activate(struct td_review *review, const char *standard_id, struct td_error *reterr)
{
    json_t *standard = NULL;
    int rc = load_for(review, standard_id, "approved", "retired", &standard, reterr);
    if (rc < 0)
        return rc;
    rc = check_not_frozen(review, standard, reterr);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update standard set state = 'retired' where series = $1 and level = $2"
                        " and state = 'active'",
                        "ss", td_row_text(standard, "series"), td_row_text(standard, "level"));
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update standard set state = 'active', activated_at = $2 where id = $1",
                        "ss", standard_id, review->now);
    if (rc == 0)
        rc = td_row_log(review, "standard.activate", "standard", standard_id, name_of(standard));
    if (rc == 0)
        rc = queue_scores(review, standard);
    json_decref(standard);
    return rc;
}
