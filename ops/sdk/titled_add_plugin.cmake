# titled_add_plugin: builds a series plugin, and tests it with `titlectl plugin check`.
#
#   titled_add_plugin(NAME forestry SOURCES forestry.c
#                     [FORM form.json] [SCRIPTS scripts/forestry] [LIBRARIES ...] [OUTPUT folder]
#                     [CHECK --dossiers 5000 ...])
#
# makes the target plugin_<NAME>, the object <NAME>.so. FORM (form.json beside the list file unless named) can
# be embedded with TITLED_EMBED by its file name; a changed form rebuilds the object. With SCRIPTS, a folder
# of <level>.rb and cases/*.json, the test check_<NAME> runs the golden cases too. CHECK adds options of
# `titlectl plugin check`. This tree and the installed package share this file.

function(titled_add_plugin)
  cmake_parse_arguments(PARSE_ARGV 0 PLUGIN "" "NAME;FORM;SCRIPTS;OUTPUT" "SOURCES;LIBRARIES;CHECK")
  if(NOT PLUGIN_NAME MATCHES "^[a-z][a-z0-9_]*$" OR NOT PLUGIN_SOURCES OR PLUGIN_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "titled_add_plugin needs NAME (lower case, digits, _) and SOURCES; "
                        "it got \"${ARGN}\"")
  endif()
  if(NOT PLUGIN_FORM)
    set(PLUGIN_FORM form.json)
  endif()
  if(NOT PLUGIN_OUTPUT)
    set(PLUGIN_OUTPUT ${CMAKE_CURRENT_BINARY_DIR})
  endif()
  get_filename_component(form ${PLUGIN_FORM} ABSOLUTE)
  get_filename_component(form_folder ${form} DIRECTORY)
  set(target plugin_${PLUGIN_NAME})

  add_library(${target} MODULE ${PLUGIN_SOURCES})
  set_target_properties(${target} PROPERTIES PREFIX "" SUFFIX ".so" OUTPUT_NAME ${PLUGIN_NAME}
                        LIBRARY_OUTPUT_DIRECTORY ${PLUGIN_OUTPUT}
                        C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  # The form's folder is on the path for .incbin.
  target_include_directories(${target} PRIVATE ${form_folder})
  set_source_files_properties(${PLUGIN_SOURCES} PROPERTIES OBJECT_DEPENDS ${form})
  target_link_libraries(${target} PRIVATE ${PLUGIN_LIBRARIES} titled::plugin)
  # The server refuses plugins that others may write to; a umask of 002 would make them so.
  add_custom_command(TARGET ${target} POST_BUILD
                     COMMAND chmod go-w $<TARGET_FILE:${target}> ${PLUGIN_OUTPUT})

  set(check plugin check $<TARGET_FILE:${target}> --seed 1 ${PLUGIN_CHECK}) # the same dossiers in every run
  if(PLUGIN_SCRIPTS)
    get_filename_component(scripts ${PLUGIN_SCRIPTS} ABSOLUTE)
    list(APPEND check --scripts ${scripts})
  endif()
  add_test(NAME check_${PLUGIN_NAME} COMMAND titled::titlectl ${check})
endfunction()
