# llhttp, which Debian ships as sources: a second reader of HTTP beside our own. Strict, without our warnings.
add_library(td_llhttp STATIC ${LLHTTP_SOURCES}/llhttp.c ${LLHTTP_SOURCES}/api.c ${LLHTTP_SOURCES}/http.c)
target_include_directories(td_llhttp SYSTEM PUBLIC ${LLHTTP_INCLUDE})
target_compile_definitions(td_llhttp PUBLIC LLHTTP_STRICT_MODE=1)
target_compile_options(td_llhttp PRIVATE -w -O1)
