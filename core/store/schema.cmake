# Compiles schema/NNN_*.sql into the program: schema/embed.c writes them, and what they come to, as C arrays.

file(GLOB schema_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/store/schema/[0-9][0-9][0-9]_*.sql) # sorted
set(schema_source ${CMAKE_CURRENT_BINARY_DIR}/schema_embedded.c)
add_executable(schema-embed store/schema/embed.c)
target_link_libraries(schema-embed PRIVATE PkgConfig::SQLITE)
set_target_properties(schema-embed PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
add_custom_command(
  OUTPUT ${schema_source}
  COMMAND schema-embed ${schema_source} ${schema_files}
  DEPENDS schema-embed ${schema_files}
  VERBATIM)
target_sources(td_store PRIVATE ${schema_source})
