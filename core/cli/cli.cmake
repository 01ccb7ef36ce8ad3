# titlectl: every .c of cli/ is part of it.

pkg_check_modules(CURL REQUIRED IMPORTED_TARGET GLOBAL libcurl>=7.85)
file(GLOB cli_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/cli/*.c)
add_executable(titlectl ${cli_sources})
target_link_libraries(titlectl PRIVATE td_base td_store td_review PkgConfig::CURL)
