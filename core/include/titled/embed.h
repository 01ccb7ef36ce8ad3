/* titled/embed.h - puts a file into a plugin when it is compiled.
 *
 *     TITLED_EMBED(form, "form.json");         defines: extern const char form[], form_end[];
 *     json_loadb(form, (size_t)(form_end - form), 0, NULL)
 *
 * Once per file, outside of functions. The file is looked for in the folders given with -I. GCC and
 * Clang, ELF. The names are hidden: they are the object's own. */
#ifndef TITLED_EMBED_H
#define TITLED_EMBED_H

#define TITLED_EMBED(name, file)                                                                   \
    __asm__(".pushsection .rodata\n"                                                               \
            ".global " #name "\n.hidden " #name "\n.type " #name ", %object\n" #name ":\n"         \
            ".incbin \"" file "\"\n"                                                               \
            ".global " #name "_end\n.hidden " #name "_end\n" #name "_end:\n.byte 0\n"              \
            ".popsection\n");                                                                      \
    extern const char name[], name##_end[] __attribute__((visibility("hidden")))

#endif
