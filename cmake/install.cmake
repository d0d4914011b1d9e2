# Installed: headers, static libraries and the package files for find_package(socketio).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(SOCKETIO_FLOORS socketio_base socketio_wire socketio_engine socketio_core socketio_net socketio_server)
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS ${SOCKETIO_FLOORS} EXPORT socketio-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT socketio-targets NAMESPACE socketio:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/socketio)
configure_package_config_file(cmake/socketio-config.cmake.in ${PROJECT_BINARY_DIR}/socketio-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/socketio)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/socketio-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/socketio-config.cmake ${PROJECT_BINARY_DIR}/socketio-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/socketio)
