# The connection family is a library of its own: nothing else sees bufferevents.
set(wire_sources)
foreach(name address body chunk connection cpu head listener mailbox multipart pace parameter request response spool sse
        static tail target text tls upload)
  list(APPEND wire_sources ${CMAKE_CURRENT_LIST_DIR}/${name}.c)
endforeach()
add_library(td_wire STATIC ${wire_sources})
target_include_directories(td_wire PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(td_wire PUBLIC td_base PRIVATE PkgConfig::EVENT PkgConfig::OPENSSL)
