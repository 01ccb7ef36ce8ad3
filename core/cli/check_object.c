/* check_object.c - see check.h: the object's own tables, read without running anything of it.
 *
 * The sandbox ends a worker that opens a file or asks the kernel for the time, but the C library
 * tells the time without the kernel, and what a rare branch calls may never run in a test: the list
 * of imported functions knows. */
#include "cli/check.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRY      "titled_plugin_v1"
#define OBJECT_MAX ((size_t)64 << 20)

#if defined __x86_64__
#define OWN_MACHINE EM_X86_64
#elif defined __aarch64__
#define OWN_MACHINE EM_AARCH64
#else
#define OWN_MACHINE EM_NONE
#endif

static const char clock_fix[] =
    "take the day from \"cutoff_date\" of the dossier: an answer must be the same tomorrow";
static const char random_fix[] =
    "leave chance out: the same dossier must always give the same answer";
static const char file_fix[] =
    "put what the plugin must know into the object (titled/embed.h): the sandbox "
    "ends the worker at the first file";
static const char network_fix[] =
    "plugins derive facts from the dossier alone; there is no network";
static const char process_fix[] = "plugins compute in one thread of one process and return";
static const char environment_fix[] =
    "the answer may depend on the arguments alone; the environment is empty";
static const char jansson_fix[] = "these settings are the worker's own; call the others of jansson";

static const struct {
    const char *names; /* with a space on both sides of each */
    const char *what;
    const char *fix;
} forbidden[] = {
    {" time gettimeofday clock_gettime clock_getres clock times ftime timespec_get localtime "
     "localtime_r mktime"
     " tzset timelocal ",
     "a clock or the time zone", clock_fix},
    {" rand rand_r random random_r srand srandom drand48 erand48 lrand48 nrand48 mrand48 getrandom "
     "getentropy"
     " arc4random arc4random_uniform arc4random_buf uuid_generate ",
     "random numbers", random_fix},
    {" open open64 openat openat64 creat fopen fopen64 freopen freopen64 tmpfile tmpfile64 mkstemp "
     "opendir fdopen"
     " read pread stat stat64 lstat access unlink remove rename mkdir rmdir chdir readlink "
     "json_load_file"
     " json_load_callback json_dump_file json_loadfd json_dumpfd scandir glob realpath ",
     "files", file_fix},
    {" socket connect bind listen accept send sendto recv recvfrom getaddrinfo gethostbyname ",
     "the network", network_fix},
    {" fork vfork clone execl execlp execle execv execve execvp system popen posix_spawn "
     "posix_spawnp kill raise"
     " pthread_create thrd_create exit _exit _Exit quick_exit atexit signal sigaction setjmp "
     "longjmp sleep usleep"
     " nanosleep dlopen dlsym dlmopen syscall mprotect ",
     "processes, threads, signals or the end of the process", process_fix},
    {" getenv secure_getenv setenv putenv setlocale newlocale uselocale getuid geteuid getpid "
     "gethostname uname ",
     "the environment", environment_fix},
    {" json_set_alloc_funcs json_object_seed ", "settings of the worker's jansson", jansson_fix},
};

static const char *const allowed_libraries[] = {
    "libjansson.so.", "libc.so.",    "libm.so.",     "ld-linux",    "libgcc_s.so.",
    "libstdc++.so.",  "libasan.so.", "libubsan.so.", "libtsan.so.", NULL};

struct object {
    const unsigned char *bytes;
    size_t size;
};

/* `count` things of `size` bytes at `offset`, NULL when they are not all inside the file. */
static const void *part(const struct object *object, uint64_t offset, uint64_t count, uint64_t size)
{
    if (offset > object->size || (size && count > (object->size - offset) / size) || offset % 8)
        return NULL;
    return object->bytes + offset;
}

static const Elf64_Shdr *sections_of(const struct object *object, uint64_t *ret_count)
{
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)object->bytes;
    *ret_count = head->e_shnum;
    return head->e_shentsize == sizeof(Elf64_Shdr)
               ? part(object, head->e_shoff, head->e_shnum, sizeof(Elf64_Shdr))
               : NULL;
}

/* A text of the string table that belongs to a section; "" when there is none. */
static const char *text_at(const struct object *object, const Elf64_Shdr *sections, uint64_t count,
                           uint32_t link, uint64_t at)
{
    const Elf64_Shdr *strings = link < count ? &sections[link] : NULL;
    if (!strings || strings->sh_offset > object->size ||
        strings->sh_size > object->size - strings->sh_offset || at >= strings->sh_size)
        return "";
    const char *text = (const char *)object->bytes + strings->sh_offset + at;
    return memchr(text, 0, strings->sh_size - at) ? text : "";
}

static void check_import(struct td_check *check, const char *name)
{
    char padded[80];
    if (strlen(name) > 70 || !*name)
        return;
    snprintf(padded, sizeof(padded), " %s ", name);
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
        if (strstr(forbidden[i].names, padded))
            td_check_error(check, forbidden[i].fix, "calls %s(): %s", name, forbidden[i].what);
    if (strstr(" printf puts putchar vprintf fprintf fputs fputc perror ", padded))
        td_check_advice(check, "say it in \"because\", in a problem or with host->fail",
                        "calls %s(): what a plugin prints goes nowhere", name);
}

static bool check_symbols(struct td_check *check, const struct object *object,
                          const Elf64_Shdr *sections, uint64_t count, const Elf64_Shdr *table)
{
    const Elf64_Sym *symbols =
        part(object, table->sh_offset, table->sh_size / sizeof(Elf64_Sym), sizeof(Elf64_Sym));
    bool entry = false;
    for (uint64_t i = 1; symbols && i < table->sh_size / sizeof(Elf64_Sym); i++) {
        const char *name = text_at(object, sections, count, table->sh_link, symbols[i].st_name);
        if (symbols[i].st_shndx == SHN_UNDEF)
            check_import(check, name);
        else if (!strcmp(name, ENTRY))
            entry = true;
        else if (*name && *name != '_' && ELF64_ST_BIND(symbols[i].st_info) == STB_GLOBAL)
            td_check_advice(
                check, "compile with -fvisibility=hidden; TITLED_PLUGIN_EXPORT exports the entry",
                "exports %s beside " ENTRY, name);
    }
    return entry;
}

static void check_libraries(struct td_check *check, const struct object *object,
                            const Elf64_Shdr *sections, uint64_t count, const Elf64_Shdr *table)
{
    const Elf64_Dyn *entries =
        part(object, table->sh_offset, table->sh_size / sizeof(Elf64_Dyn), sizeof(Elf64_Dyn));
    for (uint64_t i = 0; entries && i < table->sh_size / sizeof(Elf64_Dyn); i++) {
        if (entries[i].d_tag != DT_NEEDED)
            continue;
        const char *name = text_at(object, sections, count, table->sh_link, entries[i].d_un.d_val);
        const char *const *allowed = allowed_libraries;
        while (*allowed && strncmp(name, *allowed, strlen(*allowed)) != 0)
            allowed++;
        if (!*allowed)
            td_check_error(
                check,
                "link jansson and the C library only; put what else is needed into the object "
                "as a static library",
                "needs the library %.80s", name);
    }
}

static bool check_tables(struct td_check *check, const struct object *object)
{
    uint64_t count = 0;
    const Elf64_Shdr *sections = sections_of(object, &count);
    bool entry = false, listed = false;
    for (uint64_t i = 0; sections && i < count; i++) {
        if (sections[i].sh_type == SHT_DYNSYM) {
            listed = true;
            entry = check_symbols(check, object, sections, count, &sections[i]) || entry;
        } else if (sections[i].sh_type == SHT_DYNAMIC) {
            check_libraries(check, object, sections, count, &sections[i]);
        }
    }
    if (!listed)
        td_check_error(check, "link it again, without removing section headers",
                       "has no list of dynamic symbols that can be read");
    else if (!entry)
        td_check_error(
            check,
            "end the source with TITLED_PLUGIN_EXPORT(plugin); and compile it with the header "
            "of this version",
            "exports no function " ENTRY);
    return listed;
}

static bool check_bytes(struct td_check *check, const struct object *object)
{
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)object->bytes;
    if (object->size < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
        head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != ELFDATA2LSB ||
        head->e_type != ET_DYN)
        td_check_error(check, "build it with cc -shared -fPIC, or with titled_add_plugin()",
                       "is no shared object of 64 bits");
    else if (head->e_machine != OWN_MACHINE)
        td_check_error(check, "build it on the kind of machine that runs the server",
                       "is built for another kind of processor (%u; here %u)", head->e_machine,
                       OWN_MACHINE);
    else
        return check_tables(check, object);
    return false;
}

bool td_check_object(struct td_check *check, const char *path)
{
    struct stat status;
    bool good = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct object object = {.size = 0};
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        (size_t)status.st_size <= OBJECT_MAX)
        object.size = (size_t)status.st_size;
    void *map = object.size ? mmap(NULL, object.size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (map == MAP_FAILED) {
        td_check_error(check, "name the .so file", "%s cannot be read as a file", path);
    } else {
        object.bytes = map;
        good = check_bytes(check, &object);
        munmap(map, object.size);
    }
    if (good && (status.st_mode & 022))
        td_check_error(
            check,
            "chmod go-w, and the same for the plugin folder: who may write to it is the server",
            "others may write to the file (mode %04o)", (unsigned)status.st_mode & 07777);
    if (fd >= 0)
        close(fd);
    return good;
}
