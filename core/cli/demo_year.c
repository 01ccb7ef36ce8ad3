/* demo_year.c - titlectl demo walk --all: three series through a whole year. */
#include "cli/demo_walk.h"

#include <time.h>

enum { SERIES = 3 };

static int walk_all(struct td_demo *demo, struct td_error *reterr)
{
    static const char *const series[SERIES] = {"teacher", "agriculture", "health"};
    struct td_demo_walk walks[SERIES];
    uint32_t number = 100000u + (uint32_t)(time(NULL) % 800000);
    int step = 0, result = 0;
    for (uint32_t i = 0; i < SERIES; i++) {
        walks[i] = (struct td_demo_walk){.demo = demo, .series = series[i], .step = &step};
        if (result == 0)
            result = td_demo_walk_begin(&walks[i], number + i, reterr);
    }
    if (result == 0)
        result = td_demo_walk_on(walks, SERIES, reterr);
    for (size_t i = 0; i < SERIES; i++)
        td_demo_walk_end(&walks[i]);
    return result;
}

int td_demo_year(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    struct td_demo demo;
    (void)arguments;
    if (count > 1)
        return TD_EINVALID;
    int result = td_demo_open(cli, &demo, reterr);
    if (result < 0)
        return result;
    result = td_demo_load_units(&demo, reterr);
    if (result == 0)
        result = walk_all(&demo, reterr);
    td_demo_close(&demo);
    return result;
}
