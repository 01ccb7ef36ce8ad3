/* workflow.c - titlectl workflow: the table of states and actions as a diagram or a list. */
#include "cli/command.h"

#include "base/strbuf.h"
#include "review/account.h"
#include "review/workflow.h"

#include <stdio.h>
#include <string.h>

static void add_roles(struct td_strbuf *text, uint32_t roles)
{
    const char *comma = "";
    if (roles == 0)
        td_strbuf_adds(text, "system");
    for (uint32_t bit = 1; bit != 0 && bit <= roles; bit <<= 1)
        if (roles & bit) {
            const char *name = td_role_name((enum td_role)bit);
            td_strbuf_addf(text, "%s%s", comma, name ? name : "?");
            comma = ", ";
        }
}

static const char *target(const struct td_workflow_row *row)
{
    return row->to == TD_STATE_COUNT ? "where_it_was" : td_state_name(row->to);
}

static bool leaves(const struct td_workflow_row *rows, size_t count, enum td_state state)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].from == state)
            return true;
    return false;
}

/* A row that differs from one before it only in when it is the row. */
static bool said_before(const struct td_workflow_row *rows, size_t at)
{
    bool said = false;
    for (size_t i = 0; i < at; i++)
        said |= rows[i].from == rows[at].from && rows[i].to == rows[at].to &&
                rows[i].role == rows[at].role && strcmp(rows[i].action, rows[at].action) == 0;
    return said;
}

/* Actions between the same two states share one arrow. */
static void print_arrow(const struct td_workflow_row *rows, size_t count, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (rows[i].from == rows[at].from && rows[i].to == rows[at].to)
            return;
    struct td_strbuf label;
    td_strbuf_init(&label);
    for (size_t i = at; i < count; i++) {
        if (rows[i].from != rows[at].from || rows[i].to != rows[at].to || said_before(rows, i))
            continue;
        td_strbuf_addf(&label, "%s%s (", i > at ? ", " : "", rows[i].action);
        add_roles(&label, rows[i].role);
        td_strbuf_addc(&label, ')');
    }
    printf("    %s --> %s: %s\n", td_state_name(rows[at].from), target(&rows[at]), label.bytes);
    td_strbuf_done(&label);
}

static void print_mermaid(const struct td_workflow_row *rows, size_t count)
{
    puts("stateDiagram-v2\n    state \"where it was\" as where_it_was\n    [*] --> draft");
    for (size_t i = 0; i < count; i++)
        print_arrow(rows, count, i);
    for (int state = 0; state < TD_STATE_COUNT; state++)
        if (!leaves(rows, count, (enum td_state)state))
            printf("    %s --> [*]\n", td_state_name((enum td_state)state));
}

static void print_list(const struct td_workflow_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct td_strbuf roles;
        td_strbuf_init(&roles);
        add_roles(&roles, rows[i].role);
        printf("%-26s %-22s -> %-26s %s", td_state_name(rows[i].from), rows[i].action,
               target(&rows[i]), roles.bytes);
        if (rows[i].due_days != 0)
            printf("; due in %d %sdays",
                   rows[i].due_days < 0 ? -rows[i].due_days : rows[i].due_days,
                   rows[i].due_days < 0 ? "working " : "");
        putchar('\n');
        td_strbuf_done(&roles);
    }
}

static int print_workflow(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    (void)cli, (void)reterr;
    size_t rows_count;
    const struct td_workflow_row *rows = td_workflow_rows(&rows_count);
    if (count == 0)
        print_mermaid(rows, rows_count);
    else if (count == 1 && strcmp(arguments[0], "--list") == 0)
        print_list(rows, rows_count);
    else
        return TD_EINVALID;
    return 0;
}

const struct td_command td_workflow_commands[] = {
    {"workflow", "[--list]", "print the states and actions as a Mermaid diagram", print_workflow},
    {0},
};
