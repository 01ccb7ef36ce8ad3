/* step_up.c - rows that need a fresh proof of who acts (TD_ROUTE_STEP_UP), and the page that asks.
 *
 * A proof is a password or code given in this session: by logging in, or to the row that has
 * TD_ROUTE_CARRIES. It counts for step_up_seconds; every act that needed it counts as a new one up
 * to step_up_most_seconds, so that who votes on sixty motions in a row is asked once. A form that
 * comes too late is answered with a page that asks, and carries all that was entered: the proof is
 * sent with it to the proving row, which sends the browser on (307) with the same form to where it
 * was meant for. */
#include "http/serving.h"

#include "config.h"
#include "http/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_fresh(const struct td_serving *serving)
{
    const struct td_config *config = serving->frame->options.config;
    const struct td_session *session = &serving->session;
    return session->used_ago_ms < config->step_up_seconds * 1000 &&
           session->proven_ago_ms < config->step_up_most_seconds * 1000;
}

int td_step_up_check(const struct td_serving *serving, struct td_error *reterr)
{
    const struct td_call *call = &serving->call;
    if (!(call->route->flags & TD_ROUTE_STEP_UP) || !call->who || serving->is_control ||
        is_fresh(serving))
        return 0;
    return td_error_key(
        reterr, TD_ESTEPUP, "step_up",
        json_pack("{s:s}", "proof", call->who->second_factor ? "code" : "password"));
}

bool td_step_up_asks(const struct td_serving *serving, int code)
{
    const struct td_route *route = serving->call.route;
    bool proving = route && (route->flags & TD_ROUTE_CARRIES) && serving->is_form;
    return serving->call.face == TD_FACE_PAGE && serving->call.who &&
           (code == TD_ESTEPUP || proving);
}

/* --- what is carried ----------------------------------------------------------------- */

/* "a.0.b" and its value; the frame's own members but those that the page makes anew. */
static int add_kept(json_t *kept, const char *name, const char *value)
{
    if (strcmp(name, "_csrf") == 0 || strcmp(name, "_proof") == 0 || strcmp(name, "_to") == 0)
        return 0;
    return json_array_append_new(kept, json_pack("{s:s, s:s}", "name", name, "value", value));
}

/* A form's nested members as the pairs they came from. */
static int flatten(json_t *kept, const char *name, json_t *value)
{
    const char *member;
    json_t *inner;
    size_t index;
    char *full = NULL;
    int result = 0;
    if (json_is_string(value))
        return add_kept(kept, name, json_string_value(value));
    json_object_foreach(value, member, inner) {
        if (asprintf(&full, "%s%s%s", name, *name ? "." : "", member) < 0)
            return TD_ENOMEM;
        result |= flatten(kept, full, inner);
        free(full);
    }
    json_array_foreach(value, index, inner) {
        bool plain = json_is_string(inner); /* a name that was repeated */
        if (asprintf(&full, plain ? "%s" : "%s.%zu", name, index) < 0)
            return TD_ENOMEM;
        result |= flatten(kept, full, inner);
        free(full);
    }
    return result < 0 ? TD_ENOMEM : 0;
}

/* Where the form was meant for: this address, or what the page before this one said. */
static const char *place_of(struct td_serving *serving)
{
    const char *to = json_string_value(json_object_get(serving->sent, "_to"));
    if (serving->call.route->flags & TD_ROUTE_CARRIES)
        return td_text_is_local_path(to) ? to : "";
    if (!*serving->query)
        return serving->path;
    const char *place = td_arena_printf(serving->arena, "%s?%s", serving->path, serving->query);
    return place ? place : serving->path;
}

json_t *td_step_up_value(struct td_serving *serving)
{
    json_t *kept = json_array();
    if (!kept || flatten(kept, "", serving->sent) < 0) {
        json_decref(kept);
        return NULL;
    }
    return json_pack("{s:s, s:o, s:b}", "to", place_of(serving), "kept", kept, "code",
                     serving->call.who->second_factor);
}

json_t *td_step_up_members(const struct td_serving *serving)
{
    json_t *members = json_object();
    char name[64];
    for (const struct td_field *field = serving->call.route->body; field->name; field++) {
        snprintf(name, sizeof(name), "_%s", field->name);
        json_t *value = json_object_get(serving->sent, name);
        if (value)
            json_object_set(members, field->name, value);
    }
    return members;
}
