/* guard.c - see guard.h. The handler uses only what is safe in one: it reads memory that may be
 * half changed (a second fault while reading ends the process without an answer, which the pool
 * reports too), formats by hand, writes and exits. */
#include "scorer/guard.h"

#include "scorer/vm.h"
#include "scoring/protocol.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define ALTERNATE_STACK (64 << 10)

static struct {
    int fd;
    int ms;
    const char *name;
    const char *item;
    volatile sig_atomic_t active;
    enum td_guard_stage stage;
} guard;

/* A frame being written by hand. */
struct note {
    char bytes[2048];
    size_t length;
};

static void add(struct note *note, const char *text)
{
    for (; *text && note->length < sizeof(note->bytes); text++)
        note->bytes[note->length++] = *text;
}

static void add_number(struct note *note, int number)
{
    char digits[16];
    size_t at = sizeof(digits) - 1;
    digits[at] = 0;
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    add(note, digits + at);
}

/* `text` as a JSON string; it is UTF-8 already (vm.c sees to that for rules). */
static void add_quoted(struct note *note, const char *text)
{
    add(note, "\"");
    for (; *text; text++) {
        char character[2] = {*text, 0};
        if (*text == '"' || *text == '\\')
            add(note, "\\");
        add(note, (unsigned char)*text < 0x20 ? " " : character);
    }
    add(note, "\"");
}

static void add_reason(struct note *note, int signal, const siginfo_t *cause)
{
    add(note, guard.stage == TD_GUARD_SCRIPT ? "the script " : "the plugin ");
    if (signal == SIGPROF) {
        add(note, "ran longer than ");
        add_number(note, guard.ms);
        add(note, " ms");
    } else if (signal == SIGSYS) {
        add(note, "used a forbidden system call, number ");
        add_number(note, cause->si_syscall);
    } else {
        add(note, "crashed with signal ");
        add_number(note, signal);
    }
}

static void send_note(struct note *note)
{
    td_protocol_header((unsigned char *)note->bytes, note->length - TD_PROTOCOL_HEADER);
    for (size_t sent = 0; sent < note->length;) {
        ssize_t n = write(guard.fd, note->bytes + sent, note->length - sent);
        if (n <= 0)
            break;
        sent += (size_t)n;
    }
}

/* Not instrumented: before a call that does not return AddressSanitizer looks at the stack, and
 * this one is not the thread's. */
__attribute__((no_sanitize_address)) static void on_signal(int signal, siginfo_t *cause,
                                                           void *context)
{
    (void)context;
    static volatile sig_atomic_t entered;
    static struct note note;
    if (!guard.active || entered)
        _exit(128 + signal);
    entered = 1;
    struct td_fault place = TD_FAULT_INIT;
    if (guard.stage == TD_GUARD_SCRIPT)
        td_vm_place(&place);
    note.length = TD_PROTOCOL_HEADER;
    add(&note, "{\"error\":{\"code\":");
    if (guard.stage == TD_GUARD_PLUGIN)
        add(&note, "\"plugin\"");
    else
        add(&note, signal == SIGPROF ? "\"limit\"" : "\"script\"");
    add(&note, ",\"message\":\"");
    add_reason(&note, signal, cause);
    add(&note, "\",\"file\":");
    add_quoted(&note, guard.name);
    add(&note, ",\"line\":");
    add_number(&note, place.line > 0 ? place.line : 0);
    add(&note, ",\"rule\":");
    add_quoted(&note, place.rule);
    if (guard.item) {
        add(&note, ",\"item\":");
        add_quoted(&note, guard.item);
    }
    add(&note, "},\"ending\":true}");
    send_note(&note);
    _exit(128 + signal);
}

void td_guard_init(int fd)
{
    static const int signals[] = {SIGPROF, SIGSYS, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    guard.fd = fd;
    stack_t stack = {.ss_sp = malloc(ALTERNATE_STACK), .ss_size = ALTERNATE_STACK};
    if (!stack.ss_sp || sigaltstack(&stack, NULL) < 0)
        abort();
    struct sigaction action = {.sa_sigaction = on_signal,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
}

static void arm(int ms)
{
    struct itimerval timer = {.it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}};
    setitimer(ITIMER_PROF, &timer, NULL);
}

void td_guard_begin(enum td_guard_stage stage, const char *name, int ms)
{
    guard.stage = stage;
    guard.name = name;
    guard.ms = ms;
    guard.item = NULL;
    guard.active = 1;
    arm(ms);
}

void td_guard_item(const char *id)
{
    guard.item = id;
}

void td_guard_end(void)
{
    arm(0);
    guard.active = 0;
}
