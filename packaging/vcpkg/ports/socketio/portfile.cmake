# An overlay port of the tree that it lies in: vcpkg install socketio --overlay-ports=<tree>/packaging/vcpkg/ports
# A port of a release has vcpkg_from_git() here instead.
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS features FEATURES
  client SOCKETIO_CLIENT
  server SOCKETIO_SERVER
  tls SOCKETIO_TLS
  tools SOCKETIO_TOOLS)
string(COMPARE EQUAL "${VCPKG_LIBRARY_LINKAGE}" dynamic shared)

# The browser client comes from npm, which a port does not ask.
vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}" OPTIONS ${features}
  -DSOCKETIO_SHARED=${shared} -DSOCKETIO_DEVELOPER_MODE=OFF -DSOCKETIO_CLIENT_BUNDLE=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/socketio)
vcpkg_fixup_pkgconfig()
if("tools" IN_LIST FEATURES)
  vcpkg_copy_tools(TOOL_NAMES socketio AUTO_CLEAN)
endif()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
