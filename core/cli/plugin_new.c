/* plugin_new.c - titlectl plugin new: writes the beginning of a series plugin.
 *
 * What it writes is plugins/skeleton/ with the name put in: files that this tree builds and tests
 * as a plugin of its own, embedded here. */
#include "cli/plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <titled/embed.h>
#include <unistd.h>

#define TEMPLATE_NAME  "skeleton"
#define NAME_MAX_CHARS 40 /* of a series id, as review/form_descriptor.c has it */

TITLED_EMBED(new_list, "CMakeLists.txt");
TITLED_EMBED(new_readme, "README.md");
TITLED_EMBED(new_form, "form.json");
TITLED_EMBED(new_source, "skeleton.c");
TITLED_EMBED(new_script, "scripts/skeleton/junior.rb");
TITLED_EMBED(new_case, "scripts/skeleton/cases/junior-01-college.json");

static const struct {
    const char *path;
    const char *text, *end;
} files[] = {
    {"CMakeLists.txt", new_list, new_list_end},
    {"README.md", new_readme, new_readme_end},
    {"form.json", new_form, new_form_end},
    {"skeleton.c", new_source, new_source_end},
    {"scripts/skeleton/junior.rb", new_script, new_script_end},
    {"scripts/skeleton/cases/junior-01-college.json", new_case, new_case_end},
};

/* `text` with the series' name where the template has its own. */
static void put_named(FILE *out, const char *text, size_t length, const char *name)
{
    const size_t template_length = strlen(TEMPLATE_NAME);
    while (length > 0) {
        const char *at = memmem(text, length, TEMPLATE_NAME, template_length);
        size_t plain = at ? (size_t)(at - text) : length;
        fwrite(text, 1, plain, out);
        if (at)
            fputs(name, out);
        plain += at ? template_length : 0;
        text += plain;
        length -= plain;
    }
}

static int make_folders(char *path, struct td_error *reterr)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        int made = mkdir(path, 0777);
        if (made < 0 && errno != EEXIST)
            return td_error_set(reterr, TD_EIO, "cannot make the folder %s: %s", path,
                                strerror(errno));
        *slash = '/';
    }
    return 0;
}

static int write_file(const char *folder, size_t index, const char *name, struct td_error *reterr)
{
    char path[5000];
    FILE *out = fmemopen(path, sizeof(path), "w");
    if (!out)
        return TD_ENOMEM;
    fprintf(out, "%.4000s/", folder);
    put_named(out, files[index].path, strlen(files[index].path), name);
    fclose(out);
    int result = make_folders(path, reterr);
    if (result < 0)
        return result;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!out)
        return td_error_set(reterr, TD_EIO, "cannot write %s: %s", path, strerror(errno));
    put_named(out, files[index].text, (size_t)(files[index].end - files[index].text), name);
    int failed = ferror(out);
    if (fclose(out) != 0 || failed)
        return td_error_set(reterr, TD_EIO, "cannot write %s: %s", path, strerror(errno));
    return 0;
}

static int check_name(const char *name, struct td_error *reterr)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    size_t length = strlen(name);
    if (*name >= 'a' && *name <= 'z' && length <= NAME_MAX_CHARS && strspn(name, allowed) == length)
        return 0;
    return td_error_set(
        reterr, TD_EINVALID,
        "\"%s\" is no series id: begin with a letter, then a-z, 0-9 and _, at most %d "
        "characters, such as \"forestry\"",
        name, NAME_MAX_CHARS);
}

/* The folder is new or empty: nothing of anybody is overwritten. */
static int check_folder(const char *folder, struct td_error *reterr)
{
    if (strlen(folder) > 4000)
        return td_error_set(reterr, TD_EINVALID, "the folder's name is too long");
    if (rmdir(folder) < 0 && errno != ENOENT)
        return td_error_set(reterr, TD_EINVALID,
                            "%s is there already and not an empty folder: name another one",
                            folder);
    return 0;
}

int td_plugin_new(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    if (count < 1 || count > 2)
        return TD_EINVALID;
    (void)cli;
    const char *name = arguments[0], *folder = count == 2 ? arguments[1] : name;
    int result = check_name(name, reterr);
    if (result == 0)
        result = check_folder(folder, reterr);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && result == 0; i++)
        result = write_file(folder, i, name, reterr);
    if (result == 0)
        printf("%s is a plugin that builds. Next:\n"
               "  cd %s\n"
               "  cmake -G Ninja -B build && cmake --build build && ctest --test-dir build "
               "--output-on-failure\n"
               "README.md there says what to change.\n",
               folder, folder);
    return result;
}
