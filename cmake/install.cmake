# Installed: headers, libraries, the command, and the files for find_package(socketio) and pkg-config. Every file belongs
# to one component, which is one package of cmake/debian.cmake:
#
#   dev                      headers, what both libraries share, find_package
#   client-dev, server-dev   what a program is linked with
#   client, server           shared libraries, when those are built
#   tools                    the command `socketio`
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(SOCKETIO_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/socketio)
set(SOCKETIO_COMPONENTS)
foreach(side server client)
  string(TOUPPER ${side} option)
  if(SOCKETIO_${option})
    list(APPEND SOCKETIO_COMPONENTS ${side})
  endif()
endforeach()

install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
if(SOCKETIO_SHARED)
  foreach(side IN LISTS SOCKETIO_COMPONENTS)
    install(TARGETS socketio_${side}_shared EXPORT socketio-${side}-targets
      LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${side} NAMELINK_COMPONENT ${side}-dev)
  endforeach()
else()
  # A floor belongs to one export set, those that both sides use to the first.
  set(SOCKETIO_FLOORS_OF_SERVER socketio_core socketio_net socketio_server)
  set(SOCKETIO_FLOORS_OF_CLIENT socketio_dial socketio_client)
  install(TARGETS socketio_base socketio_wire socketio_engine socketio_events EXPORT socketio-targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
  install(EXPORT socketio-targets NAMESPACE socketio:: DESTINATION ${SOCKETIO_CMAKE_DIR} COMPONENT dev)
  foreach(side IN LISTS SOCKETIO_COMPONENTS)
    string(TOUPPER ${side} option)
    install(TARGETS ${SOCKETIO_FLOORS_OF_${option}} EXPORT socketio-${side}-targets
      ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${side}-dev)
  endforeach()
endif()
foreach(side IN LISTS SOCKETIO_COMPONENTS)
  install(EXPORT socketio-${side}-targets NAMESPACE socketio:: DESTINATION ${SOCKETIO_CMAKE_DIR} COMPONENT ${side}-dev)
endforeach()

configure_package_config_file(cmake/socketio-config.cmake.in ${PROJECT_BINARY_DIR}/socketio-config.cmake
  INSTALL_DESTINATION ${SOCKETIO_CMAKE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/socketio-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/socketio-config.cmake ${PROJECT_BINARY_DIR}/socketio-config-version.cmake
  DESTINATION ${SOCKETIO_CMAKE_DIR} COMPONENT dev)

if(TARGET socketio_command)
  install(TARGETS socketio_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
endif()

# ---- for users without CMake: socketio.pc is the server, socketio-client.pc the client. The prefix is found from where
# the file lies, because `cmake --install --prefix` may choose another.
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

# Of static libraries whoever links needs all, in this order, and what they use; a shared one knows what it uses.
function(socketio_pkg_config side file)
  cmake_parse_arguments(PC "" "DESCRIPTION;REQUIRES;LIBRARIES" "FLOORS" ${ARGN})
  set(SOCKETIO_PC_NAME ${file})
  set(SOCKETIO_PC_DESCRIPTION "${PC_DESCRIPTION}")
  if(SOCKETIO_SHARED)
    set(SOCKETIO_PC_REQUIRES)
    set(SOCKETIO_PC_LIBS -lsocketio_${side})
  else()
    set(SOCKETIO_PC_REQUIRES "${PC_REQUIRES}")
    list(TRANSFORM PC_FLOORS PREPEND -lsocketio_)
    string(JOIN " " SOCKETIO_PC_LIBS ${PC_FLOORS} ${PC_LIBRARIES})
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/socketio.pc.in ${PROJECT_BINARY_DIR}/${file}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${file}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT ${side}-dev)
endfunction()

if(SOCKETIO_SERVER)
  set(tls)
  if(SOCKETIO_TLS)
    set(tls " openssl >= 3.0")
  endif()
  socketio_pkg_config(server socketio DESCRIPTION "Socket.IO server for C++20" REQUIRES "simdjson zlib${tls}"
    FLOORS server net core events engine wire base LIBRARIES "-lcrypt -pthread")
endif()
if(SOCKETIO_CLIENT)
  socketio_pkg_config(client socketio-client DESCRIPTION "Socket.IO client for C++20"
    REQUIRES "libcurl >= 7.87 simdjson zlib" FLOORS client dial events engine wire base LIBRARIES -pthread)
endif()
