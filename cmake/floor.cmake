# socketio_floor(<name> SOURCES ... [DEPENDS <floors>] [LIBRARIES <targets>])
# One static library per floor. DEPENDS names the floors it may use: the linker enforces the arrow one way,
# scripts/tidy checks the includes.
function(socketio_floor name)
  cmake_parse_arguments(FLOOR "" "" "SOURCES;DEPENDS;LIBRARIES;PRIVATE_LIBRARIES" ${ARGN})
  set(target socketio_${name})
  add_library(${target} STATIC ${FLOOR_SOURCES})
  if(NOT SOCKETIO_SHARED OR NOT name MATCHES "^(server|client)$")
    add_library(socketio::${name} ALIAS ${target})
  endif()
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} OUTPUT_NAME socketio_${name})
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>
    PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_features(${target} PUBLIC cxx_std_20)
  foreach(dependency ${FLOOR_DEPENDS})
    target_link_libraries(${target} PUBLIC socketio_${dependency})
  endforeach()
  target_link_libraries(${target} PUBLIC ${FLOOR_LIBRARIES} PRIVATE ${FLOOR_PRIVATE_LIBRARIES}
                        $<BUILD_INTERFACE:socketio_warnings>)
endfunction()

# socketio_unit_test(<floor> <file>...): one test program per floor, label `unit`.
function(socketio_unit_tests floor)
  set(target ${floor}_test)
  add_executable(${target} ${ARGN})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${target} PRIVATE socketio_${floor} socketio_warnings GTest::gtest_main)
  target_compile_definitions(${target} PRIVATE SOCKETIO_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME unit.${floor} COMMAND ${target} --gtest_brief=1)
  set_tests_properties(unit.${floor} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()
