/* walls.c - see walls.h. */
#include "examiner/walls.h"

#include "sandbox/sandbox.h"

#include <jansson.h>
#include <signal.h>

/* The largest picture, four bytes a pixel or a progressive JPEG's coefficients beside it, the file
 * and the libraries. */
#define ADDRESS_SPACE ((size_t)768 << 20)

int td_walls_enter(size_t output_max, int seconds, char *why, size_t room)
{
    const struct td_sandbox_options options = {.fd = TD_WALLS_FD,
                                               .files = true,
                                               .address_space = ADDRESS_SPACE,
                                               .file_bytes = output_max,
                                               .cpu_seconds = seconds};
    json_object_seed(0);      /* reads the kernel's random source, which the sandbox forbids */
    signal(SIGXFSZ, SIG_IGN); /* output past its limit is an error of its write */
    return td_sandbox_enter(&options, why, room);
}
