/* openapi.h - the OpenAPI 3.1 document of the rows. */
#ifndef TD_HTTP_OPENAPI_H
#define TD_HTTP_OPENAPI_H

#include "http/router.h"

#include <jansson.h>

/* A new reference; the same rows always give the same document. `cookie` is the name of the session's. */
json_t *td_openapi_make(const struct td_router *router, const char *cookie);

#endif
