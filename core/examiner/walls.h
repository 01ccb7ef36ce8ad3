/* walls.h - the sandbox of an examination: the same for the program and for what tests it. */
#ifndef TD_EXAMINER_WALLS_H
#define TD_EXAMINER_WALLS_H

#include <stddef.h>

#define TD_WALLS_FD 3 /* for the verdict */

/* As td_sandbox_enter; `seconds` of processor time, `output_max` bytes of output. */
int td_walls_enter(size_t output_max, int seconds, char *why, size_t room);

#endif
