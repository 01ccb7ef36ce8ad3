/* The bytes of an election's archive, or of one of the texts in it as one could write it who makes
 * the hashes anew: refused with words, or told with a report. */
#include "ballot/audit.h"
#include "ballot/channel.h"
#include "ballot/count.h"
#include "ballot/election.h"
#include "ballot/paper.h"
#include "ballot/trustees.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "ballot: %s\n", what);
    abort();
}

static void as_archive(const char *text, size_t length)
{
    struct td_error err = TD_ERROR_INIT;
    json_t *report = NULL;
    int result = td_audit(text, length, &report, &err);
    demand((result == 0) == (report != NULL), "a refused archive has a report");
    demand(result == 0 || err.detail[0], "a refusal without words");
    json_decref(report);
    td_error_done(&err);
}

/* An election of two questions, to hold papers and factors against. */
static void make_election(struct td_group *group, struct td_election *ret)
{
    struct td_election_rule rule = {3, 3, 3, {2, 3}, {2, 3}};
    json_t *titles = json_pack("[s,s]", "1", "2");
    char *text = td_election_make(group, "ZFqCNMAuDUR1w7", "", &rule, group->g, titles);
    demand(td_election_read(group, text, strlen(text), ret, NULL) == 0, "no election");
    json_decref(titles);
    free(text);
}

static void as_text(struct td_group *group, const char *text, size_t length)
{
    struct td_election election, own;
    struct td_trustees trustees;
    struct td_error err = TD_ERROR_INIT;
    json_t *paper = NULL, *value = json_loadb(text, length, 0, NULL);
    if (td_election_read(group, text, length, &election, &err) == 0)
        td_election_done(&election);
    else
        demand(err.detail[0], "an election is refused without words");
    td_error_done(&err);
    if (td_trustees_read(group, text, length, &trustees, &err) < 0)
        demand(err.detail[0], "trustees are refused without words");
    td_error_done(&err);
    make_election(group, &own);
    if (td_paper_check(group, &own, text, length, &paper, &err) < 0)
        demand(err.detail[0], "a paper is refused without words");
    td_error_done(&err);
    if (td_count_check_factors(group, &own, NULL, group->g, value, &err) < 0)
        demand(err.detail[0], "factors are refused without words");
    td_error_done(&err);
    json_decref(value);
    json_decref(paper);
    td_election_done(&own);
    demand(!group->failed, "a text made the group fail");
}

/* As a message from one trustee to itself. */
static void as_message(struct td_group *group, const struct td_channel_party *party,
                       const char *text, size_t length)
{
    json_t *sealed = json_stringn(text, length);
    if (sealed)
        json_decref(td_channel_receive(group, party, party->verification, sealed));
    json_decref(sealed);
    demand(!group->failed, "a message made the group fail");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct td_group *group;
    static struct td_channel_party party;
    if (!group) {
        group = td_group_new();
        demand(group != NULL, "no memory");
        td_group_start(group);
        td_channel_derive(group, "LeJuXGWbaC5fe1jYKXL7kf", &party);
    }
    as_archive((const char *)bytes, length);
    td_group_start(group);
    as_text(group, (const char *)bytes, length);
    as_message(group, &party, (const char *)bytes, length);
    td_group_end(group);
    return 0;
}
