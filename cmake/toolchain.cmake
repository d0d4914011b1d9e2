# Compiler cache, fast linker, sanitizers and warnings; everything that is about building and not about the library.
find_program(SOCKETIO_CCACHE ccache)
if(SOCKETIO_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SOCKETIO_CCACHE})
endif()

find_program(SOCKETIO_MOLD mold)
if(SOCKETIO_MOLD AND SOCKETIO_DEVELOPER_MODE)
  add_link_options(-fuse-ld=mold)
endif()

if(SOCKETIO_SANITIZE)
  add_compile_options(-fsanitize=${SOCKETIO_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SOCKETIO_SANITIZE})
endif()

if(SOCKETIO_FUZZ)
  # Without the checks of function types, whose code clang 14 cannot put before a coroutine.
  add_compile_options(-fsanitize=fuzzer-no-link -fno-sanitize=function)
endif()

# Warnings for our own targets; errors in the presets of developers only (SOCKETIO_WERROR).
option(SOCKETIO_WERROR "warnings are errors" OFF)
add_library(socketio_warnings INTERFACE)
target_compile_options(socketio_warnings INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wswitch-enum
                       $<$<BOOL:${SOCKETIO_WERROR}>:-Werror>)
