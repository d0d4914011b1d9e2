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

# For users without CMake. The libraries are static: whoever links needs all of them, in this order. The prefix is found
# from where the file lies, because `cmake --install --prefix` may choose another.
set(SOCKETIO_PC_TLS)
if(SOCKETIO_TLS)
  set(SOCKETIO_PC_TLS " openssl >= 3.0")
endif()
set(SOCKETIO_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
set(SOCKETIO_PC_LIBDIR ${CMAKE_INSTALL_LIBDIR})
set(SOCKETIO_PC_INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR})
if(NOT IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  file(RELATIVE_PATH up /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
  string(REGEX REPLACE "/$" "" up "${up}")
  set(SOCKETIO_PC_PREFIX "\${pcfiledir}/${up}")
  set(SOCKETIO_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(NOT IS_ABSOLUTE ${CMAKE_INSTALL_INCLUDEDIR})
  set(SOCKETIO_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
configure_file(cmake/socketio.pc.in ${PROJECT_BINARY_DIR}/socketio.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/socketio.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
