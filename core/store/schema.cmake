# Compiles schema/NNN_*.sql into the program: schema_embed.cmake writes them as C arrays.

file(GLOB schema_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/store/schema/[0-9][0-9][0-9]_*.sql)
set(schema_source ${CMAKE_CURRENT_BINARY_DIR}/schema_embedded.c)
set(schema_script ${CMAKE_CURRENT_SOURCE_DIR}/store/schema_embed.cmake)
add_custom_command(
  OUTPUT ${schema_source}
  COMMAND ${CMAKE_COMMAND} "-DFILES=${schema_files}" "-DOUTPUT=${schema_source}" -P ${schema_script}
  DEPENDS ${schema_files} ${schema_script}
  VERBATIM)
target_sources(td_store PRIVATE ${schema_source})
