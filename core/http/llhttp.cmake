# The parser: Debian ships llhttp as sources. Compiled here in strict mode, without our warnings.
find_path(LLHTTP_INCLUDE llhttp.h PATHS /usr/share/include/llhttp PATH_SUFFIXES llhttp REQUIRED)
find_path(LLHTTP_SOURCES llhttp.c PATHS /usr/share/llhttp /usr/local/share/llhttp REQUIRED)
add_library(td_llhttp STATIC ${LLHTTP_SOURCES}/llhttp.c ${LLHTTP_SOURCES}/api.c ${LLHTTP_SOURCES}/http.c)
target_include_directories(td_llhttp SYSTEM PUBLIC ${LLHTTP_INCLUDE})
target_compile_definitions(td_llhttp PUBLIC LLHTTP_STRICT_MODE=1)
target_compile_options(td_llhttp PRIVATE -w)
if(CMAKE_BUILD_TYPE STREQUAL Debug)
  target_compile_options(td_llhttp PRIVATE -O1)
endif()

# The connection family is a library of its own: nothing else sees bufferevents and the parser.
set(wire_sources)
foreach(name address body chunk connection head listener multipart parameter request response sse static target text
        upload)
  list(APPEND wire_sources ${CMAKE_CURRENT_LIST_DIR}/${name}.c)
endforeach()
add_library(td_wire STATIC ${wire_sources})
target_include_directories(td_wire PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(td_wire PUBLIC td_base PRIVATE PkgConfig::EVENT PkgConfig::OPENSSL td_llhttp)
