/* main.c - titled-paper: reads one paper as JSON, writes its PDF, ends. Memory and time are
 * limited; what the libraries keep goes with the process. */
#include "paper/certificate.h"

#include "base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SECONDS = 20, FILES = 64 };

static void limit(int what, rlim_t most)
{
    struct rlimit limits = {most, most};
    setrlimit(what, &limits);
}

int main(void)
{
    struct td_strbuf pdf;
    limit(RLIMIT_CPU, SECONDS);
    limit(RLIMIT_NOFILE, FILES);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
#if !defined(__SANITIZE_ADDRESS__) &&                                                              \
    !defined(__SANITIZE_THREAD__) /* these take address space by the terabyte */
    limit(RLIMIT_AS, (rlim_t)1 << 30);
#endif
    json_t *paper = json_loadf(stdin, 0, NULL);
    td_strbuf_init(&pdf);
    bool made = paper && td_paper_certificate(paper, &pdf) == 0 &&
                fwrite(pdf.bytes, 1, pdf.length, stdout) == pdf.length && fflush(stdout) == 0;
    _exit(made ? EXIT_SUCCESS : EXIT_FAILURE); /* nothing is tidied up */
}
