/* place.h - where a write leaves its caller: the page of the record it touched. */
#ifndef TD_API_PLACE_H
#define TD_API_PLACE_H

#include "http/route.h"

/* Location "/<folder>/<id>"; a value that is already there stays, else {"id": id}. */
int td_place_at(struct td_call *call, struct td_reply *reply, const char *folder, const char *id);

/* The same as 201 for a record that was created. */
int td_place_created(struct td_call *call, struct td_reply *reply, const char *folder, const char *id);

#endif
