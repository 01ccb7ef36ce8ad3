/* fault.c - see fault.h. */
#include "scorer/fault.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void td_fault_keep_utf8(char *text)
{
    const char *byte = text;
    while (*byte && (unsigned char)*byte < 0x80)
        byte++;
    if (!*byte)
        return;
    size_t length = strlen(text);
    json_t *json = json_stringn(text, length);
    while (!json && length) {
        text[--length] = 0;
        json = json_stringn(text, length);
    }
    json_decref(json);
}

int td_fault_set(struct td_fault *fault, const char *code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(fault->message, sizeof(fault->message), fmt, ap);
    va_end(ap);
    td_fault_keep_utf8(fault->message);
    fault->code = code;
    return -1;
}

int td_fault_memory(struct td_fault *fault)
{
    *fault = (struct td_fault){.code = "limit", .message = "the worker is short of memory"};
    return -1;
}
