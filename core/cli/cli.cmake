# titlectl: every .c of cli/ is part of it.

pkg_check_modules(CURL REQUIRED IMPORTED_TARGET GLOBAL libcurl>=7.85)
file(GLOB cli_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/cli/*.c)
# The prelude's text, for `standard reference`.
file(GLOB prelude_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/scorer/prelude/*.rb)
set_source_files_properties(scorer/prelude.c PROPERTIES OBJECT_DEPENDS "${prelude_files}"
                            COMPILE_OPTIONS -I${CMAKE_CURRENT_SOURCE_DIR}/scorer)
add_executable(titlectl ${cli_sources} scorer/prelude.c)
target_link_libraries(titlectl PRIVATE td_base td_store td_review PkgConfig::CURL)
