/* printer.h - makes papers in a process of their own: what draws text is large, and what it takes it gives back with
 * its process. */
#ifndef TD_PRINTING_PRINTER_H
#define TD_PRINTING_PRINTER_H

#include "base/strbuf.h"

#include <jansson.h>

enum { TD_PRINTER_SECONDS = 20, TD_PRINTER_MAX = 4 << 20 };

/* Appends the PDF that titled-paper, beside this program, makes of `paper` (paper/certificate.h). For the CPU pool:
 * waits up to TD_PRINTER_SECONDS. TD_EBUSY when no process can be had or it is too slow, TD_EINTERNAL when it
 * fails. */
int td_printer_run(const json_t *paper, struct td_strbuf *pdf);

#endif
