/* fixture.h - a store in a folder of its own for one test. Include after cmocka.h. */
#ifndef TD_TESTS_STORE_FIXTURE_H
#define TD_TESTS_STORE_FIXTURE_H

#include "base/error.h"
#include "store/store.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline char *fixture_folder(void)
{
    const char *base = getenv("TMPDIR");
    char *folder = NULL;
    assert_true(asprintf(&folder, "%s/titled-XXXXXX", base ? base : "/tmp") > 0);
    assert_non_null(mkdtemp(folder));
    return folder;
}

static inline int fixture_remove_one(const char *path, const struct stat *st, int type,
                                     struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline void fixture_remove(char *folder)
{
    nftw(folder, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

static inline struct td_store *fixture_open(const char *folder)
{
    struct td_store *store = NULL;
    struct td_error err = TD_ERROR_INIT;
    int result =
        td_store_open(&(struct td_store_options){.folder = folder, .readers = 2}, &store, &err);
    if (result < 0)
        fail_msg("td_store_open: %s", err.detail);
    return store;
}

#endif
