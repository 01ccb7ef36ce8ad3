/* titled/embed.h - puts a file into a plugin when it is compiled.
 *
 *     TITLED_EMBED(form, "form.json");       defines form[], form_end[] and form_size()
 *     json_loadb(form, form_size(), 0, NULL)
 *
 * Once per file, outside of functions. The file is looked for in the folders given with -I. GCC and
 * Clang, ELF. The names are hidden: they are the object's own. */
#ifndef TITLED_EMBED_H
#define TITLED_EMBED_H

#include <stddef.h>
#include <stdint.h>

#define TITLED_EMBED(name, file)                                                                   \
    __asm__(".pushsection .rodata\n"                                                               \
            ".global " #name "\n.hidden " #name "\n.type " #name ", %object\n" #name ":\n"         \
            ".incbin \"" file "\"\n"                                                               \
            ".global " #name "_end\n.hidden " #name "_end\n" #name "_end:\n.byte 0\n"              \
            ".popsection\n");                                                                      \
    extern const char name[], name##_end[] __attribute__((visibility("hidden")));                  \
    static inline size_t name##_size(void)                                                         \
    {                                                                                              \
        return (size_t)((uintptr_t)name##_end - (uintptr_t)name);                                  \
    }                                                                                              \
    extern const char name[]

#endif
