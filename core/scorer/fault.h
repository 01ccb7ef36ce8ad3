/* fault.h - why a job of the worker failed, in the words the server passes on.
 *
 * Codes (scoring/protocol.h): "script" the standard is wrong, "limit" it used more time, memory or
 * output than allowed, "plugin" the series plugin failed, "invalid" the job is wrong. */
#ifndef TD_SCORER_FAULT_H
#define TD_SCORER_FAULT_H

struct td_fault {
    const char *code; /* a literal; NULL while nothing failed */
    char message[512];
    char file[128]; /* the standard's name, "" when no script is to blame */
    int line;       /* in `file`; 0 when unknown */
    char rule[64];  /* the rule that was being evaluated, "" when none */
};

#define TD_FAULT_INIT                                                                              \
    {                                                                                              \
        .code = 0                                                                                  \
    }

/* Cuts a text off where it stops being UTF-8: a word of a script, or one cut short in a character. */
void td_fault_keep_utf8(char *text);

/* Code and words, as far as they are UTF-8; the place stays as it is. Returns -1. No argument may be a part
 * of `fault`. */
__attribute__((format(printf, 3, 4))) int td_fault_set(struct td_fault *fault, const char *code,
                                                       const char *fmt, ...);

/* The worker has no memory left: nobody's fault in particular. Returns -1. */
int td_fault_memory(struct td_fault *fault);

#endif
