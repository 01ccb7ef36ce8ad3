# cmake --install: the programs, what they read, and the units with the paths of this prefix.
#   cmake --install build/release && ops/RUNBOOK.md says what comes next

include(GNUInstallDirs)
set(TITLED_BIN ${CMAKE_INSTALL_FULL_BINDIR})
set(TITLED_LIB ${CMAKE_INSTALL_FULL_LIBDIR}/titled)
set(TITLED_SHARE ${CMAKE_INSTALL_FULL_DATADIR}/titled)

foreach(file titled.service titled-redis.service titled.conf)
  configure_file(ops/${file}.in ops/${file} @ONLY)
endforeach()

install(TARGETS titled titled-examiner titled-paper)
install(TARGETS titlectl titled-scorer COMPONENT sdk)
install(DIRECTORY ${CMAKE_BINARY_DIR}/plugins/ DESTINATION ${CMAKE_INSTALL_LIBDIR}/titled/plugins
        FILES_MATCHING PATTERN "*.so")
install(DIRECTORY web scripts DESTINATION ${CMAKE_INSTALL_DATADIR}/titled)
install(FILES ops/calendar.json ops/redis.conf ops/RUNBOOK.md ops/nginx.conf.example
        ops/haproxy.cfg.example DESTINATION ${CMAKE_INSTALL_DATADIR}/titled)
install(PROGRAMS ops/redis-start DESTINATION ${CMAKE_INSTALL_DATADIR}/titled)
install(FILES ${CMAKE_BINARY_DIR}/ops/titled.conf DESTINATION ${CMAKE_INSTALL_DATADIR}/titled)
install(FILES ${CMAKE_BINARY_DIR}/ops/titled.service ${CMAKE_BINARY_DIR}/ops/titled-redis.service
        DESTINATION lib/systemd/system)

# The plugin SDK: headers, find_package(titled), pkg-config titled, and the two programs that check a plugin.
#   cmake --install build/release --component sdk [--prefix FOLDER]
# Nothing in it depends on the machine but the programs, and nothing on where it is put. Its version is the
# interface's: what was written for one major version builds with every later minor one.
include(CMakePackageConfigHelpers)
file(STRINGS core/include/titled/plugin.h abi REGEX "^#define TITLED_PLUGIN_ABI_(MAJOR|MINOR) [0-9]+$")
string(REGEX REPLACE "[^;0-9]" "" abi "${abi}")
list(JOIN abi "." TITLED_ABI)
set(sdk_cmake ${CMAKE_INSTALL_DATADIR}/cmake/titled)
configure_package_config_file(ops/sdk/titledConfig.cmake.in ops/titledConfig.cmake INSTALL_DESTINATION ${sdk_cmake}
                              PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/ops/titledConfigVersion.cmake VERSION ${TITLED_ABI}
                                 COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
configure_file(ops/sdk/titled.pc.in ops/titled.pc @ONLY)
install(DIRECTORY core/include/titled DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk)
install(FILES ${CMAKE_BINARY_DIR}/ops/titledConfig.cmake ${CMAKE_BINARY_DIR}/ops/titledConfigVersion.cmake
        ops/sdk/titled_add_plugin.cmake DESTINATION ${sdk_cmake} COMPONENT sdk)
install(FILES ${CMAKE_BINARY_DIR}/ops/titled.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig COMPONENT sdk)
