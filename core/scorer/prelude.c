/* prelude.c - see prelude.h. */
#include "scorer/prelude.h"

__asm__(".section .rodata\n"
        ".global td_prelude\n"
        ".type td_prelude, @object\n"
        "td_prelude:\n"
        ".incbin \"prelude.rb\"\n"
        "td_prelude_end:\n"
        ".byte 0\n"
        ".balign 8\n"
        ".global td_prelude_length\n"
        ".type td_prelude_length, @object\n"
        "td_prelude_length: .quad td_prelude_end - td_prelude\n"
        ".previous\n");
