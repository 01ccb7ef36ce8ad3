/* fault.c - see fault.h. */
#include "scorer/fault.h"

#include <stdarg.h>
#include <stdio.h>

int td_fault_set(struct td_fault *fault, const char *code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(fault->message, sizeof(fault->message), fmt, ap);
    va_end(ap);
    fault->code = code;
    return -1;
}

int td_fault_memory(struct td_fault *fault)
{
    *fault = (struct td_fault){.code = "limit", .message = "the worker is short of memory"};
    return -1;
}
