# titlectl: every .c of cli/ is part of it.

file(GLOB cli_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/cli/*.c)
# The prelude's text, for `standard reference`.
file(GLOB prelude_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/scorer/prelude/*.rb)
set_source_files_properties(scorer/prelude.c PROPERTIES OBJECT_DEPENDS "${prelude_files}"
                            COMPILE_OPTIONS -I${CMAKE_CURRENT_SOURCE_DIR}/scorer)
# What it says to a worker of its own (titlectl plugin check), without the server's event loop.
add_executable(titlectl ${cli_sources} scorer/prelude.c scoring/protocol.c)
target_link_libraries(titlectl PRIVATE td_base td_ballot td_store td_review PkgConfig::CURL)

# What `titlectl plugin new` writes.
set(skeleton ${CMAKE_SOURCE_DIR}/plugins/skeleton)
file(GLOB_RECURSE skeleton_files CONFIGURE_DEPENDS ${skeleton}/*)
set_source_files_properties(cli/plugin_new.c PROPERTIES OBJECT_DEPENDS "${skeleton_files}"
                                                        INCLUDE_DIRECTORIES ${skeleton})
