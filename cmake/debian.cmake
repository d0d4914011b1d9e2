# `cpack -G DEB` in the folder of a Release build, configured with -DCMAKE_INSTALL_PREFIX=/usr, writes
#
#   libsocketio-dev          headers, what both libraries share, find_package
#   libsocketio-client-dev   the client, for programs that are built
#   libsocketio-server-dev   the server, the same
#   libsocketio-client0.1, libsocketio-server0.1   with -DBUILD_SHARED_LIBS=ON: what these programs need to run
#   socketio-tools           the command `socketio`, with -DSOCKETIO_TOOLS=ON
#
# The tests look at both kinds: tests/package/debian_test.py.
if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()
set(abi ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(CPACK_PACKAGE_NAME socketio)
set(CPACK_PACKAGE_VENDOR socketio)
set(CPACK_PACKAGE_CONTACT "the socketio project <socketio@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Socket.IO for C++20")
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(same "(= ${PROJECT_VERSION}-1)")

# socketio_debian(<component> <package> <section> <summary> [<depends>]...)
# A component of programs and shared libraries gets what dpkg-shlibdeps finds.
macro(socketio_debian component package section summary)
  string(TOUPPER ${component} upper)
  list(APPEND CPACK_COMPONENTS_ALL ${component})
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${package})
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section})
  set(CPACK_COMPONENT_${upper}_DESCRIPTION "${summary}")
  string(REPLACE ";" ", " CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS "${ARGN}")
endmacro()

set(CPACK_COMPONENTS_ALL)
set(used_by_both)
set(used_by_client)
set(used_by_server)
if(SOCKETIO_SHARED)
  foreach(side IN LISTS SOCKETIO_COMPONENTS)
    socketio_debian(${side} libsocketio-${side}${abi} libs "Socket.IO ${side} for C++20: shared library")
    string(TOUPPER ${side} upper)
    set(CPACK_DEBIAN_${upper}_PACKAGE_SHLIBDEPS ON)
    set(used_by_${side} "libsocketio-${side}${abi} ${same}")
  endforeach()
else()
  set(used_by_both libsimdjson-dev zlib1g-dev)
  set(used_by_client "libcurl4-openssl-dev | libcurl-dev")
  set(used_by_server libcrypt-dev)
  if(SOCKETIO_TLS)
    list(APPEND used_by_server "libssl-dev (>= 3.0)")
  endif()
endif()
socketio_debian(dev libsocketio-dev libdevel "Socket.IO for C++20: headers" ${used_by_both})
foreach(side IN LISTS SOCKETIO_COMPONENTS)
  socketio_debian(${side}-dev libsocketio-${side}-dev libdevel "Socket.IO ${side} for C++20: development files"
    "libsocketio-dev ${same}" ${used_by_${side}})
endforeach()
if(TARGET socketio_command)
  socketio_debian(tools socketio-tools net "the command socketio: connect, inspect and measure Socket.IO servers")
  set(CPACK_DEBIAN_TOOLS_PACKAGE_SHLIBDEPS ON)
endif()
include(CPack)
