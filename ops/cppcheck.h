/* cppcheck.h - words of libraries whose headers cppcheck does not read. `ops/test --long` has it
 * included before every file; it is never compiled. */

#define json_array_foreach(array, index, value)                                                    \
    for (index = 0; index < json_array_size(array) && (value = json_array_get(array, index));      \
         index++)
#define json_object_foreach(object, key, value)                                                    \
    for (key = json_object_iter_key(json_object_iter(object));                                     \
         key && (value = json_object_iter_value(json_object_key_to_iter(key)));                    \
         key = json_object_iter_key(json_object_iter_next(object, json_object_key_to_iter(key))))

#define LIST_HEAD(name, type)                                                                      \
    struct name {                                                                                  \
        struct type *first;                                                                        \
    }
#define LIST_ENTRY(type)                                                                           \
    struct {                                                                                       \
        struct type *next;                                                                         \
    }
#define LIST_FOREACH(one, head, link)  for (one = (head)->first; one; one = one->link.next)
#define TAILQ_HEAD(name, type)         LIST_HEAD(name, type)
#define TAILQ_ENTRY(type)              LIST_ENTRY(type)
#define TAILQ_FOREACH(one, head, link) LIST_FOREACH(one, head, link)
