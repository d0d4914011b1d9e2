# Builds TARGET in BUILD_DIR; succeeds when that fails and the compiler's words match EXPECTED.
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD_DIR} --target ${TARGET}
  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(status EQUAL 0)
  message(FATAL_ERROR "${TARGET} compiles, but it must not")
endif()
if(NOT output MATCHES "${EXPECTED}")
  message(FATAL_ERROR "${TARGET} fails to compile, as it must, but without the expected words\n"
                      "expected: ${EXPECTED}\n${output}")
endif()
