# socketio_shared(<server|client> FLOORS <floor>...)
# One shared library of the objects of these floors, with the public interface and nothing else: cmake/<name>.map lists
# what is exported. The floors stay as they are, for the tests, which look inside; socketio::<name> is the shared library.
#
# A program may load both libraries. What both contain, such as socketio::value, is one in the program then, because
# calls to what is exported are not bound inside of a library.
function(socketio_shared name)
  cmake_parse_arguments(SHARED "" "" "FLOORS" ${ARGN})
  set(target socketio_${name}_shared)
  set(map ${PROJECT_SOURCE_DIR}/cmake/${name}.map)
  set(objects ${SHARED_FLOORS})
  list(TRANSFORM objects REPLACE "(.+)" "$<TARGET_OBJECTS:socketio_\\1>")
  add_library(${target} SHARED ${objects})
  add_library(socketio::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name} OUTPUT_NAME socketio_${name} LINKER_LANGUAGE CXX
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} LINK_DEPENDS ${map})
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
  target_compile_features(${target} PUBLIC cxx_std_20)
  # The floors bring the libraries that they need; of themselves everything is there already.
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:socketio_${name}>)
  target_link_options(${target} PRIVATE -Wl,--version-script=${map} -Wl,-z,defs -Wl,--as-needed)
endfunction()

if(SOCKETIO_SHARED)
  set(CMAKE_CXX_VISIBILITY_PRESET default)  # the maps say what is visible
endif()
