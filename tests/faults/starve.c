/* starve.c - titled-starved: the server with an allocator that refuses the n-th request for memory.
 *
 * Linked into the program, these functions come before those of every library. A test maps the file
 * named by TITLED_STARVE and writes n into its first 8 bytes; each allocation of any thread counts
 * it down, and the one that brings it to 0 answers NULL. The next 8 bytes count the refusals.
 * Sanitized builds only: the sanitizer's own functions do the work.
 *
 * Small things that libevent and hiredis make for themselves are always granted: they write through
 * the NULL (bufferevent_setwatermark) or forget whom an answer was for (redisAsyncCommand). Their
 * buffers, whose size clients influence, are refused like all else. */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BUFFER_LEAST = 512, FRAGILE_MAX = 8 };

void *__interceptor_malloc(size_t size);
void *__interceptor_calloc(size_t count, size_t size);
void *__interceptor_realloc(void *old, size_t size);

struct orders {
    _Atomic int64_t countdown; /* 0: every request is granted */
    _Atomic int64_t refused;
};

static struct orders *orders;

static struct {
    uintptr_t start, end;
} fragile[FRAGILE_MAX];
static int fragile_count;

static int note_fragile(struct dl_phdr_info *object, size_t size, void *arg)
{
    (void)size;
    (void)arg;
    if (!strstr(object->dlpi_name, "libevent") && !strstr(object->dlpi_name, "libhiredis"))
        return 0;
    for (int i = 0; i < object->dlpi_phnum && fragile_count < FRAGILE_MAX; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
            continue;
        uintptr_t start = object->dlpi_addr + part->p_vaddr;
        fragile[fragile_count].start = start;
        fragile[fragile_count++].end = start + part->p_memsz;
    }
    return 0;
}

__attribute__((constructor)) static void take_orders(void)
{
    const char *path = getenv("TITLED_STARVE");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    dl_iterate_phdr(note_fragile, NULL);
    void *room = mmap(NULL, sizeof(*orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    orders = room == MAP_FAILED ? NULL : room;
}

static bool is_fragile(const void *caller)
{
    for (int i = 0; i < fragile_count; i++)
        if ((uintptr_t)caller >= fragile[i].start && (uintptr_t)caller < fragile[i].end)
            return true;
    return false;
}

static bool refuse(size_t size, const void *caller)
{
    if (!orders || atomic_load(&orders->countdown) <= 0)
        return false;
    if (size < BUFFER_LEAST && is_fragile(caller))
        return false;
    if (atomic_fetch_sub(&orders->countdown, 1) != 1)
        return false;
    atomic_fetch_add(&orders->refused, 1);
    errno = ENOMEM;
    return true;
}

/* redisFormatSdsCommandArgv forgets its first four bytes when there is no room for the rest. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhiredis";
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size)
{
    return refuse(size, CALLER) ? NULL : __interceptor_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return refuse(count * size, CALLER) ? NULL : __interceptor_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return refuse(size, CALLER) ? NULL : __interceptor_realloc(old, size);
}

static char *copy_text(const char *text, size_t length, const void *caller)
{
    char *copy = refuse(length + 1, caller) ? NULL : __interceptor_malloc(length + 1);
    if (copy)
        memcpy(copy, text, length), copy[length] = 0;
    return copy;
}

char *strdup(const char *text)
{
    return copy_text(text, strlen(text), CALLER);
}

char *strndup(const char *text, size_t most)
{
    return copy_text(text, strnlen(text, most), CALLER);
}
