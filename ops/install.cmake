# cmake --install: the programs, what they read, and the units with the paths of this prefix.
#   cmake --install build/release && ops/RUNBOOK.md says what comes next

include(GNUInstallDirs)
set(TITLED_BIN ${CMAKE_INSTALL_FULL_BINDIR})
set(TITLED_LIB ${CMAKE_INSTALL_FULL_LIBDIR}/titled)
set(TITLED_SHARE ${CMAKE_INSTALL_FULL_DATADIR}/titled)

foreach(file titled.service titled-redis.service titled.conf)
  configure_file(ops/${file}.in ops/${file} @ONLY)
endforeach()

install(TARGETS titled titled-scorer titled-examiner titlectl)
install(DIRECTORY ${CMAKE_BINARY_DIR}/plugins/ DESTINATION ${CMAKE_INSTALL_LIBDIR}/titled/plugins
        FILES_MATCHING PATTERN "*.so")
install(DIRECTORY web scripts DESTINATION ${CMAKE_INSTALL_DATADIR}/titled)
install(FILES ops/calendar.json ops/redis.conf ops/RUNBOOK.md ops/nginx.conf.example
        ops/haproxy.cfg.example DESTINATION ${CMAKE_INSTALL_DATADIR}/titled)
install(PROGRAMS ops/redis-start DESTINATION ${CMAKE_INSTALL_DATADIR}/titled)
install(FILES ${CMAKE_BINARY_DIR}/ops/titled.conf DESTINATION ${CMAKE_INSTALL_DATADIR}/titled)
install(FILES ${CMAKE_BINARY_DIR}/ops/titled.service ${CMAKE_BINARY_DIR}/ops/titled-redis.service
        DESTINATION lib/systemd/system)
